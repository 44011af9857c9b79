"""The vendor's operations: paths, parameters, declared answers, and which answers count as a success."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import jsonschema_rs

from screentest_contracts.contract.call_parameters import CallParameter
from screentest_contracts.contract.needed_headers import NeededHeader
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location, is_empty

FORM = "multipart/form-data"


class Role(StrEnum):
    """What an operation does for a task.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> query = contract.roles[screentest.Role.QUERY][0]
    >>> query.method, query.path
    ('GET', '/jobs/{task_id}')
    >>> contract.operation(screentest.Role.UPLOAD) is None  # this API takes no files
    True
    """

    CREATE = "create"
    QUERY = "query"
    BATCH = "batch"
    RESULT = "result"
    CONTENT = "content"
    LIST = "list"
    CANCEL = "cancel"
    DELETE = "delete"
    UPLOAD = "upload"
    FILE = "file"
    BALANCE = "balance"
    MODELS = "models"
    ACCOUNT = "account"
    STREAM = "stream"

    __hash__ = str.__hash__  # equal to its text, so it hashes like it; Enum's own hash is a Python call

    @property
    def names_task(self) -> bool:
        """Whether its calls are about one task, which they name."""
        return self in _OF_A_TASK


_OF_A_TASK = frozenset({Role.QUERY, Role.BATCH, Role.RESULT, Role.CONTENT, Role.CANCEL, Role.DELETE, Role.STREAM})

RESOURCES = (Role.BALANCE, Role.MODELS, Role.ACCOUNT)
"""The roles of what is only read, and is no task: `x-task.resources`."""


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


@dataclass(frozen=True, slots=True)
class ShownId:
    """An id beside the task's own, first shown `at` this place in the query's success; `value`: its name in
    `x-task.values`."""

    at: Location
    value: str


@dataclass(frozen=True)
class Operation:
    """One path and method of the vendor. `parameters`: as the document has them; `call_parameters`: those of query and
    path, read; `needed_headers`: those that some values need; `body_media`: the media types that it takes; `carrier`:
    the parameter or member with the id, which is the task's own unless there is a `shown_id`."""

    id: str
    role: Role
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    call_parameters: tuple[CallParameter, ...]
    needed_headers: tuple[NeededHeader, ...]
    body_schema: Mapping[str, Any] | None
    body_media: Mapping[str, Fact]
    body_required: bool
    responses: Mapping[str, Response]
    secured: bool
    carrier: str
    shown_id: ShownId | None
    fact: Fact

    @cached_property
    def takes_form(self) -> bool:
        """Whether it takes multipart/form-data, perhaps beside JSON."""
        return FORM in self.body_media

    @cached_property
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

    @cached_property
    def literals(self) -> int:
        """How many characters of the path are no parameter."""
        return len(re.sub(r"\{[^}]+\}", "", self.path))

    def response(self, status: int) -> Response | None:
        """The declared response for a status: exact, then range (`4XX`), then default."""
        return (
            self.responses.get(str(status)) or self.responses.get(f"{status // 100}XX") or self.responses.get("default")
        )

    @cached_property
    def model_parameters(self) -> tuple[tuple[str, str], ...]:
        """The path parameters that name the task's model: (name, `name` or `upstream`)."""
        return tuple((str(each["name"]), str(each["x-model"])) for each in self.parameters if "x-model" in each)

    @cached_property
    def checked_parameters(self) -> tuple[CallParameter, ...]:
        """The parameters of query and path that a server may check, without the one that carries an id."""
        return tuple(each for each in self.call_parameters if each.checked and not each.carries_id)

    def call_parameter(self, name: str) -> CallParameter:
        """The query or path parameter of this name. Raises KeyError."""
        for parameter in self.call_parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def header(self, name: str) -> Mapping[str, Any] | None:
        """The declaration of a request header, or None."""
        headers = (each for each in self.parameters if each.get("in") == "header")
        return next((each for each in headers if str(each["name"]).lower() == name.lower()), None)

    @property
    def id_parameter(self) -> Mapping[str, Any] | None:
        """The path or query parameter that carries the task's id (marked by the compiler)."""
        return next((parameter for parameter in self.parameters if parameter.get("x-task-id")), None)


@dataclass(frozen=True, slots=True)
class Conditions:
    """One reading of when an answer counts as a success (docs/documents.md, "success")."""

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
