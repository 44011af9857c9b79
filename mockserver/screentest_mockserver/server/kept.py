"""Answers to polls that are given again: between two changes of a task a poll is one look-up.

What an answer holds that is new each time is made anew: the journal's entry, the date, headers with random values.
"""

from typing import Any

from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.state.facts import Cache
from screentest_mockserver.state.render import FreshContext, header_values
from screentest_mockserver.state.stays import Stays
from screentest_mockserver.state.store import Opened
from screentest_mockserver.wire.answer import Answer, Message
from screentest_mockserver.wire.journal import Entry

LIMIT = 1024
"""Answers that are kept."""

Key = tuple[bytes | None, bytes, tuple[tuple[bytes, bytes], ...]]
"""Path and query as they came, and all headers: what an answer follows from, beside the task."""


class KeptAnswer:
    """The answer to one request, which stays as long as `stays` holds."""

    __slots__ = ("_body", "_entry", "_headers", "_length", "_rows", "_status", "mock", "stays")

    def __init__(self, mock: ProviderMock, answer: Answer, entry: Entry) -> None:
        self.mock = mock
        self.stays: Stays = answer.stays
        self._rows = mock.facts.headers[mock.contract.operations[answer.operation].role]
        self._headers = answer.headers[: len(answer.headers) - len(self._rows)]
        self._length = (b"content-length", b"%d" % len(answer.body))
        self._status, self._body = answer.status, answer.body
        self._entry = entry

    def open(self) -> Opened:
        """What the store says of the task. Raises StoreLostError."""
        return self.mock.store.open(*self.stays.spoken)

    def entry(self, now: float, number: int, scheme: str) -> Entry:
        """What the journal keeps of this request."""
        known = self._entry
        return tuple.__new__(Entry, (now, *known[1:7], number, scheme, *known[9:]))

    def start(self, date: bytes) -> Message:
        """The first message of the answer."""
        fresh = header_values(self._rows, FreshContext(self.mock.facts.random))
        headers = [*self._headers, *fresh, self._length, (b"date", date)]
        return {"type": "http.response.start", "status": self._status, "headers": headers}

    def end(self) -> Message:
        """The second and last one."""
        return {"type": "http.response.body", "body": self._body}


class KeptAnswers:
    """Answers by what was asked."""

    def __init__(self) -> None:
        self._answers: Cache[Key, KeptAnswer] = Cache(LIMIT)

    def of(self, scope: Any) -> KeptAnswer | None:
        """The answer that a request had before."""
        answers = self._answers
        if not answers or scope["method"] != "GET":
            return None
        return answers.get((scope.get("raw_path"), scope["query_string"], tuple(scope["headers"])))

    def clear(self) -> None:
        """Forgets every answer."""
        self._answers.clear()

    def remember(self, scope: Any, answer: KeptAnswer) -> None:
        """Keeps an answer for the next request like this one."""
        if scope["method"] == "GET" and scope.get("raw_path"):
            self._answers.keep((scope["raw_path"], scope["query_string"], tuple(scope["headers"])), answer)
