"""Requests by role: made from the contract, sent within the budget, patient with who says slow down."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from random import Random
from secrets import token_hex
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from screentest_contracts.contract import Contract, Idempotency, Model, Operation, Role, UploadRule
from screentest_contracts.forms import flattened
from screentest_contracts.generate import derived, generate
from screentest_contracts.location import MISSING, Location, is_empty, replaced, segments
from screentest_contracts.reading import Verdict, id_text, judge_call, task_id
from screentest_contracts.schemas import member_schemas, validator
from screentest_suites.exchange import Exchange, Sent, Trace
from screentest_suites.media import small_file
from screentest_suites.options import Options
from screentest_suites.signing import credential
from screentest_suites.spending import Entry, Ledger, State, model_named, worst_price
from screentest_suites.target import Target
from screentest_suites.verdicts import NotObservedError, Skip

MAX_RETRIES = 4
"""How often one request is repeated after 429 before the answer is taken as it is."""

_OWN = frozenset({"good", "!expired", "!forged", "!unsigned"})
"""Keys whose tasks are the good account's."""

LIVE_FLOOR = 5.0
"""Seconds between two polls of a vendor's own server, at the least."""


UPLOADING = "the file that creates refer to"
"""What an upload is for, whichever requirement is the first to need it."""


@dataclass(frozen=True)
class Uploaded:
    """An upload: its answer and, where the bytes go to an address of their own, what that said."""

    answer: Exchange
    put: Exchange | None = None


@dataclass
class Caller:
    """A contract, a target, and every answer so far."""

    contract: Contract
    target: Target
    options: Options = field(default_factory=Options)
    seen: list[tuple[Role, Exchange]] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    purpose: str = ""
    """The requirement that is being judged."""

    def __post_init__(self) -> None:
        self.accidents: list[Trace] = []  # tasks that were made although their request should have been refused
        self.started = self.target.now()
        self._ahead: dict[tuple[str, ...], Exchange | NotObservedError] = {}
        self._models: dict[str, Model] = {}
        self.uploads: dict[str, Uploaded] = {}
        self._uploading = threading.Lock()
        self._shown_ids: dict[tuple[Role, str], str] = {}
        self._waited_in_vain = False
        self._lock = threading.Lock()
        self._randoms: dict[str, Random] = {}
        self._keys: Counter[str] = Counter()

    # -- settings -----------------------------------------------------------------------------------------------

    @property
    def interval(self) -> float:
        """Seconds between two polls."""
        polling = self.contract.polling
        if self.options.poll_interval is not None:
            return max(self.options.poll_interval, self.floor and max(self.floor, polling.floor))
        if self.target.steerable:
            return polling.typical[0] / 12
        return max(polling.interval[0], polling.floor, self.floor)

    @property
    def floor(self) -> float:
        """Seconds between two polls of one task, whatever anybody says: 0 for a server that is no vendor's."""
        return LIVE_FLOOR if self.target.kind == "live" else 0.0

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
        idempotency: str | None = None,
    ) -> Sent:
        """A request for an operation. `key` is an account's role, a literal after "=", a token's flaw after "!", or
        None for no key. A create has the key `idempotency`, or one of its own where the document requires one."""
        contract = self.contract
        path, parameters = operation.path, []
        carrier = operation.id_parameter
        if carrier is not None:
            identity = self._id_for(operation, task)
            if carrier.get("in") == "query":
                parameters.append(f"{carrier['name']}={quote(identity, safe='')}")
            else:
                path = path.replace("{" + str(carrier["name"]) + "}", quote(identity, safe="-._~"))
        elif operation.role not in (Role.CREATE, Role.LIST, Role.UPLOAD) and body is MISSING:
            body = {operation.carrier: self._id_for(operation, task)}
        sent_headers = list(headers)
        if operation.role is Role.CREATE and contract.idempotency is not None:
            asked = repr((operation.id, key, raw if body is MISSING else body))
            body, keyed = self._keyed(contract.idempotency, operation, body, idempotency, asked)
            sent_headers += keyed
        model = self._models.get(task) or next(iter(contract.models.values()))
        for parameter in operation.parameters:
            if parameter is not carrier and parameter.get("required") and not self._is_key(operation, parameter):
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
            secret = credential(contract, self.target.keys, key)
            if contract.key_query is not None:
                parameters.append(f"{contract.key_query}={quote(secret, safe='')}")
            else:
                sent_headers.append((contract.key_header, contract.key_prefix + secret))
        content = raw
        if operation.role is Role.UPLOAD and raw is None and body is MISSING:
            media, content = upload_of(contract)
            sent_headers.append(("content-type", media))
        if operation.role is Role.CREATE and contract.upload is not None:
            body = self._with_stand_ins(operation, body)
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

    def fresh_key(self, asked: str = "") -> str:
        """An idempotency key that no request had, in this run or any before. It depends on what is `asked` for which
        requirement, not on the order between threads, so that a recording knows it."""
        rule = self.contract.idempotency
        assert rule is not None
        seed = f"{self._run} {self.purpose} {asked}"
        with self._lock:
            self._keys[seed] += 1
            return rule.key(f"{seed} {self._keys[seed]}")

    @cached_property
    def _run(self) -> str:
        """What tells this run from others, whose keys a server may remember. For the mock the seed is enough."""
        if self.target.steerable:
            return f"session {self.options.seed}"
        remember: Callable[..., str] = getattr(self.target, "remember", lambda name, make: make())
        return remember("idempotency", lambda: token_hex(16))

    def _is_key(self, operation: Operation, parameter: Mapping[str, Any]) -> bool:
        rule = self.contract.idempotency
        return rule is not None and operation.role is Role.CREATE and operation.header(str(rule.header)) is parameter

    def _keyed(
        self, rule: Idempotency, operation: Operation, body: Any, key: str | None, asked: str
    ) -> tuple[Any, list[tuple[str, str]]]:
        """The body and the headers with a key: the given one, or where there must be one, a fresh one."""
        if rule.at is None:
            declared = operation.header(str(rule.header)) or {}
            if key is None and declared.get("required"):
                key = self.fresh_key(asked)
            return body, [] if key is None else [(str(rule.header), key)]
        if key is None and self._has_key(rule.at, body):
            key = self.fresh_key(asked)
        return body if key is None else replaced(body, segments(rule.at.pointers[0]), key), []

    def _has_key(self, at: Location, body: Any) -> bool:
        """Whether a body has a proper key: that of the document's example, or a generated one."""
        key = at.find(body)
        schemas = (each for model in self.contract.models.values() for each in member_schemas(model.schema, at))
        return isinstance(key, str) and any(validator(each).is_valid(key) for each in schemas)

    def _id_for(self, operation: Operation, task: str) -> str:
        """The id by which an operation knows a task. One that nobody has been shown belongs to no task: it is made up,
        unless the task's id is none either."""
        shown = operation.shown_id
        known = task if shown is None else self._shown_ids.get((operation.role, task))
        if known is not None or shown is None:
            return task if known is None else known
        if not any(form.pattern.search(task) for form in self.contract.id.forms):
            return task
        return str(derived(self.contract.values[shown.value], task, "nobody's"))

    def note_ids(self, task: str, body: Any) -> None:
        """Remembers the further ids that a query of a task shows."""
        for role, (operation, *_) in self.contract.roles.items():
            shown = operation.shown_id
            identity = None if shown is None else id_text(shown.at.find(body))
            if identity is not None:
                self._shown_ids[role, task] = identity

    # -- uploads ------------------------------------------------------------------------------------------------
    #
    # Requests for creates hold stand-ins for references to uploaded files until they are sent: whether anything needs
    # to be uploaded, and what that is called, is not known before.

    def _with_stand_ins(self, operation: Operation, body: Any) -> Any:
        """A valid body with the stand-in in every place where samples and generators made a reference up."""
        rule, model = self.contract.upload, self.contract.model_of(operation, body) if isinstance(body, dict) else None
        try:
            if rule is None or model is None or not rule.stand_ins or not model.validator.is_valid(body):
                return body
        except ValueError:  # nested deeper than the validator goes
            return body
        for pointer, value in rule.used.all(body):
            if value not in rule.stand_ins and not is_empty(value):
                body = replaced(body, segments(pointer), rule.stand_ins[0])
        return body

    def _with_files(self, sent: Sent) -> Sent:
        """The request with references to a file of its account where it has stand-ins. Raises NotObservedError where
        no reference can be had."""
        rule, body = self.contract.upload, sent.body
        if rule is None or body is None:
            return sent
        is_form = not body.startswith(b"{")
        for stand_in in rule.stand_ins:
            written = _written(stand_in, is_form=is_form)
            if written in body:
                body = body.replace(written, _written(self.reference(sent.key), is_form=is_form))
        return replace(sent, body=body)

    def reference(self, key: str = "good") -> Any:
        """The reference to an uploaded file of an account. Raises NotObservedError where there is none."""
        rule = self.contract.upload
        assert rule is not None
        uploaded = self.uploaded(key)
        reference = rule.gives.find(uploaded.answer.json)
        if not self.took(uploaded) or is_empty(reference):
            raise NotObservedError(Skip.NOT_OBSERVED, "no file could be uploaded")
        return reference

    def took(self, uploaded: "Uploaded") -> bool:
        """Whether an upload was accepted."""
        answer = uploaded.answer
        return judge_call(self.contract, Role.UPLOAD, answer.status, answer.json) is Verdict.ACCEPTED

    def uploaded(self, key: str = "good") -> "Uploaded":
        """An account's file: uploaded once, and again where it can no longer be used."""
        account = key if key in self.target.keys else "good"
        rule = self.contract.upload
        assert rule is not None
        with self._uploading:
            made = self.uploads.get(account)
            if made is not None and rule.life is not None:
                made = made if self.target.now() - made.answer.received_at < rule.life * 0.9 else None
            if made is None:
                made = self.uploads[account] = self._upload(account, rule)
        return made

    def _upload(self, account: str, rule: UploadRule) -> "Uploaded":
        request = self.request(self.contract.roles[Role.UPLOAD][0], key=account)
        answer = self._exchange(Role.UPLOAD, replace(request, purpose=UPLOADING), patient=True)
        address = None if rule.put is None else rule.put.find(answer.json)
        if not isinstance(address, str):
            return Uploaded(answer)
        _, data = small_file(rule.media)
        url = self.target.base_url + address if address.startswith("/") else address
        put = Sent("PUT", url, (("content-type", rule.media),), data, "", "", UPLOADING)  # its signature is its key
        return Uploaded(answer, self.target.send(put))

    def send(self, role: Role, sent: Sent, *, patient: bool = True, valid: bool = False) -> Exchange:
        """Sends a request; a create only if the budget covers it. `valid`: it is meant to be accepted.

        Raises NotObservedError for a request that was not sent for want of money.
        """
        if role is not Role.CREATE:
            return self._exchange(role, sent, patient=patient)
        if not self.options.frugal:
            return self._exchange(role, self._with_files(sent), patient=patient)
        answered = self._ahead.get(self._fingerprint(sent))
        if isinstance(answered, NotObservedError):
            raise answered
        if answered is not None:
            return answered
        sent = replace(sent, purpose=self.purpose)
        price = worst_price(self.contract, sent, self.options.assumed_price)
        entry = self.ledger.reserve(sent, self.purpose, model_named(self.contract, sent), price)
        try:
            whole = self._with_files(sent)
        except BaseException:
            self.ledger.close(entry, State.RELEASED)  # the create itself was not sent
            raise
        try:
            exchange = self._exchange(role, whole, patient=patient)
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
            if entry.unwanted and sent.key in _OWN:  # nobody else's task can be asked for
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
        sent = replace(sent, purpose=sent.purpose or self.purpose)
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

    def pay_extra(self) -> None:
        """Raises NotObservedError where tasks cost money: for a task beside the one that checks share."""
        if self.options.frugal:
            raise NotObservedError(Skip.NEEDS_SPEND, "a task of its own; one per model is paid for")

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
        return sent.method, sent.url, media, names, sent.key, self._without_key(sent.body)

    def _without_key(self, body: bytes | None) -> str:
        """A body as it is whatever its fresh key."""
        rule = self.contract.idempotency
        if rule is not None and rule.at is not None and body:
            with suppress(orjson.JSONDecodeError):
                members = orjson.loads(body)
                if self._has_key(rule.at, members):
                    return repr(replaced(members, segments(rule.at.pointers[0]), "KEY"))
        return repr(body)

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


def form_of(body: Any, files: Mapping[str, tuple[str, bytes, str]] = MappingProxyType({})) -> tuple[str, bytes]:
    """A body as multipart/form-data: its media type with the boundary, and its bytes. Equal bodies give equal bytes,
    so that a recorded request is found again. `files`: name, bytes and media type by field."""
    fields: list[Any] = [(name, (None, text.encode())) for name, text in flattened(body)]
    fields += files.items()
    media = f"multipart/form-data; boundary=screentest-{sha256(repr(fields).encode()).hexdigest()[:32]}"
    parts = fields or [("", (None, b""))]
    request = httpx.Request("POST", "http://form.invalid/", files=parts, headers={"content-type": media})
    return request.headers["content-type"], request.read()


def upload_of(contract: Contract) -> tuple[str, bytes]:
    """What an upload sends: its media type and its bytes."""
    rule, operation = contract.upload, contract.roles[Role.UPLOAD][0]
    assert rule is not None
    if not operation.takes_form:
        return "application/json", orjson.dumps(rule.base)
    files = {} if rule.file is None else {rule.file: (*small_file(rule.media), rule.media)}
    return form_of(rule.base, files)


def _written(reference: Any, *, is_form: bool) -> bytes:
    """A reference as a body has it."""
    return str(reference).encode() if is_form else orjson.dumps(reference)


def _fixed(schema: Mapping[str, Any]) -> str:
    """The value of a required parameter that always holds the same."""
    return str((schema.get("enum") or [schema.get("const", schema.get("default", "1"))])[0])


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
