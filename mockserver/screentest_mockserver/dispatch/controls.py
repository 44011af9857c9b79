"""What is set and read on a mock from outside, beside requests."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace

from screentest_contracts.contract import Contract, Operation
from screentest_contracts.errors import UsageError
from screentest_mockserver.state.clock import StoredClock
from screentest_mockserver.state.deviation import Choices, Deviation
from screentest_mockserver.state.facts import Facts, MockOptions
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.state.refusals import undocumented
from screentest_mockserver.state.store import Opened, ProviderStore, Store
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.scenarios import scenario
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import NO_REQUEST, Request
from screentest_mockserver.wire.clock import Clock


class MockControls:
    """A mock's facts, its part of a store, and the controls of both."""

    def __init__(
        self,
        contract: Contract,
        clock: Clock,
        store: Store | None,
        options: MockOptions,
    ) -> None:
        self.contract = contract
        self.clock = clock
        self._own = Choices(scenario(options.scenario_name, contract))
        self._reads_stored_clock = isinstance(clock, StoredClock)
        self.facts = Facts(contract, options)
        whole = MemoryStore() if store is None else store
        self.store: ProviderStore = whole.provider(contract, self.facts.accounts_by_name)
        self.keys: Mapping[str, str] = self.facts.keys
        self.max_body = self.facts.max_body
        self.notify: Callable[[], None] = lambda: None
        """Called when there is a callback to deliver."""
        self.removed: deque[Task] = deque(maxlen=100)
        """The tasks that clients removed last: what they have downloaded before is still theirs."""

    @property
    def choices(self) -> Choices:
        """What was chosen last; this mock's own where nothing was."""
        return self.store.choices() or self._own

    @property
    def scenario(self) -> Scenario:
        """What tasks follow for which nothing is scheduled."""
        return self.choices.scenario

    @scenario.setter
    def scenario(self, chosen: Scenario) -> None:
        self.store.choose(replace(self.choices, scenario=chosen))

    @property
    def deviation(self) -> Deviation | None:
        """The deviation or variation that is committed, if any."""
        return self.choices.deviation

    @deviation.setter
    def deviation(self, chosen: Deviation | None) -> None:
        self.store.choose(replace(self.choices, deviation=chosen))

    @property
    def callback_secret(self) -> str:
        """What callbacks are signed with, as the document writes secrets; empty where they are not signed."""
        return self.facts.callback_secret

    @callback_secret.setter
    def callback_secret(self, secret: str) -> None:
        self.facts.callback_secret = secret

    @property
    def scheduled(self) -> tuple[tuple[Scenario, int], ...]:
        """The scenarios scheduled, and for how many tasks each still is."""
        return self.store.scheduled()

    def schedule(self, name: str, count: int | None = 1) -> str | None:
        """The next `count` tasks follow the scenario `name`; None: all for which none is scheduled.

        Gives what there is to say of it: that it answers what the document does not speak of. Raises UsageError.
        """
        if count is not None and (type(count) is not int or count < 1):  # a store would count it at the next create
            raise UsageError(
                f"`count` must be a whole number from 1 on, or None for all tasks: it is {count!r}",
                "for several tasks call `schedule` several times, in their order",
            )
        chosen = scenario(name, self.contract)
        if count is None:
            self.scenario = chosen
        else:
            self.store.schedule(chosen, count)
        return undocumented(chosen, self.contract)

    def unschedule(self) -> None:
        """No task follows what was scheduled."""
        self.store.clear_scenarios()

    def reset(self) -> None:
        """Forgets tasks, scheduled scenarios and deviations."""
        self.store.clear()
        self.removed.clear()
        self.deviation = None
        self.facts.forget()

    def credential(self, role: str = "good") -> str:
        """What a request of an account carries now: its key, or a token signed with it."""
        return self.facts.credential(role, self.clock.now())

    def tasks(self) -> list[Task]:
        """Every task, oldest first."""
        return self.store.tasks()

    def state(self, task: Task) -> State:
        """What a task is now."""
        return self.call().state(task)

    def call(self, request: Request = NO_REQUEST, operation: Operation | None = None) -> Call:
        """What operations are given now."""
        return self._call(self.store.open(), request, operation)

    def now(self, opened: Opened) -> float:
        """Epoch seconds, given what the store says."""
        stored = opened.clock if self._reads_stored_clock else None
        return self.clock.now() if stored is None else stored

    def _call(self, opened: Opened, request: Request, operation: Operation | None = None) -> Call:
        chosen = opened.choices or self._own
        now, speed = self.now(opened), self.clock.speed
        call = Call(self.facts, chosen.hooks, self.store.notes, now, speed, request, operation)
        call.usual = chosen.scenario
        return call
