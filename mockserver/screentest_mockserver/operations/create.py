"""The create operation: checks in the documented order, then a task and its receipt."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from screentest_contracts.complaints import complaint
from screentest_contracts.contract import FORM, Model, Operation, Role
from screentest_contracts.forms import coerced
from screentest_contracts.frames import frame_size
from screentest_contracts.generate import derived
from screentest_contracts.location import MISSING, Location, is_empty
from screentest_contracts.template import digits
from screentest_mockserver.behaviours.deviations import BodyHookContext
from screentest_mockserver.operations.idempotency import Remembered, digest, find_replayed_task, key_of
from screentest_mockserver.state.files import check_files
from screentest_mockserver.state.refusals import Refusal
from screentest_mockserver.tasks.scenarios import Faults, Scenario
from screentest_mockserver.tasks.store import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer, Request
from screentest_mockserver.wire.forms import read_form

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock

WAYS = 4096
"""Ways to ask for a video that are remembered with what they come to."""


def create(mock: "ProviderMock", request: Request, operation: Operation) -> Answer:
    """The receipt of a new task. Raises Refusal for the first check that fails."""
    account = mock.account(request, operation) if operation.secured else mock.good_account
    assert account is not None
    _check_headers(request, operation)
    if len(request.body) > mock.most[Role.CREATE]:
        raise Refusal(Role.CREATE, "too-large")
    is_form = operation.takes_form and (request.header(b"content-type") or "").lower().startswith(FORM)
    body = _parse_form(request) if is_form else parse_json(request, operation)
    model = _model(mock, operation, body)
    if is_form:
        body = coerced(body, model.schema)
    if account.restricted and model is not next(iter(mock.contract.models.values())):
        raise Refusal(Role.CREATE, "forbidden-model", model=model.name)
    _validate(mock, model, body)
    rule = mock.contract.idempotency
    key = None if rule is None else key_of(rule, request, body)
    if rule is not None and key is not None:
        asked = digest(rule, model, body)
        first = find_replayed_task(mock, account, key, asked)
        if first is not None:
            return _again(mock, first)
    if mock.files.used is not None:
        check_files(mock, account, model, body)
    if account.poor:
        raise Refusal(Role.CREATE, "insufficient-balance", model=model.name)
    chosen = mock.scheduled[0][0] if mock.scheduled else mock.scenario
    if chosen.create_errors and mock.create_faults < chosen.create_errors[1]:
        mock.create_faults += 1
        raise Refusal(Role.CREATE, chosen.create_errors[0], model=model.name)
    mock.create_faults = 0
    _consume_scenario(mock)
    if mock.deviation is not None and mock.deviation.create is not None:
        repeated = mock.deviation.create(mock, account, body)
        if repeated is not None:
            return repeated
    task = new_task(mock, request, account, model, body, chosen)
    if key is not None:
        mock.idempotency_keys.add(mock, account, key, Remembered(task, asked))
    answer = receipt(mock, task)
    answer.drop = chosen.lose_create
    answer.delay = chosen.delay
    return answer


def _again(mock: "ProviderMock", task: Task) -> Answer:
    """The receipt of a task once more."""
    answer = receipt(mock, task)
    rule = mock.contract.idempotency
    if rule is not None and rule.replayed is not None:
        name, value = rule.replayed
        answer.headers.append((name.lower().encode("latin-1"), (value or "true").encode("latin-1")))
    return answer


def parse_json(request: Request, operation: Operation) -> Any:
    """The body as JSON. Raises Refusal."""
    role, media = operation.role, request.header(b"content-type")
    if operation.form_only or (media is not None and "json" not in media.lower() and request.body):
        raise Refusal(role, "wrong-content-type")
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        detail = f"the JSON breaks at line {error.lineno}, column {error.colno}"
        raise Refusal(role, "malformed-json", detail=detail) from None


def _parse_form(request: Request) -> Any:
    try:
        return read_form(request)
    except ValueError as error:
        raise Refusal(Role.CREATE, "malformed-json", detail=str(error)) from None


def _check_headers(request: Request, operation: Operation) -> None:
    for parameter in operation.parameters:
        if parameter.get("in") == "header" and parameter.get("required"):
            value = request.header(str(parameter["name"]).lower().encode("latin-1"))
            allowed = parameter.get("schema", {}).get("enum")
            if value is None or (allowed and value not in allowed):
                raise Refusal(operation.role, "missing-header", param=parameter["name"])


def _model(mock: "ProviderMock", operation: Operation, body: Any) -> Model:
    at = mock.contract.model_at
    candidates = mock.models_at_operation[operation.id]
    if not isinstance(body, dict):
        raise Refusal(Role.CREATE, "invalid-body", detail="the body must be an object")
    if at is None:
        return mock.contract.model_of(operation, body) or candidates[0]
    name = at.find(body)
    if is_empty(name):
        unnamed = mock.contract.nameless.get(operation.id)
        if unnamed is not None:
            return unnamed
        raise Refusal(Role.CREATE, "missing-model", param=_dotted(at), detail="the model's name is missing")
    model = mock.contract.models.get(name) if isinstance(name, str) else None
    if model is None or model not in candidates:
        condition = "unknown-model" if isinstance(name, str) else "invalid-body"
        raise Refusal(Role.CREATE, condition, model=str(name)[:200], param=_dotted(at), detail="no such model")
    return model


def _validate(mock: "ProviderMock", model: Model, body: Any) -> None:
    try:
        if model.validator.is_valid(body):
            if mock.deviation is not None and mock.deviation.refuses is not None:
                member = mock.deviation.refuses(model, body)
                if member is not None:
                    raise Refusal(Role.CREATE, "invalid-body", param=member, detail="not acceptable")
            return
        errors = list(model.validator.iter_errors(body))
    except ValueError:
        raise Refusal(Role.CREATE, "invalid-body", detail="the body is nested too deeply") from None
    for problem in errors:
        keyword = str(problem.schema_path[-1]) if problem.schema_path else ""
        member = _member(problem)
        if keyword == "x-public-url" and _may_call_back(mock, model, member, body):
            continue
        accepts = mock.deviation.accepts if mock.deviation is not None else None
        if accepts is not None and accepts(mock.contract, member, keyword, body):
            continue
        raise Refusal(Role.CREATE, "invalid-body", param=member, detail=complaint(problem), model=model.name)


def _may_call_back(mock: "ProviderMock", model: Model, member: str, body: Any) -> bool:
    """Whether a private address is a callback's on this very machine, and those are allowed."""
    at = model.request.callback_url
    if not mock.allow_loopback_callbacks or at is None or member != _dotted(at):
        return False
    parts = urlsplit(str(at.find(body)))
    loopback = parts.hostname in ("localhost", "::1") or str(parts.hostname).startswith("127.")
    return loopback and parts.scheme == "https"


def _consume_scenario(mock: "ProviderMock") -> None:
    if mock.scheduled:
        chosen, count = mock.scheduled.popleft()
        if count > 1:
            mock.scheduled.appendleft((chosen, count - 1))


def new_task(
    mock: "ProviderMock", request: Request, account: Account, model: Model, body: Any, chosen: Scenario
) -> Task:
    """Makes and keeps a task that follows the chosen scenario."""
    find = model.request
    wanted = _wants(mock, model, body)
    callback = mock.contract.callback
    callback_url = callback.url.find(body) if callback else MISSING
    plan = mock.plan(model, chosen)
    if mock.deviation is not None and mock.deviation.plan is not None:
        plan = mock.deviation.plan(mock, model, plan)
    task = Task(
        id="",
        account=account,
        model=model,
        plan=plan,
        created=mock.clock.now(),
        wanted=wanted,
        seed=_found(find.seed, body),
        request=body if mock.keeps_request[model.profile] else None,
        base=request.base,
        callback_url=callback_url if isinstance(callback_url, str) and callback_url else None,
        faults=Faults(chosen) if chosen.has_faults else None,
    )
    task.id = _new_id(mock, task)
    mock.store.add(task)
    for role, name in mock.other_ids.items():
        mock.shown_ids.add((role, str(derived(mock.contract.values[name], task.id, name))), task.id)
    if task.callback_url:
        mock.created.append(task)
    return task


def _new_id(mock: "ProviderMock", task: Task) -> str:
    form = mock.contract.id.made
    while True:
        made = str(form.make.render(mock.context(task, task.plan.receipt)))
        if mock.deviation is not None and mock.deviation.id is not None:
            made = mock.deviation.id(mock, made)
        if mock.store.get(made) is None or mock.deviation is not None:
            return made


def _wants(mock: "ProviderMock", model: Model, body: Any) -> tuple[float, str, str]:
    """Duration, ratio and resolution of the video, worked out once for each way to ask."""
    find = model.request
    asked = (model.name, _found(find.duration, body), _found(find.ratio, body), _found(find.resolution, body))
    if mock.deviation is not None and mock.deviation.defaults is not None:
        return _work_out(mock, model, asked, mock.deviation.defaults(model.defaults))
    try:
        wanted = mock.wanted.get(asked)
    except TypeError:  # a deviation lets lists and objects through
        return _work_out(mock, model, asked, model.defaults)
    if wanted is None:
        if len(mock.wanted) >= WAYS:
            mock.wanted.clear()
        wanted = mock.wanted[asked] = _work_out(mock, model, asked, model.defaults)
    return wanted


def _work_out(
    mock: "ProviderMock", model: Model, asked: tuple[Any, ...], defaults: Mapping[str, Any]
) -> tuple[float, str, str]:
    _, seconds, shape, tier = asked
    duration = digits(_or_default(seconds, defaults.get("duration"))) or 0
    if duration <= 0 or duration > 600:
        duration = digits(defaults.get("duration")) or 5
    ratio = str(_or_default(shape, defaults.get("ratio")) or "16:9")
    if ratio.count(":") != 1 or not ratio.replace(":", "").isdecimal():
        ratio = ratio if "x" in ratio or "*" in ratio else "16:9"
    resolution = str(_or_default(tier, defaults.get("resolution")) or "720p")
    if "ratio" not in model.echoes and ":" in str(defaults.get("ratio", "16:9")):
        ratio = str(defaults.get("ratio", "16:9"))  # the request may say what it likes: it has no effect
    wanted = (float(duration), ratio, resolution)
    if wanted not in mock.shared_wanted:
        try:
            frame_size(ratio, resolution)
        except ValueError:  # a document without an enum, or a deviation, lets anything through
            wanted = (float(duration), "16:9", "720p")
    return mock.shared_wanted.setdefault(wanted, wanted)


def receipt(mock: "ProviderMock", task: Task) -> Answer:
    """What a create answers with."""
    state = task.plan.receipt
    template = mock.receipt_templates[task.model.profile]
    body = template.render(mock.context(task, state))
    status = mock.success_statuses[Role.CREATE]
    if mock.deviation is not None and mock.deviation.body is not None:
        body = mock.deviation.body(BodyHookContext(mock, Role.CREATE, "receipt", task, state), body)
    headers = mock.response_headers(Role.CREATE, status, task, state)
    return Answer(status, headers, orjson.dumps(body), task.id)


def _found(location: Location | None, body: Any) -> Any:
    value = MISSING if location is None else location.find(body)
    return None if value is MISSING else value


def _or_default(value: Any, default: Any) -> Any:
    return default if value is None or value == "" else value


def _dotted(location: Location) -> str:
    return location.pointers[0].strip("/").replace("/", ".")


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
