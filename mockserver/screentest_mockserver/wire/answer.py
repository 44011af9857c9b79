"""Requests and answers as plain values, and how an answer goes out over ASGI, faults included."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Headers = list[tuple[bytes, bytes]]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

Piece = tuple[bytes, float | None]
"""The next bytes of an answer, and in how many seconds there are more; None: never."""

JSON: Headers = [(b"content-type", b"application/json")]


class Request:
    """One request to a provider, as `Call.request` shows it. `path` is relative to the provider; `query` is what
    follows the `?`, as bytes; names of `headers` are lower case; `base` is the provider's address for the client.

    >>> import screentest
    >>> headers = [(b"content-type", b"application/json")]
    >>> request = screentest.Request("GET", "/jobs/nothing", b"", headers, b"", "http://127.0.0.1:8000")
    >>> request.header(b"content-type"), request.header(b"authorization")
    ('application/json', None)
    """

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


NO_REQUEST = Request("", "", b"", [], b"", "")
"""What a call is about that nobody made: a callback, or a look at a task from inside."""


class Answer:
    """One answer. `delay` in seconds of waiting; `later` makes what is answered after it instead, from the call as it
    then is; `events` gives the body piece by piece, likewise; `drop` closes the connection unanswered; `cut` breaks off
    after that many bytes of the body; where these are all, no header has told their number. `operation` and `said` are
    what the journal has of it (`Entry`), `at` is when it was made, epoch seconds on the mock's clock, `stays` how long
    it may be given again, as the mock knows it.

    >>> import httpx, screentest
    >>> def _cut(call: screentest.Call, answer: screentest.Answer) -> screentest.Answer:
    ...     answer.cut = 10
    ...     return answer
    >>> hooks = screentest.Hooks(answer=_cut)
    >>> _ = screentest.add_deviation(screentest.Deviation("acme-cut", "every answer breaks off", ("*",), hooks=hooks))
    >>> with screentest.router("acme.yaml") as router:
    ...     router.screentest.deviate("acme-cut")
    ...     try:
    ...         httpx.get("https://api.acme.example/jobs/nothing")
    ...     except httpx.RemoteProtocolError as error:
    ...         print(error)
    the connection was closed before the answer was complete
    """

    __slots__ = (
        "at",
        "body",
        "cut",
        "delay",
        "drop",
        "events",
        "headers",
        "later",
        "operation",
        "said",
        "status",
        "stays",
        "task_id",
    )

    def __init__(self, status: int, headers: Headers, body: bytes, task_id: str = "") -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.task_id = task_id
        self.at: float | None = None
        self.delay = 0.0
        self.events: Callable[[Any, Any], Piece] | None = None
        self.later: Callable[[Any, Any], Answer] | None = None
        self.drop = False
        self.cut: int | None = None
        self.operation = ""
        self.said = ""
        self.stays: Any = None


class ConnectionDroppedError(Exception):
    """Where no connection can be cut (in process), this takes the place of the rest of an answer."""


async def drop_connection(send: Send) -> None:
    """Cuts the client's connection. ASGI has no word for it, so the server's transport is asked directly."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionDroppedError
    await asyncio.sleep(0)  # let what was sent go out before the cut
    transport.abort()
    await asyncio.sleep(0.01)  # the server notices in the meantime and sends no 500 of its own


async def send_answer(
    answer: Answer, send: Send, *, head: bool, wait: Callable[[float], Awaitable[None]], date: bytes
) -> None:
    """Sends `answer`, or as much of it as the scenario lets through."""
    if answer.delay:
        await wait(answer.delay)
    if answer.drop:
        await drop_connection(send)
        return
    body, length = b"" if head else answer.body, len(answer.body)
    breaks_off = body and answer.cut is not None and answer.cut <= length
    headers = [*answer.headers, (b"content-length", b"%d" % length), (b"date", date)]
    if answer.status == 204 or (breaks_off and answer.cut == length):  # RFC 9110, 8.6: no length where no body can be
        del headers[-2]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if breaks_off:
        await send({"type": "http.response.body", "body": body[: answer.cut], "more_body": True})
        await drop_connection(send)
        return
    await send({"type": "http.response.body", "body": body})


async def real_wait(seconds: float) -> None:
    """Waits in real time."""
    await asyncio.sleep(seconds)
