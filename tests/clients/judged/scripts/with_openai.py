"""A video by `openai`, as its guide makes one."""

import os
import sys

from openai import OpenAI

client = OpenAI()
video = client.videos.create_and_poll(model=os.environ["SCREENTEST_MODEL"], prompt=os.environ["SCREENTEST_PROMPT"])
if video.status != "completed":
    sys.exit(f"the video is {video.status}: {video.error}")
client.videos.download_content(video.id).write_to_file(os.environ["SCREENTEST_OUTPUT"])
