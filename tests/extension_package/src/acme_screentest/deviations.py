"""The violation that proves the check: answers that are too long."""

import screentest
from acme_screentest.checks import WORD


def _has_the_word(contract: screentest.Contract) -> bool:
    return WORD in contract.extensions


def _padded(call: screentest.Call, answer: screentest.Answer) -> screentest.Answer:
    if call.role is screentest.Role.QUERY and answer.status == 200:
        answer.body += b" " * (call.contract.extensions[WORD]["bytes"] + 1)
    return answer


screentest.add_deviation(
    screentest.Deviation(
        "acme-long-answers",
        "answers about tasks are longer than documented",
        ("acme.largest-answer",),
        applies=_has_the_word,
        hooks=screentest.Hooks(answer=_padded),
    )
)
