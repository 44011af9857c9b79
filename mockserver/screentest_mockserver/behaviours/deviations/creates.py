"""Creates: whole answers, new ids, and which tasks they make."""

from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def _created(call: Call, answer: Answer) -> bool:
    return call.role is Role.CREATE and bool(answer.task_id)


def _other_status(call: Call, answer: Answer) -> Answer:
    if _created(call, answer):
        answer.status = next(
            status for status in (203, 204, 207) if status not in call.contract.success[Role.CREATE].statuses
        )
    return answer


register(
    Deviation(
        "receipt-other-status-code",
        "an accepted create is answered 203",
        ("create.status-code",),
        also=("create.schema", "create.alias.*"),
        hooks=Hooks(answer=_other_status),
    )
)


def _as_text(call: Call, answer: Answer) -> Answer:
    if _created(call, answer):
        answer.headers = [(name, b"text/plain" if name == b"content-type" else value) for name, value in answer.headers]
    return answer


register(
    Deviation(
        "receipt-as-plain-text",
        "a receipt is called text/plain",
        ("create.schema",),
        hooks=Hooks(answer=_as_text),
        also=("create.alias.*",),
    )
)


def _not_json(call: Call, answer: Answer) -> Answer:
    if _created(call, answer):
        answer.body = b"<html>created</html>"
    return answer


register(
    Deviation(
        "receipt-not-json",
        "a create is answered with a web page",
        ("create.accepted",),
        hooks=Hooks(answer=_not_json),
        also=("*",),
    )
)


def _second(call: Call, task: Task) -> Task:
    """Every second id is the one before it."""
    last = call.notes.take("id")
    if last is not None:
        task.id = str(last)
    else:
        call.notes.put("id", task.id)
    return task


def _stranger(contract: Contract, made: str) -> str | None:
    """A text that none of the documented forms of an id fits, made of one that fits; None where anything fits."""
    candidates = (f"x-{made[::-1]}", f"~{made}~", "0" + made[1:5], " ")
    forms = contract.id.forms
    return next((text for text in candidates if not any(form.pattern.search(text) for form in forms)), None)


def _strange(call: Call, task: Task) -> Task:
    task.id = _stranger(call.contract, task.id) or task.id
    return task


register(
    Deviation(
        "same-id-twice",
        "every second task gets the id of the one before",
        ("create.id.unique",),
        hooks=Hooks(task=_second),
        also=(
            "balance.charged",
            "callback.body",
            "create.accepted.*",
            "create.earlier.kept",
            "create.not-idempotent",
            "create.idempotent*",
            "create.*.answers",
            "query.*.stable",
            "query.*.echo",
            "query.times.order",
            "query.status-code",
            "query.ends",
            "list.*",
        ),
    )
)


register(
    Deviation(
        "id-of-another-form",
        "ids have a form that nobody documented",
        ("create.id.form",),
        applies=lambda contract: _stranger(contract, "task-0123456789") is not None,
        hooks=Hooks(task=_strange),
        also=("*.schema", "error.*.malformed-id", "create.alias.*"),
    )
)


def _same_task(call: Call, answer: Answer) -> Answer:
    """The answer to an equal body of the same moment."""
    if not _created(call, answer):
        return answer
    request = call.request
    name = f"{request.header(call.facts.key_header)} {request.body.decode('latin-1')}"
    earlier = call.notes.get(name)
    if earlier is not None and call.now - earlier[0] < 0.5:
        answer.body = earlier[1].encode("latin-1")
    else:
        call.notes.put(name, [call.now, answer.body.decode("latin-1")])
    return answer


register(
    Deviation(
        "create-is-idempotent",
        "an equal body gets the same task again",
        ("create.not-idempotent",),
        hooks=Hooks(answer=_same_task),
        also=("create.id.unique", "create.idempotent.*", "list.*", "error.query.*"),
    )
)


def _alias(status: int) -> Any:
    def hook(call: Call, answer: Answer) -> Answer:
        if call.operation in call.contract.roles[Role.CREATE][1:]:
            return Answer(status, [(b"content-type", b"application/json")], b"{}")
        return answer

    return hook


def _has_alias(contract: Contract) -> bool:
    return len(contract.roles[Role.CREATE]) > 1


register(
    Deviation(
        "create-alias-unknown",
        "another documented path for creating answers 404",
        ("create.alias.*",),
        hooks=Hooks(answer=_alias(404)),
        applies=_has_alias,
        also=("*",),
    )
)
