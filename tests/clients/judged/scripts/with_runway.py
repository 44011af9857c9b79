"""A video by `runwayml`: `wait_for_task_output` waits, and the address is fetched by `httpx`, which it brings."""

import os

import httpx
from runwayml import RunwayML

client = RunwayML()
task = client.text_to_video.create(
    model=os.environ["SCREENTEST_MODEL"], prompt_text=os.environ["SCREENTEST_PROMPT"], ratio="1280:720", duration=5
).wait_for_task_output()
video = httpx.get(task.output[0], follow_redirects=True, timeout=60).raise_for_status()
with open(os.environ["SCREENTEST_OUTPUT"], "wb") as file:
    file.write(video.content)
