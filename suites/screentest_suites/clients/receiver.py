"""Sends callbacks to a receiver, good ones and odd ones, and judges what it answers."""

import ipaddress
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from screentest_contracts.contract import Callback, Contract, StatusClass
from screentest_contracts.errors import UsageError
from screentest_contracts.requirements import Requirement, Situations, receiver_requirements
from screentest_contracts.signatures import Message, next_secret, sign, write_secret
from screentest_suites.clients.drafts import Draft, drafts
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import Finding, Skip, Verdict, failed, passed, skipped

HUGE = 16 * 1024 * 1024
"""Bytes of the body that is too much."""

SLOW_SECONDS = 3.0
"""For how long the slow delivery takes to be sent."""

ANSWER = 64 * 1024
"""Bytes of an answer that are read."""

_CLOSED = ("ReadError", "WriteError", "RemoteProtocolError")
"""What a sender meets where a receiver ends the connection in the middle of a body."""


def check_address(url: str, allowed: str | None) -> None:
    """Raises UsageError for an address that deliveries are not sent to: another machine than this one, unless it is
    named twice."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"--to {url!r} is no address", "write it like http://127.0.0.1:8000/hooks")
    if not _is_local(host) and allowed != host:
        raise UsageError(f"{host} is not this machine", f"if it is yours, say so: --allow-host {host}")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass
class Receiver:
    """A receiver under test: `expected` is a glob of the status with which it refuses (`4??`); `secret` is what it
    knows callbacks to be signed with, or what the keys of the set are made of by which it verifies them."""

    contract: Contract
    rule: Callback
    url: str
    secret: str
    expected: str = "4??"
    _http: httpx.Client = field(init=False, repr=False)

    def verdicts(self) -> Iterator[Verdict]:
        """One verdict for each requirement of receivers, as deliveries are answered, each on a connection of its
        own."""
        ready = drafts(self.contract, self.rule)
        with httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)) as self._http:
            for requirement in receiver_requirements(self.contract):
                yield Verdict(requirement, self.contract.name, self._judge(requirement, ready))

    def _judge(self, requirement: Requirement[Situations], ready: Mapping[StatusClass, Draft]) -> Finding:
        word = requirement.subject.word
        if word == "handshake":
            return self._challenged()
        event = StatusClass(word.partition(".")[2]) if word.startswith("valid.") else next(iter(ready), None)
        if event is None or event not in ready:
            return skipped(Skip.NOT_OBSERVED, "no task of the document ends so")
        draft = ready[event]
        match word:
            case "repeated":
                return self._all_acknowledged([draft, draft])
            case "reordered":
                return self._all_acknowledged(reversed(list(ready.values())))
            case "late":
                return self._all_acknowledged(drafts(self.contract, self.rule, sum(self.rule.retries)).values())
            case "slow":
                return self._acknowledged(self._send(draft, slow=True), SLOW_SECONDS)
            case "forged":
                return self._refused(self._send(draft, headers=self._signed(draft, time.time(), self._other_secret())))
            case "rotated":
                headers = self._signed(draft, time.time(), next_secret(self.secret))
                return self._acknowledged(self._send(draft, headers=headers))
            case "malformed":
                wrong = [self._signed(draft, time.time(), change=change) for change in (_cut_off, _no_signature)]
                findings = [self._refused(self._send(draft, headers=each)) for each in wrong]
                return next((each for each in findings if each.evidence), passed(len(findings)))
            case "unsigned":
                return self._refused(self._send(draft, headers={}))
            case "tampered":
                body = orjson.dumps({**orjson.loads(draft.body), "changed": True})
                return self._refused(self._send(replace(draft, body=body), headers=self._signed(draft, time.time())))
            case "stale":
                tolerance = 0.0 if self.rule.signature is None else self.rule.signature.tolerance or 0.0
                return self._refused(self._send(draft, headers=self._signed(draft, time.time() - tolerance - 60)))
            case "no-json":
                return self._unbroken(replace(draft, body=b"{no json"), "4??", draft)
            case "wrong-types":
                return self._unbroken(replace(draft, body=_other_types(draft.body)), "[24]??", draft)
            case "huge":
                body = b'{"padding": "' + b"x" * HUGE + b'"}'
                return self._unbroken(replace(draft, body=body), "[24]??", draft, may_close=True)
        return self._acknowledged(self._send(draft))

    # -- what is expected ---------------------------------------------------------------------------------------------

    def _all_acknowledged(self, found: Iterable[Draft]) -> Finding:
        findings = [self._acknowledged(self._send(draft)) for draft in found]
        return next((each for each in findings if each.evidence), passed(len(findings)))

    def _acknowledged(self, exchange: Exchange, more: float = 0.0) -> Finding:
        """In time: `more` seconds are the sender's own."""
        took = exchange.received_at - exchange.sent_at
        welcome = any(fnmatchcase(str(exchange.status), each.replace("X", "?")) for each in self.rule.success)
        if welcome and took <= self.rule.timeout + more:
            return passed()
        told = f"{exchange.status or exchange.error} after {took:.1f} s"
        return failed(told, f"{' or '.join(self.rule.success)} within {self.rule.timeout:g} s", [exchange])

    def _refused(self, exchange: Exchange) -> Finding:
        if fnmatchcase(str(exchange.status), self.expected):
            return passed()
        return failed(f"{exchange.status or exchange.error}", f"a refusal ({self.expected})", [exchange])

    def _unbroken(self, odd: Draft, expected: str, good: Draft, *, may_close: bool = False) -> Finding:
        """What is odd is answered, and what is good after it is acknowledged."""
        exchange = self._send(odd)
        closed = may_close and exchange.error.endswith(_CLOSED)
        if not closed and not fnmatchcase(str(exchange.status), expected):
            return failed(f"{exchange.status or exchange.error}", f"an answer like {expected}", [exchange])
        return self._acknowledged(self._send(good))

    def _challenged(self) -> Finding:
        """Two challenges, each answered with its own text."""
        rule = self.rule.handshake
        if rule is None:
            return skipped(Skip.NOT_OBSERVED, "the document has no challenge")
        for _ in range(2):
            challenge = secrets.token_hex(12)
            address, body = rule.request(self.url, challenge)
            exchange = self._exchange(rule.method, address, {}, body, rule.timeout)
            took = exchange.received_at - exchange.sent_at
            if not rule.is_answered(exchange.status, exchange.body, challenge) or took > rule.timeout:
                told = f"{exchange.status or exchange.error} after {took:.1f} s: {exchange.body[:100]!r}"
                expected = f"{rule.reply(challenge).decode()} within {rule.timeout:g} s"
                return failed(told, expected, [exchange])
        return passed(2)

    # -- sending ------------------------------------------------------------------------------------------------------

    def _other_secret(self) -> str:
        rule = self.rule.signature
        return "" if rule is None else write_secret(rule, "a-secret-of-somebody-else")

    def _signed(
        self, draft: Draft, at: float, secret: str = "", change: Callable[[str], str] = lambda digest: digest
    ) -> Mapping[str, str]:
        """The headers that sign a delivery at a time."""
        rule = self.rule.signature
        if rule is None:
            return {}
        wanted = (rule.id_header or "").lower()
        name = next((value for key, value in draft.headers.items() if key.lower() == wanted), "")
        return sign(rule, secret or self.secret, Message(draft.body, at, name, draft.task, self._own(draft)), change)

    def _own(self, draft: Draft) -> Mapping[str, str]:
        """The headers of a delivery that do not sign it."""
        rule = self.rule.signature
        parts = () if rule is None else (rule.header, rule.timestamp_header, rule.id_header)
        hidden = {name.lower() for name in parts if name}
        return {name: value for name, value in draft.headers.items() if name.lower() not in hidden}

    def _send(self, draft: Draft, *, headers: Mapping[str, str] | None = None, slow: bool = False) -> Exchange:
        own = self._own(draft)
        signed = self._signed(draft, time.time()) if headers is None else headers
        limit = self.rule.timeout + (SLOW_SECONDS if slow else 0.0)
        return self._exchange(draft.method, self.url, {**own, **signed}, draft.body, limit, slow=slow)

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limit: float, *, slow: bool = False
    ) -> Exchange:
        """One delivery, of which the answer is read for `limit` seconds and `ANSWER` bytes at most."""
        sent = {"user-agent": "screentest", **({"content-type": "application/json"} if body else {}), **headers}
        content: bytes | Iterator[bytes] = body
        if slow:
            sent["content-length"], content = str(len(body)), _dripping(body)
        before, status, error, said = time.time(), 0, "", bytearray()
        deadline = time.monotonic() + limit
        try:
            with self._http.stream(method, url, content=content, headers=sent, timeout=limit) as answer:
                for chunk in answer.iter_raw():
                    said += chunk
                    if len(said) > ANSWER:
                        break
                    if time.monotonic() > deadline:
                        raise httpx.ReadTimeout("the answer does not end")
                status = answer.status_code
        except httpx.HTTPError as problem:
            error = f"no answer: {type(problem).__name__}"
        request = SentRequest(method, url, tuple(sent.items()), body[:4096] or None)
        return Exchange(request, status, (), bytes(said[:ANSWER]), before, time.time(), error)


def _cut_off(digest: str) -> str:
    """The beginning of a signature."""
    return digest[: len(digest) // 2]


def _no_signature(digest: str) -> str:
    """As long as a signature, in no alphabet of any."""
    return "~" * len(digest)


def _other_types(body: bytes) -> bytes:
    """A body whose values have other types: texts are numbers, and all else is a text."""

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: other(each) for name, each in value.items()}
        return 7 if isinstance(value, str) else "seven"

    return orjson.dumps(other(orjson.loads(body)))


def _dripping(body: bytes) -> Iterator[bytes]:
    """A body in small pieces, over some seconds."""
    size = max(len(body) // 30, 1)
    for start in range(0, len(body), size):
        time.sleep(SLOW_SECONDS / 30)
        yield body[start : start + size]
