"""For checks that ask the target themselves: a mock whose answers a test alters one by one, and what was sent to it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.contract import ErrorRow
from screentest_contracts.requirements import ErrorCase, Requirement, requirements
from screentest_mockserver.behaviours.deviations.edit import put
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_suites.checks.probes import Provoked
from screentest_suites.checks.provoke import provoke
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.core.credential import credential_text
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Finding, Result, Skip
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.target import BaseTarget
from screentest_suites.tasks.session import Session

Alter = Callable[[Exchange], Exchange]
TIMEOUT = 300.0
"""Seconds a task may take in these tests."""


class Wire(EmbeddedTarget):
    """The mock behind something that alters its answers. `log`: what a client saw; `slept`: its waits."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.alter: Alter = lambda exchange: exchange
        self.log: list[Exchange] = []
        self.slept: list[float] = []

    def send(self, sent: SentRequest, **options: Any) -> Exchange:
        exchange = self.alter(super().send(sent, **options))
        self.log.append(exchange)
        return exchange

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        super().sleep(seconds)


class Remote(BaseTarget):
    """The same as somebody's server: it cannot be steered, and there is one key."""

    kind = "url"

    def __init__(self, wire: Wire) -> None:
        self.base_url, self.keys = wire.base_url, {"good": GOOD_KEY}
        self.send, self.sleep, self.now = wire.send, wire.sleep, wire.now  # type: ignore[method-assign]


class Bench:
    """A session with a mock. Attributes of the mock's target: `wire`."""

    def __init__(self, contract: Contract, alter: Alter | None = None, *, remote: bool = False, **options: Any) -> None:
        self.contract, self.wire = contract, Wire(contract)
        self.wire.alter = alter or self.wire.alter
        self.target: Any = Remote(self.wire) if remote else self.wire
        settings = Options(**{"task_timeout": TIMEOUT, "workers": 1, "examples": 8, **options})
        self.session = Session(contract, self.target, settings)

    def requirement(self, name: str) -> Requirement:
        return next(each for each in requirements(self.contract) if each.id == name)

    def judge(self, name: str) -> Finding:
        """What the check of a requirement says, whatever it rests on."""
        requirement = self.requirement(name)
        return REGISTRY[requirement.kind](self.session, requirement)

    def case(self, condition: str, role: Role = Role.CREATE) -> ErrorCase:
        row = next(row for row in self.contract.error_rows() if row.condition == condition and role in row.roles)
        return ErrorCase(role, row)

    def provoke(self, condition: str, role: Role = Role.CREATE) -> Provoked:
        return provoke(self.session, self.case(condition, role))

    def lines(self, exchanges: Iterable[Exchange] | None = None) -> list[str]:
        """Requests and statuses in short, all of them by default. `#2` is the second task that was made, `#?` none."""
        names: dict[str, str] = {}
        for each in self.wire.log:
            made = self.contract.id.at.find(each.json)
            if isinstance(made, str):
                names.setdefault(made, f"#{len(names) + 1}")
        return [line(each, names, self.wire.base_url) for each in (self.wire.log if exchanges is None else exchanges)]


def line(exchange: Exchange, names: dict[str, str], base: str) -> str:
    sent, body = exchange.sent, exchange.sent.body or b""
    key = {"good": "", "": " without key"}.get(account := credential_text(sent.credential), f" as {account}")
    text = f"{sent.method} {sent.url.removeprefix(base)} {body[:60].decode()}".rstrip() + f"{key}: {exchange.status}"
    for each, name in names.items():
        text = text.replace(each, name)
    return unknown_id(text)


def unknown_id(text: str) -> str:
    import re

    return re.sub(r"job-[0-9a-f]{12}", "#?", text)


def changed(exchange: Exchange, status: int | None = None, at: dict[str, Any] | None = None, **more: Any) -> Exchange:
    """An answer with another status, other values at some pointers, another `body` (a value), or other fields."""
    if "body" in more and not isinstance(more["body"], bytes):
        more["body"] = orjson.dumps(more["body"])
    if at is not None:
        value = exchange.json
        for pointer, new in at.items():
            value = put(value, pointer, new)
        more["body"] = orjson.dumps(value)
    return replace(exchange, status=exchange.status if status is None else status, **more)


def on(operation: str, *, first: int = 1, last: int = 10_000, key: str | None = None, **changes: Any) -> Alter:
    """Changes the answers of one operation from the `first` to the `last`, perhaps only those to one account."""
    count = 0

    def alter(exchange: Exchange) -> Exchange:
        nonlocal count
        if exchange.sent.operation != operation or key not in (None, credential_text(exchange.sent.credential)):
            return exchange
        count += 1
        return changed(exchange, **changes) if first <= count <= last else exchange

    return alter


def both(*alters: Alter) -> Alter:
    def alter(exchange: Exchange) -> Exchange:
        for each in alters:
            exchange = each(exchange)
        return exchange

    return alter


STATUSES = {
    "wrong-key": 403,
    "foreign-task": 406,
    "insufficient-balance": 402,
    "forbidden-model": 407,
    "malformed-json": 400,
    "wrong-content-type": 415,
    "missing-model": 423,
    "unknown-model": 424,
    "missing-header": 425,
    "malformed-id": 426,
    "failed-task": 427,
    "expired-task": 410,
    "link-expired": 428,
    "bad-range": 416,
    "unknown-path": 430,
    "wrong-method": 405,
    "server-error": 500,
    "unavailable": 503,
}


def rich(tree: Any) -> None:
    """Every condition, with a status of its own that shows it was met; two models; more parameters of a create."""
    task, schemas, post = tree["x-task"], tree["components"]["schemas"], tree["paths"]["/jobs"]["post"]
    for condition, status in STATUSES.items():
        body = {"error": {"code": condition}}
        task["errors"].append({"condition": condition, "readings": {"status": status, "body": body}})
    task["errors"].append({"condition": "too-large", "limit": 1000, "readings": {"status": 413}})
    clip = schemas["Clip"]
    schemas["Clip2"] = {**clip, "properties": {**clip["properties"], "model": {"const": "clip-2"}}}
    both = {"oneOf": [{"$ref": "#/components/schemas/Clip"}, {"$ref": "#/components/schemas/Clip2"}]}
    post["requestBody"]["content"]["application/json"]["schema"] = both
    task["models"]["clip-2"] = {"schema": "Clip2", "base": {"model": "clip-2", "prompt": "Two."}}
    post["parameters"] += [
        {"name": "X-Extra", "in": "header", "schema": {"type": "string"}},
        {"name": "mode", "in": "query", "required": True, "schema": {"enum": ["fast"]}},
    ]


class Help:
    """What the tests of these checks have in common."""

    STATUSES = STATUSES
    on, both, changed = staticmethod(on), staticmethod(both), staticmethod(changed)

    @staticmethod
    def is_skip(finding: Any, reason: Skip, detail: str = "") -> bool:
        text = f"{reason}: {detail}" if detail else str(reason)
        return isinstance(finding, Finding) and (finding.result, finding.reason) == (Result.SKIPPED, text)

    @staticmethod
    def row(contract: Contract, like: str, **changes: Any) -> ErrorRow:
        """A row of the document with other fields."""
        row = next(row for row in contract.error_rows() if row.condition == like)
        return replace(row, **changes) if changes else row


@pytest.fixture(scope="session")
def tools() -> type[Help]:
    return Help


@pytest.fixture(name="rich", scope="session")
def rich_document() -> Callable[[Any], None]:
    """Changes the small document: see `rich`."""
    return rich


@pytest.fixture(scope="session")
def variant(small_tree: Any, load_tree: Any) -> Callable[..., Contract]:
    """The small document after some changes, each a function of its tree; or another document by its path."""
    known: dict[Any, Contract] = {}

    def make(*changes: Any) -> Contract:
        if changes not in known:
            tree = small_tree()
            for change in changes:
                change(tree)
            known[changes] = load_tree(tree)
        return known[changes]

    return make


@pytest.fixture(scope="session")
def bench(variant: Callable[..., Contract]) -> Callable[..., Bench]:
    """Makes a Bench: of the small document after changes, of a contract, or of a document by its path."""

    def make(*changes: Any, alter: Alter | None = None, **options: Any) -> Bench:
        if len(changes) == 1 and not callable(changes[0]):
            contract = changes[0] if isinstance(changes[0], Contract) else load_contract(changes[0])
        else:
            contract = variant(*changes)
        return Bench(contract, alter, **options)

    return make


@pytest.fixture
def life(bench: Callable[..., Bench]) -> Callable[..., tuple[Contract, Trace]]:
    """The life of one task by the small document after changes: `body` is added to the minimal request."""

    def make(*changes: Any, body: Any = None, scenario: str = "") -> tuple[Contract, Trace]:
        made = bench(*changes)
        (model,) = made.session.models
        assert not scenario or made.session.steer(scenario)
        started = made.session.start(model, {**model.base, **(body or {})})
        assert isinstance(started, Trace)
        trace = made.session.follow(started)
        assert trace.ended
        return made.contract, trace

    return make
