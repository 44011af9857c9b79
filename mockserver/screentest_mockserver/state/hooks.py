"""What operations are given beside account and task, and the points at which a deviation changes what they do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from screentest_contracts.contract import Callback, Contract, Failure, Model, Operation, Role, Signature, StatusClass
from screentest_contracts.generate import generate
from screentest_contracts.signatures import Message, sign
from screentest_mockserver.state.effects import Effect
from screentest_mockserver.state.facts import Facts
from screentest_mockserver.state.notes import Notes
from screentest_mockserver.state.records import Remembered
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task, Wanted
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer, Headers, Piece, Request

T = TypeVar("T")


class Call:
    """One call to a provider: what is asked, when, under which hooks.

    `now` is epoch seconds and stands still during a call; `speed` is how many seconds of a task's life pass in one
    second of it. `operation` is None for what is no operation of the vendor's API: bytes behind a link, callbacks.
    `model` is the one that a create asks for, once that is read. `loaded` is the task that the request speaks of, as
    the store has it, `usual` what tasks follow for which nothing is scheduled.

    >>> import httpx, screentest
    >>> def _limit(call: screentest.Call, answer: screentest.Answer) -> screentest.Answer:
    ...     if call.role is screentest.Role.QUERY and call.notes.count("acme-queries") > 1:  # the first is answered
    ...         answer.status = 429
    ...     return answer
    >>> hooks = screentest.Hooks(answer=_limit)
    >>> limit = screentest.Deviation("acme-limit", "429 from the second query on", ("query.*",), hooks=hooks)
    >>> _ = screentest.add_deviation(limit)
    >>> with screentest.router("acme.yaml") as router:
    ...     router.screentest.deviate("acme-limit")
    ...     [httpx.get("https://api.acme.example/jobs/nothing").status_code for _ in range(2)]
    [401, 429]
    """

    __slots__ = (
        "answer_ids",
        "facts",
        "hooks",
        "loaded",
        "model",
        "notes",
        "now",
        "operation",
        "request",
        "speed",
        "usual",
    )

    def __init__(
        self,
        facts: Facts,
        hooks: "Hooks",
        notes: Notes,
        now: float,
        speed: float,
        request: Request,
        operation: Operation | None = None,
    ) -> None:
        self.facts = facts
        self.hooks = hooks
        self.notes = notes
        self.now = now
        self.speed = speed
        self.request = request
        self.operation = operation
        self.model: Model | None = None
        self.loaded: Task | None = None
        self.usual: Scenario | None = None
        self.answer_ids: dict[str, Any] | None = None

    @property
    def contract(self) -> Contract:
        """What the provider promises."""
        return self.facts.contract

    @property
    def role(self) -> Role | None:
        """What the operation is for."""
        return None if self.operation is None else self.operation.role

    def elapsed(self, task: Task) -> float:
        """Seconds of the task's own life that have passed."""
        return (self.now - task.created) * self.speed

    def state(self, task: Task) -> State:
        """What the task is now."""
        return self.hooks.state(self, task, task.plan.at((self.now - task.created) * self.speed))

    def answer_id(self, form: str) -> Any:
        """The value of `{{answer_id:form}}`: one and the same in headers and body of an answer."""
        if self.answer_ids is None:
            self.answer_ids = {}
        if form not in self.answer_ids:
            self.answer_ids[form] = generate(form, self.facts.random)
        return self.answer_ids[form]


Query = dict[str, list[str]]
"""The texts that a request's query has for each of its parameters."""


@dataclass(frozen=True, slots=True)
class BodyHookContext:
    """What a body hook sees beside the body: `kind` is `receipt`, `end` (of a task for which its create has waited),
    `event` (of a stream), `callback`, or the operation's id; `tasks` are those that a list shows.

    >>> import httpx, screentest
    >>> from typing import Any, TypeVar
    >>> def _quote(view: screentest.BodyHookContext, body: Any) -> Any:
    ...     return {**body, "created": str(body["created"])} if view.kind == "receipt" else body
    >>> hooks = screentest.Hooks(body=_quote)
    >>> quotes = screentest.Deviation("acme-quotes", "a receipt's time is a string", ("create.*",), hooks=hooks)
    >>> _ = screentest.add_deviation(quotes)
    >>> with screentest.router("acme.yaml") as router:
    ...     router.screentest.deviate("acme-quotes")
    ...     headers = {"x-key": f"Key {router.screentest.key}", "x-async": "enable"}
    ...     answer = httpx.post("https://api.acme.example/jobs", json={"model": "clip-1"}, headers=headers)
    >>> type(answer.json()["created"])
    <class 'str'>
    """

    call: Call
    role: Role
    kind: str
    task: Task | None = None
    state: State | None = None
    tasks: tuple[Task, ...] = ()

    @property
    def contract(self) -> Contract:
        """What the provider promises."""
        return self.call.facts.contract


def _same_task(call: Call, task: Task) -> Task:
    return task


def _same_state(call: Call, task: Task, state: State) -> State:
    return state


def _same_body(view: BodyHookContext, body: Any) -> Any:
    return body


def _same_answer(call: Call, answer: Answer) -> Answer:
    return answer


def _same_account(call: Call, account: Account | None, given: bool) -> Account | None:
    return account


def _accepts_nothing(contract: Contract, member: str, keyword: str, body: Any) -> bool:
    return False


def _refuses_nothing(model: Model, body: Any) -> str | None:
    return None


def _fails_as_asked(call: Call, failure: Failure) -> bool:
    return True


def _forgives_nothing(call: Call, refusal: Refusal) -> bool:
    return False


def _own_key(account: Account, key: str, asked: bytes) -> tuple[tuple[str, str], ...]:
    return ((account.name, key),)


def _same_memory(call: Call, asked: bytes, known: Remembered, task: Task) -> Remembered | None:
    return known


def _same_found(call: Call, task_id: str, task: Task | None) -> Task | None:
    return task


def _nothing_instead(call: Call, task_id: str) -> str:
    return ""


def _same_refusal(call: Call, refusal: Refusal, status: int, body: Any, headers: Headers) -> tuple[int, Any, Headers]:
    return status, body, headers


def _same_download(call: Call, answer: Answer, whole: bytes) -> Answer:
    return answer


def _same_video(seconds: float, ratio: str, resolution: str) -> Wanted:
    return seconds, ratio, resolution


def _same_query(call: Call, query: Query) -> Query:
    return query


def _same_life(call: Call, seconds: float) -> float:
    return seconds


def _same_effects(call: Call, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    return effects


def _same_event(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    return text, wait


def _unless_known(known: bool) -> bool:
    return not known


def _always(task: Task, attempt: int) -> bool:
    return True


def _same(value: T) -> T:
    return value


def _same_delivery(method: str, body: bytes) -> tuple[str, bytes]:
    return method, body


def _signed(rule: Signature, secret: str, message: Message, attempt: int) -> Mapping[str, str]:
    return sign(rule, secret, message)


def _same_wait(rule: Callback, attempt: int, acknowledged: bool, wait: float | None) -> float | None:
    return wait


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a mock does at each of these points. As they are they change nothing; a deviation gives others.

    Hooks get values and give values. What one wants to remember goes into `call.notes`.

    >>> import screentest
    >>> def _late(call: screentest.Call, answer: screentest.Answer) -> screentest.Answer:
    ...     answer.delay = 5.0
    ...     return answer
    >>> hooks = screentest.Hooks(answer=_late, keeps_tasks=True)  # for `Deviation(..., hooks=hooks)`
    >>> hooks.wait is screentest.Hooks().wait  # all others change nothing
    True
    """

    task: Callable[[Call, Task], Task] = _same_task
    """A new task before it is kept: its id, its plan and all else. The hook may change it."""
    state: Callable[[Call, Task, State], State] = _same_state
    """What a task is now."""
    body: Callable[[BodyHookContext, Any], Any] = _same_body
    """A JSON body before it is written."""
    answer: Callable[[Call, Answer], Answer] = _same_answer
    """The whole answer; the hook may change it."""
    account: Callable[[Call, Account | None, bool], Account | None] = _same_account
    """Who calls, given whether there was a key."""
    accepts: Callable[[Contract, str, str, Any], bool] = _accepts_nothing
    """Whether to overlook that a body breaks a schema, given member and keyword."""
    refuses: Callable[[Model, Any], str | None] = _refuses_nothing
    """The member for which a valid body is refused."""
    fails: Callable[[Call, Failure], bool] = _fails_as_asked
    """Whether a task fails whose request asks for it."""
    forgives: Callable[[Call, Refusal], bool] = _forgives_nothing
    """Whether a call is answered as if all were well."""
    keys: Callable[[Account, str, bytes], tuple[tuple[str, str], ...]] = _own_key
    """The (owner, key) under which a create's idempotency key is looked up and remembered, given a digest of what is
    asked; none: it is not."""
    recall: Callable[[Call, bytes, Remembered, Task], Remembered | None] = _same_memory
    """What a key stands for, given a digest of what is asked, what is remembered and its task."""
    find: Callable[[Call, str, Task | None], Task | None] = _same_found
    """The task behind an id."""
    instead: Callable[[Call, str], str] = _nothing_instead
    """The id of the task to show for an id that nobody knows; empty: none."""
    refusal: Callable[[Call, Refusal, int, Any, Headers], tuple[int, Any, Headers]] = _same_refusal
    """Status, body and headers of a refusal."""
    download: Callable[[Call, Answer, bytes], Answer] = _same_download
    """The answer to a download, given all the bytes of the file; the hook may change it."""
    video: Callable[[float, str, str], Wanted] = _same_video
    """Duration in seconds, ratio and resolution of the file."""
    defaults: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _same
    """What is delivered where a request asks for nothing."""
    query: Callable[[Call, Query], Query] = _same_query
    """The parameters of a request's query, before they are looked at; the hook makes a new mapping."""
    link_life: Callable[[Call, float], float] = _same_life
    """For how many seconds a link works."""
    file_life: Callable[[Call, float], float] = _same_life
    """For how many seconds a file may be used."""
    event: Callable[[Call, State, bytes, float | None], Piece] = _same_event
    """The next bytes of a stream of events, and the seconds to those after them, given the state that they show."""
    effects: Callable[[Call, tuple[Effect, ...]], tuple[Effect, ...]] = _same_effects
    """What an operation does to the store."""
    callback: Callable[[Task, int], bool] = _always
    """Whether an attempt (0: of a stage before the end) to call back is made."""
    delivery: Callable[[str, bytes], tuple[str, bytes]] = _same_delivery
    """Method and body of an attempt."""
    challenges: Callable[[bool], bool] = _unless_known
    """Whether an address is challenged before it is called, given whether it has answered before."""
    events: Callable[[frozenset[StatusClass]], frozenset[StatusClass]] = _same
    """The classes of which a create chose to be told."""
    delivery_headers: Callable[[Mapping[str, str]], Mapping[str, str]] = _same
    """The headers that the document gives a delivery."""
    sign: Callable[[Signature, str, Message, int], Mapping[str, str]] = _signed
    """The headers that sign an attempt, by rule, secret, message and number of the attempt."""
    waits: Callable[[Call, float], float] = _same_life
    """For how many seconds a create waits that asks for so many."""
    wait: Callable[[Callback, int, bool, float | None], float | None] = _same_wait
    """Seconds to the next attempt, None for no more, given the number of this one and whether it was acknowledged."""
    keeps_tasks: bool = False
    """Tasks do not expire."""
    opens_links: bool = False
    """Links that need a key do not ask for it."""
    shares: bool = False
    """Tasks are shown to every account."""
    hides_end: bool = False
    """A create that has waited for the end of its task gives a receipt all the same."""
    trusts: bool = False
    """An address is called back although it has not answered its challenge."""
    overlooks: frozenset[str] = frozenset()
    """Flaws of tokens that are let pass."""


NO_HOOKS = Hooks()
"""The hooks of a mock that keeps every promise."""
