"""A video by `fal_client`: `subscribe` waits, and the address is fetched by `httpx`, which the library brings."""

import os

import fal_client
import httpx

result = fal_client.subscribe(os.environ["SCREENTEST_MODEL"], arguments={"prompt": os.environ["SCREENTEST_PROMPT"]})
video = httpx.get(result["video"]["url"], follow_redirects=True, timeout=60).raise_for_status()
with open(os.environ["SCREENTEST_OUTPUT"], "wb") as file:
    file.write(video.content)
