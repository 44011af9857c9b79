"""Refusals by condition, and the reasons for which tasks fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from screentest_contracts.contract.models import Model
from screentest_contracts.contract.operations import Role
from screentest_contracts.facts import Fact
from screentest_contracts.location import replaced, resolve, segments
from screentest_contracts.template import Template


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task can fail. `request`: what a minimal request holds, by pointer, whose task fails for this reason; empty
    where nobody can bring it about."""

    code: str
    message: str
    request: Mapping[str, Any]
    fact: Fact

    def is_asked_by(self, body: Any) -> bool:
        """Whether a request holds what makes its task fail."""
        wanted = self.request.items()
        return bool(wanted) and all(resolve(body, segments(at)) == value for at, value in wanted)

    def request_of(self, model: Model) -> Any:
        """The model's minimal request whose task fails; None where the model takes none."""
        body = model.base
        for at, value in self.request.items():
            body = replaced(body, segments(at), value)
        return body if self.request and model.takes(body) else None


@dataclass(frozen=True, slots=True)
class ErrorReading:
    """One documented way to answer a condition. `optional_headers` need not be there."""

    status: int
    body: Template | None
    headers: Mapping[str, Template]
    optional_headers: Mapping[str, Template]
    selected: bool
    tolerated: bool
    fact: Fact
    body_fact: Fact
    headers_fact: Fact

    @property
    def all_headers(self) -> Mapping[str, Template]:
        """Those that must be there, and those that may."""
        return {**self.optional_headers, **self.headers}


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """What the document says about one condition (`missing-key`, ...), of these `models` (globs) only where there are
    any. `limit`: bytes beyond which it is too large; `request`: what a minimal request holds, by pointer, that meets
    it."""

    condition: str
    roles: tuple[Role, ...]
    members: tuple[str, ...]
    models: tuple[str, ...]
    readings: tuple[ErrorReading, ...]
    name: str | None
    limit: int | None
    request: Mapping[str, Any]
    fact: Fact

    @property
    def made(self) -> ErrorReading:
        """The reading the mock answers with."""
        return next(reading for reading in self.readings if reading.selected)

    def names(self, model: Model) -> bool:
        """Whether it is one of the models that the row names, by its entry or as requests have it."""
        return any(fnmatchcase(name, glob) for glob in self.models for name in (model.name, model.wire))


OF_MODELS = frozenset(
    {"invalid-body", "too-large", "content-refused", "region-refused", "insufficient-balance", "rate-limited"}
)
"""Conditions of creates that may be answered in another way for some models."""

RELATIVES: Mapping[str, tuple[str, ...]] = {
    "wrong-key": ("missing-key",),
    "missing-key": ("wrong-key",),
    "expired-key": ("wrong-key", "missing-key"),
    "foreign-task": ("unknown-task",),
    "expired-task": ("unknown-task",),
    "malformed-id": ("unknown-task",),
    "missing-model": ("invalid-body",),
    "unknown-model": ("invalid-body",),
    "malformed-json": ("invalid-body",),
    "wrong-content-type": ("malformed-json", "invalid-body"),
    "missing-header": ("invalid-body",),
    "needed-header": ("invalid-body",),
    "too-large": ("invalid-body",),
    "idempotency-conflict": ("invalid-body",),
    "forbidden-model": ("unknown-model", "invalid-body"),
    "invalid-parameter": ("invalid-body",),
    "unknown-file": ("invalid-body",),
    "foreign-file": ("unknown-file", "invalid-body"),
    "content-refused": ("invalid-body",),
    "region-refused": ("content-refused", "invalid-body"),
    "timed-out": ("unavailable", "server-error"),
    "failed-task": ("not-ready",),
    "link-expired": ("unknown-task",),
    "not-cancellable": ("not-ready",),
    "not-deletable": ("not-ready",),
    "wrong-method": ("unknown-path",),
    "unavailable": ("server-error",),
}
"""Which condition answers for one that a document leaves out, nearest first."""
