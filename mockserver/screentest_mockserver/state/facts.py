"""What a mock works out from its contract once, and caches of derived values.

Nothing here is state: each worker process of a server has its own, and they differ in nothing but speed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, NamedTuple, TypeVar

import orjson

from screentest_contracts.contract import Contract, ErrorRow, Model, Operation, Role
from screentest_contracts.signatures import write_secret
from screentest_contracts.template import Frame, Template
from screentest_contracts.tokens import make_token
from screentest_mockserver.state.templates import body_templates
from screentest_mockserver.tasks.plan import Plan, State, make_plan
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Wanted
from screentest_mockserver.wire.accounts import CALLBACK_SECRET, GOOD_KEY, account_keys, accounts
from screentest_mockserver.wire.answer import JSON, Headers
from screentest_mockserver.wire.journal import KeysSeen
from screentest_mockserver.wire.signed import SignedKeys

MAX_BODY = 10 * 1024 * 1024
"""Larger request bodies, in bytes, are answered as `too-large`, where the document sets no limit of its own."""

K = TypeVar("K")
V = TypeVar("V")


class Cache(dict[K, V], Generic[K, V]):
    """At most `limit` derived values; all are forgotten when there are more, and worked out anew."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def keep(self, key: K, value: V) -> V:
        """Keeps a value and gives it back."""
        if len(self) >= self.limit:
            self.clear()
        self[key] = value
        return value


@dataclass(frozen=True, slots=True)
class MockOptions:
    """How the mock of a provider behaves.

    `api_key` is the good account's key, `ACCESS:SECRET` where requests are signed. `scenario_name` is what tasks follow
    for which nothing is scheduled. A `seed` makes ids and other random values the same in every run; None: they differ.
    `allow_loopback_callbacks` lets callbacks go to this machine, which vendors refuse. `second_origin` is another
    address of this mock, `http://127.0.0.2:8001`, for results that are elsewhere. With `plain_callbacks` callbacks go
    to this machine without TLS, too.
    """

    api_key: str = GOOD_KEY
    scenario_name: str = "success"
    seed: int | None = None
    allow_loopback_callbacks: bool = False
    second_origin: str = ""
    plain_callbacks: bool = False


class HeaderRow(NamedTuple):
    """A header that a document gives answers; `value` is None where it has holes."""

    name: bytes
    make: Template
    of_task: bool
    value: bytes | None


class Facts:
    """What is looked up for each request, prepared once."""

    def __init__(self, contract: Contract, options: MockOptions) -> None:
        self.contract = contract
        self._prepare_accounts(contract, options)
        self._prepare_bodies(contract)
        self._prepare_caches()
        self.random = Random(options.seed)  # noqa: S311 - ids of a mock
        self.allow_loopback_callbacks = options.allow_loopback_callbacks
        self.second_origin = options.second_origin
        self.plain_callbacks = options.plain_callbacks
        self.models_at_operation = {
            operation.id: [model for model in contract.models.values() if operation in model.operations]
            for operation in contract.roles[Role.CREATE]
        }
        self.required_headers = {
            operation.id: _required_headers(operation) for operation in contract.roles[Role.CREATE]
        }
        self.first_model = next(iter(contract.models.values()))
        self.most = {role: _limit(contract, role) for role in (Role.CREATE, Role.UPLOAD)}
        self.max_body = max(self.most.values()) if contract.upload is not None else self.most[Role.CREATE]
        # by model: the bytes of a create that is not too large, and refusals and failures that a request brings about
        self.most_of_model = {model.name: _limit_of(contract, model) for model in contract.models.values()}
        self.refused_content = {model.name: _refused_content(contract, model) for model in contract.models.values()}
        self.failures = [each for each in contract.failures if each.request]
        self.used_files = contract.upload.used if contract.upload is not None and contract.checks_files else None
        """Where creates name files, if the document says what a wrong name is answered with."""
        self.other_ids = {
            role: shown.value for role, (operation, *_) in contract.roles.items() if (shown := operation.shown_id)
        }

    def _prepare_accounts(self, contract: Contract, options: MockOptions) -> None:
        self.keys = account_keys(contract, options.api_key)
        self.accounts = accounts(self.keys)
        self.good_account = self.accounts[self.keys["good"]]
        self.accounts_by_name = {account.name: account for account in self.accounts.values()}
        self.signed = SignedKeys(contract.token, self.accounts) if contract.token is not None else None
        self.accounts_by_key = {
            (contract.key_prefix + key).encode("latin-1"): account
            for key, account in self.accounts.items()
            if contract.token is None
        }
        self.key_header = contract.key_header.encode("latin-1")
        self.key_query = contract.key_query
        whose = {key: account.name for key, account in self.accounts.items()}
        self.keys_seen = KeysSeen(whose, contract.key_header, self._signer if self.signed is not None else None)
        rule = contract.idempotency
        self.idempotency_header = rule.header.lower().encode("latin-1") if rule is not None and rule.header else b""
        signature = contract.callback.signature if contract.callback else None
        self.callback_secret = write_secret(signature, CALLBACK_SECRET) if signature else ""
        self.keys_path = signature.keys_path(contract.base_path) if signature else ""

    def _prepare_bodies(self, contract: Contract) -> None:
        self.keeps_request = _keeps_request(contract)
        self.ignored = {
            model.name: tuple(
                each.path for each in model.constraints if each.kind == "x-ignored" and "*" not in each.path
            )
            for model in contract.models.values()
        }
        """The members of each model's requests that have no effect: no answer repeats them."""
        priced = any(price.when for price in contract.prices)
        self.shared_holes = _SHARED if priced else _SHARED | {"charge"}
        """Holes whose values follow from model, wanted video, status, failure and account."""
        self.headers: Mapping[Role, Sequence[HeaderRow]] = {role: _headers(contract, role) for role in contract.roles}
        self.fresh_headers = frozenset(role for role, rows in self.headers.items() if all(map(_is_fresh, rows)))
        """Roles whose headers tell nothing of task or time."""
        self.refusal_headers = {role: _headers(contract, role, refused=True) for role in contract.roles}
        self.success_statuses = {role: success.made for role, success in contract.success.items()}
        self.body_templates = body_templates(contract)
        self.receipt_templates = {
            profile.name: next(body.template for body in profile.receipt if body.selected)
            for profile in contract.profiles.values()
        }
        link = contract.link.make
        moves = link is not None and any(link.slots_named("now", "answer_id", "queue_position"))
        self.link_volatile = moves or contract.link.renewed

    def _prepare_caches(self) -> None:
        self.shown: Cache[tuple[str, str], tuple[State, Template, bytes]] = Cache(4096)
        """Bodies as tasks were last shown, by operation and task: most polls see the state of the poll before."""
        self.listed: Cache[str, tuple[Any, orjson.Fragment]] = Cache(1024)
        """How lists show tasks, and how long they do."""
        self.frames: Cache[tuple[object, ...], Frame | bool] = Cache(1024)
        """What the bodies of tasks share that are alike; False: nothing."""
        self.wanted: Cache[tuple[object, ...], Wanted] = Cache(4096)
        """What ways to ask for a video come to."""
        self.shared_wanted: Cache[Wanted, Wanted] = Cache(4096)
        """One tuple for all alike."""
        self.known_requests: Cache[tuple[object, ...], tuple[Model, Any]] = Cache(256)
        """Model and body of creates that were found in order."""
        self._plans: Cache[tuple[str, Scenario], Plan] = Cache(256)
        self._media: dict[tuple[Role, int], Headers] = {}

    def credential(self, role: str, now: float) -> str:
        """What a request of an account carries at `now`: its key, or a token signed with it."""
        key, rule = self.keys[role], self.contract.token
        return key if rule is None else make_token(rule, key, now)

    def _signer(self, value: bytes) -> str:
        """Whose token a header holds, whether or not its time is over."""
        token = value[len(self.contract.key_prefix) :].strip()
        account = None if self.signed is None else self.signed.owner(token, 1e18, frozenset({"expired"}))[0]
        return "" if account is None else account.name

    def plan(self, model: Model, chosen: Scenario) -> Plan:
        """The plan for a scenario, shared by the tasks that follow it."""
        key = (model.profile, chosen)
        plan = self._plans.get(key)
        if plan is None:
            profile = self.contract.profiles[model.profile]
            plan = make_plan(self.contract, profile, outcome=chosen.outcome, pace=chosen.pace, failure=chosen.failure)
            self._plans.keep(key, plan)
        return plan

    def media(self, role: Role, status: int) -> Headers:
        """The content type of a JSON answer: application/json unless the document declares another kind only."""
        try:
            return self._media[role, status]
        except KeyError:  # as many as the document has statuses, and those of deviations
            headers = self._media[role, status] = _media_type(self.contract, role, status)
            return headers

    def forget(self) -> None:
        """Forgets how tasks were shown: their ids may be given out again."""
        self.shown.clear()
        self.listed.clear()


_SHARED = frozenset(
    {"account", "any", "duration", "file_size", "frames", "height", "model", "ratio", "reason"}
    | {"reason_code", "resolution", "status", "text", "tokens", "upstream", "width"}
)


def _headers(contract: Contract, role: Role, *, refused: bool = False) -> list[HeaderRow]:
    """The headers of answers of a role."""
    return [
        HeaderRow(
            header.name.lower().encode("latin-1"),
            header.make,
            header.of_task,
            None if header.make.slots else str(header.make.tree).encode("latin-1"),
        )
        for header in contract.headers
        if role in header.roles and not (refused and header.success_only)
    ]


def _is_fresh(row: HeaderRow) -> bool:
    return all(slot.hole.name in ("random", "answer_id") for slot in row.make.slots)


def _required_headers(operation: Operation) -> tuple[tuple[bytes, str, tuple[str, ...]], ...]:
    """The headers that a request must have: the name as it comes, the name as it is written, and the values that it may
    have, none for any."""
    return tuple(
        (str(row["name"]).lower().encode("latin-1"), str(row["name"]), tuple(row.get("schema", {}).get("enum") or ()))
        for row in operation.parameters
        if row.get("in") == "header" and row.get("required")
    )


def _media_type(contract: Contract, role: Role, status: int) -> Headers:
    operation = contract.operation(role)
    response = operation.response(status) if operation is not None else None
    declared = [name for name in response.validators if "json" in name] if response is not None else []
    if not declared or "application/json" in declared:
        return JSON
    return [(b"content-type", declared[0].encode("latin-1"))]


def _limit(contract: Contract, role: Role) -> int:
    """The bytes beyond which a body is too large for a role, whatever it asks for."""
    rows = contract.errors.get((role, "too-large"), ())
    limits = [row.limit or MAX_BODY for row in rows]
    return max([*limits, *([MAX_BODY] if all(row.models for row in rows) else [])])


def _limit_of(contract: Contract, model: Model) -> int | None:
    row = contract.error(Role.CREATE, "too-large", model=model)
    return None if row is None else row.limit


def _refused_content(contract: Contract, model: Model) -> list[ErrorRow]:
    return [
        row
        for condition in ("content-refused", "region-refused")
        for row in contract.errors.get((Role.CREATE, condition), ())
        if row.request and (not row.models or row.names(model))
    ]


def _keeps_request(contract: Contract) -> Mapping[str, bool]:
    """Per profile: whether any of its bodies shows the prompt or other parts of the request."""
    kept = {}
    for profile in contract.profiles.values():
        bodies = [*profile.receipt, *profile.every_item]
        for group in (profile.bodies, profile.result, *profile.views.values()):
            bodies += [body for readings in group.values() for body in readings]
        rule = contract.callback
        own = list(rule.bodies.values()) if rule is not None else []
        chooses = rule is not None and rule.events is not None
        chooses |= any(price.when for price in contract.prices) or any(each.when for each in contract.assets.values())
        shown = [*own, *(body.template for body in bodies)]
        kept[profile.name] = chooses or any(any(each.slots_named("prompt", "request")) for each in shown)
    return kept
