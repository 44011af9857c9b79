"""Callbacks as a vendor makes them, of tasks that a mock in this process lives through: nothing is sent."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from screentest_contracts.contract import Callback, Contract, StatusClass
from screentest_contracts.errors import UsageError
from screentest_contracts.location import replaced, segments
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.wire.clock import ManualClock
from screentest_suites.clients.situations import model_for
from screentest_suites.core.exchange import SentRequest
from screentest_suites.requests.builder import RequestBuilder
from screentest_suites.targets.embedded import EmbeddedTarget, exchange_with, run_virtual

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

    rule: Callback
    drafts: list[Draft] = field(default_factory=list)
    task: str = ""

    async def __call__(
        self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        shake = self.rule.handshake
        challenge = None if shake is None else shake.challenge(url.partition("?")[2], body)
        if shake is not None and challenge is not None:
            return 200, shake.reply(challenge)
        self.drafts.append(Draft(method, body, dict(headers), self.task))
        return 200, b""


def drafts(contract: Contract, rule: Callback, age: float = 0.0) -> dict[StatusClass, Draft]:
    """For each event of the document a callback of a task of its own, as the vendor makes it now; `age`: of a task that
    ended so many seconds ago. Raises UsageError where no task asks to be called back."""
    found: dict[StatusClass, Draft] = {}
    model = model_for(contract, None)
    length = max(profile.typical for profile in contract.profiles.values()) + 1
    for event in rule.on:
        caught, target = _Caught(rule), EmbeddedTarget(contract)
        app = MockServer([contract], clock=ManualClock(time.time() - length - age), deliver=caught)
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
