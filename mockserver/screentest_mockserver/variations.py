"""Legal variations, by name: behaviour that differs from the mock's usual one and breaks no promise.

A variation is a deviation that breaks nothing (`breaks` is empty): the same hooks, set in the same place. The suites must
raise no MUST against any of them.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import orjson

from screentest_contracts.contract import Contract, ErrorReading, Model, Operation, Role, StatusClass
from screentest_contracts.errors import UsageError
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.reading import bodies_of
from screentest_mockserver.answer import Answer, Request
from screentest_mockserver.deviations import Deviation, View
from screentest_mockserver.deviations.bodies import due
from screentest_mockserver.deviations.edit import RUNNING, change, in_query, in_receipt, put, put_at
from screentest_mockserver.deviations.result import task_of
from screentest_mockserver.plan import Plan, make_plan
from screentest_mockserver.render import ErrorContext

if TYPE_CHECKING:
    from screentest_mockserver.provider import ProviderMock, Refusal
    from screentest_mockserver.store import Task

VARIATIONS: dict[str, Deviation] = {}
"""Every variation by name."""


def _vary(name: str, about: str, **hooks: Any) -> None:
    if name in VARIATIONS:
        raise ValueError(f"two variations are called {name}")
    VARIATIONS[name] = Deviation(name, about, (), **hooks)


def variation(name: str) -> Deviation:
    """The variation called `name`. Raises UsageError that suggests the nearest."""
    if name not in VARIATIONS:
        near = get_close_matches(name, VARIATIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"variations: {', '.join(sorted(VARIATIONS))}"
        raise UsageError(f"unknown variation {name!r}", hint)
    return VARIATIONS[name]


def applicable(contract: Contract) -> list[Deviation]:
    """The variations that a contract has room for, by name."""
    return [VARIATIONS[name] for name in sorted(VARIATIONS) if VARIATIONS[name].applies(contract)]


# -- pace and progress --------------------------------------------------------------------------------------------


def _at_once(mock: "ProviderMock", model: Model, plan: Plan) -> Plan:
    profile = mock.contract.profiles[model.profile]
    return make_plan(mock.contract, profile, outcome=plan.final.status_class, pace=0.0, failure=plan.failure)


def _no_queue(mock: "ProviderMock", model: Model, plan: Plan) -> Plan:
    """The first stage is over at once; the receipt still shows it."""
    first, *rest = plan.phases
    if not rest:
        return plan
    phases = (replace(first, end=0.0), replace(rest[0], start=0.0), *rest[1:])
    started = 0.0 if plan.started is not None and rest[0].status_class is StatusClass.RUNNING else plan.started
    return replace(plan, phases=phases, started=started, final=replace(plan.final, started=started))


def _only_queue(mock: "ProviderMock", model: Model, plan: Plan) -> Plan:
    """The task is never seen running."""
    return replace(plan, phases=(replace(plan.phases[0], end=plan.end, last=plan.phases[0].first),))


def _may_skip(contract: Contract) -> bool:
    return all(
        contract.lifecycle.allows(profile.stages[0].status, outcome.status)
        for profile in contract.profiles.values()
        for outcomes in profile.outcomes.values()
        for outcome in outcomes
    )


def _steps(first: float | None, last: float | None = None) -> Any:
    def plan(mock: "ProviderMock", model: Model, plan: Plan) -> Plan:
        start, *rest = plan.phases
        rest = [replace(each, first=each.first if first is None else first, last=last or (each.first if first is None else first)) for each in rest]
        return replace(plan, phases=(replace(start, last=start.first), *rest))

    return plan


_vary("immediate", "a task has ended by the first poll", plan=_at_once)
_vary("skips-the-queue", "a task runs at once, although its receipt says that it waits", plan=_no_queue)
_vary("never-seen-running", "a task goes from the queue straight to its end", plan=_only_queue, applies=_may_skip)
_vary("coarse-progress", "progress only changes with the status", plan=_steps(None))
_vary("progress-stays-zero", "progress is 0 until the end", plan=_steps(0.0))
_vary("progress-jumps", "progress is 99 percent as soon as the task runs", plan=_steps(99.0))

# -- bodies -------------------------------------------------------------------------------------------------------


def _fits(view: View, body: Any) -> bool:
    """Whether a body still is one of the documented schema."""
    contract = view.mock.contract
    operation = contract.roles[view.role][0] if view.kind in ("receipt", "callback") else contract.operations[view.kind]
    response = operation.response(contract.success[view.role].made)
    return response is None or all(validator.is_valid(body) for validator in response.validators.values())


def _legal(hook: Callable[[View, Any], Any]) -> Callable[[View, Any], Any]:
    """The hook's body where the schema admits it, else the usual one."""

    def body(view: View, old: Any) -> Any:
        new = hook(view, old)
        return new if _fits(view, new) else old

    return body


_EXTRA = {"x_trace": "abc", "x_region": None, "x_cost": {"units": 3, "parts": [1, 2]}, "x_url_count": 0}


def _extra(view: View, body: Any) -> Any:
    return {**body, **_EXTRA}


def _extra_inside(view: View, body: Any) -> Any:
    for key, value in body.items():
        if isinstance(value, dict) and value:
            body = {**body, key: {**value, "x_detail": {"seen": True}}}
    return body


def _for_absent(value: Any) -> Any:
    """What must be absent is there, but empty."""

    def body(view: View, old: Any) -> Any:
        if view.task is None:
            return old
        for row in view.mock.contract.presence:
            speaks = row.on == ("receipt",) if view.role is Role.CREATE else row.on != ("receipt",) and due(row, view)
            if speaks and not row.present and resolve(old, segments(row.pointer)) is MISSING:
                new = put(old, row.pointer, value)
                old = new if _fits(view, new) else old
        return old

    return body


def _unpromised(view: View, body: Any) -> Any:
    """Without the members that no promise names and the schema does not require."""
    contract = view.mock.contract
    if view.task is None or view.role not in (Role.CREATE, Role.QUERY):
        return body
    kept = {*contract.id.at.pointers, *contract.lifecycle.status_at.pointers, *contract.link.at.pointers}
    kept |= {location.pointers[0] for reading in contract.success[view.role].readings for location in reading.present}
    kept |= {location.pointers[0] for reading in contract.success[view.role].readings for location, _ in reading.equals}
    for row in contract.presence:
        if row.present and (row.on == ("receipt",) or due(row, view)):
            kept.add(row.pointer)
    for key in list(body):
        new = {name: value for name, value in body.items() if name != key}
        if not any(pointer == f"/{key}" or pointer.startswith(f"/{key}/") for pointer in kept) and _fits(view, new):
            body = new
    return body


_vary("unknown-members", "answers hold members that nobody documented", body=_legal(_extra))
_vary("unknown-members-inside", "objects within answers hold members that nobody documented", body=_legal(_extra_inside))
_vary("null-for-absent", "members without a value are there as null", body=_for_absent(None))
_vary("empty-text-for-absent", 'members without a value are there as ""', body=_for_absent(""))
_vary("empty-list-for-absent", "members without a value are there as []", body=_for_absent([]))
_vary("empty-object-for-absent", "members without a value are there as {}", body=_for_absent({}))
_vary("leaves-out-optional-members", "members that no promise names are left out", body=_unpromised)


def _other_body(number: int) -> Any:
    """The `number`-th of the other documented readings of a body."""

    def body(view: View, old: Any) -> Any:
        task, state = view.task, view.state
        if task is None or state is None:
            return old
        contract = view.mock.contract
        profile = contract.profiles[task.model.profile]
        if view.role is Role.CREATE:
            readings = profile.receipt
        else:
            operation = contract.roles[Role.QUERY][0] if view.kind == "callback" else contract.operations[view.kind]
            readings = bodies_of(profile, operation).get(state.status, ())
        others = [each for each in readings if not each.selected]
        return view.mock.render(others[number].template, task, state) if number < len(others) else old

    return body


for _number in range(2):
    _vary(f"body-reading-{_number + 2}", "answers have another documented shape", body=_other_body(_number))


def _initial(number: int) -> Any:
    def body(view: View, old: Any) -> Any:
        lifecycle = view.mock.contract.lifecycle
        words = list(lifecycle.initial)
        if lifecycle.receipt_at is None or number >= len(words):
            return old
        return put_at(old, lifecycle.receipt_at, words[number])

    return body


for _number in range(3):
    _vary(f"receipt-word-{_number + 1}", "a receipt's status is another documented word", body=in_receipt(_legal(_initial(_number))))


def _tolerated(view: View, body: Any) -> Any:
    lifecycle = view.mock.contract.lifecycle
    state = view.state
    assert state is not None
    if view.mock.elapsed(view.task) > 5 if view.task else True:
        return body
    for status in lifecycle.statuses.values():
        if status.tolerated and status.status_class is state.status_class and lifecycle.allows(status.name, state.status):
            return put_at(body, lifecycle.status_at, status.wire)
    return body


def _lower(view: View, body: Any) -> Any:
    at = view.mock.contract.lifecycle.status_at
    word = at.find(body)
    return put_at(body, at, word.swapcase()) if isinstance(word, str) else body


_vary("tolerated-status", "a fresh task's status is a word that is only tolerated", body=in_query(*RUNNING)(_legal(_tolerated)), applies=lambda c: any(s.tolerated for s in c.lifecycle.statuses.values()))
_vary("other-case", "status words are in the other case, where case does not count", body=in_query()(_legal(_lower)), applies=lambda c: c.lifecycle.ignore_case)

_TEXTS = {
    "chinese-reasons": "内容审核未通过，请修改提示词后重试。",
    "long-reasons": "The request was stopped. " * 200,
    "odd-reasons": 'Line one\nline "two"\t\\ 🎬 \u2028 </script>',
}
for _name, _text in _TEXTS.items():
    _vary(_name, "a failed task tells its reason in other words", body=in_query(StatusClass.FAILED)(_legal(lambda v, b, text=_text: change(v, b, ("reason",), lambda h, x: text))))


def _offset(view: View, body: Any) -> Any:
    names = ("created", "submitted", "started", "finished", "updated")
    return change(view, body, names, lambda hole, value: value[:-1] + "+00:00" if hole.form.startswith("iso") and value.endswith("Z") else value)


_vary("times-with-offset", "times say +00:00 instead of Z", body=_legal(_offset))

# -- links and files ----------------------------------------------------------------------------------------------


def _signed(view: View, body: Any) -> Any:
    count = view.mock.notes["signed"] = view.mock.notes.get("signed", 0) + 1
    return change(view, body, ("link",), lambda hole, value: f"{value}{'&' if '?' in value else '?'}renewed={count}")


def _absolute(view: View, body: Any) -> Any:
    base = view.task.base if view.task else ""
    return change(view, body, ("link",), lambda hole, value: base + value if value.startswith("/") else value)


def _elsewhere(view: View, body: Any) -> Any:
    base = view.task.base if view.task else ""
    return change(view, body, ("link",), lambda hole, value: value.replace(base, "https://cdn.example.net", 1))


_vary("renewed-signature", "the result's address is signed anew at every look", body=in_query()(_legal(_signed)), applies=lambda c: "link-is-content" not in c.promises)
_vary("absolute-link", "the result's address names the host", body=in_query()(_legal(_absolute)), applies=lambda c: c.link.make.tree.startswith("/"))
_vary("result-elsewhere", "the bytes are on another host", body=in_query()(_legal(_elsewhere)), applies=lambda c: c.link.auth == "none" and "{{media}}" in c.link.make.tree)


def _file(name: str, about: str, new: Callable[[Answer], None], **options: Any) -> None:
    def answer(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
        if made.status in (200, 206) and task_of(mock, request) is not None:
            new(made)
        return made

    _vary(name, about, answer=answer, **options)


def _set(name: bytes, value: bytes) -> Callable[[Answer], None]:
    def new(made: Answer) -> None:
        made.headers = [each for each in made.headers if each[0] != name] + [(name, value)]

    return new


def _starred(made: Answer) -> None:
    made.headers = [(n, v.rpartition(b"/")[0] + b"/*" if n == b"content-range" else v) for n, v in made.headers]


_file("binary-media-type", "the file is called application/octet-stream", _set(b"content-type", b"application/octet-stream"))
_file("media-type-parameter", "the file's media type has a parameter", lambda made: _set(b"content-type", b'video/mp4; codecs="avc1.42c00a"')(made))
_file("file-name", "the file comes with a name and a caching rule", lambda made: made.headers.extend([(b"content-disposition", b'attachment; filename="video.mp4"'), (b"x-cache", b"HIT")]))
_file("unknown-total", "a part of the file does not tell the size of the whole", _starred)
_vary("frame-rounding", "a video is a few frames longer", video=lambda d, r, s: (d + 0.2, r, s))

# -- how JSON is written and sent ---------------------------------------------------------------------------------


def _json(name: str, about: str, new: Callable[[Any], bytes]) -> None:
    def answer(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
        if (b"content-type", b"application/json") in made.headers and made.body:
            made.body = new(orjson.loads(made.body))
        return made

    _vary(name, about, answer=answer)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(each) for key, each in reversed(value.items())}
    return [_reversed(each) for each in value] if isinstance(value, list) else value


_json("pretty-json", "answers are indented", lambda body: orjson.dumps(body, option=orjson.OPT_INDENT_2))
_json("reordered-members", "members come in the reverse order", lambda body: orjson.dumps(_reversed(body)))
_json("sorted-members", "members are sorted by name", lambda body: orjson.dumps(body, option=orjson.OPT_SORT_KEYS))
_json("escaped-text", "every character beyond ASCII is escaped", lambda body: json.dumps(body).replace("/", "\\/").encode())
_json("blanks-around", "answers begin and end with white space", lambda body: b"\r\n " + orjson.dumps(body) + b" \n")


def _headers(name: str, about: str, new: Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]) -> None:
    def answer(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
        made.headers = new(made.headers)
        return made

    _vary(name, about, answer=answer)


_MORE = [(b"server", b"nginx"), (b"x-request-id", b"7f3a"), (b"cf-ray", b"0"), (b"set-cookie", b"a=b; HttpOnly"), (b"vary", b"Accept-Encoding"), (b"vary", b"Origin")]
_headers("charset", "the media type says charset=utf-8", lambda h: [(n, v + b"; charset=utf-8" if v == b"application/json" else v) for n, v in h])
_headers("media-type-case", "the media type is written Application/JSON", lambda h: [(n, b"Application/JSON;charset=UTF-8" if v == b"application/json" else v) for n, v in h])
_headers("header-case", "header names are capitalised", lambda h: [(n.title(), v) for n, v in h])
_headers("more-headers", "answers carry further headers", lambda h: [*h, *_MORE])


def _slow(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
    made.delay = 2.5
    return made


_vary("slow-answers", "every answer takes 2.5 seconds", answer=_slow)


def _other_status(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
    found = mock.route(request.method, request.path)
    if found is None or found[0].role not in (Role.CREATE, Role.QUERY) or made.status >= 300 or not made.task_id:
        return made
    readings = mock.contract.success[found[0].role].readings
    body = orjson.loads(made.body)
    others = [status for each in readings if each.body_holds(body) for status in each.statuses if status != made.status]
    made.status = others[0] if others else made.status
    return made


_vary("other-success-status", "a success has the other documented status", answer=_other_status, applies=lambda c: any(len(set(s.statuses)) > 1 for r, s in c.success.items() if r in (Role.CREATE, Role.QUERY)))


def _now_and_then(mock: "ProviderMock", operation: Operation, task_id: str, task: "Task | None") -> "Task | None":
    from screentest_mockserver.provider import Refusal

    count = mock.notes["queries"] = mock.notes.get("queries", 0) + 1
    if count % 7 == 0 and task is not None and operation.role is Role.QUERY:
        raise Refusal(operation.role, "rate-limited", task_id=task_id)
    return task


_vary("rate-limited-now-and-then", "every seventh poll is answered 429", find=_now_and_then, applies=lambda c: c.error(Role.QUERY, "rate-limited") is not None)

# -- refusals -----------------------------------------------------------------------------------------------------


def _refusals(name: str, about: str, new: Callable[[Contract, Any], Any], **options: Any) -> None:
    def refusal(mock: "ProviderMock", refused: "Refusal", status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        return status, body if body is None else new(mock.contract, body), headers

    _vary(name, about, refusal=refusal, **options)


def _message(text: str) -> Callable[[Contract, Any], Any]:
    return lambda contract, body: put_at(body, contract.error_at["message"], text) if "message" in contract.error_at else body


_refusals("chinese-refusals", "refusals are worded in Chinese", _message("请求参数错误"))
_refusals("long-refusals", "refusals are worded at length", _message("Something about this request is not right. " * 100))
_refusals("refusals-with-more", "refusals carry further members", lambda c, b: {**{k: {**v, "request_id": "7f3a", "param": v.get("param")} if isinstance(v, dict) else v for k, v in b.items()}, "request_id": "7f3a"})


def _challenge(mock: "ProviderMock", refused: "Refusal", status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
    return status, body, [*headers, (b"www-authenticate", b'Bearer realm="api"')] if status == 401 else headers


_vary("auth-challenge", "401 comes with WWW-Authenticate", refusal=_challenge)


def _reading(number: int) -> Any:
    """The `number`-th of the other documented readings of a refusal."""

    def refusal(mock: "ProviderMock", refused: "Refusal", status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        row = mock.contract.error(refused.role, refused.condition, str(refused.values.get("param") or ""))
        others: list[ErrorReading] = [] if row is None else [each for each in row.readings if not each.selected]
        if number >= len(others):
            return status, body, headers
        values = {"detail": "not acceptable", "param": "prompt", **refused.values}
        reading = others[number]
        made = None if reading.body is None else reading.body.render(ErrorContext(mock.clock.now(), mock.random, values))
        return reading.status, made, headers

    return refusal


def _readings(number: int) -> Callable[[Contract], bool]:
    return lambda contract: any(len(row.readings) > number + 1 for row in contract.error_rows())


for _number in range(6):
    _vary(f"refusal-reading-{_number + 2}", f"refusals are spelled in another documented way (no. {_number + 2})", refusal=_reading(_number), applies=_readings(_number))


def _last_failure(mock: "ProviderMock", model: Model, plan: Plan) -> Plan:
    failures = mock.contract.failures
    return replace(plan, failure=failures[-1].code) if plan.final.status_class is StatusClass.FAILED and failures else plan


_vary("rare-failure", "tasks fail for the documented reason that is rarest", plan=_last_failure, applies=lambda c: len(c.failures) > 1)


def _fails_at_once(mock: "ProviderMock", model: Model, plan: Plan) -> Plan:
    return _at_once(mock, model, plan) if plan.final.status_class is StatusClass.FAILED else plan


_vary("fails-at-once", "a task that fails does so by the first poll", plan=_fails_at_once)
_vary("slow-tasks", "a task takes almost twice as long", plan=lambda mock, model, plan: make_plan(mock.contract, mock.contract.profiles[model.profile], outcome=plan.final.status_class, pace=1.9, failure=plan.failure))

__all__ = ["VARIATIONS", "applicable", "variation"]
