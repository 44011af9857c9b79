"""Creates that go on from an earlier task: remixes, extensions, edits of what was made before."""

from dataclasses import dataclass
from typing import Any

from screentest_contracts.contract.lifecycle import StatusClass
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier task of a create: its id stands in the request `at` a place, or in the operation's parameter that
    carries ids (None). It must be of one of these `models`, and in one of these `classes` of status. `stand_in` is what
    requests hold until the id of a task is known."""

    at: Location | None
    models: tuple[str, ...]
    classes: tuple[StatusClass, ...]
    stand_in: Any
    fact: Fact
