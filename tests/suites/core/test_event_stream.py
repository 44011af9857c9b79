"""Streams of events: the examples of the HTML standard (9.2.6), and what it says of ends of lines and of fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_suites.core.event_stream import Event, read_events


def told(text: str) -> list[tuple[str, str]]:
    return [(each.name, each.data) for each in read_events(text.encode())]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10")]),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [("message", "first event"), ("message", "second event"), ("message", " third event")],
        ),
        ("data\n\ndata\ndata\n\ndata:", [("message", ""), ("message", "\n")]),
        ("data:test\n\ndata: test\n\n", [("message", "test")] * 2),
        (
            "event: add\ndata: 1\n\nevent: remove\ndata: 2\n\ndata: 3\n\n",
            [("add", "1"), ("remove", "2"), ("message", "3")],
        ),
        ("event: add\n\ndata: 1\n\n", [("message", "1")]),
        ("retry: 10\nid: 7\n: a comment: data: no\nother: field\n\n", []),
        ("data: a\r\ndata: b\rdata: c\n\r\n", [("message", "a\nb\nc")]),
        ("data: a\r\r\n\rdata: b\r\r", [("message", "a"), ("message", "b")]),
        ("\ufeffdata: a\n\n", [("message", "a")]),
        ("\n\ufeffdata: a\n\n", []),
        ("data: a\u2028b\x0bc\x85d\n\n", [("message", "a\u2028b\x0bc\x85d")]),
        ("data: a\n", []),
        ("data: a\n\ndata: whole\ndata: not", [("message", "a")]),
        ("data: a:b\n\n", [("message", "a:b")]),
        ("Data: a\n\n data: a\n\n", []),
        ("", []),
    ],
)
def test_events(text: str, events: list[tuple[str, str]]) -> None:
    assert told(text) == events


def test_what_is_no_utf_8_is_replaced() -> None:
    assert read_events(b"data: \xff\n\n") == [Event("message", "\ufffd")]


@given(
    events=st.lists(st.tuples(st.text("abc", max_size=3), st.text("ab: \u2028", max_size=6)), max_size=4),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_was_written_is_read(events: list[tuple[str, str]], ends: str) -> None:
    lines = [line for name, data in events for line in (f"event: {name}", f"data: {data}", "")]
    written = "".join(f"{line}{ends}" for line in lines)
    assert told(written) == [(name or "message", data) for name, data in events]


@given(st.text("data:\r\n x", max_size=60), st.integers(0, 60))
def test_a_beginning_gives_the_first_events(text: str, size: int) -> None:
    whole, begun = read_events(text.encode()), read_events(text[:size].encode())
    assert begun == whole[: len(begun)] or text[size - 1 : size + 1] == "\r\n"
