"""A video by `replicate`: `run` waits, and what it gives reads the file."""

import os
import sys

import replicate

output = replicate.run(os.environ["SCREENTEST_MODEL"], input={"prompt": os.environ["SCREENTEST_PROMPT"]})
if output is None:
    sys.exit("there is no output")
video = output.read()
with open(os.environ["SCREENTEST_OUTPUT"], "wb") as file:
    file.write(video)
