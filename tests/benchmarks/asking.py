"""Single requests to a mock, with which a measurement is prepared."""

import json
import time
from urllib.request import Request, urlopen

KEY = {"Authorization": "Bearer sk-screentest"}
JSON = {**KEY, "Content-Type": "application/json"}
CREATE = "/v1/videos/generations"
BODY = json.dumps(
    {
        "model": "happyhorse-1.1-text-to-video",
        "prompt": "A paper boat crosses a puddle after the rain, seen from just above the water.",
        "quality": "1080p",
        "aspect_ratio": "9:16",
        "duration": 8,
        "seed": 7,
    }
)


def fetch(url: str, path: str, body: str | None = None) -> tuple[str, list[tuple[str, str]]]:
    """Body, a character for each byte, and headers of one answer, without the header that ends this connection."""
    request = Request(url + path, None if body is None else body.encode(), JSON if body else KEY)
    with urlopen(request, timeout=10) as answer:
        headers = [(name.lower(), value) for name, value in answer.headers.items()]
        return answer.read().decode("latin-1"), [header for header in headers if header[0] != "connection"]


def new_task(url: str) -> str:
    """The path at which a new task is polled."""
    return f"/v1/tasks/{json.loads(fetch(url, CREATE, BODY)[0])['id']}"


def ended_task(url: str) -> str:
    """The same for a task that has succeeded, at a thousand times the vendor's pace."""
    path = new_task(url)
    deadline = time.monotonic() + 5
    while json.loads(fetch(url, path)[0])["status"] != "completed":
        if time.monotonic() > deadline:
            raise RuntimeError("the task does not end")
        time.sleep(0.02)
    return path


VIDEOS = "/v1/videos"
CLIP = json.dumps({"model": "sora-2", "prompt": "A paper boat crosses a puddle.", "seconds": "4", "size": "1280x720"})


def listed_page(url: str) -> str:
    """The path of a list whose first page is full, of a mock whose document has lists."""
    for _ in range(25):
        fetch(url, VIDEOS, CLIP)
    return f"{VIDEOS}?limit=20"


def ended_video(url: str) -> str:
    """The path of a video's bytes."""
    path = f"{VIDEOS}/{json.loads(fetch(url, VIDEOS, CLIP)[0])['id']}"
    deadline = time.monotonic() + 60
    while json.loads(fetch(url, path)[0])["status"] != "completed":
        if time.monotonic() > deadline:
            raise RuntimeError("the task does not end")
        time.sleep(0.02)
    return f"{path}/content"
