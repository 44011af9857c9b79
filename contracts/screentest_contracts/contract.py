"""What a provider promises, as frozen values: everything the mock, the suites and the report need to know.

Built by `screentest_contracts.compile.load_contract`; nothing here reads files.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from screentest_contracts.facts import Fact
from screentest_contracts.location import MISSING, Location, is_empty, replaced, segments
from screentest_contracts.template import Template

FORM = "multipart/form-data"


class Role(StrEnum):
    """What an operation does for a task."""

    CREATE = "create"
    QUERY = "query"
    RESULT = "result"
    CONTENT = "content"
    LIST = "list"
    CANCEL = "cancel"

    __hash__ = str.__hash__  # equal to its text, so it hashes like it; Enum's own hash is a Python call


class StatusClass(StrEnum):
    """The six classes onto which every vendor's status words are mapped."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    __hash__ = str.__hash__

    @property
    def terminal(self) -> bool:
        return self not in (StatusClass.QUEUED, StatusClass.RUNNING)


@dataclass(frozen=True, slots=True)
class Source:
    """One page that facts come from."""

    key: str
    title: str
    url: str
    read: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A named choice between documented readings; `chosen` is what the mock does."""

    name: str
    statement: str
    readings: Mapping[str, str]
    chosen: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Response:
    """A declared answer of an operation: validators by media type (`application/json` and so on)."""

    status: str
    validators: Mapping[str, jsonschema_rs.Draft202012Validator]
    schemas: Mapping[str, Any]
    fact: Fact


def group_name(parameter: str) -> str:
    """The name of a path parameter in `Operation.pattern`."""
    return re.sub("[^a-zA-Z0-9_]", "_", parameter)


@dataclass(frozen=True)
class Operation:
    """One path and method of the vendor."""

    id: str
    role: Role
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body_schema: Mapping[str, Any] | None
    body_media: tuple[str, ...]
    body_required: bool
    responses: Mapping[str, Response]
    secured: bool
    fact: Fact

    @property
    def takes_form(self) -> bool:
        """Whether it takes multipart/form-data, perhaps beside JSON."""
        return FORM in self.body_media

    @property
    def form_only(self) -> bool:
        """Whether it takes multipart/form-data and no JSON."""
        return self.takes_form and not any("json" in media for media in self.body_media)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a request path (without query) with one group per path parameter."""
        parts = re.split(r"\{([^}]+)\}", self.path)
        text = "".join(
            re.escape(part) if index % 2 == 0 else f"(?P<{group_name(part)}>[^/]+)" for index, part in enumerate(parts)
        )
        return re.compile(text + "/?")

    def response(self, status: int) -> Response | None:
        """The declared response for a status: exact, then range (`4XX`), then default."""
        return (
            self.responses.get(str(status)) or self.responses.get(f"{status // 100}XX") or self.responses.get("default")
        )

    @cached_property
    def model_parameters(self) -> tuple[tuple[str, str], ...]:
        """The path parameters that name the task's model: (name, `name` or `upstream`)."""
        return tuple((str(each["name"]), str(each["x-model"])) for each in self.parameters if "x-model" in each)

    @property
    def id_parameter(self) -> Mapping[str, Any] | None:
        """The path or query parameter that carries the task's id (marked by the compiler)."""
        return next((parameter for parameter in self.parameters if parameter.get("x-task-id")), None)


@dataclass(frozen=True, slots=True)
class Conditions:
    """One reading of when an answer counts as a success (openapi/README.md, "success")."""

    selected: bool
    statuses: tuple[int, ...]
    equals: tuple[tuple[Location, tuple[Any, ...]], ...] = ()
    present: tuple[Location, ...] = ()
    absent: tuple[Location, ...] = ()
    fact: Fact | None = None

    def hold(self, status: int, body: Any) -> bool:
        """Whether an answer with this status and JSON body is a success."""
        return status in self.statuses and self.body_holds(body)

    def body_holds(self, body: Any) -> bool:
        """The same without regard to the status line."""
        return (
            all(location.find(body) in values for location, values in self.equals)
            and not any(is_empty(location.find(body)) for location in self.present)
            and all(is_empty(location.find(body)) for location in self.absent)
        )


@dataclass(frozen=True, slots=True)
class Success:
    """When an answer counts as a success of its role: when any reading holds."""

    readings: tuple[Conditions, ...]

    def holds(self, status: int, body: Any) -> bool:
        """Whether an answer with this status and JSON body is a success."""
        return any(reading.hold(status, body) for reading in self.readings)

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status that a success may have."""
        return tuple(dict.fromkeys(status for reading in self.readings for status in reading.statuses))

    @property
    def made(self) -> int:
        """The status the mock answers with."""
        return next(reading for reading in self.readings if reading.selected).statuses[0]


@dataclass(frozen=True, slots=True)
class RequestMap:
    """Where a request keeps what it asks for; None where the model has no such value."""

    model: Location | None = None
    prompt: Location | None = None
    duration: Location | None = None
    ratio: Location | None = None
    resolution: Location | None = None
    seed: Location | None = None
    callback_url: Location | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint of one member of a request.

    `path`: segments of the member (`*` stands for any array item); `kind`: the JSON Schema keyword, or one of our own
    words; `value`: the keyword's value; `schema`: the member's own schema.
    """

    path: tuple[str, ...]
    kind: str
    value: Any
    schema: Mapping[str, Any]
    fact: Fact

    @property
    def name(self) -> str:
        """The member's dotted name without array marks: `input.media.url`."""
        return ".".join(part for part in self.path if part != "*") or "body"


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its request schema, a minimal valid body, and what it delivers."""

    name: str
    schema_name: str
    schema: Mapping[str, Any]
    validator: jsonschema_rs.Draft202012Validator
    base: Any
    profile: str
    operations: tuple[Operation, ...]
    request: RequestMap
    defaults: Mapping[str, Any]
    echoes: tuple[str, ...]
    echo_fact: Fact
    upstream: str
    constraints: tuple[Constraint, ...]
    fact: Fact

    def word(self, word: str) -> str:
        """What a parameter with `x-model: word` holds: the model's own name or that upstream."""
        return self.upstream if word == "upstream" else self.name


@dataclass(frozen=True, slots=True)
class IdForm:
    """One reading of what ids look like."""

    make: Template
    pattern: re.Pattern[str]
    selected: bool
    tolerated: bool
    fact: Fact


@dataclass(frozen=True, slots=True)
class IdRule:
    """Where the receipt keeps the id, and its forms. `addresses`: pointer in the receipt -> id of the operation whose
    address for this task stands there."""

    at: Location
    parameter: str
    forms: tuple[IdForm, ...]
    addresses: Mapping[str, str]
    fact: Fact

    @property
    def made(self) -> IdForm:
        """The form the mock makes."""
        return next(form for form in self.forms if form.selected)


@dataclass(frozen=True, slots=True)
class Status:
    """One status word and how it is recognised. `by_result`: it looks like a success until the result is refused."""

    name: str
    status_class: StatusClass
    wire: Any
    present: tuple[Location, ...]
    absent: tuple[Location, ...]
    tolerated: bool
    by_result: bool
    fact: Fact


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The status vocabulary and the legal moves."""

    status_at: Location
    receipt_at: Location | None
    initial: Mapping[str, StatusClass]
    initial_tolerated: frozenset[str]
    initial_fact: Fact
    statuses: Mapping[str, Status]
    transitions: Mapping[str, frozenset[str]]
    transitions_fact: Fact
    ignore_case: bool
    case_tolerated: bool
    fact: Fact

    @property
    def refused(self) -> Status | None:
        """The status of a task that the query calls done and whose result is refused, where there is one."""
        return next((status for status in self.statuses.values() if status.by_result), None)

    def read(self, body: Any, at: Location | None = None) -> Status | None:
        """The status a query's body shows, or None for an unknown word. `at`: where another body keeps the word."""
        value = (at or self.status_at).find(body)
        for status in self.statuses.values():
            if (
                not status.by_result
                and self._same(value, status.wire)
                and not any(is_empty(location.find(body)) for location in status.present)
                and all(is_empty(location.find(body)) for location in status.absent)
            ):
                return status
        return None

    def _same(self, value: Any, wire: Any) -> bool:
        if wire is MISSING:
            return value is MISSING or value is None
        if isinstance(value, str) and isinstance(wire, str) and self.ignore_case:
            return value.lower() == wire.lower()
        return type(value) is type(wire) and bool(value == wire)

    def allows(self, before: str, after: str) -> bool:
        """Whether `after` may be seen in the poll that follows one that showed `before`."""
        return before == after or after in self.transitions.get(before, frozenset())


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a task's life: `share` of the whole, progress moving from `first` to `last`."""

    status: str
    share: float
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ends. `progress` None keeps the last value; `failure` names the reason."""

    status: str
    progress: float | None
    failure: str | None
    selected: bool


@dataclass(frozen=True, slots=True)
class Body:
    """One reading of a body."""

    template: Template
    selected: bool
    tolerated: bool
    fact: Fact


Bodies = Mapping[str, tuple[Body, ...]]


@dataclass(frozen=True, slots=True)
class Copy:
    """A nested copy of the status: its words and their classes."""

    at: Location
    classes: Mapping[str, StatusClass]
    fact: Fact


@dataclass(frozen=True, slots=True)
class Profile:
    """How the tasks of some models move and look. `typical` is in seconds."""

    name: str
    typical: float
    receipt: tuple[Body, ...]
    stages: tuple[Stage, ...]
    outcomes: Mapping[StatusClass, tuple[Outcome, ...]]
    bodies: Bodies
    result: Bodies
    item: tuple[Body, ...]
    views: Mapping[str, Bodies]
    copies: tuple[Copy, ...]
    fact: Fact

    def outcome(self, status_class: StatusClass) -> Outcome | None:
        """The selected outcome of a class, or None when tasks never end so."""
        return next((outcome for outcome in self.outcomes.get(status_class, ()) if outcome.selected), None)


@dataclass(frozen=True, slots=True)
class Presence:
    """A member that must (not) be there at some statuses, for some profile or operation."""

    name: str
    pointer: str
    on: tuple[str, ...]
    present: bool
    profile: str | None
    operation: str | None
    type: str | None
    statement: str | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task can fail."""

    code: str
    message: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class ErrorReading:
    """One documented way to answer a condition."""

    status: int
    body: Template | None
    headers: Mapping[str, Template]
    selected: bool
    tolerated: bool
    fact: Fact
    body_fact: Fact
    headers_fact: Fact


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """What the document says about one condition (`missing-key`, ...). `limit`: bytes beyond which it is too large."""

    condition: str
    roles: tuple[Role, ...]
    members: tuple[str, ...]
    readings: tuple[ErrorReading, ...]
    name: str | None
    limit: int | None
    fact: Fact

    @property
    def made(self) -> ErrorReading:
        """The reading the mock answers with."""
        return next(reading for reading in self.readings if reading.selected)


@dataclass(frozen=True, slots=True)
class Link:
    """The result's address. `at` without pointers: no answer shows it, the content operation gives the bytes. `life` in
    seconds after finish; facts by aspect (`life`, `range`, `auth`, ...)."""

    at: Location
    make: Template
    auth: str
    life: float | None
    expiry_query: str | None
    expiry_form: str | None
    media_type: str
    range: bool | None
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a task can be queried: `task` seconds after it was created or finished."""

    task: float
    since: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Polling:
    """The vendor's guidance, in seconds."""

    interval: tuple[float, float]
    floor: float
    timeout: float
    typical: tuple[float, float]
    fact: Fact


@dataclass(frozen=True, slots=True)
class Callback:
    """How the vendor calls back. Times in seconds; `retries` are the waits before each further attempt."""

    url: Location
    method: str
    on: tuple[StatusClass, ...]
    timeout: float
    retries: tuple[float, ...]
    success: tuple[str, ...]
    max_length: int | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a clip: `amount` per second, video or million tokens for models that match one of `models` (globs)."""

    models: tuple[str, ...]
    resolution: str | None
    per: str
    amount: float
    currency: str
    unit: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Header:
    """A response header the vendor sends."""

    name: str
    make: Template
    roles: tuple[Role, ...]
    fact: Fact


@dataclass(frozen=True, slots=True)
class ListRule:
    """The list operation: its body, where the tasks stand, where each keeps id and status, the limit, and how further
    pages are asked for: by a number from 1 in the parameter `page`, or by the id of the last task seen in `after`."""

    body: Template
    items: Location
    id_at: Location
    status_at: Location
    parameter: str | None
    default: int
    maximum: int
    page: str | None
    after: str | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class CancelRule:
    """The cancel operation: in which classes of status it cancels, in which it deletes, and what it answers."""

    classes: tuple[StatusClass, ...]
    deletes: tuple[StatusClass, ...]
    body: Template
    fact: Fact


@dataclass(frozen=True, slots=True)
class Promise:
    """A documented fact judged by name."""

    name: str
    statement: str | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Unobservable:
    """A documented fact that no outside check can see, and why."""

    statement: str
    reason: str
    fact: Fact


@dataclass(frozen=True)
class Contract:
    """Everything one provider promises."""

    name: str
    title: str
    key_variable: str
    base_url: str
    hosts: tuple[str, ...]
    file: Path
    digest: str
    document: Mapping[str, Any]
    key_header: str
    key_prefix: str
    key_query: str | None
    sources: Mapping[str, Source]
    settings: Mapping[str, Setting]
    operations: Mapping[str, Operation]
    roles: Mapping[Role, tuple[Operation, ...]]
    success: Mapping[Role, Success]
    error_at: Mapping[str, Location]
    models: Mapping[str, Model]
    model_at: Location | None
    id: IdRule
    values: Mapping[str, str]
    lifecycle: Lifecycle
    profiles: Mapping[str, Profile]
    presence: tuple[Presence, ...]
    failures: tuple[Failure, ...]
    errors: Mapping[tuple[Role, str], tuple[ErrorRow, ...]]
    link: Link
    retention: Retention | None
    polling: Polling
    callback: Callback | None
    prices: tuple[Price, ...]
    headers: tuple[Header, ...]
    listing: ListRule | None
    cancel: CancelRule | None
    promises: Mapping[str, Promise]
    unobservable: tuple[Unobservable, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def base_path(self) -> str:
        """The path of the vendor's address, before every path of its API: `/proxy`, mostly empty."""
        return urlsplit(self.base_url).path

    @cached_property
    def nameless(self) -> Mapping[str, Model]:
        """By operation: the model that a body speaks of which names none, where the model's name may be left out."""
        found: dict[str, Model] = {}
        if self.model_at is not None:
            parts = segments(self.model_at.pointers[0])
            for model in self.models.values():
                if model.validator.is_valid(replaced(model.base, parts, MISSING)):
                    for operation in model.operations:
                        found.setdefault(operation.id, model)
        return found

    def model_of(self, operation: Operation, body: Any) -> Model | None:
        """The model that a body sent to an operation speaks of, or None for an unknown name."""
        candidates = [model for model in self.models.values() if operation in model.operations]
        if self.model_at is None:
            return next((model for model in candidates if model.validator.is_valid(body)), candidates[0])
        name = self.model_at.find(body)
        if is_empty(name):
            return self.nameless.get(operation.id)
        model = self.models.get(name) if isinstance(name, str) else None
        return model if model is not None and operation in model.operations else None

    def operation(self, role: Role) -> Operation | None:
        """The canonical operation of a role, or None when the vendor has none."""
        operations = self.roles.get(role, ())
        return operations[0] if operations else None

    def error(self, role: Role, condition: str, member: str = "") -> ErrorRow | None:
        """The row for a condition on a role, falling back to its nearest relative."""
        for name in (condition, *RELATIVES.get(condition, ())):
            rows = self.errors.get((role, name), ())
            exact = next((row for row in rows if member and member in row.members), None)
            row = exact or next((row for row in rows if not row.members), None)
            if row is not None:
                return row
        return None

    def error_rows(self) -> tuple[ErrorRow, ...]:
        """Every row once, in document order."""
        seen: dict[int, ErrorRow] = {}
        for rows in self.errors.values():
            for row in rows:
                seen.setdefault(id(row), row)
        return tuple(seen.values())


RELATIVES: Mapping[str, tuple[str, ...]] = {
    "wrong-key": ("missing-key",),
    "missing-key": ("wrong-key",),
    "foreign-task": ("unknown-task",),
    "expired-task": ("unknown-task",),
    "malformed-id": ("unknown-task",),
    "missing-model": ("invalid-body",),
    "unknown-model": ("invalid-body",),
    "malformed-json": ("invalid-body",),
    "wrong-content-type": ("malformed-json", "invalid-body"),
    "missing-header": ("invalid-body",),
    "too-large": ("invalid-body",),
    "forbidden-model": ("unknown-model", "invalid-body"),
    "failed-task": ("not-ready",),
    "link-expired": ("unknown-task",),
    "not-cancellable": ("not-ready",),
    "wrong-method": ("unknown-path",),
    "unavailable": ("server-error",),
}
"""Which condition answers for one that a document leaves out, nearest first."""
