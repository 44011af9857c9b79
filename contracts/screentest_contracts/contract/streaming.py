"""The status of a task as server-sent events."""

from collections.abc import Mapping
from dataclasses import dataclass

from screentest_contracts.contract.lifecycle import StatusClass
from screentest_contracts.contract.operations import Operation, Role
from screentest_contracts.facts import Fact

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Stream:
    """How the status of a task comes as events, each with a query's body as its data. `operation` is one of its own, or
    the query, which streams where `Accept` says so. `events` are the names of events by class, "" where they have none;
    `closing` is the data of one more event after the end; `longest` the seconds after which a stream ends."""

    operation: Operation
    events: Mapping[StatusClass, str]
    closing: str | None
    longest: float | None
    fact: Fact

    @property
    def apart(self) -> bool:
        """Whether the operation is one of its own."""
        return self.operation.role is Role.STREAM

    @property
    def names(self) -> str:
        """The names of events, for people."""
        return ", ".join(dict.fromkeys(filter(None, self.events.values()))) or "message"
