"""A video by `dashscope`: `call` waits, and the address is fetched by `requests`, which the library brings."""

import os
import sys
from http import HTTPStatus

import requests
from dashscope import VideoSynthesis

answer = VideoSynthesis.call(model=os.environ["SCREENTEST_MODEL"], prompt=os.environ["SCREENTEST_PROMPT"])
if answer.status_code != HTTPStatus.OK:
    sys.exit(f"refused: {answer.status_code} {answer.code} {answer.message}")
if answer.output.task_status != "SUCCEEDED":
    sys.exit(f"the task is {answer.output.task_status}: {answer.output.get('code')} {answer.output.get('message')}")
video = requests.get(answer.output.video_url, timeout=60)
video.raise_for_status()
with open(os.environ["SCREENTEST_OUTPUT"], "wb") as file:
    file.write(video.content)
