"""Violations of HTTP itself: content codings that are not what is said, and HEAD."""

import gzip
from collections.abc import Callable

import orjson

from screentest_contracts.reading import CallOutcome, judge_call
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.wire.answer import JSON, Answer

_CODING = (b"content-encoding", b"gzip")


def takes_gzip(call: Call) -> bool:
    """Whether the client takes gzip."""
    return "gzip" in (call.request.header(b"accept-encoding") or "")


def pack(call: Call, answer: Answer) -> Answer:
    """The answer as gzip. Parts of a file stay as they are: a range counts the bytes that are sent."""
    if answer.body and answer.status != 206 and _CODING not in answer.headers:
        answer.headers = [*answer.headers, _CODING]
        answer.body = gzip.compress(answer.body, mtime=0)
    return answer


Change = Callable[[Call, Answer], Answer]


def for_gzip(new: Change) -> Change:
    """The change, for clients that take gzip."""
    return lambda call, answer: new(call, answer) if takes_gzip(call) and answer.status != 206 else answer


def _said_only(call: Call, answer: Answer) -> Answer:
    answer.headers = [*answer.headers, _CODING]
    return answer


def _unsaid(call: Call, answer: Answer) -> Answer:
    answer.body = gzip.compress(answer.body, mtime=0)
    return answer


def _halved(call: Call, answer: Answer) -> Answer:
    answer = pack(call, answer)
    answer.body = answer.body[: len(answer.body) // 2]
    return answer


def _other_coding(call: Call, answer: Answer) -> Answer:
    answer.headers = [*answer.headers, (b"content-encoding", b"br")]
    return answer


def _broken(call: Call, answer: Answer) -> Answer:
    return Answer(500, JSON, b'{"error":"gzip"}', answer.task_id)


_GZIP = ("query.gzip", "error.create.gzip", "result.gzip")


def _deviate(name: str, about: str, breaks: tuple[str, ...], new: Change, also: tuple[str, ...] = ()) -> None:
    register(Deviation(name, about, breaks, hooks=Hooks(answer=new), also=also))


_deviate("gzip-said-only", "who takes gzip is told that it comes, and gets none", _GZIP, for_gzip(_said_only))
_deviate("gzip-unsaid", "who takes gzip gets it, and no header says so", _GZIP, for_gzip(_unsaid))
_deviate("gzip-cut", "who takes gzip gets half of it", _GZIP, for_gzip(_halved))
_deviate("other-coding", "who takes gzip is sent another coding", _GZIP, for_gzip(_other_coding))


def _refusals(new: Change) -> Change:
    def changed(call: Call, answer: Answer) -> Answer:
        body = orjson.loads(answer.body) if JSON[0] in answer.headers and answer.body else None
        outcome = None if call.role is None else judge_call(call.contract, call.role, answer.status, body)
        return new(call, answer) if outcome is CallOutcome.REFUSED else answer

    return changed


_deviate(
    "gzip-said-of-refusals",
    "a refusal says that it is gzip to who takes it, and is not",
    ("error.create.gzip",),
    for_gzip(_refusals(_said_only)),
)


def _json(new: Change) -> Change:
    return lambda call, answer: new(call, answer) if JSON[0] in answer.headers else answer


_deviate(
    "gzip-unasked", "JSON comes as gzip, also to who asked for none", ("query.identity",), _json(pack), ("*.head",)
)

# -- HEAD ---------------------------------------------------------------------------------------------------------


def _heads(new: Change) -> Change:
    return lambda call, answer: new(call, answer) if call.request.method == "HEAD" else answer


def _longer(call: Call, answer: Answer) -> Answer:
    answer.body += b" "
    return answer


def _emptied(call: Call, answer: Answer) -> Answer:
    answer.body = b""
    return answer


def _refused(call: Call, answer: Answer) -> Answer:
    return Answer(405, [(b"allow", b"GET"), *JSON], b'{"error":"method"}', answer.task_id)


_HEAD = ("query.head", "list.head", "result.head")
_deviate("head-other-length", "HEAD tells one byte more than GET sends", _HEAD, _heads(_longer))
_deviate("head-no-length", "HEAD tells a length of 0", _HEAD, _heads(_emptied))
_deviate("head-refused", "HEAD is answered 405", tuple(f"{each}.alike" for each in _HEAD), _heads(_refused))
