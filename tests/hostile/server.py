"""A small gateway of `tiny.yaml` on loopback that is sound but for one behaviour: raw bytes, from asyncio alone."""

import asyncio
import itertools
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from screentest_mockserver.tasks.video import make_video

RESET: Final = "reset"
"""A step: the connection is torn down."""

Step = bytes | float | str
Steps = Iterable[Step]
"""Bytes are sent, a number is waited for in seconds, RESET tears the connection down; at the end it is closed."""


@dataclass
class Call:
    """A request as it came: its role, path, headers in lower case, body; `number` counts those of the role."""

    role: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    number: int
    base: str


Behaviour = Callable[[Call], Steps | None]
"""What is done instead of the sound answer; None: nothing."""


def answer(body: Any = None, status: str = "200 OK", **fields: str) -> bytes:
    """A whole answer; fields replace or, where they are empty, remove the usual ones."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    usual = {"content-type": "application/json", "content-length": str(len(data)), "connection": "close"}
    usual |= {name.replace("_", "-").lower(): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in usual.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + data


@dataclass
class Gateway:
    """What a sound gateway answers: a task takes a twentieth of a second."""

    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def view(self, task: dict[str, Any], base: str) -> dict[str, Any]:
        """A task as queries show it."""
        age = time.monotonic() - task["began"]
        done = age > 0.05
        shown = {key: value for key, value in task.items() if key != "began"}
        return shown | {
            "status": "completed" if done else "queued",
            "progress": 100 if done else 0,
            "completed_at": task["created_at"] if done else None,
            "url": f"{base}/files/{task['id']}.mp4" if done else None,
        }

    def answer(self, call: Call) -> bytes:
        """The sound answer to a call."""
        if call.role == "file":
            return self._file(call)
        if call.headers.get("authorization") != "Bearer sk-screentest":
            return refusal("401 Unauthorized")
        if call.role == "create":
            return self._create(call)
        if call.role == "list":
            newest = sorted(self.tasks.values(), key=lambda task: -task["began"])
            return answer({"data": [self.view(task, call.base) for task in newest]})
        task = self.tasks.get(call.path.split("/")[3] if call.path.count("/") > 2 else "")
        if task is None:
            return refusal("404 Not Found")
        return self._file(call) if call.role == "content" else answer(self.view(task, call.base))

    def _create(self, call: Call) -> bytes:
        try:
            body = json.loads(call.body)
            sound = isinstance(body, dict) and 1 <= len(body["prompt"]) <= 32000 and isinstance(body["prompt"], str)
            for name, values in {
                "model": ["clip-1"],
                "seconds": ["4", "8", "12"],
                "size": ["720x1280", "1280x720"],
            }.items():
                sound = sound and body.get(name, values[0]) in values
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            return refusal("400 Bad Request")
        task = {
            "id": f"video_{len(self.tasks) + 1:032x}",
            "object": "video",
            "model": "clip-1",
            "status": "queued",
            "progress": 0,
            "url": None,
            "error": None,
            "created_at": int(time.time()),
            "completed_at": None,
            "prompt": body["prompt"],
            "seconds": body.get("seconds", "4"),
            "size": body.get("size", "1280x720"),
        }
        self.tasks[task["id"]] = task | {"began": time.monotonic()}
        return answer(task)

    def _file(self, call: Call) -> bytes:
        found = next((task for name, task in self.tasks.items() if name in call.path), None)
        if found is None:
            return refusal("404 Not Found")
        width, height = map(int, found["size"].split("x"))
        return file_answer(clip(width, height, float(found["seconds"])), call.headers.get("range"))


def refusal(status: str, **fields: str) -> bytes:
    """A refusal in the document's words."""
    error = {"message": "no", "type": "invalid_request_error", "code": "invalid", "param": None}
    return answer({"error": error}, status, **fields)


def clip(width: int = 1280, height: int = 720, seconds: float = 4) -> bytes:
    """A small sound video."""
    return make_video(width=width, height=height, seconds=seconds).data


def file_answer(data: bytes, wanted: str | None) -> bytes:
    """A file, or a single range of it."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
    if match is None or not any(match.groups()):
        return answer(data, Content_Type="video/mp4")
    first = int(match[1]) if match[1] else max(len(data) - int(match[2]), 0)
    last = min(int(match[2]), len(data) - 1) if match[1] and match[2] else len(data) - 1
    if first > last:
        return answer(b"", "416 Range Not Satisfiable", Content_Range=f"bytes */{len(data)}")
    span = f"bytes {first}-{last}/{len(data)}"
    return answer(data[first : last + 1], "206 Partial Content", Content_Type="video/mp4", Content_Range=span)


class Server:
    """Answers one request a connection, after `delay` seconds. `requests` are the heads of all requests; `reads` false:
    none is read."""

    def __init__(self, behaviour: Behaviour, *, reads: bool = True, delay: float = 0.0) -> None:
        self.gateway, self.behaviour, self.reads, self.delay = Gateway(), behaviour, reads, delay
        self.requests: list[tuple[str, str]] = []
        self._counts: dict[str, itertools.count[int]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            call = await self._read(reader) if self.reads else Call("any", "", "", {}, b"", 0, "")
            self.requests.append((call.method, call.path))
            if self.delay:
                await asyncio.sleep(self.delay)
            steps = self.behaviour(call)
            for step in [self.gateway.answer(call)] if steps is None else steps:
                if isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                elif step == RESET:
                    line: socket.socket = writer.get_extra_info("socket")
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                else:
                    await asyncio.sleep(float(step))
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Call:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        role = role_of(method, path.partition("?")[0])
        number = next(self._counts.setdefault(role, itertools.count()))
        return Call(role, method, path, headers, body, number, f"http://{headers.get('host', '')}")


def role_of(method: str, path: str) -> str:
    """What a request asks for."""
    if path.startswith("/files/"):
        return "file"
    if path == "/v1/videos":
        return "create" if method == "POST" else "list"
    if re.fullmatch(r"/v1/videos/[^/]+", path):
        return "query"
    return "content" if path.endswith("/content") else "other"


@contextmanager
def running(behaviour: Behaviour, *, reads: bool = True, delay: float = 0.0) -> Iterator[tuple[str, Server]]:
    """A server in a thread of its own, and its base URL."""
    loop, made = asyncio.new_event_loop(), Server(behaviour, reads=reads, delay=delay)
    listening = loop.run_until_complete(asyncio.start_server(made.serve, "127.0.0.1", 0, backlog=200))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", made
    finally:
        asyncio.run_coroutine_threadsafe(_stop(listening), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


async def _stop(listening: asyncio.Server) -> None:
    listening.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
