"""A video by `lumaai`, which has no helper that waits: the loop is the guide's."""

import os
import sys
import time

import httpx
from lumaai import LumaAI

client = LumaAI()
generation = client.generations.create(model=os.environ["SCREENTEST_MODEL"], prompt=os.environ["SCREENTEST_PROMPT"])
until = time.monotonic() + float(os.environ["SCREENTEST_TIMEOUT"])
while generation.state != "completed":
    if generation.state == "failed":
        sys.exit(f"the generation failed: {generation.failure_reason}")
    if time.monotonic() > until:
        sys.exit("the generation takes too long")
    time.sleep(float(os.environ["SCREENTEST_INTERVAL"]))
    generation = client.generations.get(id=generation.id)
video = httpx.get(generation.assets.video, follow_redirects=True, timeout=60).raise_for_status()
with open(os.environ["SCREENTEST_OUTPUT"], "wb") as file:
    file.write(video.content)
