"""What the mock was asked and whom it called back, for tests that ask what a client did. Without keys."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from screentest_contracts.redact import Redactor
from screentest_mockserver.wire.answer import Headers

BODY_LIMIT = 4096
"""Bytes of a request body that are kept."""

TEXT_LIMIT = 2048
"""Characters of a path, of a query, and of all headers together that are kept."""

KeySeen = tuple[str, str]
"""Where a request had a key (`header authorization`, `query`, `path`, `body`), and whose: an account's, as in `good`,
or `unknown`."""


class Entry(NamedTuple):
    """One request and the status of its answer; status 0 is a connection dropped on purpose. `at` is epoch seconds on
    the mock's clock, `path` is as it was asked for, `task` the id of the task that it is about or "", `body` the
    first 4096 bytes of what was sent.

    `number` counts the requests to a server from 1. `scheme`, `host` and `query` are what the client asked for,
    `headers` what it sent, in its order, with names in lower case: what is secret is replaced, and `keys` says where a
    key was and whose. `operation` is the id of the vendor's operation, `media` behind a link, or "". `said` is what
    the answer says: a condition (`rate-limited`), the class of a task (`running`), or of a file `whole`, `part`,
    `truncated`, `redirect`, `empty`, `other`. `waits` is how many seconds the client is told to wait (Retry-After),
    None where it is not, and `delay` for how many it waits for the answer.

    >>> import httpx, screentest
    >>> with screentest.router("acme.yaml") as router:
    ...     _ = httpx.get("https://api.acme.example/jobs/nothing?a=1", headers={"x-key": "Key of-nobody"})
    ...     entry = router.screentest.journal[-1]
    >>> entry.method, entry.path, entry.status, entry.query, entry.host
    ('GET', '/jobs/nothing', 401, 'a=1', 'api.acme.example')
    >>> entry.keys, entry.header("x-key")
    ((('header x-key', 'unknown'),), 'REDACTED')
    """

    at: float
    provider: str
    method: str
    path: str
    status: int
    task: str
    body: bytes
    number: int = 0
    scheme: str = ""
    host: str = ""
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    keys: tuple[KeySeen, ...] = ()
    operation: str = ""
    said: str = ""
    waits: float | None = None
    delay: float = 0.0

    def header(self, name: str) -> str | None:
        """The first header called `name`, in any case, without what is secret."""
        lowered = name.lower()
        return next((value for key, value in self.headers if key == lowered), None)

    def as_json(self) -> dict[str, Any]:
        """For the control plane."""
        return {**self._asdict(), "body": self.body.decode("utf-8", "replace")}


class Delivery(NamedTuple):
    """One attempt to call back that was made. `status` is 0 when no answer came, after `seconds`, for `reason`; `kind`
    is `forged` for one that the vendor did not make, `repeated` for one that was acknowledged before.

    >>> import screentest
    >>> with screentest.serve("acme.yaml") as mock:
    ...     mock.deliveries  # no task has called back
    []
    """

    at: float
    provider: str
    task: str
    attempt: int
    status: int
    kind: str = ""
    seconds: float = 0.0
    reason: str = ""


Seen = tuple[tuple[tuple[str, str], ...], tuple[KeySeen, ...]]
"""Headers that may be kept, and the keys that were in them."""


class KeysSeen:
    """Finds keys in requests, and takes secrets out of what the journal keeps. `keys` are texts that a request may
    carry, with whose they are; `header` is where the vendor's clients put theirs."""

    def __init__(self, keys: Mapping[str, str], header: str, owner: Callable[[bytes], str] | None = None) -> None:
        """`owner` says whose the value of the header is, where that is no text known beforehand."""
        parts = [(part, whose) for key, whose in keys.items() for part in (key, *key.split(":", 1)) if len(part) > 3]
        ordered = sorted(parts, key=lambda row: -len(row[0]))
        self._whose = {part.encode(): whose for part, whose in reversed(ordered)}
        self._parts = [part.encode() for part, _ in ordered]
        self._any = re.compile(b"|".join(map(re.escape, self._parts))) if parts else None
        self._header, self._owner = header.lower(), owner
        self._redactor = Redactor(keys)
        # a client sends much the same headers each time: what they hold is worked out once
        self._cached = lru_cache(512)(self._headers)
        self._cached_text = lru_cache(256)(self._redactor.text)

    def headers(self, headers: Headers) -> Seen:
        """The headers as they may be kept, and the keys in them."""
        found: Seen = self._cached(tuple(headers))
        return found

    def text(self, text: str) -> str:
        """A path or a query as it may be kept."""
        shown: str = self._cached_text(text[: 4 * TEXT_LIMIT])[:TEXT_LIMIT] if text else text
        return shown

    def path(self, text: str) -> str:
        """A path as it may be kept: what looks like a secret, and is none of ours, may be an id."""
        return self._redactor.known(text[:TEXT_LIMIT])

    def body(self, body: bytes) -> bytes:
        """What is kept of a body."""
        kept = body[:BODY_LIMIT]
        return self._redactor.known(kept.decode("latin-1")).encode("latin-1") if self.whose(kept) else kept

    def whose(self, data: bytes) -> str:
        """Whose key stands in some bytes; "" for nobody's."""
        if self._any is None or self._any.search(data) is None:  # nearly all data: one scan
            return ""
        return next(self._whose[part] for part in self._parts if part in data)

    def _headers(self, headers: tuple[tuple[bytes, bytes], ...]) -> Seen:
        kept, keys, room = [], [], TEXT_LIMIT
        for raw_name, raw_value in headers:
            name, value = raw_name.decode("latin-1").lower()[:200], raw_value.decode("latin-1")
            whose = self.whose(raw_value)
            if not whose and name == self._header and self._owner is not None:
                whose = self._owner(raw_value)
            if not whose and value and name in (self._header, "authorization"):
                whose = "unknown"
            if whose:
                keys.append((f"header {name}", whose))
            shown = self._redactor.header(name, value[:TEXT_LIMIT])[: max(room, 0)]
            room -= len(name) + len(shown)
            if room > -200:
                kept.append((name, shown))
        return tuple(kept), tuple(keys)


def keys_in(places: Iterable[tuple[str, str]]) -> tuple[KeySeen, ...]:
    """The places that hold somebody's key."""
    return tuple((place, whose) for place, whose in places if whose)
