"""How creates that wait may legally be answered."""

from screentest_contracts.contract import Role
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.wire.answer import Answer


def _told(call: Call, answer: Answer) -> Answer:
    rule = call.contract.wait
    if rule is not None and call.role is Role.CREATE and answer.task_id:
        asked = call.request.header(str(rule.header).lower().encode("latin-1"))
        if asked is not None:
            answer.headers.append((b"preference-applied", asked.encode("latin-1")))
    return answer


def _slightly_shorter(call: Call, seconds: float) -> float:
    return 0.95 * seconds


vary(
    "wait-told",
    "an answer says which preference was applied (RFC 7240)",
    Hooks(answer=_told),
    lambda contract: contract.wait is not None and contract.wait.header is not None,
)
vary(
    "wait-slightly-shorter",
    "a create waits a twentieth less than it was asked to",
    Hooks(waits=_slightly_shorter),
    lambda contract: contract.wait is not None,
)
