"""What a create asks for: its request, read and checked in the documented order."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.complaints import complaint
from screentest_contracts.contract import Model, Operation, Role
from screentest_contracts.forms import coerced, field_schema, is_file
from screentest_contracts.location import Location, is_empty, resolve, segments
from screentest_contracts.parameters import RULES
from screentest_mockserver.operations.idempotency import keys_of
from screentest_mockserver.operations.reading import is_form, parse_json
from screentest_mockserver.state.hooks import NO_HOOKS, Call
from screentest_mockserver.state.records import Key
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Request
from screentest_mockserver.wire.forms import NO_FILE, Form, read_form

KNOWN = 4096
"""Bytes of a body up to which it is remembered that it was found in order."""


class Asked:
    """What is asked for. `overlooked`: the body is invalid, and accepted by a deviation; `earlier`: the task from which
    it goes on."""

    __slots__ = ("body", "earlier", "keys", "model", "overlooked")

    def __init__(self, model: Model, body: Any, keys: tuple[Key, ...] = (), overlooked: bool = False) -> None:
        self.model = model
        self.body = body
        self.keys = keys
        self.overlooked = overlooked
        self.earlier: Task | None = None


def read_create(call: Call, operation: Operation, account: Account) -> Asked:
    """What a create asks for. Raises Refusal for the first check that fails.

    A body that was sent before, with the same headers by the same account, is not checked again: clients under load
    send few different ones.
    """
    request, facts = call.request, call.facts
    if call.hooks is not NO_HOOKS or len(request.body) > KNOWN:
        return _read(call, operation, account)
    key = (operation.id, account.name, request.body, tuple(request.headers))
    known = facts.known_requests.get(key)
    if known is not None:
        call.model = known[0]
        return Asked(*known)
    asked = _read(call, operation, account)
    if not asked.keys:
        facts.known_requests.keep(key, (asked.model, asked.body))
    return asked


def _read(call: Call, operation: Operation, account: Account) -> Asked:
    request, facts = call.request, call.facts
    _check_headers(call, operation)
    if len(request.body) > facts.most[Role.CREATE]:
        raise Refusal(Role.CREATE, "too-large")
    form = _parse_form(request) if is_form(request, operation) else None
    body = parse_json(request, operation) if form is None else form.body
    model = call.model = _model(call, operation, body)
    limit = facts.most_of_model[model.name]
    if limit is not None and len(request.body) > limit:
        raise Refusal(Role.CREATE, "too-large", model=model.wire)
    if form is not None:
        _check_files(call, model, form)
        body = coerced(body, model.schema)
    if account.restricted and model.wire != facts.first_model.wire:
        raise Refusal(Role.CREATE, "forbidden-model", model=model.wire)
    overlooked = _validate(call, model, body)
    _check_needed_headers(call, operation, model, body)
    _check_content(call, model, body)
    rule = facts.contract.idempotency
    return Asked(model, body, () if rule is None else keys_of(call, rule, account, model, body), overlooked)


def told_of(asked: Asked, condition: str) -> Mapping[str, str]:
    """What the answer may tell that refuses a create under a condition which it does not meet by itself."""
    at = asked.model.request
    place = (at.model if "model" in condition else at.prompt) or at.model
    param = "body" if place is None else _dotted(place)
    detail = f"refused under the scenario's condition: {condition.replace('-', ' ')}"
    return {"model": asked.model.named_in(asked.body), "param": param, "detail": detail}


def _check_content(call: Call, model: Model, body: Any) -> None:
    """Raises Refusal for what a row of the document names as its example."""
    for row in call.facts.refused_content[model.name]:
        if all(resolve(body, segments(at)) == value for at, value in row.request.items()):
            raise Refusal(Role.CREATE, row.condition, model=model.name)


def _parse_form(request: Request) -> Form:
    try:
        return read_form(request)
    except ValueError as error:
        raise Refusal(Role.CREATE, "malformed-json", detail=str(error)) from None


def _check_files(call: Call, model: Model, form: Form) -> None:
    """Raises Refusal for a text where the document wants a file."""
    for name in form.texts:
        if is_file(field_schema(model.schema, name)):
            member = name.replace("[]", "").replace("[", ".").replace("]", "")
            if not call.hooks.accepts(call.facts.contract, member, "format", form.body):
                raise Refusal(Role.CREATE, "invalid-body", param=member, detail=NO_FILE, model=model.wire)


def _check_headers(call: Call, operation: Operation) -> None:
    for name, written, allowed in call.facts.required_headers[operation.id]:
        value = call.request.header(name)
        if value is None or (allowed and value not in allowed):
            raise Refusal(operation.role, "missing-header", param=written)


def _check_needed_headers(call: Call, operation: Operation, model: Model, body: Any) -> None:
    """Raises Refusal where a value of the body needs a header that the request lacks."""
    for header in operation.needed_headers:
        if header.needed_by(body) and not header.fits(call.request.header(header.name.lower().encode("latin-1"))):
            detail = f"the header {header.name} is needed for this value"
            param = header.at.strip("/").replace("/*", "").replace("/", ".")
            raise Refusal(Role.CREATE, "needed-header", param=param, detail=detail, model=model.wire)


def _model(call: Call, operation: Operation, body: Any) -> Model:
    contract = call.facts.contract
    if not isinstance(body, dict):
        raise Refusal(Role.CREATE, "invalid-body", detail="the body must be an object")
    model, at = contract.model_of(operation, body), contract.model_at
    if model is not None:
        return model
    name = None if at is None else at.find(body)
    param = None if at is None else _dotted(at)
    if is_empty(name):
        raise Refusal(Role.CREATE, "missing-model", param=param, detail="the model's name is missing")
    condition = "unknown-model" if isinstance(name, str) else "invalid-body"
    raise Refusal(Role.CREATE, condition, model=str(name)[:200], param=param, detail="no such model")


def _validate(call: Call, model: Model, body: Any) -> bool:
    """Whether a deviation overlooks what is wrong with a body. Raises Refusal for what nobody overlooks."""
    try:
        if model.validator.is_valid(body):
            refused = call.hooks.refuses(model, body)
            if refused is not None:
                raise Refusal(Role.CREATE, "invalid-body", param=refused, detail="not acceptable")
            return False
        problems = list(model.validator.iter_errors(body))
    except ValueError:
        raise Refusal(Role.CREATE, "invalid-body", detail="the body is nested too deeply") from None
    overlooked = False
    for problem in problems:
        keyword = _keyword(problem.schema_path)
        member = _member(problem)
        if keyword == "x-public-url" and _may_call_back(call, model, member, body):
            continue
        if not call.hooks.accepts(call.facts.contract, member, keyword, body):
            blamed = _nearest(problem)
            told = {"place": _place(blamed) or member, "detail": complaint(blamed), "model": model.wire}
            raise Refusal(Role.CREATE, "invalid-body", param=member, **told)
        overlooked = True
    return overlooked


def _keyword(path: Sequence[str | int]) -> str:
    """The keyword that a body breaks: what a rule holds inside is the rule's."""
    for outer, part in zip(("", *path), path, strict=False):
        if part in _RULES and outer != "properties":
            return _RULES[part]
    return str(path[-1]) if path else ""


_RULES: Mapping[str | int, str] = {**{each: each for each in RULES}, "then": "if", "else": "if"}


def _may_call_back(call: Call, model: Model, member: str, body: Any) -> bool:
    """Whether a private address is a callback's on this very machine, and those are allowed."""
    at = model.request.callback_url
    facts = call.facts
    if not (facts.allow_loopback_callbacks or facts.plain_callbacks) or at is None or member != _dotted(at):
        return False
    parts = urlsplit(str(at.find(body)))
    loopback = parts.hostname in ("localhost", "::1") or str(parts.hostname).startswith("127.")
    return loopback and (parts.scheme == "https" or (facts.plain_callbacks and parts.scheme == "http"))


def _dotted(location: Location) -> str:
    return location.pointers[0].strip("/").replace("/", ".")


def _nearest(error: Any) -> Any:
    """What stands in the way of the alternative that a value comes nearest to; else the error itself."""
    alternatives = [each for each in getattr(error.kind, "context", None) or () if each]
    return _nearest(min(alternatives, key=len)[0]) if alternatives else error


def _place(error: Any) -> str:
    """Where an error is, with the numbers of items: `content[1].image_url.url`; "" where there is no item."""
    parts = [*error.instance_path, *filter(None, [getattr(error.kind, "property", None)])]
    if not any(isinstance(part, int) for part in parts):
        return ""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def _member(error: Any) -> str:
    parts = [str(part) for part in error.instance_path if not isinstance(part, int)]
    missing = getattr(error.kind, "property", None)
    if missing is None and isinstance(error.instance, dict):
        # none of the alternatives holds: blame the member that the first one asks for
        inner = getattr(error.kind, "context", None) or [[]]
        first = next(iter(inner[0]), None)
        missing = getattr(first.kind, "property", None) if first is not None else None
    if missing is not None:
        parts.append(str(missing))
    return ".".join(parts)
