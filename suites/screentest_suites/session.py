"""Everything a run does to a target: requests by role, tasks followed to their end, shared by all checks."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import orjson

from screentest_contracts.contract import Contract, ErrorRow, Model, Operation, Role, StatusClass
from screentest_contracts.forms import flattened
from screentest_contracts.generate import generate
from screentest_contracts.location import MISSING, replaced, segments
from screentest_contracts.reading import Verdict, judge_call, link_of, status_of, task_id
from screentest_suites.download import Delivered, fetch
from screentest_suites.exchange import Exchange, Poll, Sent, Trace
from screentest_suites.samples import thrifty, variation
from screentest_suites.spending import Entry, Ledger, State, model_named, worst_price
from screentest_suites.target import EmbeddedTarget, Target
from screentest_suites.verdicts import NotObservedError, Skip

T = TypeVar("T")
R = TypeVar("R")

MAX_RETRIES = 4
"""How often one request is repeated after 429 before the answer is taken as it is."""


LIVE_FLOOR = 5.0
"""Seconds between two polls of a vendor's own server, at the least."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes. Times in seconds; None: what the document says."""

    poll_interval: float | None = None
    task_timeout: float | None = None
    examples: int = 100
    seed: int = 0
    workers: int = 8
    models: tuple[str, ...] = ()
    frugal: bool = False
    """Tasks cost money: one is shared by all checks of a model, and refusals are asked for before it is made."""
    assumed_price: Decimal | None = None
    """What any task costs at most, where the document has no price."""


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
class Session:
    """A contract, a target, and what has been seen so far."""

    contract: Contract
    target: Target
    options: Options = field(default_factory=Options)
    refusals: list[Refused] = field(default_factory=list)
    creates: list[Exchange] = field(default_factory=list)
    seen: list[tuple[Role, Exchange]] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    purpose: str = ""
    """The requirement that is being judged."""
    watched: dict[str, Watched] = field(default_factory=dict)
    on_change: Callable[[Watched], None] = lambda watched: None

    def __post_init__(self) -> None:
        self.accidents: list[Trace] = []  # tasks that were made although their request should have been refused
        self._started: dict[tuple[str, str], Trace | Exchange] = {}
        self._ahead: dict[tuple[str, ...], Exchange | NotObservedError] = {}
        self._shared: dict[tuple[str, str], Trace | Exchange | NotObservedError] = {}
        self.delivered: dict[int, Delivered] = {}
        self.refused: set[int] = set()  # traces (by `id`) of tasks called done whose result was refused
        self._models: dict[str, Model] = {}
        self._waited_in_vain = False
        self._lock = threading.Lock()
        self.started = self.target.now()
        self._randoms: dict[str, Random] = {}

    # -- settings -----------------------------------------------------------------------------------------------

    @property
    def interval(self) -> float:
        """Seconds between two polls."""
        polling = self.contract.polling
        if self.options.poll_interval is not None:
            floor = max(polling.floor, LIVE_FLOOR) if self.target.kind == "live" else 0.0
            return max(self.options.poll_interval, floor)
        if self.target.steerable:
            return polling.typical[0] / 12
        return max(polling.interval[0], polling.floor, LIVE_FLOOR if self.target.kind == "live" else 0.0)

    @property
    def patience(self) -> float:
        """The longest wait that a server may ask for, in seconds."""
        return 600.0 if self.target.kind == "live" else 30.0

    @property
    def timeout(self) -> float:
        """Seconds a task may take."""
        return self.options.task_timeout or max(self.contract.polling.timeout, self.contract.polling.typical[1] * 2)

    @property
    def models(self) -> list[Model]:
        """The models that are judged."""
        chosen = self.options.models
        return [model for model in self.contract.models.values() if not chosen or model.name in chosen]

    # -- requests -----------------------------------------------------------------------------------------------

    def request(
        self,
        operation: Operation,
        *,
        task: str = "",
        body: Any = MISSING,
        raw: bytes | None = None,
        key: str | None = "good",
        headers: Iterable[tuple[str, str]] = (),
        query: str = "",
    ) -> Sent:
        """A request for an operation. `key` is an account's role, a literal after "=", or None for no key."""
        contract = self.contract
        path, parameters = operation.path, []
        carrier = operation.id_parameter
        if carrier is not None:
            if carrier.get("in") == "query":
                parameters.append(f"{carrier['name']}={quote(task, safe='')}")
            else:
                path = path.replace("{" + str(carrier["name"]) + "}", quote(task, safe="-._~"))
        elif operation.role not in (Role.CREATE, Role.LIST) and body is MISSING:
            body = {contract.id.parameter: task}
        sent_headers = list(headers)
        model = self._models.get(task) or next(iter(contract.models.values()))
        for parameter in operation.parameters:
            if parameter is not carrier and parameter.get("required"):
                word = parameter.get("x-model")
                value = model.word(word) if word else _fixed(parameter.get("schema", {}))
                match parameter.get("in"):
                    case "header":
                        sent_headers.append((str(parameter["name"]), value))
                    case "query":
                        parameters.append(f"{parameter['name']}={quote(value, safe='')}")
                    case "path":
                        path = path.replace("{" + str(parameter["name"]) + "}", quote(value, safe="-._~"))
        if key is not None:
            secret = key[1:] if key.startswith("=") else self.target.keys[key]
            if contract.key_query is not None:
                parameters.append(f"{contract.key_query}={quote(secret, safe='')}")
            else:
                sent_headers.append((contract.key_header, contract.key_prefix + secret))
        content = raw
        if raw is None and isinstance(body, dict) and operation.form_only:
            media, content = form_of(body)
            sent_headers.append(("content-type", media))
        elif raw is None and body is not MISSING:
            try:
                content = orjson.dumps(body)
            except TypeError:  # integers beyond 64 bits, which JSON allows
                content = json.dumps(body).encode()
        if content is not None and not any(name.lower() == "content-type" for name, _ in sent_headers):
            sent_headers.append(("content-type", "application/json"))
        if query:
            parameters.append(query)
        url = self.target.base_url + path + (f"?{'&'.join(parameters)}" if parameters else "")
        return Sent(operation.method, url, tuple(sent_headers), content, key or "", operation.id)

    def send(self, role: Role, sent: Sent, *, patient: bool = True, valid: bool = False) -> Exchange:
        """Sends a request; a create only if the budget covers it. `valid`: it is meant to be accepted.

        Raises NotObservedError for a request that was not sent for want of money.
        """
        if role is not Role.CREATE or not self.options.frugal:
            return self._exchange(role, sent, patient=patient)
        answered = self._ahead.get(self._fingerprint(sent))
        if isinstance(answered, NotObservedError):
            raise answered
        if answered is not None:
            return answered
        sent = replace(sent, purpose=self.purpose)
        price = worst_price(self.contract, sent, self.options.assumed_price)
        entry = self.ledger.reserve(sent, self.purpose, model_named(self.contract, sent), price)
        try:
            exchange = self._exchange(role, sent, patient=patient)
        except BaseException:
            self.ledger.close(entry, State.UNKNOWN)
            raise
        self._settle(entry, sent, exchange, valid=valid)
        return exchange

    def _settle(self, entry: Entry, sent: Sent, exchange: Exchange, *, valid: bool) -> None:
        """Notes what an answer says about the money, and a task that nobody wanted."""
        identity = None if exchange.error else task_id(self.contract, exchange.json)
        verdict = judge_call(self.contract, Role.CREATE, exchange.status, exchange.json)
        if exchange.error:
            never_sent = exchange.status == 0 and exchange.error.startswith("no connection")
            self.ledger.close(entry, State.RELEASED if never_sent else State.UNKNOWN)
        elif verdict is Verdict.ACCEPTED and identity is not None:
            self.ledger.close(entry, State.SETTLED, identity)
            entry.unwanted = not valid
            if entry.unwanted and sent.key == "good":  # nobody else's task can be asked for
                self._regret(Trace(entry.model, MISSING, exchange, identity, plan=entry.purpose))
        elif verdict is Verdict.REFUSED and identity is None and self._clear(entry, exchange):
            self.ledger.close(entry, State.RELEASED)
        else:
            self.ledger.close(entry, State.UNKNOWN, identity or "")

    def _regret(self, trace: Trace) -> None:
        """Cancels a task that nobody wanted, at once, where that can be; `finish` sees what became of it."""
        self.accidents.append(trace)
        if trace.model:
            self._models.setdefault(trace.task_id, self.contract.models[trace.model])
        cancel = self.contract.operation(Role.CANCEL)
        if cancel is not None:
            self.send(Role.CANCEL, self.request(cancel, task=trace.task_id))

    def _clear(self, entry: Entry, exchange: Exchange) -> bool:
        """Whether a refusal leaves no doubt that nothing was made. A 408 tells of time, not of the task; a server error
        does so only where no known model was named, as documents have it."""
        return exchange.status != 408 and (exchange.status < 500 or not entry.model)

    def _exchange(self, role: Role, sent: Sent, *, patient: bool) -> Exchange:
        """Sends; waits and repeats when told to slow down (429: nothing was created, unless an id came with it).

        Who still says 429 after all the waiting has not limited a rate but refused: that is the answer, without
        waiting again, until something else is said.
        """
        sent = replace(sent, purpose=self.purpose)
        exchange: Exchange | None = None
        for attempt in range(MAX_RETRIES + 1):
            try:
                exchange = self.target.send(sent)
            except NotObservedError:  # a recording in which it was not asked once more
                if exchange is None:
                    raise
                return exchange
            with self._lock:
                self.seen.append((role, exchange))
                made = exchange.error or task_id(self.contract, exchange.json) is not None
                if exchange.status != 429 or (made and role is Role.CREATE):
                    self._waited_in_vain = False
                    return exchange
                if attempt == MAX_RETRIES:
                    self._waited_in_vain = True
                if not patient or self._waited_in_vain:
                    return exchange
            self.target.sleep(_retry_after(exchange, self.interval * 2**attempt, self.patience))
        assert exchange is not None
        return exchange

    def create(
        self,
        model: Model,
        body: Any,
        *,
        operation: Operation | None = None,
        key: str = "good",
        valid: bool = True,
        extra: bool = True,
    ) -> Exchange:
        """One create request. `valid`: it is meant to be accepted; `extra`: beside the one task that checks share.

        Raises NotObservedError when it would cost more than the run may spend.
        """
        if valid and extra:
            self.pay_extra()
        sent = self.request(operation or model.operations[0], body=body, key=key)
        exchange = self.send(Role.CREATE, sent, valid=valid)
        identity = task_id(self.contract, exchange.json)
        with self._lock:
            self.creates.append(exchange)
            if identity is not None:
                self._models[identity] = model
        return exchange

    def pay_extra(self) -> None:
        """Raises NotObservedError where tasks cost money: for a task beside the one that checks share."""
        if self.options.frugal:
            raise NotObservedError(Skip.NEEDS_SPEND, "a task of its own; one per model is paid for")

    def accepted(self, exchange: Exchange) -> bool:
        """Whether a create was accepted and handed out an id."""
        return (
            judge_call(self.contract, Role.CREATE, exchange.status, exchange.json) is Verdict.ACCEPTED
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
        trace.polls.append(Poll(operation.id, exchange))
        status = status_of(self.contract, exchange.json)
        if status is not None and status.status_class.terminal:
            trace.ended = True
        self._watch(trace, "no answer" if exchange.error else status.name if status else f"answer {exchange.status}")
        return exchange

    def _keep_apart(self, trace: Trace) -> None:
        """Waits until a vendor's own server may be asked about a task again."""
        if self.target.kind == "live" and trace.polls:
            since = self.target.now() - trace.polls[-1].exchange.sent_at
            if since < LIVE_FLOOR:
                self.target.sleep(LIVE_FLOOR - since)

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
        while not trace.ended:
            try:
                exchange = self.poll(trace, operations[index % len(operations) if aliases else 0])
            except NotObservedError:
                if not trace.polls:
                    raise
                trace.cut = True
                break
            index += 1
            broken = broken + 1 if exchange.error or exchange.status >= 500 else 0
            if trace.ended:
                break
            if broken >= 5:
                trace.gave_up = "five polls in a row were not answered"
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
        if self.options.frugal:
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

    def ask_ahead(self, planned: Iterable[Entry]) -> None:
        """Sends creates that are to be refused, before anything is paid for; `send` gives their answers when asked."""
        for each in planned:
            self.purpose = each.purpose
            try:
                answer: Exchange | NotObservedError = self.send(Role.CREATE, each.sent)
            except NotObservedError as unseen:
                answer = unseen
            self._ahead[self._fingerprint(each.sent)] = answer

    def _fingerprint(self, sent: Sent) -> tuple[str, ...]:
        media = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
        names = " ".join(sorted(name.lower() for name, _ in sent.headers))
        return sent.method, sent.url, media, names, sent.key, repr(sent.body)

    def finish(self) -> None:
        """Follows the tasks that nobody wanted to their end: then their cost is known."""
        if self.options.frugal:
            unwanted, self.accidents = self.accidents, []
            self.in_parallel(self._end, unwanted)

    def _end(self, trace: Trace) -> None:
        answer = self.poll(trace)
        gone = judge_call(self.contract, Role.QUERY, answer.status, answer.json) is Verdict.REFUSED
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

    def takes(self, model: Model) -> bool:
        """Whether the model's minimal request was accepted."""
        lives, unseen = self._lives([model], "base")
        return bool(_or_raise(lives, unseen))

    def bases(self) -> list[Trace]:
        """The shared tasks that were accepted. Raises NotObservedError when none was even tried."""
        return _or_raise(*self._lives(self.models, "base"))

    def living_bases(self) -> list[Trace]:
        """Shared tasks that have not expired yet: made anew where time is virtual and may have run on."""
        if not self.target.steerable:
            return self.bases()
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
            self.embedded.mock.scheduled.clear()

    def unknown_id(self) -> str:
        """An id of the documented form that no task has."""
        form = self.contract.id.made

        class Context:
            def __init__(self, random: Random, now: float, model: str) -> None:
                self.random, self.now, self.model = random, now, model

            def hole(self, name: str, argument: str) -> Any:
                if name in {"random", "answer_id"}:
                    return generate(argument, self.random)
                return self.now if name in {"created", "now", "submitted"} else self.model

        # One for each requirement: in whichever order they are judged, a recording knows the ids.
        seed = f"session {self.options.seed} {self.purpose}"
        random = self._randoms.setdefault(seed, Random(seed))  # noqa: S311 - other ids than the mock makes
        context = Context(random, self.started, next(iter(self.contract.models)))
        return str(form.make.render(context))


def _or_raise(lives: list[Trace], unseen: list[NotObservedError]) -> list[Trace]:
    if unseen and not lives:
        raise unseen[0]
    return lives


def form_of(body: Any) -> tuple[str, bytes]:
    """A body as multipart/form-data: its media type with the boundary, and its bytes. Equal bodies give equal bytes,
    so that a recorded request is found again."""
    fields = [(name, (None, text.encode())) for name, text in flattened(body)]
    media = f"multipart/form-data; boundary=screentest-{sha256(repr(fields).encode()).hexdigest()[:32]}"
    parts = fields or [("", (None, b""))]
    request = httpx.Request("POST", "http://form.invalid/", files=parts, headers={"content-type": media})
    return request.headers["content-type"], request.read()


def _fixed(schema: Mapping[str, Any]) -> str:
    """The value of a required parameter that always holds the same."""
    return str((schema.get("enum") or [schema.get("const", schema.get("default", "1"))])[0])


def with_member(body: Any, pointer: str, value: Any) -> Any:
    """A copy of `body` with `value` at `pointer`."""
    return replaced(body, segments(pointer), value)


def _retry_after(exchange: Exchange, default: float, most: float) -> float:
    """Seconds to wait, at most `most`: the header's, in seconds or as an HTTP date."""
    text = exchange.header("retry-after")
    if text is None:
        return min(default, most)
    if text.strip().isdecimal():
        return min(float(text), most)
    from email.utils import parsedate_to_datetime

    try:
        return min(max(parsedate_to_datetime(text).timestamp() - exchange.received_at, 0.0), most)
    except (TypeError, ValueError):
        return min(default, most)
