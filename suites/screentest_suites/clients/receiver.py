"""Sends callbacks to a receiver, good ones and odd ones, and judges what it answers."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import quote, urlsplit

import httpx

from screentest_contracts.contract import Callback, Contract, StatusClass
from screentest_contracts.errors import UsageError
from screentest_contracts.location import replaced, segments
from screentest_contracts.requirements import Requirement, Situations, receiver_requirements
from screentest_contracts.signatures import Message, sign
from screentest_mockserver.operations.callbacks import spoiled
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.wire.clock import ManualClock
from screentest_suites.clients.situations import model_for
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import Finding, Skip, Verdict, failed, passed, skipped
from screentest_suites.requests.builder import RequestBuilder
from screentest_suites.targets.embedded import EmbeddedTarget, exchange_with, run_virtual

HUGE = 16 * 1024 * 1024
"""Bytes of the body that is too much."""

SLOW_SECONDS = 3.0
"""For how long the slow delivery takes to be sent."""

ADDRESS = "https://hooks.example.com/screentest"
"""Where the tasks are told to call back: nothing is sent there."""

_SCENARIOS = {
    StatusClass.FAILED: "failure",
    StatusClass.CANCELLED: "cancelled",
    StatusClass.EXPIRED: "expired",
}


@dataclass(frozen=True)
class Draft:
    """A callback as the vendor makes it: method, body, headers, and the task that it is about."""

    method: str
    body: bytes
    headers: Mapping[str, str]
    task: str


@dataclass
class _Caught:
    """What a mock would have delivered."""

    drafts: list[Draft] = field(default_factory=list)
    task: str = ""

    async def __call__(self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]) -> int:
        self.drafts.append(Draft(method, body, dict(headers), self.task))
        return 200


def check_address(url: str, allowed: str | None) -> None:
    """Raises UsageError for an address that deliveries are not sent to: another machine than this one, unless it is
    named twice."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"--to {url!r} is no address", "write it like http://127.0.0.1:8000/hooks")
    local = host == "localhost" or host == "::1" or host.startswith("127.")
    if not local and allowed != host:
        raise UsageError(f"{host} is not this machine", f"if it is yours, say so: --allow-host {host}")


def drafts(contract: Contract, rule: Callback) -> dict[StatusClass, Draft]:
    """For each event of the document a callback of a task of its own, as the vendor makes it now."""
    found: dict[StatusClass, Draft] = {}
    model = model_for(contract, None)
    length = max(profile.typical for profile in contract.profiles.values()) + 1
    for event in rule.on:
        caught, target = _Caught(), EmbeddedTarget(contract)
        clock = ManualClock(time.time() - length)
        app = MockServer([contract], clock=clock, deliver=caught)
        app.providers[contract.name].schedule(_SCENARIOS.get(event, "success"))
        at = model.request.callback_url
        body = model.base if at is None else replaced(model.base, segments(at.pointers[0]), ADDRESS)
        sent = RequestBuilder(contract, target).request(model.operations[0], body=body)
        exchange = exchange_with(app, _with_parameter(sent, rule), sent.headers)
        tasks = app.providers[contract.name].tasks()
        if not tasks:
            raise UsageError(
                f"no task asks {contract.name} to call back: {exchange.body[:200]!r}", "check the document"
            )
        caught.task = tasks[0].id
        run_virtual(app.advance(length))
        wanted = [draft for draft in caught.drafts if draft.body]
        if wanted:
            found[event] = wanted[0] if not event.terminal else wanted[-1]
    return found


def _with_parameter(sent: SentRequest, rule: Callback) -> SentRequest:
    if rule.parameter is None:
        return sent
    mark = "&" if "?" in sent.url else "?"
    url = f"{sent.url}{mark}{rule.parameter}={quote(ADDRESS, safe='')}"
    return SentRequest(sent.method, url, sent.headers, sent.body, sent.credential, sent.operation)


@dataclass
class Receiver:
    """A receiver under test: `expected` is a glob of the status with which it refuses (`4??`); `secret` is what it
    knows callbacks to be signed with."""

    contract: Contract
    rule: Callback
    url: str
    secret: str
    expected: str = "4??"

    def verdicts(self) -> Iterator[Verdict]:
        """One verdict for each requirement of receivers, as deliveries are answered."""
        ready = drafts(self.contract, self.rule)
        for requirement in receiver_requirements(self.contract):
            yield Verdict(requirement, self.contract.name, self._judge(requirement, ready))

    def _judge(self, requirement: Requirement[Situations], ready: Mapping[StatusClass, Draft]) -> Finding:
        word = requirement.subject.word
        event = StatusClass(word.partition(".")[2]) if word.startswith("valid.") else next(iter(ready), None)
        if event is None or event not in ready:
            return skipped(Skip.NOT_OBSERVED, "no task of the document ends so")
        draft = ready[event]
        match word:
            case "repeated":
                return self._all_acknowledged([draft, draft])
            case "reordered":
                return self._all_acknowledged(reversed(list(ready.values())))
            case "slow":
                return self._acknowledged(self._send(draft, slow=True))
            case "forged":
                return self._refused(self._send(draft, headers=spoiled(self._signed(draft, time.time()))))
            case "unsigned":
                return self._refused(self._send(draft, headers={}))
            case "stale":
                tolerance = 0.0 if self.rule.signature is None else self.rule.signature.tolerance or 0.0
                return self._refused(self._send(draft, headers=self._signed(draft, time.time() - tolerance - 60)))
            case "no-json":
                return self._unbroken(self._send(Draft(draft.method, b"{no json", draft.headers, draft.task)), "4??")
            case "huge":
                body = b'{"padding": "' + b"x" * HUGE + b'"}'
                return self._unbroken(self._send(Draft(draft.method, body, draft.headers, draft.task)), "[24]??")
        return self._acknowledged(self._send(draft))

    def _all_acknowledged(self, found: Iterable[Draft]) -> Finding:
        exchanges = [self._send(draft) for draft in found]
        bad = next((each for each in map(self._acknowledged, exchanges) if each.evidence), None)
        return bad or passed(len(exchanges))

    def _acknowledged(self, exchange: Exchange) -> Finding:
        took = exchange.received_at - exchange.sent_at
        welcome = any(fnmatchcase(str(exchange.status), each.replace("X", "?")) for each in self.rule.success)
        if welcome and took <= self.rule.timeout + SLOW_SECONDS:
            return passed()
        told = f"{exchange.status or exchange.error} after {took:.1f} s"
        return failed(told, f"{' or '.join(self.rule.success)} within {self.rule.timeout:g} s", [exchange])

    def _refused(self, exchange: Exchange) -> Finding:
        if fnmatchcase(str(exchange.status), self.expected):
            return passed()
        return failed(f"{exchange.status or exchange.error}", f"a refusal ({self.expected})", [exchange])

    def _unbroken(self, exchange: Exchange, expected: str) -> Finding:
        if fnmatchcase(str(exchange.status), expected):
            return passed()
        return failed(f"{exchange.status or exchange.error}", f"an answer like {expected}", [exchange])

    def _signed(self, draft: Draft, at: float) -> Mapping[str, str]:
        """The headers that sign a delivery at a time."""
        rule = self.rule.signature
        if rule is None:
            return {}
        wanted = (rule.id_header or "").lower()
        name = next((value for key, value in draft.headers.items() if key.lower() == wanted), "")
        return sign(rule, self.secret, Message(draft.body, at, name, draft.task, self._own(draft)))

    def _own(self, draft: Draft) -> Mapping[str, str]:
        """The headers of a delivery that do not sign it."""
        rule = self.rule.signature
        parts = () if rule is None else (rule.header, rule.timestamp_header, rule.id_header)
        hidden = {name.lower() for name in parts if name}
        return {name: value for name, value in draft.headers.items() if name.lower() not in hidden}

    def _send(self, draft: Draft, *, headers: Mapping[str, str] | None = None, slow: bool = False) -> Exchange:
        own = self._own(draft)
        signed = self._signed(draft, time.time()) if headers is None else headers
        sent = {"content-type": "application/json", "user-agent": "screentest", **own, **signed}
        content = _dripping(draft.body) if slow else draft.body
        if slow:
            sent["content-length"] = str(len(draft.body))
        before, status, error = time.time(), 0, ""
        try:
            with httpx.Client(
                timeout=self.rule.timeout + SLOW_SECONDS, follow_redirects=False, trust_env=False
            ) as http:
                answer = http.request(draft.method, self.url, content=content, headers=sent)
                status = answer.status_code
        except httpx.HTTPError as problem:
            error = f"no answer: {type(problem).__name__}"
        request = SentRequest(draft.method, self.url, tuple(sent.items()), draft.body[:4096])
        return Exchange(request, status, (), b"", before, time.time(), error)


def _dripping(body: bytes) -> Iterator[bytes]:
    """A body in small pieces, over some seconds."""
    size = max(len(body) // 30, 1)
    for start in range(0, len(body), size):
        time.sleep(SLOW_SECONDS / 30)
        yield body[start : start + size]
