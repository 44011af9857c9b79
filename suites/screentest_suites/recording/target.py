"""A target with a memory: what is recorded is answered from the recording, what is not is sent and recorded."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote

import orjson

from screentest_contracts.contract import RESOURCES, Contract, Role
from screentest_contracts.redact import HIDDEN, Redactor
from screentest_suites.core.addresses import join_address, split_address
from screentest_suites.core.credential import LiteralKey, NoKey, credential_text
from screentest_suites.core.exchange import NO_JSON, Exchange, SentRequest
from screentest_suites.core.verdicts import NotObservedError, OutOfTimeError, Skip
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.clock import RunClock
from screentest_suites.recording.port import TapePort
from screentest_suites.targets.callback_port import Received, Verifier, signature_problem, verifier_of
from screentest_suites.targets.incoming import JSON_LIMIT
from screentest_suites.targets.target import BaseTarget, Target

T = TypeVar("T")

ENDS_HERE = "not in the recording"
UNDER_WAY = "the run was interrupted while this request was under way; sending it again could cost twice"
GONE = "the address was hidden in the recording, and is not shown any more"


class CassetteTarget(BaseTarget):
    """Replays a cassette; with an inner target, goes on where the cassette ends."""

    def __init__(self, contract: Contract, tape: Cassette, inner: Target | None, redactor: Redactor) -> None:
        header = tape.header
        self.contract = contract
        self.tape = tape
        self.inner = inner
        self.kind = header.kind
        self.base_url = inner.base_url if inner is not None else header.base_url
        self.keys: Mapping[str, str] = {
            role: inner.keys[role] if inner is not None else f"key-of-the-{role}-account" for role in header.accounts
        }
        self.clock = RunClock(tape, real=inner is not None)
        self.cut = False  # by the run's limit of time: it can go on
        self._redactor = redactor if inner is not None else Redactor(self.keys.values())
        if header.callbacks is not None:
            port, signature = (None, None) if inner is None else (inner.callbacks, self._signature_problem)
            self._verifier: Verifier | None = None
            self.callbacks = TapePort(tape, port, self.clock, signature)
        self._shown: list[
            tuple[SentRequest, Exchange]
        ] = []  # requests whose answers hide something: what can show it again
        self._lock = threading.RLock()  # what is remembered may be found out by sending

    def now(self) -> float:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def limit_time(self, seconds: float, *, chosen: bool) -> None:
        self.clock.ends = time.monotonic() + seconds
        if self.inner is not None:
            self.inner.limit_time(seconds, chosen=chosen)

    def close(self) -> None:
        """Closes the recording and what stands behind it."""
        if self.inner is not None:
            self.inner.close()
        self.tape.close()

    @property
    def order(self) -> list[str]:
        """The requirements in the order in which they were judged: some checks look at what others brought about."""
        return list(self.tape.order)

    def judging(self, requirement: str) -> None:
        """Notes that a requirement is being judged."""
        if self.inner is not None and requirement not in self.tape.order:
            self.tape.judging(requirement)

    def remember(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, or gave when the run was recorded."""
        with self._lock:
            text = self.tape.memory.get(name)
            if text is not None:
                kept: T = json.loads(text)
                return kept
            value = make()
            if self.inner is not None:
                with contextlib.suppress(TypeError, ValueError):  # not to be written as JSON: made anew next time
                    text = self._redactor.text(json.dumps(value))
                    value = json.loads(text)  # what looks like a key is not kept, so it is not used either
                    self.tape.keep(name, text)
            return value

    def send(self, sent: SentRequest, *, limit: int = JSON_LIMIT) -> Exchange:
        mark = fingerprint(sent, self.base_url, self._redactor)
        again = repeatable(self.contract, self.base_url, sent)
        entry = self.tape.take(mark)
        while entry is not None and entry.exchange is None and again:  # interrupted, and then asked anew
            entry = self.tape.take(mark)
        with self._lock:
            self.sent += 1
        if entry is not None and entry.exchange is not None:
            exchange = replace(entry.exchange, sent=sent)
            self.clock.answered(exchange.received_at, entry.offset, live=False)
            if self.inner is not None and _hides(exchange) and again:
                self._shown.append((sent, exchange))
            return exchange
        if entry is not None:
            raise NotObservedError(Skip.NOT_OBSERVED, UNDER_WAY)
        if self.inner is None:
            raise NotObservedError(Skip.NOT_OBSERVED, ENDS_HERE)
        return self._send(self.inner, mark, sent, limit, ahead=not again)

    def _signature_problem(self, received: Received) -> str | None:
        """What is wrong with the signature of a callback; None where nobody can tell."""
        if self._verifier is None and self.inner is not None:
            self._verifier = verifier_of(self.contract, self.inner)
        if self._verifier is None or self._verifier.missing:
            return None
        return signature_problem(self.contract, self._verifier, received)

    def _send(self, inner: Target, mark: str, sent: SentRequest, limit: int, *, ahead: bool) -> Exchange:
        self.clock.check()
        whole = self._with_secrets(inner, sent)
        started = time.time()
        number = self.tape.request(mark, sent, started, ahead=True) if ahead else 0
        try:
            exchange = replace(inner.send(whole, limit=limit), sent=sent)
        except OutOfTimeError:
            self.cut = True
            raise
        if not ahead:
            number = self.tape.request(mark, sent, started, ahead=False)
        self.tape.answer(number, exchange)
        self.clock.answered(exchange.received_at, self.tape.offset, live=True)
        return exchange

    def _with_secrets(self, inner: Target, sent: SentRequest) -> SentRequest:
        """The request with the whole address, where an earlier part of the run only knows it without its signature:
        the answer that showed it is asked for anew. A body with such an address, of an uploaded file, is not sent."""
        if HIDDEN.encode() in (sent.body or b""):
            raise NotObservedError(Skip.NOT_OBSERVED, GONE)
        if HIDDEN not in sent.url:
            return sent
        for asked, answer in reversed(self._shown):
            if sent.url not in set(_texts(answer)):
                continue
            fresh = list(_texts(inner.send(asked)))
            same = [url for url in fresh if self._redactor.text(url) == sent.url]
            same += [url for url in fresh if _same_place(url, sent.url)]  # it may be signed anew, for a later end
            if same:
                return replace(sent, url=same[0])
        raise NotObservedError(Skip.NOT_OBSERVED, GONE)


def fingerprint(sent: SentRequest, base_url: str, redactor: Redactor) -> str:
    """The same for requests that ask the same for the same purpose, whoever sends them: no key is in it, only whose
    it is."""
    headers = sorted((name.lower(), redactor.header(name, value)) for name, value in sent.headers)
    url = sent.url.removeprefix(base_url)
    if isinstance(sent.credential, LiteralKey):  # made up; it may look like a real one
        url = url.replace(quote(sent.credential.text, safe=""), "")
    url = redactor.text(url)
    body = None if sent.body is None else sha256(redactor.data(sent.body)).hexdigest()  # a reference may be signed
    parts = [sent.method, url, credential_text(sent.credential), headers, body, sent.purpose]
    return sha256(orjson.dumps(parts)).hexdigest()[:32]


def repeatable(contract: Contract, base_url: str, sent: SentRequest) -> bool:
    """Whether a request may be sent a second time: it asks only or uploads, or carries no account's key."""
    if sent.method in {"GET", "HEAD"} or isinstance(sent.credential, NoKey | LiteralKey):
        return True
    path = split_address(sent.url.removeprefix(base_url)).path
    asking = {Role.QUERY, Role.STREAM, Role.RESULT, Role.CONTENT, Role.LIST, Role.UPLOAD, *RESOURCES}
    operation = next(iter(contract.operations_at(path, sent.method)), None)
    return operation is not None and operation.role in asking


def _hides(exchange: Exchange) -> bool:
    return HIDDEN.encode() in exchange.body or any(HIDDEN in value for _, value in exchange.headers)


def _texts(exchange: Exchange) -> Iterator[str]:
    """Every text in an answer that may be an address."""
    place = exchange.header("location")
    if place and (whole := join_address(exchange.sent.url, place)) is not None:
        yield whole

    def inside(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                yield from inside(each)

    if exchange.json is not NO_JSON:
        yield from inside(exchange.json)


def _same_place(url: str, other: str) -> bool:
    return split_address(url)[:3] == split_address(other)[:3]
