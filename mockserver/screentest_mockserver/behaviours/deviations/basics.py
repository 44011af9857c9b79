"""What all else rests on: operations that are not there, answers that cannot be read, tasks that never show."""

from screentest_contracts.contract import RESOURCES, Contract, Role
from screentest_mockserver.behaviours.deviations.edit import in_query
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation
from screentest_mockserver.state.effects import Effect
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def _missing(role: Role, status: int, words: bytes) -> Hooks:
    """The operations of a role are answered as a path that nobody knows, and do nothing."""

    def answer(call: Call, answer: Answer) -> Answer:
        return Answer(status, [(b"content-type", b"text/plain")], words) if call.role is role else answer

    def effects(call: Call, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return () if call.role is role else effects

    return Hooks(answer=answer, effects=effects)


def _has(role: Role) -> Applies:
    return lambda contract: role in contract.roles


for _role, _status, _words in (
    (Role.CREATE, 404, b"404 page not found"),
    (Role.QUERY, 404, b"404 page not found"),
    (Role.LIST, 405, b"Method Not Allowed"),
    (Role.BATCH, 404, b"404 page not found"),
    (Role.CANCEL, 405, b"Method Not Allowed"),
    (Role.DELETE, 405, b"Method Not Allowed"),
    (Role.RESULT, 501, b"Not Implemented"),
    (Role.CONTENT, 404, b"404 page not found"),
    (Role.STREAM, 404, b"404 page not found"),
    (Role.UPLOAD, 404, b"404 page not found"),
    (Role.FILE, 404, b"404 page not found"),
    *((role, 404, b"404 page not found") for role in RESOURCES),
):
    register(
        Deviation(
            f"{_role}-not-there",
            f"the operation of the role {_role} is missing: {_status} {_words.decode()}",
            (f"{_role}.there",),
            applies=_has(_role),
            also=("result.fetch", "result.links") if _role is Role.CONTENT else (),  # addresses may lead to it
            hooks=_missing(_role, _status, _words),
        )
    )


def _is_json(answer: Answer) -> bool:
    return any(name == b"content-type" and b"json" in value for name, value in answer.headers)


def _marked(call: Call, answer: Answer) -> Answer:
    if _is_json(answer):
        answer.body = b"\xef\xbb\xbf" + answer.body
    return answer


def _in_gbk(call: Call, answer: Answer) -> Answer:
    if _is_json(answer) and answer.status >= 400:
        answer.body = answer.body.replace(b"{", '{"note":"视频",'.encode("gbk"), 1).replace(b",}", b"}")
        answer.headers = [(n, v + b"; charset=gbk" if n == b"content-type" else v) for n, v in answer.headers]
    return answer


def _with_nan(call: Call, answer: Answer) -> Answer:
    if _is_json(answer) and call.role is Role.QUERY and answer.status < 300:
        answer.body = answer.body.replace(b"{", b'{"eta":NaN,', 1)
    return answer


for _name, _about, _hook in (
    ("answers-begin-with-a-mark", "every JSON body begins with a byte order mark", _marked),
    ("refusals-in-gbk", "refusals are written in GBK", _in_gbk),
    ("answers-hold-nan", "answers to queries hold NaN", _with_nan),
):
    register(Deviation(_name, _about, ("answers.encoding",), hooks=Hooks(answer=_hook)))


def _refuses_one(call: Call, task: Task) -> Task:
    if task.model is list(call.contract.models.values())[-1]:
        raise Refusal(Role.CREATE, "invalid-body", param="model", detail="not acceptable")
    return task


def _has_several(contract: Contract) -> bool:
    return len(contract.models) > 1


register(
    Deviation(
        "one-model-refused",
        "every request for the last model is refused",
        ("create.accepted.*",),
        applies=_has_several,
        hooks=Hooks(task=_refuses_one),
        also=("create.generated.*", "create.alias.*"),
    )
)


def _hides_status(contract: Contract) -> bool:
    """Whether the status is not read inside of such an envelope, too."""
    known = contract.lifecycle.status_at.pointers
    return not any(f"/data{pointer}" in known for pointer in known)


register(
    Deviation(
        "task-wrapped-again",
        "a query's answer is wrapped in one more envelope",
        ("query.status-code", "query.status.known"),
        applies=_hides_status,
        hooks=Hooks(body=in_query()(lambda view, body: {"code": 0, "data": body})),
        also=("query.schema", "query.alias.*", "create.alias.*", "callback.body"),
    )
)
