"""The tasks from which creates go on: one for each model, made when the first create needs it."""

import math
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from screentest_contracts.contract import Contract, Model
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import NotObservedError, Skip
from screentest_suites.requests.builder import RequestBuilder
from screentest_suites.requests.earlier import going_on, naming_earlier
from screentest_suites.targets.target import Target

MARGIN = 0.9
"""The part of its life in which a task is old enough and not too old to go on from."""

Make = Callable[[Model], Trace | Exchange]
"""A task of a model at its end; the answer alone when it was not accepted."""


class EarlierTasks:
    """Thread-safe. `shared` gives the task that all checks of a model share, which is paid for once; `fresh` a further
    one, where time is virtual and has run on."""

    def __init__(self, builder: RequestBuilder, target: Target, speed: float, shared: Make, fresh: Make) -> None:
        self._builder = builder
        self._contract: Contract = builder.contract
        self._target = target
        self._shared, self._fresh = shared, fresh
        self._life = _life(builder.contract) * MARGIN / speed
        self._known: dict[str, Trace] = {}
        self._lock = threading.Lock()

    def needed_by(self, sent: SentRequest) -> bool:
        """Whether a create holds a stand-in for an earlier task."""
        return self._contract.goes_on and going_on(self._contract, sent) is not None

    def with_earlier(self, sent: SentRequest) -> SentRequest:
        """The create with the id of a task of the good account in the place of its stand-in. Raises NotObservedError
        where no task can be gone on from."""
        model = going_on(self._contract, sent) if self._contract.goes_on else None
        if model is None or model.earlier is None:
            return sent
        identity = self.task_of(model).task_id
        return naming_earlier(model.earlier, sent, identity, plain=self._builder.plain_ids)

    def keep(self, models: Iterable[Model]) -> None:
        """Makes sure that there are the tasks from which creates of these models go on, where they can be had."""
        for model in models:
            if model.earlier is not None:
                with suppress(NotObservedError):
                    self.task_of(model)

    def task_of(self, model: Model) -> Trace:
        """The task from which a model's creates go on. Creates it if there is none; raises NotObservedError."""
        with self._lock:
            known = self._known.get(model.name)
            if known is None:
                known = self._known[model.name] = self._found(model)
            if self._target.now() - known.created.sent_at > self._life:
                if self._target.steering is None:
                    raise NotObservedError(Skip.TOO_LATE, "the task to go on from may be gone")
                again = self._fresh(self._contract.models[known.model])
                if not isinstance(again, Trace):
                    raise NotObservedError(Skip.NOT_OBSERVED, "no further task to go on from was accepted")
                known = self._known[model.name] = again
            return known

    def _found(self, model: Model) -> Trace:
        rule = model.earlier
        for each in (self._contract.models[name] for name in (rule.models if rule is not None else ())):
            if each.earlier is not None:
                continue  # whose own tasks are not to be had without another
            trace = self._shared(each)
            if rule is not None and isinstance(trace, Trace) and trace.ended:
                status = status_in(self._contract, trace.polls[-1].exchange)
                if status is not None and status.status_class in rule.classes:
                    return trace
        raise NotObservedError(Skip.NOT_OBSERVED, f"{model.name}: there is no task to go on from")


def _life(contract: Contract) -> float:
    """Seconds after its create for which a task, and what it made, is there at the least."""
    kept = math.inf if contract.retention is None else contract.retention.task
    return min(kept, contract.link.shortest or math.inf)
