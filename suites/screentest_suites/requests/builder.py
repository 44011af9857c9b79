"""Requests by role, made from the contract."""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from random import Random
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import orjson

from screentest_contracts.contract import EVENT_STREAM, Contract, Idempotency, Model, Operation, Role
from screentest_contracts.generate import derived, generate
from screentest_contracts.location import MISSING, Location, replaced, segments
from screentest_contracts.reading import id_text
from screentest_contracts.schemas import member_schemas, validator
from screentest_suites.core.credential import GOOD, Credential, NoKey, credential_text
from screentest_suites.core.exchange import SentRequest
from screentest_suites.requests.bodies import create_form, upload_of
from screentest_suites.requests.paths import filled
from screentest_suites.requests.several import written_ids
from screentest_suites.requests.stand_ins import earlier_stand_in, with_stand_ins
from screentest_suites.targets.signing import shown_key
from screentest_suites.targets.target import Target


@dataclass
class _Draft:
    """A request in the making."""

    path: str
    parameters: list[str]
    headers: list[tuple[str, str]]
    body: Any
    content: bytes | None


class RequestBuilder:
    """Makes requests for a target as a contract has them. Thread-safe. Sends nothing.

    Creates that refer to uploaded files, or go on from an earlier task, hold stand-ins until they are sent: whether
    anything needs to be made before, and what that is called, is not known yet.
    """

    def __init__(self, contract: Contract, target: Target, *, seed: int = 0) -> None:
        self.contract = contract
        self.plain_ids: bool | None = None  # whether ids stand in paths as they are; None: not known yet
        self._target = target
        self._seed = seed
        self._started = target.now()
        self._models: dict[str, Model] = {}
        self._shown_ids: dict[tuple[Role, str], str] = {}
        self._randoms: dict[str, Random] = {}
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def request(
        self,
        operation: Operation,
        *,
        task: str = "",
        tasks: tuple[str, ...] = (),
        body: Any = MISSING,
        raw: bytes | None = None,
        credential: Credential = GOOD,
        headers: Iterable[tuple[str, str]] = (),
        query: str = "",
        idempotency: str | None = None,
        purpose: str = "",
    ) -> SentRequest:
        """A request for an operation, sent for a `purpose`, the id of a requirement.

        `task` is the id of the task that it is about, `tasks` those of several, `body` a JSON value, `raw` the bytes
        instead of it. A create has the key `idempotency`, or one of its own where the document requires one. Raises
        KeyError for an account that has no key.
        """
        if operation.role is Role.CREATE and not task:
            task = earlier_stand_in(self.contract, operation)
        draft = _Draft(operation.path, [], list(headers), body, raw)
        self._name_task(draft, operation, task, tasks or ((task,) if task else ()))
        if operation.role is Role.CREATE and self.contract.idempotency is not None:
            self._add_idempotency(draft, self.contract.idempotency, operation, credential, idempotency, purpose)
        if operation.role is Role.STREAM:
            draft.headers.append(("accept", EVENT_STREAM))
        self._add_parameters(draft, operation, self._models.get(task) or next(iter(self.contract.models.values())))
        waits = self._wait_of(draft) if operation.role is Role.CREATE else 0.0
        self._add_key(draft, credential)
        if operation.needed_headers and draft.body is not MISSING:
            self._add_needed_headers(draft, operation)
        self._encode(draft, operation)
        parameters = [*draft.parameters, *([query] if query else ())]
        url = self._target.base_url + draft.path + (f"?{'&'.join(parameters)}" if parameters else "")
        return SentRequest(
            operation.method, url, tuple(draft.headers), draft.content, credential, operation.id, purpose, waits
        )

    def _wait_of(self, draft: _Draft) -> float:
        """For how many seconds a create asks the server to wait."""
        rule, headers = self.contract.wait, {name.lower(): value for name, value in draft.headers}
        return (rule.asked(headers.get, draft.body) or 0.0) if rule is not None else 0.0

    def _name_task(self, draft: _Draft, operation: Operation, task: str, tasks: tuple[str, ...]) -> None:
        carrier = operation.id_parameter
        if operation.role is Role.BATCH:
            text, body = written_ids(operation, tasks)
            draft.parameters += [] if text is None else [text]
            draft.body = body if text is None and draft.body is MISSING else draft.body
        elif carrier is not None:
            identity = self._id_for(operation, task)
            if carrier.get("in") == "query":
                draft.parameters.append(f"{carrier['name']}={quote(identity, safe='')}")
            else:
                draft.path = filled(draft.path, str(carrier["name"]), identity, plain=self.plain_ids)
        elif operation.role.names_task and draft.body is MISSING:
            draft.body = {operation.carrier: self._id_for(operation, task)}

    def _add_idempotency(
        self,
        draft: _Draft,
        rule: Idempotency,
        operation: Operation,
        credential: Credential,
        key: str | None,
        purpose: str,
    ) -> None:
        """Puts the given key in, or where there must be one, a fresh one."""

        def fresh() -> str:
            shown = None if isinstance(credential, NoKey) else credential_text(credential)
            asked = repr((operation.id, shown, draft.content if draft.body is MISSING else draft.body))
            return self.fresh_key(rule, purpose, asked)

        if rule.at is None:
            declared = operation.header(str(rule.header)) or {}
            if key is None and declared.get("required"):
                key = fresh()
            if key is not None:
                draft.headers.append((str(rule.header), key))
            return
        if key is None and self._has_key(rule.at, draft.body):
            key = fresh()
        if key is not None:
            draft.body = replaced(draft.body, segments(rule.at.pointers[0]), key)

    def _add_parameters(self, draft: _Draft, operation: Operation, model: Model) -> None:
        """Puts every required parameter in that is neither the task's id nor an idempotency key."""
        for parameter in operation.parameters:
            if (
                parameter is operation.id_parameter
                or not parameter.get("required")
                or self._is_key(operation, parameter)
            ):
                continue
            word, name = parameter.get("x-model"), str(parameter["name"])
            value = model.word(word) if word else _fixed(parameter.get("schema", {}))
            match parameter.get("in"):
                case "header":
                    draft.headers.append((name, value))
                case "query":
                    draft.parameters.append(f"{name}={quote(value, safe='')}")
                case "path":
                    draft.path = filled(draft.path, name, value, plain=self.plain_ids)

    def _add_needed_headers(self, draft: _Draft, operation: Operation) -> None:
        """Puts the headers in that values of the body need."""
        known = {name.lower() for name, _ in draft.headers}
        for header in operation.needed_headers:
            if header.name.lower() not in known and header.needed_by(draft.body):
                draft.headers.append((header.name, header.value))

    def _is_key(self, operation: Operation, parameter: Mapping[str, Any]) -> bool:
        rule = self.contract.idempotency
        return rule is not None and operation.role is Role.CREATE and operation.header(str(rule.header)) is parameter

    def _add_key(self, draft: _Draft, credential: Credential) -> None:
        if isinstance(credential, NoKey):
            return
        secret = shown_key(self.contract, self._target.keys, credential)
        if self.contract.key_query is not None:
            draft.parameters.append(f"{self.contract.key_query}={quote(secret, safe='')}")
        else:
            draft.headers.append((self.contract.key_header, self.contract.key_prefix + secret))

    def _encode(self, draft: _Draft, operation: Operation) -> None:
        """Turns the body into bytes, and adds its media type."""
        raw = draft.content
        if operation.role is Role.UPLOAD and operation.body_media and raw is None and draft.body is MISSING:
            media, draft.content = upload_of(self.contract)
            draft.headers.append(("content-type", media))
        if operation.role is Role.CREATE and (self.contract.upload is not None or self.contract.goes_on):
            draft.body = with_stand_ins(self.contract, operation, draft.body)
        if raw is None and isinstance(draft.body, dict) and operation.form_only:
            media, draft.content = create_form(self.contract, operation, draft.body)
            draft.headers.append(("content-type", media))
        elif raw is None and draft.body is not MISSING:
            try:
                draft.content = orjson.dumps(draft.body)
            except TypeError:  # integers beyond 64 bits, which JSON allows
                draft.content = json.dumps(draft.body).encode()
        if draft.content is not None and not any(name.lower() == "content-type" for name, _ in draft.headers):
            draft.headers.append(("content-type", "application/json"))

    # -- idempotency keys ---------------------------------------------------------------------------------------

    def fresh_key(self, rule: Idempotency, purpose: str, asked: str = "") -> str:
        """An idempotency key that no request had, by what is `asked` for which purpose: a recording knows it."""
        seed = f"{self._run} {purpose} {asked}"
        with self._lock:
            self._counts[seed] += 1
            return rule.key(f"{seed} {self._counts[seed]}")

    @cached_property
    def _run(self) -> str:
        """What tells this run from others, whose keys a server may remember. For the mock the seed is enough."""
        if self._target.steering is not None:
            return f"session {self._seed}"
        return self._target.remember("idempotency", lambda: token_hex(16))

    def _has_key(self, at: Location, body: Any) -> bool:
        """Whether a body has a proper key: that of the document's example, or a generated one."""
        key = at.find(body)
        schemas = (schema for model in self.contract.models.values() for schema in member_schemas(model.schema, at))
        return isinstance(key, str) and any(validator(schema).is_valid(key) for schema in schemas)

    def identity(self, sent: SentRequest) -> tuple[Any, ...]:
        """The same for requests that ask the same, whatever their fresh keys and purposes are."""
        media = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
        names = " ".join(sorted(name.lower() for name, _ in sent.headers))
        return sent.method, sent.url, media, names, sent.credential, self._without_key(sent.body)

    def _without_key(self, body: bytes | None) -> str:
        """A body as it is whatever its fresh key."""
        rule = self.contract.idempotency
        if rule is not None and rule.at is not None and body:
            with suppress(orjson.JSONDecodeError):
                members = orjson.loads(body)
                if self._has_key(rule.at, members):
                    return repr(replaced(members, segments(rule.at.pointers[0]), "KEY"))
        return repr(body)

    # -- ids of tasks -------------------------------------------------------------------------------------------

    def note_model(self, task: str, model: Model) -> None:
        """Remembers of which model a task is: some operations name it in their path. The first model stays."""
        self._models.setdefault(task, model)

    def note_ids(self, task: str, body: Any) -> None:
        """Remembers the further ids that a query of a task shows."""
        for role, (operation, *_) in self.contract.roles.items():
            shown = operation.shown_id
            identity = None if shown is None else id_text(shown.at.find(body))
            if identity is not None:
                self._shown_ids[role, task] = identity

    def _id_for(self, operation: Operation, task: str) -> str:
        """The id by which an operation knows a task; a made-up one where nobody has been shown that of a real task."""
        shown = operation.shown_id
        known = task if shown is None else self._shown_ids.get((operation.role, task))
        if known is not None or shown is None:
            return task if known is None else known
        if not any(form.pattern.search(task) for form in self.contract.id.forms):
            return task
        return str(derived(self.contract.values[shown.value], task, "nobody's"))

    def unknown_id(self, purpose: str) -> str:
        """An id of the documented form that no task has; another one each time."""
        # One generator for each purpose: in whichever order requirements are judged, a recording knows the ids.
        seed = f"session {self._seed} {purpose}"
        random = self._randoms.setdefault(seed, Random(seed))  # noqa: S311 - other ids than the mock makes
        context = _IdContext(random, self._started, next(iter(self.contract.models)))
        return str(self.contract.id.made.make.render(context))


@dataclass
class _IdContext:
    """What the template of an id is rendered with."""

    random: Random
    now: float
    model: str

    def hole(self, name: str, argument: str) -> Any:
        if name in {"random", "answer_id"}:
            return generate(argument, self.random)
        return self.now if name in {"created", "now", "submitted"} else self.model


def _fixed(schema: Mapping[str, Any]) -> str:
    """The value of a required parameter that always holds the same."""
    return str((schema.get("enum") or [schema.get("const", schema.get("default", "1"))])[0])
