"""Requests by role, made from the contract."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from random import Random
from secrets import token_hex
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from screentest_contracts.contract import Contract, Idempotency, Model, Operation, Role
from screentest_contracts.forms import flattened
from screentest_contracts.generate import derived, generate
from screentest_contracts.location import MISSING, Location, is_empty, replaced, segments
from screentest_contracts.reading import id_text
from screentest_contracts.schemas import member_schemas, validator
from screentest_suites.core.exchange import SentRequest
from screentest_suites.core.options import Options
from screentest_suites.requests.media import small_file
from screentest_suites.targets.embedded import Target
from screentest_suites.targets.signing import credential


@dataclass
class RequestBuilder:
    """Makes requests for a target as a contract has them.

    Creates that refer to uploaded files hold stand-ins until they are sent: whether anything needs to be uploaded, and
    what that is called, is not known before.
    """

    contract: Contract
    target: Target
    options: Options = field(default_factory=Options)
    purpose: str = ""
    """The requirement that is being judged."""

    def __post_init__(self) -> None:
        self.started = self.target.now()
        self._models: dict[str, Model] = {}
        self._shown_ids: dict[tuple[Role, str], str] = {}
        self._lock = threading.Lock()
        self._randoms: dict[str, Random] = {}
        self._keys: Counter[str] = Counter()

    @property
    def models(self) -> list[Model]:
        """The models that are judged."""
        chosen = self.options.models
        return [model for model in self.contract.models.values() if not chosen or model.name in chosen]

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
    ) -> SentRequest:
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
        return SentRequest(operation.method, url, tuple(sent_headers), content, key or "", operation.id)

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


def written(reference: Any, *, is_form: bool) -> bytes:
    """A reference as a body has it."""
    return str(reference).encode() if is_form else orjson.dumps(reference)


def _fixed(schema: Mapping[str, Any]) -> str:
    """The value of a required parameter that always holds the same."""
    return str((schema.get("enum") or [schema.get("const", schema.get("default", "1"))])[0])
