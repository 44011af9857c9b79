"""What a check is given: requests, tasks, and the tasks that all checks share, for one requirement."""

import copy
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, Unpack

from screentest_contracts.contract import Contract, Failure, Model, Operation, Role
from screentest_suites.core.exchange import Exchange, Poll, SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.requests.builder import RequestBuilder
from screentest_suites.requests.options import RequestOptions
from screentest_suites.spending import Ledger
from screentest_suites.targets.target import Target
from screentest_suites.tasks.choices import CreateOptions, FollowOptions, StartOptions
from screentest_suites.tasks.client import Client
from screentest_suites.tasks.deadlines import Deadlines
from screentest_suites.tasks.download import Delivered
from screentest_suites.tasks.earlier import EarlierTasks
from screentest_suites.tasks.pool import SHARED, Kind, TaskPool
from screentest_suites.tasks.records import TaskRecords
from screentest_suites.tasks.runner import TaskRunner

T = TypeVar("T")
R = TypeVar("R")


class Session:
    """A run as one check sees it. It composes what does the work and holds no state of its own:

    - `client` sends requests, within the budget, and keeps the answers (`client.seen`); `client.uploads` has the files,
      `client.pace` the waits, `client.ledger` the money;
    - `runner` makes tasks and follows them; `records` is what is known of them;
    - `pool` has the tasks that checks share.

    `for_purpose` is the same run for another requirement, with the same parts. `memory` is where checks keep what
    several requirements ask for; each module of checks has names of its own in it.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> session = screentest.Session(contract, screentest.EmbeddedTarget(contract))
    >>> session.steer("failure")  # False where time is real
    True
    >>> model = session.models[0]
    >>> trace = session.start(model, model.base)
    >>> if isinstance(trace, screentest.Trace):  # else the answer with which the create was refused
    ...     session.follow(trace).polls[-1].exchange.json["state"]
    'BAD'
    """

    def __init__(
        self, contract: Contract, target: Target, options: Options | None = None, *, ledger: Ledger | None = None
    ) -> None:
        self.contract = contract
        options = options or Options()
        builder = RequestBuilder(contract, target, seed=options.seed)
        self.client = Client(builder, target, options, ledger or Ledger())
        self.records = TaskRecords()
        self.runner = TaskRunner(self.client, self.records)
        self.pool = TaskPool(options.models_of(contract))
        shared, fresh = (partial(make, self.runner.for_purpose(SHARED)) for make in (self.pool.shared, self.pool.fresh))
        self.client.earlier = EarlierTasks(builder, target, options.speed, shared, fresh)
        self.memory: dict[str, Any] = {}

    def for_purpose(self, purpose: str) -> "Session":
        """The same run for another requirement, named by its id: all requests carry it."""
        other = copy.copy(self)
        other.runner = self.runner.for_purpose(purpose)
        return other

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns, asked for once in a run and kept in `memory` under a name. It must not be None."""
        made: T | None = self.memory.get(name)
        if made is None:
            made = self.memory[name] = make()
        return made

    @property
    def target(self) -> Target:
        return self.client.target

    @property
    def options(self) -> Options:
        return self.client.options

    @property
    def models(self) -> list[Model]:
        """The models that are judged."""
        return self.pool.models

    # -- requests -----------------------------------------------------------------------------------------------

    def request(self, operation: Operation, **options: Unpack[RequestOptions]) -> SentRequest:
        """A request for an operation; options as `RequestBuilder.request`. Sends nothing."""
        return self.runner.request(operation, **options)

    def send(self, role: Role, sent: SentRequest, *, patient: bool = True, valid: bool = False) -> Exchange:
        """Sends a request; as `Client.send`."""
        return self.runner.send(role, sent, patient=patient, valid=valid)

    def fresh_key(self) -> str:
        """An idempotency key that no request had. Raises ValueError for a provider without such keys."""
        if self.contract.idempotency is None:
            raise ValueError(f"{self.contract.name} has no idempotency keys")
        return self.client.builder.fresh_key(self.contract.idempotency, self.runner.purpose)

    def unknown_id(self) -> str:
        """An id of the documented form that no task has; another one each time."""
        return self.client.builder.unknown_id(self.runner.purpose)

    # -- tasks --------------------------------------------------------------------------------------------------

    def create(self, model: Model, body: Any, **options: Unpack[CreateOptions]) -> Exchange:
        """Sends one create request: a task, if it is accepted. Options and exceptions as `TaskRunner.create`."""
        return self.runner.create(model, body, **options)

    def accepted(self, exchange: Exchange) -> bool:
        """Whether a create was accepted and handed out an id."""
        return self.runner.accepted(exchange)

    def start(self, model: Model, body: Any, **options: Unpack[StartOptions]) -> Trace | Exchange:
        """Creates a task; the exchange alone when it was not accepted. Options as `TaskRunner.start`."""
        return self.runner.start(model, body, **options)

    def poll(self, trace: Trace, operation: Operation | None = None, *, patient: bool = True) -> Exchange:
        """One query, added to the trace."""
        return self.runner.poll(trace, operation, patient=patient)

    def follow(self, trace: Trace, **options: Unpack[FollowOptions]) -> Trace:
        """Polls until the task has ended; options as `TaskRunner.follow`."""
        return self.runner.follow(trace, **options)

    def deliver(self, trace: Trace, poll: Poll) -> Delivered:
        """Downloads the result of a task that has succeeded, as `poll` showed."""
        return self.runner.deliver(trace, poll)

    # -- shared tasks -------------------------------------------------------------------------------------------

    def shared(self, model: Model, kind: Kind = "base") -> Trace | Exchange:
        """The model's shared task; as `TaskPool.shared`, which may create it."""
        return self.pool.shared(self.runner, model, kind)

    def accepts_base_request(self, model: Model) -> bool:
        """Whether the model's minimal request was accepted; as `TaskPool.accepts_base_request`, which may create it."""
        return self.pool.accepts_base_request(self.runner, model)

    def lacks_access(self, refusal: Exchange) -> bool:
        """Whether a refused create says that the key may not use the model; as `TaskRunner.lacks_access`."""
        return self.runner.lacks_access(refusal)

    def any_model(self) -> Model | None:
        """The first model whose minimal request is accepted; as `TaskPool.any_model`, which may create tasks."""
        return self.pool.any_model(self.runner)

    def ensure_base_tasks(self) -> list[Trace]:
        """The shared tasks that were accepted; as `TaskPool.ensure_base_tasks`, which creates paid tasks."""
        return self.pool.ensure_base_tasks(self.runner)

    def failing(self, failure: Failure) -> Trace | Exchange | None:
        """The task that is asked to fail for a reason; as `TaskPool.failing`, which may create it."""
        return self.pool.failing(self.runner, failure)

    def failing_request(self, model: Model) -> Any:
        """A minimal request of the model whose task fails, for the first reason that can be asked for; else None."""
        asked = (failure.request_of(model) for failure in self.contract.failures)
        return next((body for body in asked if body is not None), None)

    def living_bases(self) -> list[Trace]:
        """Tasks that have not expired yet; as `TaskPool.living_bases`, which may create tasks."""
        return self.pool.living_bases(self.runner)

    def traces(self) -> list[Trace]:
        """All shared tasks that were accepted; as `TaskPool.traces`, which may create tasks."""
        return self.pool.traces(self.runner)

    # -- what lives for a limited time --------------------------------------------------------------------------

    @property
    def deadlines(self) -> Deadlines:
        """The lives that the contract documents, at the target's pace."""
        return Deadlines(self.contract, self.options.speed)

    def late(self, exchanges: Sequence[Exchange]) -> str:
        """Which life may have been over when one of these exchanges ended; "" for none, and in virtual time, where
        nothing is late that is not meant to be."""
        if self.target.steering is not None:
            return ""
        return self.deadlines.late(self.client.seen.copy(), exchanges)

    def may_have_moved_on(self, gap: float) -> bool:
        """Whether a task that was seen in a state `gap` seconds ago may have left it since, through our own delay.

        Where tasks are short, a quarter of the shortest life that this run has seen is long.
        """
        if self.target.steering is not None:
            return False
        lives = [trace.polls[-1].exchange.received_at - trace.created.sent_at for trace in self.traces() if trace.ended]
        return gap > min(max(self.client.pace.interval, 1.0), min(lives, default=math.inf) / 4)

    # -- time and steering --------------------------------------------------------------------------------------

    def in_parallel(self, function: Callable[[T], R], jobs: list[T]) -> list[R]:
        """The results of independent jobs, in order: concurrently where time is real."""
        return self.pool.in_parallel(self.runner, function, jobs)

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Lets time pass until `condition` holds or `seconds` are over."""
        deadline = self.target.now() + seconds
        while not condition():
            if self.target.now() >= deadline:
                return False
            self.target.sleep(0.1)
        return True

    def steer(self, scenario: str) -> bool:
        """Makes the next task follow a scenario, and no other that no task has followed; False where the target cannot
        be steered."""
        if self.target.steering is None:
            return False
        if self.client.earlier is not None:
            self.client.earlier.keep(self.models)  # the next task is to be the one that is meant
        self.target.steering.forget_scheduled()  # of a create that was not sent after all
        self.target.steering.schedule(scenario)
        return True
