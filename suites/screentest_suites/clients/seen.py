"""What was seen of a client in one situation: plain values, from which every verdict is made."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from screentest_contracts.contract import Contract, Operation, Role, StatusClass
from screentest_mockserver.wire.journal import Delivery, Entry

END_UNSEEN = "how a client ends is seen by `screentest client PROVIDER -- COMMAND` only"
"""Why nothing is said of the end of a client that a test runs, or that is worked by hand."""

CLOCK_STANDS = "the mock's clock stands still: one that is started with a `speed` sees the client's pace"

FILES = ("whole", "part")
"""What the journal says of downloads that came to their end."""


@dataclass(frozen=True, slots=True)
class FileSeen:
    """The file at the output path: its size in bytes, and whether it is the video of a task, byte for byte."""

    size: int
    is_video: bool
    wanted: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: `status` is its exit status (negative: the signal), None where it was stopped after
    `seconds`, the time limit. `output` is the beginning and the end of what it printed, without secrets; `file` what
    it left at the output path, None for nothing; `at` when it ended, epoch seconds, 0 where nobody knows."""

    status: int | None
    seconds: float
    output: str = ""
    file: FileSeen | None = None
    at: float = 0.0

    @property
    def told(self) -> str:
        """In words."""
        left = "no file"
        if self.file is not None:
            whole = (
                "the whole video" if self.file.is_video else f"a file of {self.file.size} bytes that is not the video"
            )
            left = whole
        if self.status is None:
            return f"still running after {self.seconds:.0f} s, {left}"
        return f"exit status {self.status} after {self.seconds:.1f} s, {left}"


@dataclass(frozen=True)
class ClientRun:
    """One situation: the requests of a client, oldest first, the callbacks it got, and how it ended (None: nobody
    knows, as for a client that is worked by hand or by a test). `wishes`: how many videos it was to make, None where
    nobody knows. `paced`: times are the client's own, and a second of them is `speed` seconds of a task's life.
    `again`: the command that shows the situation again, without secrets; "" where there is none.
    """

    situation: str
    entries: tuple[Entry, ...]
    ended: Ended | None = None
    deliveries: tuple[Delivery, ...] = ()
    speed: float = 1.0
    model: str = ""
    prompt: str = ""
    origin: str = ""
    wishes: int | None = 1
    paced: bool = True
    callback_url: str = ""
    again: str = ""

    def of(self, contract: Contract, *roles: Role) -> list[Entry]:
        """The requests that are calls of some roles."""
        return [
            entry for entry in self.entries if (at := operation_of(contract, entry)) is not None and at.role in roles
        ]

    @cached_property
    def downloads(self) -> list[Entry]:
        """The requests for the file that were answered by it or instead of it."""
        words = (*FILES, "truncated", "redirect", "empty", "other")
        return [entry for entry in self.entries if entry.operation == "media" or entry.said in words]

    def accepted(self, contract: Contract) -> list[Entry]:
        """The creates that made a task: of a repetition by its key, the first only."""
        return [entry for entry in self.of(contract, Role.CREATE) if entry.said == "receipt"]

    def polls(self, contract: Contract) -> list[Entry]:
        """The queries, also those of a result."""
        return [entry for entry in self.of(contract, Role.QUERY, Role.RESULT) if entry.method != "HEAD"]

    def looks(self, contract: Contract) -> list[list[Entry]]:
        """The requests that look how a task is, task by task: polls, and apart from them lists, and queries for
        several tasks, that show one task."""
        lists = [entry for entry in self.of(contract, Role.LIST, Role.BATCH) if entry.method != "HEAD" and entry.task]
        return by_task(self.polls(contract)) + by_task(lists)


def operation_of(contract: Contract, entry: Entry) -> Operation | None:
    """The operation that a request called."""
    return contract.operations.get(entry.operation)


def by_task(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Requests task by task."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.task, []).append(entry)
    return list(found.values())


def pairs(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Entry, float]]:
    """Each request with the next one, and the seconds from the answer of the one to the other."""
    for one, other in pairwise(entries):
        yield one, other, other.at - answered_at(one)


def answered_at(entry: Entry) -> float:
    """When a request was answered, epoch seconds."""
    return entry.at + entry.delay


def is_end(entry: Entry) -> bool:
    """Whether an answer shows that a task has ended."""
    return entry.said == "no-result" or (entry.said in set(StatusClass) and StatusClass(entry.said).terminal)
