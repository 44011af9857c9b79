"""The status as server-sent events, told wrongly."""

from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import MISSING
from screentest_mockserver.behaviours.deviations.edit import BodyHook, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.wire.answer import Answer, Piece


def _has(contract: Contract) -> bool:
    return contract.stream is not None


def _add(name: str, about: str, breaks: str, hooks: Hooks, applies: Applies = _has, also: tuple[str, ...] = ()) -> None:
    register(Deviation(f"stream-{name}", about, (breaks,), applies, also, hooks))


def _as_json(call: Call, answer: Answer) -> Answer:
    if answer.events is not None:
        answer.headers = [(b"content-type", b"application/json"), *answer.headers[1:]]
    return answer


def _for_ever(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    return text, 15.0 if wait is None else wait


def _broken_off(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    return (text, wait) if wait is not None else (b"", None)


def _unclosed(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    closing = f"data: {call.contract.stream.closing}\n\n" if call.contract.stream is not None else ""
    return text.removesuffix(closing.encode()), wait


def _told_again(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    return (text if wait is not None else text + text), wait


def _unnamed(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    return b"\n".join(line for line in text.split(b"\n") if not line.startswith(b"event:")), wait


def _no_json(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    return text.replace(b"data: {", b"data: <"), wait


def _in_events(hook: BodyHook) -> BodyHook:
    return lambda view, body: hook(view, body) if view.kind == "event" else body


def _without_result(view: BodyHookContext, body: Any) -> Any:
    return put_at(body, view.contract.link.at, MISSING)


def _another_word(view: BodyHookContext, body: Any) -> Any:
    ended = view.state is not None and view.state.status_class.terminal
    return body if ended else put_at(body, view.contract.lifecycle.status_at, "thinking")


_add("as-json", "events come as application/json", "stream.answer", Hooks(answer=_as_json), also=("stream.*",))
_add("never-ends", "a stream goes on after the task's end", "stream.end", Hooks(event=_for_ever), also=("stream.*",))
_add("breaks-off", "a stream ends before the event that shows the task's end", "stream.end", Hooks(event=_broken_off))
_add("tells-the-end-twice", "the event that shows the end comes twice", "stream.end", Hooks(event=_told_again))
_add(
    "without-closing",
    "the event that closes a stream is missing",
    "stream.end",
    Hooks(event=_unclosed),
    lambda contract: contract.stream is not None and contract.stream.closing is not None,
)
_add(
    "unnamed",
    "events have no name",
    "stream.events",
    Hooks(event=_unnamed),
    lambda contract: contract.stream is not None and any(contract.stream.events.values()),
)
_add("no-json", "the data of events is no JSON", "stream.events", Hooks(event=_no_json), also=("stream.*",))
_add(
    "without-result",
    "the event that shows the end lacks the result's address, which queries show",
    "stream.life",
    Hooks(body=_in_events(_without_result)),
    lambda contract: _has(contract) and bool(contract.link.at.pointers) and not contract.operation(Role.RESULT),
)
_add(
    "other-word",
    "events of a task under way have a status word of their own",
    "stream.life",
    Hooks(body=_in_events(_another_word)),
)
