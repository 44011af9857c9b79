"""What the witness servers share: accounts, a real-time task clock, film files, switches and the command line.

The servers are written from the vendors' published facts alone, by hand, so that a mistake in a provider document
cannot also be theirs. A *switch* is one planted defect or one legal oddity; at most one is on at a time.
"""

import argparse
import asyncio
import ipaddress
import json
import random
import re
import socket
import string
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from screentest_contracts.frames import frame_size
from screentest_mockserver.tasks.video import make_video

ACCOUNTS = {"sk-good": "good", "sk-second": "second", "sk-poor": "poor"}
Json = dict[str, Any]
Builder = Callable[[float, str], Starlette]


class FaultError(Exception):
    """A refusal on its way to the client; the arguments are the server's own business."""


@dataclass(slots=True)
class Job:
    """One task. `born` is a monotonic time, `created` Unix time, both in seconds; `film` is what will be delivered."""

    id: str
    owner: str
    model: str
    body: Json
    seconds: int
    ratio: str = "16:9"
    tier: str = "720p"
    fails: bool = False
    born: float = field(default_factory=time.monotonic)
    created: float = field(default_factory=time.time)


class Studio:
    """All tasks of one server, how long they take (`task_seconds`, real seconds) and which switch is on."""

    def __init__(self, task_seconds: float, switch: str, known: Mapping[str, str]) -> None:
        if switch and switch not in known:
            raise ValueError(f"no such switch: {switch}")
        self.task_seconds, self.switch, self.known = task_seconds, switch, known
        self.jobs: dict[str, Job] = {}
        self.calls = 0

    def on(self, *names: str) -> bool:
        assert all(name in self.known for name in names), names
        return self.switch in names

    def busy(self) -> bool:
        """Whether this call is one too many: with the switch `busy`, each fiftieth is."""
        self.calls += 1
        return self.switch == "busy" and self.calls % 50 == 0

    def add(self, job: Job) -> Job:
        self.jobs[job.id] = job
        return job

    def age(self, job: Job) -> float:
        """How much of its time the task has had: 0 new, 1 and above finished."""
        return (time.monotonic() - job.born) / self.task_seconds

    def phase(self, job: Job) -> str:
        """`waiting`, `working`, `done` or `failed`."""
        age = self.age(job)
        if age >= 1:
            return "failed" if job.fails else "done"
        return "waiting" if age < 0.3 else "working"


def account(request: Request) -> str | None:
    """Whose key the request carries as a bearer token; None when there is none or it is not known."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return ACCOUNTS.get(key.strip()) if scheme.lower() == "bearer" else None


async def json_object(request: Request) -> Json | None:
    """The body when it is a JSON object, without its null members, else None."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    return {name: value for name, value in body.items() if value is not None}


def letters(count: int) -> str:
    """Random letters and digits."""
    return "".join(random.choices(string.ascii_letters + string.digits, k=count))


def whole(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host in ("", "localhost")


def web_address(value: object) -> bool:
    """Whether this is a public HTTP or HTTPS address."""
    found = re.match(r"https?://([^/:\s]+)", value) if isinstance(value, str) else None
    return found is not None and not private(found[1])


@lru_cache(maxsize=64)
def film(seconds: float, ratio: str, tier: str) -> bytes:
    width, height = frame_size(ratio, tier)
    return make_video(width=width, height=height, seconds=seconds).data


def send_file(request: Request, data: bytes, *, ranges: bool = True) -> Response:
    """The file as video/mp4; with `ranges`, one `bytes=a-b` range is honoured (206) or refused (416)."""
    headers = {"accept-ranges": "bytes"} if ranges else {}
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if not ranges or not asked or asked[0] == "bytes=-":
        return Response(data, media_type="video/mp4", headers=headers)
    if asked[1]:
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
    else:
        first, last = max(0, len(data) - int(asked[2])), len(data) - 1
    if first >= len(data) or first > last:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{len(data)}"})
    headers["content-range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, headers, "video/mp4")


def answer(body: object, status: int = 200, *, manner: str = "", headers: dict[str, str] | None = None) -> Response:
    """A JSON answer, in one of several manners of sending it: `charset`, `chunked`, or as one plain body."""
    text = json.dumps(body, ensure_ascii=False).encode()
    media = "application/json; charset=utf-8" if manner == "charset" else "application/json"
    if manner != "chunked":
        return Response(text, status, headers, media)

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(text), 40):
            yield text[at : at + 40]
            await asyncio.sleep(0.001)

    return StreamingResponse(pieces(), status, headers, media)


def delayed(handler: Callable[[Request], Awaitable[Response]], studio: Studio) -> Callable[..., Awaitable[Response]]:
    """The handler, a little late with the switch `slow`."""
    seconds = 0.05 if studio.on("slow") else 0

    async def late(request: Request) -> Response:
        await asyncio.sleep(seconds)
        return await handler(request)

    return late


@contextmanager
def running(app: Starlette) -> Iterator[str]:
    """Serves the app on a free port of 127.0.0.1 in a thread; yields its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()


def main(build: Builder, defects: Mapping[str, str], oddities: Mapping[str, str]) -> None:
    """The command line of one witness server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--task-seconds", type=float, default=0.5)
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--defect", choices=sorted(defects), default="", metavar="NAME")
    one.add_argument("--oddity", choices=sorted(oddities), default="", metavar="NAME")
    one.add_argument("--list", action="store_true", help="print the switches and stop")
    given = parser.parse_args()
    if given.list:
        for title, names in (("defect", defects), ("oddity", oddities)):
            for name, text in names.items():
                print(f"{title}  {name:32} {text}")
        return
    listener = socket.create_server(("127.0.0.1", given.port))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    app = build(given.task_seconds, given.defect or given.oddity)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[listener])
