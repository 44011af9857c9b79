"""All that one provider promises, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.contract.batches import BatchRule
from screentest_contracts.contract.bodies import Header, IdRule, Presence, Profile
from screentest_contracts.contract.endings import CancelRule
from screentest_contracts.contract.errors import RELATIVES, ErrorRow, Failure
from screentest_contracts.contract.lifecycle import Lifecycle, Polling, Retention, StatusClass
from screentest_contracts.contract.models import Model
from screentest_contracts.contract.modes import meant
from screentest_contracts.contract.operations import Operation, Role, Success
from screentest_contracts.contract.resources import Resource
from screentest_contracts.contract.services import (
    Asset,
    Callback,
    Idempotency,
    Link,
    ListRule,
    Price,
    TokenRule,
)
from screentest_contracts.contract.sources import Promise, Setting, Source, Unobservable
from screentest_contracts.contract.streaming import Stream
from screentest_contracts.contract.uploads import UploadRule
from screentest_contracts.contract.waiting import Wait
from screentest_contracts.location import MISSING, Location, is_empty, replaced, segments


@dataclass(frozen=True, eq=False)
class Contract:
    """Everything one provider promises. Two contracts are the same only when they are one object.

    `environment`: variables that clients are given, with holes. `extensions`: the members of `x-task` that begin with
    `x-`, for derivations of other packages.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> contract.name, contract.base_url, contract.roles[screentest.Role.CREATE][0].path
    ('acme', 'https://api.acme.example', '/jobs')
    >>> model = next(iter(contract.models.values()))
    >>> model.name, sorted(model.base)  # the least that a create may hold
    ('clip-1', ['model'])
    """

    name: str
    title: str
    kind: str
    key_variable: str
    base_url: str
    hosts: tuple[str, ...]
    file: Path
    digest: str
    document: Mapping[str, Any]
    key_header: str
    key_prefix: str
    key_query: str | None
    token: TokenRule | None
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
    assets: Mapping[str, Asset]
    retention: Retention | None
    polling: Polling
    callback: Callback | None
    idempotency: Idempotency | None
    wait: Wait | None
    stream: Stream | None
    prices: tuple[Price, ...]
    headers: tuple[Header, ...]
    listing: ListRule | None
    batch: BatchRule | None
    cancel: CancelRule | None
    delete: CancelRule | None
    upload: UploadRule | None
    resources: Mapping[Role, Resource]
    promises: Mapping[str, Promise]
    unobservable: tuple[Unobservable, ...]
    environment: Mapping[str, str]
    extensions: Mapping[str, Any]

    @cached_property
    def base_path(self) -> str:
        """The path of the vendor's address, before every path of its API: `/proxy`, mostly empty."""
        return urlsplit(self.base_url).path

    @cached_property
    def views(self) -> frozenset[str]:
        """The query operations that answer in a shape of their own."""
        return frozenset(name for profile in self.profiles.values() for name in profile.views)

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

    def models_named(self, name: Any) -> tuple[Model, ...]:
        """The entries of the model with this name on the wire: several where it has modes, none for an unknown name."""
        if not isinstance(name, str):
            return ()
        known = self._by_wire.get(name, ())
        open_sets = (model for model in self.models.values() if model.names is not None and model.names.search(name))
        return known or tuple(open_sets)

    def models_called(self, name: str) -> tuple[Model, ...]:
        """What a user means by a name: the entry with this key, else every entry of the model with this name on the
        wire; none for an unknown name."""
        entry = self.models.get(name)
        return self.models_named(name) if entry is None else (entry,)

    @cached_property
    def _by_wire(self) -> Mapping[str, tuple[Model, ...]]:
        found: dict[str, tuple[Model, ...]] = {}
        for model in self.models.values():
            found[model.wire] = (*found.get(model.wire, ()), model)
        return found

    def models_meant(self, operation: Operation, body: Any) -> tuple[Model, ...]:
        """The models, or modes of one, that a body sent to an operation may mean, the likeliest first; none for an
        unknown name."""
        named = self._named(operation, body)
        if len(named) < 2 or not named[0].modes:
            return named
        modes = [mode for mode in named[0].modes if self.models[mode.model] in named]
        return tuple(self.models[mode.model] for mode in meant(modes, body))

    def model_of(self, operation: Operation, body: Any) -> Model | None:
        """The model, or mode of it, that a body sent to an operation speaks of, or None for an unknown name."""
        likely = self.models_meant(operation, body)
        if len(likely) < 2:
            return likely[0] if likely else None
        return next((model for model in likely if model.validator.is_valid(body)), likely[0])

    def _named(self, operation: Operation, body: Any) -> tuple[Model, ...]:
        if self.model_at is None:
            named = tuple(self.models.values())
        else:
            name = self.model_at.find(body)
            unnamed = self.nameless.get(operation.id) if is_empty(name) else None
            name = name if unnamed is None else unnamed.wire
            if isinstance(name, str) and name in self._by_wire:
                return self._by_wire_at[operation.id, name]
            named = self.models_named(name)
        return tuple(model for model in named if operation in model.operations)

    @cached_property
    def _by_wire_at(self) -> Mapping[tuple[str, str], tuple[Model, ...]]:
        """The models of each name that each operation takes."""
        return {
            (operation.id, name): tuple(model for model in models if operation in model.operations)
            for operation in self.operations.values()
            for name, models in self._by_wire.items()
        }

    def prices_of(self, model: Model) -> tuple[Price, ...]:
        """The rows for a model: those that name its entry; where none does, those that name it as requests do."""
        return self._prices_by_model[model.name]

    @cached_property
    def _prices_by_model(self) -> Mapping[str, tuple[Price, ...]]:
        def named(name: str) -> tuple[Price, ...]:
            return tuple(row for row in self.prices if any(fnmatchcase(name, glob) for glob in row.models))

        return {model.name: named(model.name) or named(model.wire) for model in self.models.values()}

    def operation(self, role: Role) -> Operation | None:
        """The canonical operation of a role, or None when the vendor has none."""
        operations = self.roles.get(role, ())
        return operations[0] if operations else None

    def ending(self, role: Role) -> CancelRule | None:
        """What the document says of a role that ends or removes tasks; None for any other role."""
        return {Role.CANCEL: self.cancel, Role.DELETE: self.delete}.get(role)

    def stopping(self, status_class: StatusClass) -> Operation | None:
        """The operation that ends or removes a task in this class, a cancel before a delete; None where none does."""
        for role in (Role.CANCEL, Role.DELETE):
            rule, operation = self.ending(role), self.operation(role)
            if rule is not None and status_class in rule.possible:
                return operation
        return None

    def operations_at(self, path: str, method: str | None = None) -> list[Operation]:
        """The operations that a request path (without query) may mean, the most literal first: `/jobs/{id}:cancel`
        before `/jobs/{id}` (OpenAPI 3.1, Path Templating Matching). `method`: of this method only."""
        return [
            operation
            for operation in self.operations_by_literals
            if method in (None, operation.method) and operation.pattern.fullmatch(path)
        ]

    @cached_property
    def operations_by_literals(self) -> tuple[Operation, ...]:
        """Every operation, those whose paths have the most literal text first."""
        return tuple(sorted(self.operations.values(), key=lambda operation: -operation.literals))

    def error(self, role: Role, condition: str, member: str = "", model: Model | None = None) -> ErrorRow | None:
        """The row for a condition on a role, falling back to its nearest relative: one of the member before one of any,
        and of the model before one of all."""
        for name in (condition, *RELATIVES.get(condition, ())):
            rows = self.errors.get((role, name), ())
            rows = tuple(row for row in rows if not row.models or (model is not None and row.names(model)))
            rows = tuple(sorted(rows, key=lambda row: not row.models)) if len(rows) > 1 else rows
            exact = next((row for row in rows if member and member in row.members), None)
            row = exact or next((row for row in rows if not row.members), None)
            if row is not None:
                return row
        return None

    @cached_property
    def checks_files(self) -> bool:
        """Whether the document says how a create is refused that names a file which it must not."""
        conditions = ("unknown-file", "foreign-file")
        return self.upload is not None and any((Role.CREATE, each) in self.errors for each in conditions)

    @cached_property
    def goes_on(self) -> bool:
        """Whether some creates go on from an earlier task."""
        return any(model.earlier is not None for model in self.models.values())

    def error_rows(self) -> tuple[ErrorRow, ...]:
        """Every row once, in document order."""
        seen: dict[int, ErrorRow] = {}
        for rows in self.errors.values():
            for row in rows:
                seen.setdefault(id(row), row)
        return tuple(seen.values())
