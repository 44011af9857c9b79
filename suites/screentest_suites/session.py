"""Everything a run does to a target: requests by role, tasks followed to their end, shared by all checks."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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
from screentest_suites.samples import variation
from screentest_suites.target import EmbeddedTarget, Target

T = TypeVar("T")
R = TypeVar("R")

MAX_RETRIES = 4
"""How often one request is repeated after 429 before the answer is taken as it is."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes. Times in seconds; None: what the document says."""

    poll_interval: float | None = None
    task_timeout: float | None = None
    examples: int = 100
    seed: int = 0
    workers: int = 8
    models: tuple[str, ...] = ()


@dataclass
class Refused:
    """A refusal that was provoked, and what for."""

    member: str
    row: ErrorRow | None
    exchange: Exchange
    label: str


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

    def __post_init__(self) -> None:
        self._bases: dict[str, Trace | Exchange] = {}
        self._variations: dict[str, Trace | Exchange] = {}
        self.delivered: dict[int, Delivered] = {}
        self.refused: set[int] = set()  # traces (by `id`) of tasks called done whose result was refused
        self._models: dict[str, Model] = {}
        self._lock = threading.Lock()
        self._random = Random(f"session {self.options.seed}")  # noqa: S311 - other ids than the mock makes

    # -- settings -----------------------------------------------------------------------------------------------

    @property
    def interval(self) -> float:
        """Seconds between two polls."""
        if self.options.poll_interval is not None:
            return self.options.poll_interval
        polling = self.contract.polling
        return polling.typical[0] / 12 if self.target.steerable else max(polling.interval[0], polling.floor)

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
        return Sent(operation.method, url, tuple(sent_headers), content, key or "")

    def send(self, role: Role, sent: Sent, *, patient: bool = True) -> Exchange:
        """Sends; waits and repeats when told to slow down (429: nothing was created)."""
        for attempt in range(MAX_RETRIES + 1):
            exchange = self.target.send(sent)
            with self._lock:
                self.seen.append((role, exchange))
            if exchange.status != 429 or not patient or attempt == MAX_RETRIES:
                return exchange
            self.target.sleep(_retry_after(exchange, self.interval))
        return exchange

    def create(self, model: Model, body: Any, *, operation: Operation | None = None, key: str = "good") -> Exchange:
        """One create request."""
        exchange = self.send(Role.CREATE, self.request(operation or model.operations[0], body=body, key=key))
        identity = task_id(self.contract, exchange.json)
        with self._lock:
            self.creates.append(exchange)
            if identity is not None:
                self._models[identity] = model
        return exchange

    def accepted(self, exchange: Exchange) -> bool:
        """Whether a create was accepted and handed out an id."""
        return (
            judge_call(self.contract, Role.CREATE, exchange.status, exchange.json) is Verdict.ACCEPTED
            and task_id(self.contract, exchange.json) is not None
        )

    def start(self, model: Model, body: Any, *, plan: str = "", operation: Operation | None = None) -> Trace | Exchange:
        """Creates a task; the exchange alone when it was not accepted."""
        exchange = self.create(model, body, operation=operation)
        identity = task_id(self.contract, exchange.json)
        if not self.accepted(exchange) or identity is None:
            return exchange
        return Trace(model.name, body, exchange, identity, plan=plan)

    def poll(self, trace: Trace, operation: Operation | None = None, *, patient: bool = True) -> Exchange:
        """One query, added to the trace."""
        operation = operation or self.contract.roles[Role.QUERY][0]
        exchange = self.send(Role.QUERY, self.request(operation, task=trace.task_id), patient=patient)
        trace.polls.append(Poll(operation.id, exchange))
        status = status_of(self.contract, exchange.json)
        if status is not None and status.status_class.terminal:
            trace.ended = True
        return exchange

    def follow(self, trace: Trace, *, interval: float | None = None, aliases: bool = True, linger: int = 2) -> Trace:
        """Polls until the task has ended, `linger` times more, or until the time-out."""
        operations = self.contract.roles[Role.QUERY]
        wait = self.interval if interval is None else interval
        deadline = self.target.now() + self.timeout
        broken = index = 0
        while not trace.ended:
            exchange = self.poll(trace, operations[index % len(operations) if aliases else 0])
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
            self.target.sleep(wait)
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
        jobs = [(model, kind) for kind in ("base", "variation") for model in self.models]
        if self.target.steerable:
            return  # each is made when it is first asked for: nothing waits in virtual time
        with ThreadPoolExecutor(max_workers=max(len(jobs), 1)) as pool:
            list(pool.map(lambda job: self.shared(*job), jobs))

    def shared(self, model: Model, kind: str = "base") -> Trace | Exchange:
        """The model's shared task, made once: its minimal request, or one with other values than the defaults."""
        cache = self._bases if kind == "base" else self._variations
        if model.name not in cache:
            body = model.base if kind == "base" else variation(model)
            made = self.start(model, body, plan=kind)
            if isinstance(made, Trace):
                self.follow(made)
                ended = made.polls[-1] if made.ended else None
                status = status_of(self.contract, ended.exchange.json) if ended else None
                if ended is not None and status is not None and status.status_class is StatusClass.SUCCEEDED:
                    self.deliver(made, ended)
            cache[model.name] = made
        return cache[model.name]

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

    def bases(self) -> list[Trace]:
        """The shared tasks that were accepted."""
        return [trace for model in self.models if isinstance(trace := self.shared(model), Trace)]

    def living_bases(self) -> list[Trace]:
        """Shared tasks that have not expired yet: made anew where time is virtual and may have run on."""
        if not self.target.steerable:
            return self.bases()
        made = [self.start(model, model.base) for model in self.models if isinstance(self.shared(model), Trace)]
        return [self.follow(trace, linger=0) for trace in made if isinstance(trace, Trace)]

    def traces(self) -> list[Trace]:
        """All shared tasks that were accepted."""
        return self.bases() + [
            trace for model in self.models if isinstance(trace := self.shared(model, "variation"), Trace)
        ]

    def observed(self) -> list[Trace]:
        """The shared tasks that have been made so far. Makes none."""
        made = (*self._bases.values(), *self._variations.values())
        return [each for each in made if isinstance(each, Trace)]

    def any_model(self) -> Model | None:
        """The first model whose minimal request is accepted."""
        return next((model for model in self.models if isinstance(self.shared(model), Trace)), None)

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

        context = Context(self._random, self.target.now(), next(iter(self.contract.models)))
        return str(form.make.render(context))


def form_of(body: Any) -> tuple[str, bytes]:
    """A body as multipart/form-data: its media type with the boundary, and its bytes."""
    fields = [(name, (None, text.encode())) for name, text in flattened(body)]
    request = httpx.Request("POST", "http://form.invalid/", files=fields or [("", (None, b""))])
    return request.headers["content-type"], request.read()


def _fixed(schema: Mapping[str, Any]) -> str:
    """The value of a required parameter that always holds the same."""
    return str((schema.get("enum") or [schema.get("const", schema.get("default", "1"))])[0])


def with_member(body: Any, pointer: str, value: Any) -> Any:
    """A copy of `body` with `value` at `pointer`."""
    return replaced(body, segments(pointer), value)


def _retry_after(exchange: Exchange, default: float) -> float:
    """Seconds to wait, at most 30: the header's, in seconds or as an HTTP date."""
    text = exchange.header("retry-after")
    if text is None:
        return min(default, 5.0)
    if text.strip().isdecimal():
        return min(float(text), 30.0)
    from email.utils import parsedate_to_datetime

    try:
        return min(max(parsedate_to_datetime(text).timestamp() - exchange.received_at, 0.0), 30.0)
    except (TypeError, ValueError):
        return min(default, 5.0)
