"""Refusals that tell when to ask again, and that are meant so."""

import math
from collections.abc import Callable

from screentest_contracts.contract import Role
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import refuse, seconds_told


def check_again(call: Call, key: str, role: Role, condition: str, *, as_date: bool = False) -> None:
    """Raises Refusal for who asks before the time that was told: `key` says who, or of what."""
    until = call.notes.get(_note(key))
    if until is not None and call.now < until:
        wait = max(until - call.now, 0.001)
        raise Refusal(role, condition, wait=math.ceil(wait), as_date=as_date, early=True)


def ask_again(call: Call, key: str, operation: Callable[[], Outcome]) -> Outcome:
    """The answer of an operation that refuses, which is remembered: who asks again too early is refused again."""
    try:
        return operation()
    except Refusal as refusal:
        answer = refuse(call, refusal)
        wait = seconds_told(answer.headers, call.now)
        if wait is not None:
            call.notes.put(_note(key), call.now + wait)
        return answer, ()


def _note(key: str) -> str:
    return f"asked again {key}"
