"""How server-sent events may legally be written (the HTML standard, 9.2)."""

from screentest_contracts.contract import Contract
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.wire.answer import Answer, Piece


def _has(contract: Contract) -> bool:
    return contract.stream is not None


def _lines(end: bytes) -> Hooks:
    def event(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
        return text.replace(b"\n", end), wait

    return Hooks(event=event)


def _with_more(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    return b":hello\nretry: 3000\nid: 7\nother: field\n" + text, wait


def _over_lines(call: Call, state: State, text: bytes, wait: float | None) -> Piece:
    return text.replace(b"data: {", b"data:{\ndata: "), wait


def _parameter(call: Call, answer: Answer) -> Answer:
    if answer.events is not None:
        answer.headers = [(b"content-type", b"text/event-stream; charset=utf-8"), *answer.headers[1:]]
    return answer


vary("stream-lines-end-in-crlf", "lines of a stream end with carriage return and line feed", _lines(b"\r\n"), _has)
vary("stream-lines-end-in-cr", "lines of a stream end with a carriage return", _lines(b"\r"), _has)
vary("stream-with-more-fields", "events have ids, comments and fields of other names", Hooks(event=_with_more), _has)
vary("stream-data-over-lines", "the data of an event stands in several lines", Hooks(event=_over_lines), _has)
vary("stream-with-charset", "the media type of a stream names its encoding", Hooks(answer=_parameter), _has)
