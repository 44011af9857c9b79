"""What stores keep beside tasks. Plain values, but for the task of a callback, which a store may write as its id."""

from enum import StrEnum
from typing import NamedTuple

from screentest_contracts.contract import StatusClass
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task


class Added(StrEnum):
    """What came of adding a task."""

    DONE = "done"
    ID_TAKEN = "id-taken"
    KEY_KNOWN = "key-known"


class Key(NamedTuple):
    """An idempotency key that a create brought. `owner` is an account's name; `asked` a digest of what was asked for;
    `expires` epoch seconds, None for as long as the task is kept."""

    owner: str
    key: str
    asked: bytes
    expires: float | None


class Remembered(NamedTuple):
    """What an idempotency key stands for."""

    task_id: str
    asked: bytes


class File(NamedTuple):
    """A file that an account uploaded: `reference` is what creates name it by, `address` where its bytes are put.
    `created` is epoch seconds; `whole`: its bytes are there; `told`: the answer to its upload as JSON, where the form
    with its bytes has to repeat it."""

    reference: str
    address: str
    account: str
    created: float
    whole: bool
    told: bytes = b""


class Booking(NamedTuple):
    """What a task takes from the balance of its account: `amount` in the unit of the prices, from `taken` on, epoch
    seconds, until it is given back at `returned`, None for never."""

    account: str
    task_id: str
    amount: float
    taken: float
    returned: float | None = None

    def counts(self, now: float) -> bool:
        """Whether it is taken at `now`, and not given back."""
        return self.taken <= now and (self.returned is None or now < self.returned)


class Taken(NamedTuple):
    """The scenario that a create follows, and whether the create is refused under its fault."""

    scenario: Scenario
    refused: bool


class CallbackDue(NamedTuple):
    """A callback to deliver at `at` epoch seconds. `attempt` counts from 1; `stage` is the class that the task is to be
    in, None for its end."""

    at: float
    task: Task
    attempt: int = 1
    stage: StatusClass | None = None


class Lease(NamedTuple):
    """A callback that one worker delivers. It is due again at `until`, in the store's own time, where that worker has
    not said by then what came of it: a manual clock that is moved on meanwhile makes nobody deliver it twice."""

    number: int
    until: float
    due: CallbackDue
