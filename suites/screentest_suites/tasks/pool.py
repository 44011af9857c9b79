"""The tasks that all checks share: for each model its minimal request, and one or two with other values."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any, Literal, TypeVar

from screentest_contracts.contract import Failure, Model
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.observation import ModelSeen
from screentest_suites.core.verdicts import NotObservedError
from screentest_suites.requests.samples import asking, thrifty, variations
from screentest_suites.spending import worst_price
from screentest_suites.tasks.runner import TaskRunner

T = TypeVar("T")
R = TypeVar("R")

Kind = Literal["base", "variation", "second variation"]

SHARED = "the task that all checks of a model share"
"""What a paid task is for, whichever requirement is the first to need it."""


class TaskPool:
    """Shared tasks by model and kind, each made when it is first asked for. `models` are those that are judged.

    Where tasks cost money there is one per model, `base`, in its cheapest form; where time is real, `prepare` makes
    all of them at once.
    """

    def __init__(self, models: list[Model]) -> None:
        self.models = models
        first, second = variations(models)
        self._bodies: dict[Kind, dict[str, Any]] = {
            "base": {model.name: model.base for model in models},
            "variation": first,
            "second variation": second,
        }
        self._started: dict[tuple[str, Kind], Trace | Exchange] = {}
        self._shared: dict[tuple[str, Kind], Trace | Exchange | NotObservedError] = {}
        self._failing: dict[str, Trace | Exchange] = {}

    def prepare(self, runner: TaskRunner) -> None:
        """Creates the shared tasks and follows them: concurrently where time is real, later where it is virtual."""
        if runner.client.target.steering is not None:
            return  # each is made when it is first asked for: nothing waits in virtual time
        for going_on in (False, True):  # what goes on from a task comes after it
            self._prepare(runner, [model for model in self.models if (model.earlier is not None) is going_on])

    def _prepare(self, runner: TaskRunner, models: list[Model]) -> None:
        client = runner.client
        jobs = [(model, kind) for kind, bodies in self._bodies.items() for model in models if model.name in bodies]
        if client.options.metered:
            runner = runner.for_purpose(SHARED)
            jobs = [(model, "base") for model in self._begin(runner, models)]
        with ThreadPoolExecutor(max_workers=max(min(len(jobs), client.options.workers * 4), 1)) as pool:
            list(pool.map(lambda job: self._lives(runner, [job[0]], job[1]), jobs))

    def _begin(self, runner: TaskRunner, models: list[Model]) -> list[Model]:
        """Starts shared tasks one by one, cheapest first: which are paid for must not depend on threads."""

        def price(model: Model, body: Any) -> Decimal | None:
            sent = runner.for_purpose("").request(model.operations[0], body=body)
            return worst_price(runner.contract, sent, runner.client.options.assumed_price)

        bodies = {model.name: thrifty(model, partial(price, model)) for model in models}
        prices = {model.name: price(model, bodies[model.name]) for model in models}
        models = sorted(models, key=lambda model: (prices[model.name] is None, prices[model.name] or 0))
        for model in models:
            try:
                self._started[model.name, "base"] = runner.start(model, bodies[model.name], plan="base", extra=False)
            except NotObservedError as unseen:
                self._shared[model.name, "base"] = unseen
        return models

    def finish(self, runner: TaskRunner) -> None:
        """Follows the tasks that nobody wanted to their end: then their cost is known."""
        client = runner.client
        if client.options.metered:
            unwanted, client.unwanted_tasks = client.unwanted_tasks, []
            self.in_parallel(runner, lambda trace: _end(runner, trace), unwanted)

    def in_parallel(self, runner: TaskRunner, function: Callable[[T], R], jobs: list[T]) -> list[R]:
        """The results of independent jobs, in order: concurrently where time is real."""
        if runner.client.target.steering is not None or len(jobs) < 2:
            return [function(job) for job in jobs]
        with ThreadPoolExecutor(max_workers=runner.client.options.workers) as pool:
            return list(pool.map(function, jobs))

    # -- asking for shared tasks --------------------------------------------------------------------------------

    def shared(self, runner: TaskRunner, model: Model, kind: Kind = "base") -> Trace | Exchange:
        """The model's shared task at its end, made once; the answer alone when the create was not accepted. Raises
        NotObservedError where it could not be paid for."""
        known = self._shared.get((model.name, kind))
        if known is None:
            try:
                known = self._make(runner, model, kind)
            except NotObservedError as unseen:
                known = unseen
            self._shared[model.name, kind] = known
        if isinstance(known, NotObservedError):
            raise known
        return known

    def _make(self, runner: TaskRunner, model: Model, kind: Kind) -> Trace | Exchange:
        body = self._bodies[kind][model.name]
        if kind != "base":
            body = asking(runner.contract.assets.values(), model, body)
        started = self._started.get((model.name, kind))
        if started is None:
            started = runner.start(model, body, plan=kind, extra=kind != "base")
        return runner.complete(started) if isinstance(started, Trace) else started

    def _lives(
        self, runner: TaskRunner, models: Iterable[Model], kind: Kind
    ) -> tuple[list[Trace], list[NotObservedError]]:
        """The shared tasks of some models, and why some were not tried."""
        lives, unseen, refused = [], [], False
        for model in models:
            try:
                shared = self.shared(runner, model, kind)
            except NotObservedError as missed:
                unseen += [] if refused and model.earlier is not None else [missed]  # there was nothing to go on from
            else:
                lives += [shared] if isinstance(shared, Trace) else []
                refused = refused or not isinstance(shared, Trace)
        return lives, unseen

    def accepts_base_request(self, runner: TaskRunner, model: Model) -> bool:
        """Whether the model's minimal request was accepted. Creates the shared task if there is none yet."""
        return bool(_or_raise(*self._lives(runner, [model], "base")))

    def ensure_base_tasks(self, runner: TaskRunner) -> list[Trace]:
        """The shared tasks that were accepted. Creates those that are missing: one task per model, paid for where
        tasks cost money. Raises NotObservedError when none was even tried."""
        return _or_raise(*self._lives(runner, self.models, "base"))

    def fresh(self, runner: TaskRunner, model: Model) -> Trace | Exchange:
        """A further task like the model's shared one, followed to its end; the answer alone when it was refused."""
        made = runner.start(model, model.base)
        return runner.follow(made, linger=0) if isinstance(made, Trace) else made

    def failing(self, runner: TaskRunner, failure: Failure) -> Trace | Exchange | None:
        """The task that is asked to fail for a reason, at its end, made once; the answer alone when it was refused,
        None where no model takes the request. Raises NotObservedError where tasks cost money."""
        asked = ((model, failure.request_of(model)) for model in self.models)
        model, body = next(((model, body) for model, body in asked if body is not None), (None, None))
        if model is None:
            return None
        if failure.code not in self._failing:
            runner.client.refuse_extra_tasks()
            made = runner.start(model, body)
            self._failing[failure.code] = runner.follow(made, linger=0) if isinstance(made, Trace) else made
        return self._failing[failure.code]

    def _failures(self, runner: TaskRunner) -> list[Trace]:
        """A task for each reason that a request can ask for, where the server cannot be told to let tasks fail."""
        if runner.client.target.steering is not None or runner.client.options.metered:
            return []
        made = [self.failing(runner, each) for each in runner.contract.failures if each.request]
        return [each for each in made if isinstance(each, Trace)]

    def living_bases(self, runner: TaskRunner) -> list[Trace]:
        """Tasks like the shared ones that have not expired yet: new ones, followed to their end, where time is virtual
        and may have run on."""
        if runner.client.target.steering is None:
            return self.ensure_base_tasks(runner)
        models = [runner.contract.models[trace.model] for trace in self.ensure_base_tasks(runner)]
        fresh = [runner.start(model, model.base) for model in models]
        return [runner.follow(trace, linger=0) for trace in fresh if isinstance(trace, Trace)]

    def traces(self, runner: TaskRunner) -> list[Trace]:
        """All shared tasks that were accepted, of all kinds, and those that were asked to fail. Creates those that are
        missing. Raises NotObservedError when none was even tried."""
        lives, unseen = self._lives(runner, self.models, "base")
        for kind in ("variation", "second variation"):
            others, more = self._lives(runner, [each for each in self.models if each.name in self._bodies[kind]], kind)
            lives, unseen = lives + others, unseen + more
        return _or_raise(lives, unseen) + self._failures(runner)

    def observed(self) -> list[Trace]:
        """The shared tasks that have been made so far. Makes none."""
        return [shared for shared in self._shared.values() if isinstance(shared, Trace)]

    def refusal(self, model: Model) -> Exchange | None:
        """The answer that refused a model's minimal request; None where there is none so far. Sends nothing."""
        made = self._shared.get((model.name, "base")) or self._started.get((model.name, "base"))
        return made if isinstance(made, Exchange) else None

    def became(self, runner: TaskRunner, model: Model) -> ModelSeen:
        """What became of a model's minimal request so far. Sends nothing."""
        made = self._shared.get((model.name, "base")) or self._started.get((model.name, "base"))
        if made is None or isinstance(made, NotObservedError):
            return ModelSeen(model.name, "not sent", "" if made is None else str(made.detail or made.skip))
        if isinstance(made, Trace):
            return ModelSeen(model.name, "accepted")
        said = made.error or f"answered {made.status}"
        if made.encoding_flaw:
            said += f", and the body {made.encoding_flaw}"
        return ModelSeen(model.name, "no access" if runner.lacks_access(made) else "refused", said)

    def any_model(self, runner: TaskRunner) -> Model | None:
        """The first model whose minimal request is accepted. Creates shared tasks until one is. Raises
        NotObservedError when none was even tried."""
        unseen: list[NotObservedError] = []
        for count, model in enumerate(self.models, 1):
            lives, unseen = self._lives(runner, self.models[:count], "base")
            if lives:
                return model
        _or_raise([], unseen)
        return None


def _or_raise(lives: list[Trace], unseen: list[NotObservedError]) -> list[Trace]:
    if unseen and not lives:
        raise unseen[0]
    return lives


def _end(runner: TaskRunner, trace: Trace) -> None:
    """Ends an unwanted task, for the requirement that brought it about."""
    with suppress(NotObservedError):  # a recording that ends before it
        runner.for_purpose(trace.plan).end_unwanted(trace)
