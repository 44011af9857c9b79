"""Requirements on the answers of the result role, where a task's result is asked for by a call of its own."""

from screentest_contracts.contract import Role
from screentest_contracts.reading import bodies_of, slots_by_pointer
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import schema_fact, slug_of
from screentest_contracts.requirements.model import CREATE, ENDED, QUERY, Builder, there
from screentest_contracts.requirements.subjects import MemberValue
from screentest_contracts.template import TIMES

_NEEDS = (CREATE, QUERY, ENDED, there(Role.RESULT))
_ASKED = ("model", "duration", "ratio", "resolution", "seed")


def add_result_answers(builder: Builder) -> None:
    """Status, schema and values of an answer that shows a result. Its address is `result.link`."""
    contract, add = builder.contract, builder.add
    operation = contract.operation(Role.RESULT)
    if operation is None:
        return
    success = contract.success[Role.RESULT]
    best = min((reading.fact or operation.fact for reading in success.readings), key=lambda fact: fact.mark.rank)
    statuses = " or ".join(map(str, success.statuses))
    text = f"The result of a task that has succeeded is answered {statuses}, as a success."
    status = "result.answer.status-code"
    add(status, kinds.RESULT_STATUS_CODE, "result", best, text, depends=_NEEDS)
    fact = schema_fact(operation, success.made, "")
    text = "The answer that shows a result is JSON that validates against the documented schema."
    add("result.answer.schema", kinds.RESULT_SCHEMA, "result", fact, text, depends=(*_NEEDS, status))
    for profile in contract.profiles.values():
        for pointer, slot in slots_by_pointer(bodies_of(profile, operation), "id", *_ASKED, *TIMES).items():
            name = slot.hole.name
            aspect = "form" if name in TIMES else "id" if name == "id" else "echo"
            known = f"result.answer.{slug_of(pointer)}.{aspect}"
            if known not in builder.requirements:
                text = f"`{slug_of(pointer)}` of the answer that shows a result {_what(name)}."
                fact, subject = schema_fact(operation, success.made, pointer), MemberValue(pointer, name)
                add(known, kinds.RESULT_MEMBER, "result", fact, text, subject, (*_NEEDS, status))


def _what(name: str) -> str:
    if name in TIMES:
        return "is a time in the documented form"
    return "is the task's id" if name == "id" else f"is the {name} that was asked for"
