"""The length that HEAD tells, where what GET sends does not stay the same."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, repeat
from typing import Any

import pytest

from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.findings import failure, passed


class Moving:
    """A list that grows by the next of `lengths` with each answer; HEAD tells `more` than it sends.

    `clock`: no two answers have the same bytes. `asked`: the methods of the requests.
    """

    def __init__(self, lengths: Iterator[int], more: int = 0, clock: bool = False) -> None:
        self.lengths, self.more, self.clock = lengths, more, clock
        self.asked: list[str] = []

    def __call__(self, exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "all":
            return exchange
        self.asked.append(exchange.sent.method)
        mark = b" \n\t\r"[len(self.asked) % 4] if self.clock else ord(" ")
        extra = bytes([mark]) + b" " * next(self.lengths)
        head = exchange.sent.method == "HEAD"
        length = int(exchange.header("content-length") or 0) + len(extra) + (self.more if head else 0)
        others = tuple(each for each in exchange.headers if each[0].lower() != "content-length")
        body = b"" if head else exchange.body + extra
        return replace(exchange, headers=(*others, ("Content-Length", str(length))), body=body, size=len(body))


def test_the_same_bytes_have_one_length(bench: Any) -> None:
    alter = Moving(repeat(0))
    assert passed(bench(alter=alter).judge("list.head")) == 1
    assert alter.asked == ["GET", "HEAD", "GET"]


@pytest.mark.parametrize("clock", [False, True])
def test_another_length_is_seen_in_every_round(clock: bool, bench: Any) -> None:
    """Also where no two answers have the same bytes: a request's id in each."""
    alter = Moving(repeat(0), more=1, clock=clock)
    seen, expected, statuses = failure(bench(alter=alter).judge("list.head"))
    assert seen.startswith("HEAD tells ")
    assert expected == "the same length"
    assert statuses == [200, 200]
    assert alter.asked == ["GET", "HEAD", "GET"] * 3


@pytest.mark.parametrize("lengths", [(0, 1, 2), (0, 2, 0, 0, 1, 1, 2, 1, 2)])
def test_a_length_that_moves_proves_nothing(lengths: tuple[int, ...], bench: Any, tools: Any) -> None:
    alter = Moving(cycle(lengths), clock=True)
    finding = bench(alter=alter).judge("list.head")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "nobody knows the length of what GET sends")
    assert alter.asked == ["GET", "HEAD", "GET"] * 3


def test_a_head_that_agrees_in_the_end_is_right(bench: Any) -> None:
    alter = Moving(iter([0, 1, 0, 2, 2, 2]), clock=True)
    assert passed(bench(alter=alter).judge("list.head")) == 1
    assert alter.asked == ["GET", "HEAD", "GET"] * 2
