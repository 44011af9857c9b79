"""A video by `volcenginesdkarkruntime`, which has no helper that waits: the loop is the guide's."""

import os
import sys
import time

import httpx
from volcenginesdkarkruntime import Ark

client = Ark(base_url=os.environ["SCREENTEST_BASE_URL"] + "/api/v3", api_key=os.environ["ARK_API_KEY"])
wish = [{"type": "text", "text": os.environ["SCREENTEST_PROMPT"]}]
task = client.content_generation.tasks.create(model=os.environ["SCREENTEST_MODEL"], content=wish)
until = time.monotonic() + float(os.environ["SCREENTEST_TIMEOUT"])
while True:
    found = client.content_generation.tasks.get(task_id=task.id)
    if found.status == "succeeded":
        break
    if found.status in ("failed", "cancelled", "expired"):
        sys.exit(f"the task is {found.status}: {found.error}")
    if time.monotonic() > until:
        sys.exit("the task takes too long")
    time.sleep(float(os.environ["SCREENTEST_INTERVAL"]))
video = httpx.get(found.content.video_url, follow_redirects=True, timeout=60).raise_for_status()
with open(os.environ["SCREENTEST_OUTPUT"], "wb") as file:
    file.write(video.content)
