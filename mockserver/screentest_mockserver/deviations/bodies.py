"""What the query says of a task: values, forms, members that are there or not."""

from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import Contract, Operation, Presence, Role, StatusClass
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.template import Hole
from screentest_contracts.times import write_time
from screentest_mockserver.answer import Answer, Request
from screentest_mockserver.deviations.edit import RUNNING, change, has_hole, in_query, put, put_at, slots
from screentest_mockserver.deviations.receipt import TIMES, other_progress, other_time
from screentest_mockserver.deviations.registry import Deviation, View, register

if TYPE_CHECKING:
    from screentest_mockserver.provider import ProviderMock


def _query(name: str, about: str, breaks: tuple[str, ...], hook: Any, *classes: StatusClass, **options: Any) -> None:
    register(Deviation(name, about, breaks, body=in_query(*classes)(hook), **options))


# -- progress -----------------------------------------------------------------------------------------------------

_PROGRESS = has_hole(Role.QUERY, "progress")
_SHAPES = ("query.schema", "query.*.present")


def _progress(number: float) -> Any:
    def written(hole: Hole, value: Any) -> Any:
        shapes = {"percent": f"{number:g}%", "string": f"{number:g}", "fraction": number / 100}
        return shapes.get(hole.form, int(number) if float(number).is_integer() else number)

    return lambda view, body: change(view, body, ("progress",), written)


def _falling(view: View, body: Any) -> Any:
    assert view.task is not None
    share = min(view.mock.elapsed(view.task) / max(view.task.plan.end, 1e-9), 1)
    return _progress(int(90 - 80 * share))(view, body)


def _half(hole: Hole, value: Any) -> Any:
    return {"percent": "about 12%", "string": "half", "fraction": "half"}.get(hole.form, 12.5)


_query("progress-in-other-form", "progress has another type", ("query.*.form",), lambda v, b: change(v, b, ("progress",), other_progress), applies=_PROGRESS, also=_SHAPES)
_query("progress-not-whole", "progress is no whole number, or no number at all", ("query.*.form",), lambda v, b: change(v, b, ("progress",), _half), applies=_PROGRESS, also=_SHAPES)
_query("progress-over-100", "progress reaches 150 percent", ("query.*.form",), _progress(150), *RUNNING, applies=_PROGRESS, also=(*_SHAPES, "query.progress.*"))
_query("progress-falls", "progress falls from poll to poll", ("query.progress.monotonic",), _falling, *RUNNING)
_query("progress-100-early", "progress is 100 percent while the task runs", ("query.progress.complete",), _progress(100), *RUNNING)
_query("progress-never-100", "progress is 99 percent at the end", ("query.progress.complete",), _progress(99), StatusClass.SUCCEEDED)

# -- times --------------------------------------------------------------------------------------------------------


def _moved(seconds: float) -> Any:
    """A time that lies that many seconds after the task's creation."""

    def hook(view: View, body: Any, names: tuple[str, ...]) -> Any:
        assert view.task is not None
        created = view.task.created
        return change(view, body, names, lambda hole, value: write_time(created + seconds, hole.form))

    return hook


def _now(view: View, body: Any) -> Any:
    now = view.mock.clock.now()
    return change(view, body, ("created", "submitted"), lambda hole, value: write_time(now - 1, hole.form))


_query(
    "times-in-other-form", "times have another unit, type or no zone", ("query.*.form",), lambda v, b: change(v, b, TIMES, other_time),
    applies=has_hole(Role.QUERY, *TIMES), also=(*_SHAPES, "query.*.stable", "query.times.order", "result.link.expiry"),
)
_query("finished-before-created", "a task ends an hour before it began", ("query.times.order",), lambda v, b: _moved(-3600)(v, b, ("finished",)), applies=has_hole(Role.QUERY, "finished"), also=("result.link.expiry",))
_query("started-before-created", "a task starts an hour before it was created", ("query.times.order",), lambda v, b: _moved(-3600)(v, b, ("started",)), applies=has_hole(Role.QUERY, "started"))
_query("times-in-the-future", "times lie eight hours ahead, as local time does that is written as UTC", ("query.times.order",), lambda v, b: _moved(8 * 3600)(v, b, TIMES), applies=has_hole(Role.QUERY, *TIMES), also=("query.*.stable", "result.link.expiry"))
_query("created-changes", "the time of creation is that of the last look", ("query.*.stable",), _now, applies=has_hole(Role.QUERY, "created", "submitted"), also=("query.times.order", "callback.body"))

# -- values -------------------------------------------------------------------------------------------------------

_query("query-other-model", "the query names another model", ("query.*.echo", "query.*.stable"), lambda v, b: change(v, b, ("model",), lambda h, x: "another-model"), applies=has_hole(Role.QUERY, "model"), also=("query.copies.model", "query.schema"))
_query("query-other-id", "the query shows another id than the receipt", ("query.*.stable",), lambda v, b: change(v, b, ("id",), lambda h, x: x[:-4] + x[-4:][::-1] + "0"), applies=has_hole(Role.QUERY, "id"), also=("query.schema",))
_query("query-other-values", "the query shows another duration or shape than was asked for", ("query.*.echo",), lambda v, b: change(v, b, ("duration",), lambda h, x: 997 if isinstance(x, int) else "997") if any(slots(v, "duration")) else change(v, b, ("ratio", "resolution", "seed"), lambda h, x: "997"), applies=has_hole(Role.QUERY, "duration", "ratio", "resolution", "seed"), also=("query.copies.*",))


def _copy(name: str) -> Any:
    def hook(view: View, body: Any) -> Any:
        at = [slot.pointer for slot in slots(view, name)]
        if len(at) > 1:
            value = resolve(body, segments(at[-1]))
            if isinstance(value, str) and value:
                cut = value.find("?") if "?" in value else len(value)
                body = put(body, at[-1], f"{value[:cut]}x{value[cut:]}")
        return body

    return hook


_query("id-copies-disagree", "two members of one answer hold different ids", ("query.copies.id",), _copy("id"), also=("query.*.stable",))
_query("link-copies-disagree", "two members of one answer hold different addresses", ("query.copies.link",), _copy("link"), also=("query.alias.*",))

# -- presence -----------------------------------------------------------------------------------------------------


def rows(contract: Contract, *, present: bool) -> list[Presence]:
    """The promises about members of the query's answers."""
    return [row for row in contract.presence if row.on != ("receipt",) and row.present is present]


def due(row: Presence, view: View) -> bool:
    """Whether a row speaks about what is shown now."""
    assert view.task is not None
    assert view.state is not None
    if row.profile not in (None, view.task.model.profile):
        return False
    if row.operation is not None and row.operation != view.kind:
        return False
    contract = view.mock.contract
    if row.operation is None and any(view.kind in profile.views for profile in contract.profiles.values()):
        return False
    return "all" in row.on or view.state.status in row.on or view.state.status_class.value in row.on


def _is(row: Presence, pointers: tuple[str, ...]) -> bool:
    """Whether a row is about one of these places, or something around it."""
    return any(at == row.pointer or at.startswith(f"{row.pointer}/") for at in pointers)


def _vital(contract: Contract) -> tuple[str, ...]:
    places = (*contract.lifecycle.status_at.pointers, *contract.link.at.pointers)
    return (*places, *(location.pointers[0] for reading in contract.success[Role.QUERY].readings for location in reading.present), *(location.pointers[0] for reading in contract.success[Role.QUERY].readings for location, _ in reading.equals))


def _dropped(view: View, body: Any) -> Any:
    for row in rows(view.mock.contract, present=True):
        if due(row, view) and not _is(row, _vital(view.mock.contract)):
            body = put(body, row.pointer, MISSING)
    return body


def _retyped(view: View, body: Any) -> Any:
    for row in rows(view.mock.contract, present=True):
        if due(row, view) and row.type is not None and not _is(row, _vital(view.mock.contract)):
            value = resolve(body, segments(row.pointer))
            if value is MISSING:  # dropped along with its parent
                continue
            body = put(body, row.pointer, [value] if row.type != "array" else {"0": value})
    return body


def _droppable(contract: Contract) -> bool:
    return any(not _is(row, _vital(contract)) for row in rows(contract, present=True))


_query("drops-members", "members that the query promises are missing", ("query.*.present",), _dropped, applies=_droppable, also=("query.*",))
_query("members-of-other-type", "members of the query's answer are wrapped in a list", ("query.*.present",), _retyped, applies=lambda c: any(r.type and not _is(r, _vital(c)) for r in rows(c, present=True)), also=("query.*", "result.link.expiry", "callback.body"))


def _reason(contract: Contract, row: Presence) -> bool:
    return not _is(row, contract.link.at.pointers) and all(
        word in ("failed", "cancelled", "expired") or (word in contract.lifecycle.statuses and contract.lifecycle.statuses[word].status_class is not StatusClass.SUCCEEDED and contract.lifecycle.statuses[word].status_class.terminal)
        for word in row.on
    )


def _no_reason(view: View, body: Any) -> Any:
    for row in rows(view.mock.contract, present=True):
        if due(row, view) and _reason(view.mock.contract, row):
            body = put(body, row.pointer, MISSING)
    return body


def _no_link(view: View, body: Any) -> Any:
    for pointer in view.mock.contract.link.at.pointers:
        body = put(body, pointer, MISSING)
    for slot in slots(view, "link"):
        body = put(body, slot.pointer, MISSING)
    return body


_query("failure-without-reason", "a failed task does not say why", ("query.*.present",), _no_reason, StatusClass.FAILED, applies=lambda c: any(_reason(c, row) for row in rows(c, present=True)), also=("query.schema", "query.status-code", "query.status.known", "query.alias.*"))
_query("success-without-result", "a task that has succeeded shows no address", ("result.link", "query.*.present"), _no_link, StatusClass.SUCCEEDED, also=("query.schema", "query.copies.*", "query.status.known", "query.alias.*"))


def _early(view: View, body: Any) -> Any:
    for row in rows(view.mock.contract, present=False):
        if due(row, view) and _is(row, view.mock.contract.link.at.pointers):
            pointer = next(at for at in view.mock.contract.link.at.pointers if at == row.pointer or at.startswith(f"{row.pointer}/"))
            body = put(body, pointer, "https://media.example.com/early.mp4")
    return body


def _error_of_success(view: View, body: Any) -> Any:
    for row in rows(view.mock.contract, present=False):
        if due(row, view) and not _is(row, view.mock.contract.link.at.pointers) and not row.pointer.rpartition("/")[2].isdecimal():
            shown = {"code": "no_fault", "message": "none"} if row.pointer.endswith("error") else "none"
            body = put(body, row.pointer, shown)
    return body


_query("result-before-success", "an address is shown before the task has succeeded", ("query.*.absent",), _early, applies=lambda c: any(_is(row, c.link.at.pointers) for row in rows(c, present=False)), also=("query.schema", "query.status.terminal", "query.copies.*", "query.alias.*"))
_query("shows-what-must-be-absent", "members are there at a status that must not have them, such as an error at success", ("query.*.absent",), _error_of_success, also=("query.schema", "query.status-code", "query.status.*", "query.*.form", "query.times.order", "query.ends", "query.alias.*"))


def _misfit(view: View, body: Any) -> Any:
    """The first member that may be changed so, and still leaves the task readable, becomes a list in a list."""
    contract = view.mock.contract
    operation = contract.roles[Role.QUERY][0] if view.kind == "callback" else contract.operations[view.kind]
    response = operation.response(contract.success[Role.QUERY].made)
    for key in reversed(body):
        changed = {**body, key: [[]]}
        vital = any(at.split("/")[1] == key for at in (*_vital(contract), *contract.id.at.pointers))
        if not vital and response is not None and not all(each.is_valid(changed) for each in response.validators.values()):
            return changed
    return body


_query("schema-violated", "a member of the query's answer has another shape than in the schema", ("query.schema",), _misfit, also=("query.*", "callback.body"))

# -- aliases ------------------------------------------------------------------------------------------------------


def _alias_of(contract: Contract, kind: str) -> bool:
    return kind in {operation.id for operation in contract.roles[Role.QUERY][1:]}


def _on_alias(name: str, about: str, hook: Any, **options: Any) -> None:
    def body(view: View, value: Any) -> Any:
        return hook(view, value) if _alias_of(view.mock.contract, view.kind) else value

    register(Deviation(name, about, ("query.alias.*",), body=body, **options))


def _same_shape(contract: Contract) -> bool:
    """Whether an alias answers in the canonical shape."""
    return any(
        not any(operation.id in profile.views for profile in contract.profiles.values())
        for operation in contract.roles[Role.QUERY][1:]
    )


def _alias_status(view: View, body: Any) -> Any:
    assert view.state is not None
    lifecycle = view.mock.contract.lifecycle
    if view.state.status_class is not StatusClass.SUCCEEDED:
        return body
    word = next(status.wire for status in lifecycle.statuses.values() if status.status_class is StatusClass.RUNNING)
    return put_at(body, lifecycle.status_at, word)


_on_alias("alias-status-disagrees", "the other path still says running when the task has succeeded", _alias_status, applies=_same_shape, also=("query.status.terminal", "query.*.absent", "query.progress.*", "query.schema"))
_on_alias("alias-id-disagrees", "the other path shows another id", lambda v, b: change(v, b, ("id",), lambda h, x: f"{x}0"), applies=_same_shape, also=("query.*.stable",))
_on_alias("alias-link-disagrees", "the other path shows another address", lambda v, b: change(v, b, ("link",), lambda h, x: x.replace("/", "/x", 1) if "://" not in x else x.replace("://", "://x", 1)), applies=_same_shape, also=("query.status.terminal", "result.*"))


def _no_alias(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    found: tuple[Operation, str] | None = mock.route(request.method, request.path)
    if found is not None and _alias_of(mock.contract, found[0].id):
        return Answer(404, [(b"content-type", b"application/json")], b'{"error":{"message":"not found"}}')
    return answer


register(Deviation("alias-unknown", "another documented path for queries answers 404", ("query.alias.*", "query.status-code"), answer=_no_alias, applies=lambda c: len(c.roles[Role.QUERY]) > 1, also=("query.*", "error.*", "auth.*")))
