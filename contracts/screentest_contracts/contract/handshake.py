"""The challenge that an address of callbacks has to answer before the first one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson

from screentest_contracts.facts import Fact
from screentest_contracts.location import MISSING, Location, replaced, segments


@dataclass(frozen=True, slots=True)
class Handshake:
    """How an address is challenged: with a text in the query `parameter`, or `at` a pointer of a body that is like
    `body` otherwise. The answer repeats it at the pointer `answer` of its JSON, or as its whole text where that is
    None, within `timeout` seconds."""

    method: str
    parameter: str | None
    at: Location | None
    body: Mapping[str, Any]
    answer: Location | None
    timeout: float
    fact: Fact

    def request(self, url: str, challenge: str) -> tuple[str, bytes]:
        """The address and the body of a challenge."""
        if self.at is None:
            joint = "&" if "?" in url else "?"
            return f"{url}{joint}{urlencode({str(self.parameter): challenge})}", b""
        return url, orjson.dumps(replaced(dict(self.body), segments(self.at.pointers[0]), challenge))

    def challenge(self, query: str, body: bytes) -> str | None:
        """The text that a request challenges with; None for one that is no challenge."""
        if self.at is None:
            return next(iter(parse_qs(query).get(str(self.parameter), ())), None)
        try:
            members = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        found = self.at.find(members)
        rest = replaced(members, segments(self.at.pointers[0]), MISSING) if isinstance(members, dict) else {}
        told = all(rest.get(name) == value for name, value in self.body.items())
        return found if isinstance(found, str) and found and told else None

    def reply(self, challenge: str) -> bytes:
        """The body of the right answer."""
        if self.answer is None:
            return challenge.encode()
        return orjson.dumps(replaced({}, segments(self.answer.pointers[0]), challenge))

    def is_answered(self, status: int, body: bytes, challenge: str) -> bool:
        """Whether an answer is right."""
        if not 200 <= status < 300:
            return False
        if self.answer is None:
            return body.strip() == challenge.encode()
        try:
            return bool(self.answer.find(orjson.loads(body)) == challenge)
        except orjson.JSONDecodeError:
            return False
