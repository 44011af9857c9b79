"""Where callbacks arrive: what checks read, and the mailbox that the embedded mock and the HTTPS server fill.

Every task gets an address of its own (a path), so that callbacks of different tasks are never mixed up.
"""

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import orjson

from screentest_contracts.contract import Contract, Handshake
from screentest_contracts.reading import task_id
from screentest_contracts.signatures import Message, problem, public_keys
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange, SentRequest

ARRIVED_LIMIT = 64 * 1024 * 1024
"""Bytes of callbacks that a run keeps."""


@dataclass(frozen=True)
class Received:
    """A callback that arrived. `at` is in epoch seconds of the receiver's clock.

    `signature`: what was found wrong with its signature when it was recorded, "" for nothing: a recording has neither
    the secret nor the headers. `took`: for how many seconds, at the most, its sender had to wait for us. `challenge`:
    the text to repeat, of what is no callback but the challenge before it.
    """

    at: float
    method: str
    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    signature: str | None = None
    took: float = 0.0
    challenge: str | None = None


class Sends(Protocol):
    """What of a target is needed to ask for a key set."""

    @property
    def kind(self) -> str: ...

    @property
    def base_url(self) -> str: ...

    @property
    def keys(self) -> Mapping[str, str]: ...

    def send(self, sent: SentRequest) -> Exchange: ...


@dataclass(frozen=True)
class Verifier:
    """What signatures are verified with: a secret, or the text of a key set. `missing` is why there is none, and `sent`
    what came of asking for a key set."""

    text: str = ""
    missing: str = ""
    sent: Exchange | None = None


def verifier_of(contract: Contract, target: Sends) -> Verifier:
    """What verifies the callbacks of a target: the secret that it was given, or its vendor's key set. A server that is
    not the vendor's own has its key set at the same path."""
    rule = contract.callback.signature if contract.callback else None
    if rule is None:
        return Verifier(missing="callbacks are not signed")
    if not rule.keys_url:
        secret = target.keys.get("callback")
        return Verifier(secret) if secret else Verifier(missing=f"{rule.variable} is not set: it holds the secret")
    own = target.kind == "live"
    url = rule.keys_url if own else target.base_url + rule.keys_path(contract.base_path)
    exchange = target.send(SentRequest("GET", url, (), None, NO_KEY))
    text = exchange.body.decode("utf-8", "replace")
    try:
        keys = public_keys(text) if exchange.status == 200 and not exchange.error else []
    except ValueError as error:
        return Verifier(missing=f"{url}: {error}", sent=exchange)
    seen = exchange.error or f"answered {exchange.status}" if exchange.status != 200 else "no such key"
    return Verifier(text, "" if keys else f"{url}: {seen}", exchange)


def signature_problem(contract: Contract, verifier: Verifier, received: Received) -> str:
    """What is wrong with the signature of a callback, "" for nothing."""
    if received.signature is not None:
        return received.signature
    rule = contract.callback.signature if contract.callback else None
    if rule is None:
        return ""
    task = ""
    if "{{task}}" in rule.over:
        with contextlib.suppress(orjson.JSONDecodeError):
            task = task_id(contract, orjson.loads(received.body)) or ""
        if not task:
            return "its body has no id of a task, which is signed"
    return problem(rule, verifier.text, received.headers, Message(received.body, received.at, task=task)) or ""


class CallbackPort(Protocol):
    """A receiver of callbacks. `base` is its public address."""

    base: str

    def address(self, status: int = 200, handshake: Handshake | None = None, *, answers: bool = True) -> str:
        """A new URL, whose callbacks are answered with `status`, and challenges rightly, unless it never `answers`."""

    def received(self, address: str) -> list[Received]:
        """What has arrived at an address."""


@dataclass
class Mailbox:
    """Addresses under one base URL, what they answer, and what arrived. Thread-safe by the GIL: appends only."""

    base: str
    statuses: dict[str, int] = field(default_factory=dict)
    arrived: list[Received] = field(default_factory=list)
    handshakes: dict[str, tuple[Handshake, bool]] = field(default_factory=dict)
    _kept: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def address(self, status: int = 200, handshake: Handshake | None = None, *, answers: bool = True) -> str:
        url = f"{self.base}/callback/{next(self._numbers)}"
        self.statuses[urlsplit(url).path] = status
        if handshake is not None:
            self.handshakes[urlsplit(url).path] = handshake, answers
        return url

    def received(self, address: str) -> list[Received]:
        path = urlsplit(address).path
        return [each for each in self.arrived if each.path == path]

    def take(
        self,
        at: float,
        method: str,
        path: str,
        body: bytes,
        headers: tuple[tuple[str, str], ...] = (),
        took: float = 0.0,
        query: str = "",
    ) -> tuple[int, bytes]:
        """Notes a callback and gives status and body to answer with: 404 where nobody waits for one, 429 where more
        have come than are kept, and what repeats a challenge."""
        self._kept += len(body) + 1024
        if self._kept > ARRIVED_LIMIT:
            return 429, b""
        rule, answers = self.handshakes.get(path, (None, False))
        challenge = None if rule is None else rule.challenge(query, body)
        self.arrived.append(Received(at, method, path, body, headers, took=took, challenge=challenge))
        if rule is not None and challenge is not None:
            return 200, rule.reply(challenge) if answers else b"what?"
        return self.statuses.get(path, 404), b""
