"""Digests that are not those of the file."""

from typing import Any

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.location import resolve, segments
from screentest_mockserver.behaviours.deviations.edit import in_query, put, template_of
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.wire.answer import Answer

_OTHERS = str.maketrans("0123456789", "1234567890")


def _other(view: BodyHookContext, body: Any) -> Any:
    template = template_of(view)
    for slot in template.slots_named("file_digest") if template is not None else ():
        text = resolve(body, segments(slot.pointer))
        if isinstance(text, str):
            body = put(body, slot.pointer, text.translate(_OTHERS))
    return body


def _names(contract: Contract) -> set[bytes]:
    """The headers of downloads that state a digest."""
    stating = (each for each in contract.headers if Role.CONTENT in each.roles)
    return {each.name.lower().encode() for each in stating if each.make.slots_named("file_digest")}


def _other_header(call: Call, answer: Answer) -> Answer:
    names = _names(call.contract) if call.role is Role.CONTENT else set()
    answer.headers = [
        (name, value.decode("latin-1").translate(_OTHERS).encode("latin-1") if name in names else value)
        for name, value in answer.headers
    ]
    return answer


register(
    Deviation(
        "file-digest-wrong",
        "an answer, or the header of a download, states another digest than the file has",
        ("result.*.digest",),
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED)(_other), answer=_other_header),
        also=("content.header.*", "*.copies.*"),
    )
)
