"""Requests and answers as plain values, and how an answer goes out over ASGI, faults included."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Headers = list[tuple[bytes, bytes]]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

JSON: Headers = [(b"content-type", b"application/json")]


class Request:
    """One request to a provider. `path` is relative to the provider; `base` is its address as the client sees it."""

    __slots__ = ("base", "body", "headers", "method", "path", "query")

    def __init__(self, method: str, path: str, query: bytes, headers: Headers, body: bytes, base: str) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.base = base

    def header(self, name: bytes) -> str | None:
        """The first header called `name` (lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


class Answer:
    """One answer. `delay` in seconds of waiting; `drop` closes the connection unanswered; `cut` breaks off after that
    many bytes of the body."""

    __slots__ = ("body", "cut", "delay", "drop", "headers", "status", "task_id")

    def __init__(self, status: int, headers: Headers, body: bytes, task_id: str = "") -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.task_id = task_id
        self.delay = 0.0
        self.drop = False
        self.cut: int | None = None


class ConnectionDroppedError(Exception):
    """Raised into the server to make it close a connection without (the rest of) an answer."""


async def send_answer(answer: Answer, send: Send, *, head: bool, wait: Callable[[float], Awaitable[None]]) -> None:
    """Sends `answer`; raises ConnectionDroppedError where the scenario breaks the connection."""
    if answer.delay:
        await wait(answer.delay)
    if answer.drop:
        raise ConnectionDroppedError
    body = answer.body
    headers = [*answer.headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if head:
        body = b""
    if answer.cut is not None and answer.cut < len(body):
        await send({"type": "http.response.body", "body": body[: answer.cut], "more_body": True})
        raise ConnectionDroppedError
    await send({"type": "http.response.body", "body": body})


async def real_wait(seconds: float) -> None:
    """Waits in real time."""
    await asyncio.sleep(seconds)
