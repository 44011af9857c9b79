"""What a run has seen of its tasks, for those who show it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from screentest_contracts.contract import Contract
from screentest_suites.core.exchange import Trace


@dataclass(frozen=True)
class ModelSeen:
    """What became of a model's minimal request: `accepted`, `refused`, `no access` (the key may not use the model) or
    `not sent`; `said` tells why."""

    name: str
    create: str
    said: str = ""


@dataclass(frozen=True)
class Observation:
    """The tasks of one provider's run.

    `shared` are those that checks shared, `explored` those that were generated, `broken` the ids of requirements with
    the task that broke each; `links` the addresses of results by task, and `refused` the tasks called done whose result
    was refused. `models` are those that were to be judged; `made` tasks were made, and asked for with `polls` queries;
    `ends` are model and end of each (as in `TaskRecords`). `free`: nothing was asked for that could make a task.
    """

    contract: Contract
    shared: Sequence[Trace] = ()
    explored: Sequence[Trace] = ()
    broken: Sequence[tuple[str, Trace]] = ()
    links: Mapping[Trace, str | None] = field(default_factory=dict)
    refused: Set[Trace] = frozenset()
    models: Sequence[ModelSeen] = ()
    made: int = 0
    polls: int = 0
    ends: Sequence[tuple[str, str]] = ()
    free: bool = False
