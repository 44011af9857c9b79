"""Figures of several servers within one run, as ratios, in tables."""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence

from load import Figures


class Table:
    """Rows printed with aligned columns."""

    def __init__(self, title: str, *head: str) -> None:
        self.title, self.rows = title, [head]

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def show(self) -> None:
        widths = [max(len(row[index]) for row in self.rows) for index in range(len(self.rows[0]))]
        print(f"\n{self.title}")
        for row in self.rows:
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
            print("  " + "  ".join(cells).rstrip())
        sys.stdout.flush()


def progress(text: str) -> None:
    """Says on a terminal what is going on, in one line that is written over."""
    if sys.stderr.isatty():
        print(f"\r{text:<60}\r", end="", file=sys.stderr, flush=True)


def interleaved(names: Sequence[str], rounds: int, measure: Callable[[str], Figures]) -> dict[str, list[Figures]]:
    """One measurement of each in turn, `rounds` times: what disturbs the machine disturbs them all alike."""
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            progress(f"round {number + 1} of {rounds}: {name}")
            found[name].append(measure(name))
    progress("")
    return found


def middle(figures: Sequence[Figures], name: str) -> str:
    """The median of one of the figures."""
    return f"{statistics.median(getattr(each, name) for each in figures):,.0f}"


def ratio(mine: Sequence[Figures], other: Sequence[Figures]) -> str:
    """By the rate: the median of the rounds' ratios, with the least and the greatest."""
    found = [one.rate / two.rate for one, two in zip(mine, other, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f})"


def thrift(mine: Sequence[Figures], other: Sequence[Figures]) -> str:
    """The same by processor time, which other programs on the machine disturb less."""
    found = [two.spent / one.spent for one, two in zip(mine, other, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f})"


def compare(title: str, found: Mapping[str, Sequence[Figures]], aim: str) -> None:
    """Shows the figures of some servers beside those of the bare application."""
    raw = found["raw ASGI"]
    head = ("server", "requests/s", "p99 us", "processor us", "of raw ASGI", "by processor time")
    table = Table(f"{title} ({aim})", *head)
    for name, figures in found.items():
        cells = [middle(figures, field) for field in ("rate", "p99", "spent")]
        table.add(name, *cells, ratio(figures, raw), thrift(figures, raw))
    table.show()
    for name in found:
        if "mock" in found and not name.startswith(("mock", "raw")):
            print(f"  the mock is {ratio(found['mock'], found[name])} times as fast as {name}")
