"""What was sent and what came back: exchanges, and the trace of one task. Plain values that can be judged again."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

import orjson

from screentest_contracts.location import MISSING
from screentest_suites.core.credential import GOOD, Credential
from screentest_suites.core.encoding import encoding_flaw

NO_JSON: Final = MISSING
"""What `Exchange.json` is when a body is not JSON, or not whole."""

SMALL_BODY = 64 * 1024
"""Bytes up to which what a body says is kept beside it. Read JSON can take 25 times the space of its text: of larger
bodies only the last few are kept read."""


@dataclass(frozen=True)
class SentRequest:
    """One request. `url` is absolute; `credential` says whose key it carries, `operation` is the id of the operation it
    was made for, `purpose` the id of the requirement that is judged by it. `waits` is for how many seconds it asks the
    server to wait before it answers, or to go on answering: that is no slowness of the server.

    >>> import screentest
    >>> target = screentest.EmbeddedTarget(screentest.load_contract("acme.yaml"))
    >>> sent = screentest.SentRequest(
    ...     "POST",
    ...     f"{target.base_url}/jobs",
    ...     (("x-key", f"Key {target.keys['good']}"), ("x-async", "enable"), ("content-type", "application/json")),
    ...     b'{"model": "clip-1"}',
    ... )
    >>> target.send(sent).json["job"]["state"]
    'WAIT'
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    credential: Credential = GOOD
    operation: str = ""
    purpose: str = ""
    waits: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    Times are epoch seconds of the target's clock. `error` says why there is no (whole) answer, with `status` 0 where
    not even the status line came. `size` is the length of the body, of which `body` may hold only the beginning. Of a
    file that is too long to be kept, `outline` is what its header is read from (`screentest_contracts.outline`), and
    `tail` its last bytes.

    >>> import screentest
    >>> sent = screentest.SentRequest("GET", "https://api.example.com/tasks/1")
    >>> headers, body = (("Content-Type", "application/json; charset=utf-8"),), b'{"status": "running"}'
    >>> exchange = screentest.Exchange(sent, 200, headers, body, 1_780_000_000.0, 1_780_000_000.2, size=len(body))
    >>> exchange.json["status"], exchange.media_type, exchange.header("content-type")
    ('running', 'application/json', 'application/json; charset=utf-8')
    >>> lost = screentest.Exchange(sent, 0, (), b"", 1_780_000_000.0, 1_780_000_030.0, "no answer within the time-out")
    >>> lost.status, lost.error
    (0, 'no answer within the time-out')
    """

    sent: SentRequest
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent_at: float
    received_at: float
    error: str = ""
    size: int = 0
    outline: bytes = b""
    tail: bytes = b""

    @property
    def json(self) -> Any:
        """The body as JSON, or `NO_JSON`, as for a body that did not come whole."""
        if self.error:
            return NO_JSON
        return self._small_json if len(self.body) <= SMALL_BODY else _large_json(self.body)

    @cached_property
    def _small_json(self) -> Any:
        return _json(self.body)

    @property
    def video(self) -> bytes:
        """What the header of a video is read from."""
        return self.outline or self.body

    @property
    def ending(self) -> bytes:
        """The last bytes of the body: all of it, if it was kept."""
        return self.tail or self.body

    @cached_property
    def encoding_flaw(self) -> str:
        """Why a body that is meant as JSON cannot be read: `is not UTF-8`, ...; "" where nothing is the matter."""
        whole = not self.error and self.size <= len(self.body)
        kind = self.media_type
        meant = "json" in kind or not kind or (kind.startswith("text/") and kind != "text/event-stream")
        return encoding_flaw(self.body) if whole and meant and self.json is NO_JSON else ""

    @property
    def not_json(self) -> str:
        """Why the body is no JSON, for people."""
        if self.error:
            return self.error
        return f"the body {self.encoding_flaw}" if self.encoding_flaw else f"the body is not JSON: {self.body[:80]!r}"

    def header(self, name: str) -> str | None:
        """The first header called `name`, in any case."""
        lowered = name.lower()
        return next((value for key, value in self.headers if key.lower() == lowered), None)

    @property
    def encoding(self) -> str:
        """The content coding that the body came in, lower case; "" for none. `body` and `size` are without it."""
        coding = (self.header("content-encoding") or "").strip().lower()
        return "" if coding == "identity" else coding

    @property
    def media_type(self) -> str:
        """The media type without parameters, lower case; "" when none is stated."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return NO_JSON


_large_json = lru_cache(4)(_json)


@dataclass(frozen=True, eq=False)
class Poll:
    """One query of a task, and the id of the operation that answered it. Equal to itself only.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> session = screentest.Session(contract, screentest.EmbeddedTarget(contract))
    >>> trace = session.ensure_base_tasks()[0]
    >>> _ = session.poll(trace)
    >>> poll = trace.polls[-1]
    >>> poll.operation, poll.exchange.status
    ('look', 200)
    """

    operation: str
    exchange: Exchange


@dataclass(eq=False)
class Trace:
    """One task's life as it was seen. Equal to itself only, so that it can be a key of what is known about it.

    `plan` is how the trace was made, for reproducing it; `gave_up` why it was not followed to an end,
    `cut` that a recording holds no more of it.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> session = screentest.Session(contract, screentest.EmbeddedTarget(contract))
    >>> trace = session.follow(session.ensure_base_tasks()[0])
    >>> trace.model, trace.ended, len(trace.exchanges) == 1 + len(trace.polls)
    ('clip-1', True, True)
    >>> trace.created.json["job"]["state"], trace.polls[-1].exchange.json["state"]
    ('WAIT', 'DONE')
    """

    model: str
    body: Any
    created: Exchange
    task_id: str
    polls: list[Poll] = field(default_factory=list)
    ended: bool = False
    gave_up: str = ""
    cut: bool = False
    plan: str = ""

    @property
    def exchanges(self) -> list[Exchange]:
        """Every exchange in order."""
        return [self.created, *(poll.exchange for poll in self.polls)]
