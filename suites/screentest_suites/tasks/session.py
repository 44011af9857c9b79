"""The tasks of a run: made, followed to their end, shared by all checks."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from screentest_contracts.contract import ErrorRow, Model, Operation, Role, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_contracts.reading import CallOutcome, judge_call, link_of, matching_reading, status_of, task_id
from screentest_suites.core.exchange import Exchange, Poll, Trace
from screentest_suites.core.verdicts import NotObservedError
from screentest_suites.requests.samples import thrifty, variation
from screentest_suites.spending import worst_price
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.caller import Caller
from screentest_suites.tasks.download import Delivered, fetch

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Refused:
    """A refusal that was provoked, and what for."""

    member: str
    row: ErrorRow | None
    exchange: Exchange
    label: str


@dataclass
class Watched:
    """A task as a person who waits for it wants to see it. Times are epoch seconds of the target's clock."""

    model: str
    task: str
    status: str
    since: float
    next_poll: float | None = None


@dataclass
class Session(Caller):
    """Tasks: made, followed to their end, and shared by all checks."""

    refusals: list[Refused] = field(default_factory=list)
    creates: list[Exchange] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    watched: dict[str, Watched] = field(default_factory=dict)
    on_change: Callable[[Watched], None] = lambda watched: None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.delivered: dict[int, Delivered] = {}
        self.refused: set[int] = set()  # traces (by `id`) of tasks called done whose result was refused
        self._started: dict[tuple[str, str], Trace | Exchange] = {}
        self._shared: dict[tuple[str, str], Trace | Exchange | NotObservedError] = {}

    # -- tasks --------------------------------------------------------------------------------------------------

    def create(
        self,
        model: Model,
        body: Any,
        *,
        operation: Operation | None = None,
        key: str = "good",
        valid: bool = True,
        extra: bool = True,
        idempotency: str | None = None,
    ) -> Exchange:
        """One create request. `valid`: it is meant to be accepted; `extra`: beside the one task that checks share;
        `idempotency`: the key with which it can be repeated.

        Raises NotObservedError when it would cost more than the run may spend.
        """
        if valid and extra:
            self.pay_extra()
        sent = self.request(operation or model.operations[0], body=body, key=key, idempotency=idempotency)
        exchange = self.send(Role.CREATE, sent, valid=valid)
        identity = task_id(self.contract, exchange.json)
        with self._lock:
            self.creates.append(exchange)
            if identity is not None:
                self._models[identity] = model
        return exchange

    def accepted(self, exchange: Exchange) -> bool:
        """Whether a create was accepted and handed out an id."""
        return (
            judge_call(self.contract, Role.CREATE, exchange.status, exchange.json) is CallOutcome.ACCEPTED
            and task_id(self.contract, exchange.json) is not None
        )

    def start(
        self, model: Model, body: Any, *, plan: str = "", operation: Operation | None = None, extra: bool = True
    ) -> Trace | Exchange:
        """Creates a task; the exchange alone when it was not accepted. Raises as `create`."""
        exchange = self.create(model, body, operation=operation, extra=extra)
        identity = task_id(self.contract, exchange.json)
        if not self.accepted(exchange) or identity is None:
            return exchange
        return Trace(model.name, body, exchange, identity, plan=plan)

    def poll(self, trace: Trace, operation: Operation | None = None, *, patient: bool = True) -> Exchange:
        """One query, added to the trace."""
        operation = operation or self.contract.roles[Role.QUERY][0]
        self._keep_apart(trace)
        exchange = self.send(Role.QUERY, self.request(operation, task=trace.task_id), patient=patient)
        while self._may_be_unknown(trace, exchange):
            self.target.sleep(min(self.interval, self.contract.polling.grace))
            exchange = self.send(Role.QUERY, self.request(operation, task=trace.task_id), patient=patient)
        trace.polls.append(Poll(operation.id, exchange))
        status = status_of(self.contract, exchange.json)
        if status is not None and status.status_class.terminal:
            trace.ended = True
            self.note_ids(trace.task_id, exchange.json)
        self._watch(trace, "no answer" if exchange.error else status.name if status else f"answer {exchange.status}")
        return exchange

    def _may_be_unknown(self, trace: Trace, exchange: Exchange) -> bool:
        """Whether a query was too early, by what the vendor says of new tasks: such an answer is passed over."""
        if exchange.sent_at >= trace.created.received_at + self.contract.polling.grace:
            return False
        row = self.contract.error(Role.QUERY, "unknown-task")
        return row is not None and matching_reading(row, exchange.status, exchange.json) is not None

    def _keep_apart(self, trace: Trace) -> None:
        """Waits until a vendor's own server may be asked about a task again."""
        if self.floor and trace.polls:
            since = self.target.now() - trace.polls[-1].exchange.sent_at
            if since < self.floor:
                self.target.sleep(self.floor - since)

    def _watch(self, trace: Trace, status: str) -> None:
        seen = self.watched.get(trace.task_id)
        now = Watched(trace.model, trace.task_id, status, trace.created.sent_at)
        self.watched[trace.task_id] = now
        if seen is None or seen.status != status:
            self.on_change(now)

    def follow(self, trace: Trace, *, interval: float | None = None, aliases: bool = True, linger: int = 2) -> Trace:
        """Polls until the task has ended, `linger` times more, or until the time-out."""
        operations = self.contract.roles[Role.QUERY]
        wait = self.interval if interval is None else interval
        deadline = self.target.now() + self.timeout
        broken = index = 0
        if not (trace.polls or self.target.steerable or self.options.poll_interval is not None):
            self.target.sleep(max(0.0, trace.created.received_at + self.contract.polling.first - self.target.now()))
        while not trace.ended:
            try:
                exchange = self.poll(trace, operations[index % len(operations) if aliases else 0])
            except NotObservedError:
                if not trace.polls:
                    raise
                trace.cut = True
                break
            index += 1
            good = judge_call(self.contract, Role.QUERY, exchange.status, exchange.json) is CallOutcome.ACCEPTED
            broken = 0 if good and not exchange.error else broken + 1
            if trace.ended:
                break
            if broken >= 5:
                trace.gave_up = "five polls in a row did not show the task"
                break
            if self.target.now() >= deadline:
                trace.gave_up = f"not ended after {self.timeout:g} s"
                break
            pause = wait if not broken else min(wait * 2**broken, max(wait, 60.0))
            self.watched[trace.task_id].next_poll = self.target.now() + pause
            self.target.sleep(pause)
        self.watched.get(trace.task_id, Watched("", "", "", 0)).next_poll = None
        for _ in range(linger if trace.ended else 0):
            trace.after_end += 1
            for operation in operations if aliases else operations[:1]:
                self.poll(trace, operation)
            self.target.sleep(min(wait, 1.0))
        return trace

    def in_parallel(self, function: Callable[[T], R], jobs: list[T]) -> list[R]:
        """The results of independent jobs, in order: concurrently where time is real."""
        if self.target.steerable or len(jobs) < 2:
            return [function(job) for job in jobs]
        with ThreadPoolExecutor(max_workers=self.options.workers) as pool:
            return list(pool.map(function, jobs))

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Lets time pass until `condition` holds or `seconds` are over."""
        deadline = self.target.now() + seconds
        while not condition():
            if self.target.now() >= deadline:
                return False
            self.target.sleep(0.1)
        return True

    # -- shared tasks -------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Runs the shared tasks: concurrently where time is real."""
        if self.target.steerable:
            return  # each is made when it is first asked for: nothing waits in virtual time
        jobs = [(model, kind) for kind in ("base", "variation") for model in self.models]
        if self.options.metered:
            jobs = [(model, "base") for model in self._begin_shared()]
        with ThreadPoolExecutor(max_workers=max(min(len(jobs), self.options.workers * 4), 1)) as pool:
            list(pool.map(lambda job: self._lives([job[0]], job[1]), jobs))

    def _begin_shared(self) -> list[Model]:
        """Starts the shared tasks one by one, cheapest first: which are paid for must not depend on threads."""
        bodies = {model.name: thrifty(model) for model in self.models}
        prices: dict[str, Decimal | None] = {}
        for model in self.models:
            sent = self.request(model.operations[0], body=bodies[model.name])
            prices[model.name] = worst_price(self.contract, sent, self.options.assumed_price)
        self.purpose = "the task that all checks of a model share"
        models = sorted(self.models, key=lambda model: (prices[model.name] is None, prices[model.name] or 0))
        for model in models:
            try:
                self._started[model.name, "base"] = self.start(model, bodies[model.name], plan="base", extra=False)
            except NotObservedError as unseen:
                self._shared[model.name, "base"] = unseen
        return models

    def finish(self) -> None:
        """Follows the tasks that nobody wanted to their end: then their cost is known."""
        if self.options.metered:
            unwanted, self.unwanted_tasks = self.unwanted_tasks, []
            self.in_parallel(self._end, unwanted)

    def _end(self, trace: Trace) -> None:
        answer = self.poll(trace)
        gone = judge_call(self.contract, Role.QUERY, answer.status, answer.json) is CallOutcome.REFUSED
        if not (gone and self.contract.operation(Role.CANCEL)):  # to cancel can be to delete
            self.follow(trace, aliases=False, linger=0)

    def shared(self, model: Model, kind: str = "base") -> Trace | Exchange:
        """The model's shared task, made once: its minimal request, or one with other values than the defaults."""
        made = self._shared.get((model.name, kind))
        if made is None:
            try:
                made = self._make_shared(model, kind)
            except NotObservedError as unseen:
                made = unseen
            self._shared[model.name, kind] = made
        if isinstance(made, NotObservedError):
            raise made
        return made

    def _make_shared(self, model: Model, kind: str) -> Trace | Exchange:
        body = model.base if kind == "base" else variation(model)
        made = self._started.get((model.name, kind)) or self.start(model, body, plan=kind, extra=kind != "base")
        if isinstance(made, Trace):
            self.follow(made)
            ended = made.polls[-1] if made.ended else None
            status = status_of(self.contract, ended.exchange.json) if ended else None
            if ended is not None and status is not None and status.status_class is StatusClass.SUCCEEDED:
                self.deliver(made, ended)
        return made

    def deliver(self, trace: Trace, poll: Poll) -> Delivered:
        """Downloads the result of a task that has succeeded."""
        exchange = poll.exchange
        result, content = self.contract.operation(Role.RESULT), self.contract.operation(Role.CONTENT)
        if result is not None:
            exchange = self.send(Role.RESULT, self.request(result, task=trace.task_id))
        link = link_of(self.contract, exchange.json)
        if not self.contract.link.at.pointers and content is not None:
            link = self.request(content, task=trace.task_id, key=None).url
        file = fetch(self.contract, self.target, link) if link is not None else None
        found = Delivered(trace, poll, link, exchange, file)
        if self.contract.lifecycle.refused is not None and 400 <= exchange.status < 500:
            self.refused.add(id(trace))
        else:
            self.delivered[id(trace)] = found
        return found

    def accepts_base_request(self, model: Model) -> bool:
        """Whether the model's minimal request was accepted."""
        lives, unseen = self._lives([model], "base")
        return bool(_or_raise(lives, unseen))

    def ensure_base_tasks(self) -> list[Trace]:
        """The shared tasks that were accepted. Raises NotObservedError when none was even tried."""
        return _or_raise(*self._lives(self.models, "base"))

    def living_bases(self) -> list[Trace]:
        """Shared tasks that have not expired yet: made anew where time is virtual and may have run on."""
        if not self.target.steerable:
            return self.ensure_base_tasks()
        made = [self.start(model, model.base) for model in self.models if isinstance(self.shared(model), Trace)]
        return [self.follow(trace, linger=0) for trace in made if isinstance(trace, Trace)]

    def traces(self) -> list[Trace]:
        """All shared tasks that were accepted. Raises NotObservedError when none was even tried."""
        lives, unseen = self._lives(self.models, "base")
        others, more = self._lives(self.models, "variation")
        return _or_raise(lives + others, unseen + more)

    def observed(self) -> list[Trace]:
        """The shared tasks that have been made so far. Makes none."""
        return [each for each in self._shared.values() if isinstance(each, Trace)]

    def any_model(self) -> Model | None:
        """The first model whose minimal request is accepted. Raises NotObservedError when none was even tried."""
        unseen: list[NotObservedError] = []
        for model in self.models:
            lives, missed = self._lives([model], "base")
            unseen += missed
            if lives:
                return model
        _or_raise([], unseen)
        return None

    def _lives(self, models: Iterable[Model], kind: str) -> tuple[list[Trace], list[NotObservedError]]:
        """The shared tasks of some models, and why some were not tried."""
        lives, unseen = [], []
        for model in models:
            try:
                made = self.shared(model, kind)
            except NotObservedError as missed:
                unseen.append(missed)
            else:
                lives += [made] if isinstance(made, Trace) else []
        return lives, unseen

    # -- steering -----------------------------------------------------------------------------------------------

    @property
    def embedded(self) -> EmbeddedTarget | None:
        """The embedded mock, when that is the target."""
        return self.target if isinstance(self.target, EmbeddedTarget) else None

    def steer(self, scenario: str) -> bool:
        """Makes the next task follow a scenario; False where the target cannot be steered."""
        mock = self.embedded
        if mock is None:
            return False
        mock.mock.schedule(scenario)
        return True

    def steer_no_more(self) -> None:
        """Forgets scenarios that no task has taken up: the create they were meant for was refused."""
        if self.embedded is not None:
            self.embedded.mock.unschedule()


def _or_raise(lives: list[Trace], unseen: list[NotObservedError]) -> list[Trace]:
    if unseen and not lives:
        raise unseen[0]
    return lives


def with_member(body: Any, pointer: str, value: Any) -> Any:
    """A copy of `body` with `value` at `pointer`."""
    return replaced(body, segments(pointer), value)
