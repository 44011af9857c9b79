"""Where tasks live. The default keeps them in memory, bounded; any object with these methods will do."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from screentest_contracts.contract import Model
from screentest_mockserver.tasks.plan import Plan
from screentest_mockserver.tasks.scenarios import Faults
from screentest_mockserver.wire.accounts import Account


class Task:
    """One task. Small on purpose: a million of them fit in memory.

    `created` is epoch seconds; `wanted` is (duration in seconds, ratio, resolution), shared between equal tasks;
    `request` is kept only when some body shows parts of it.
    """

    __slots__ = (
        "account",
        "base",
        "callback_url",
        "created",
        "faults",
        "id",
        "model",
        "plan",
        "request",
        "seed",
        "wanted",
    )

    def __init__(
        self,
        id: str,  # noqa: A002 - the field's own word
        account: Account,
        model: Model,
        plan: Plan,
        created: float,
        wanted: tuple[float, str, str],
        seed: Any,
        request: Any,
        base: str,
        callback_url: str | None,
        faults: Faults | None,
    ) -> None:
        self.id = id
        self.account = account
        self.model = model
        self.plan = plan
        self.created = created
        self.wanted = wanted
        self.seed = seed
        self.request = request
        self.base = base
        self.callback_url = callback_url
        self.faults = faults


class Store(Protocol):
    """Keeps tasks by id."""

    def add(self, task: Task) -> None:
        """Keeps a task, forgetting the oldest when full."""

    def get(self, task_id: str) -> Task | None:
        """The task, or None."""

    def remove(self, task_id: str) -> None:
        """Forgets one task."""

    def newest(self, account: Account, limit: int) -> list[Task]:
        """An account's tasks, newest first."""

    def clear(self) -> None:
        """Forgets everything."""

    def __iter__(self) -> Iterator[Task]: ...

    def __len__(self) -> int: ...


K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """At most `limit` values by key, the oldest going first."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self.limit = limit
        self._values: dict[K, V] = {}
        self._order: deque[K] = deque()  # for the reason that `MemoryStore` has one
        self.get = self._values.get

    def add(self, key: K, value: V) -> None:
        """Keeps a value under a new key."""
        self._values[key] = value
        self._order.append(key)
        if len(self._order) > self.limit:
            self._values.pop(self._order.popleft(), None)

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()
        self._order.clear()

    def __iter__(self) -> Iterator[V]:
        return iter(self._values.values())

    def __len__(self) -> int:
        return len(self._values)


class MemoryStore:
    """At most `limit` tasks, the oldest going first; per account the newest `recent` can be listed."""

    def __init__(self, limit: int = 1_000_000, recent: int = 1000) -> None:
        self.limit, self.recent = limit, recent
        self._tasks: dict[str, Task] = {}
        self._recent: dict[str, deque[Task]] = {}
        # Ids by age: the first key of a dict that loses its first keys is found slower and slower.
        self._order: deque[str] = deque()
        # The hot path: a bound method of a dict, no Python frame.
        self.get = self._tasks.get

    def add(self, task: Task) -> None:
        self._tasks[task.id] = task
        recent = self._recent.get(task.account.name)
        if recent is None:
            recent = self._recent[task.account.name] = deque(maxlen=self.recent)
        recent.appendleft(task)
        self._order.append(task.id)
        if len(self._order) > self.limit:
            self._tasks.pop(self._order.popleft(), None)

    def remove(self, task_id: str) -> None:
        self._tasks.pop(task_id, None)

    def newest(self, account: Account, limit: int) -> list[Task]:
        kept = (task for task in self._recent.get(account.name, ()) if task.id in self._tasks)
        return list(islice(kept, limit))

    def clear(self) -> None:
        self._tasks.clear()
        self._recent.clear()
        self._order.clear()

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def __len__(self) -> int:
        return len(self._tasks)
