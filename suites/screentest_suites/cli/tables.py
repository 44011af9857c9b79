"""The one writer of tables: on a terminal, as plain lines, as names alone, or as JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click
import orjson
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.wording import listing

_PADDED = 60
"""Columns to which cells are aligned where there is no terminal."""

Row = Mapping[str, Any]
"""One row: field, as JSON names it, and value."""


def print_json(value: Any) -> None:
    """A value as JSON on standard output."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def print_rows(
    rows: Iterable[Row],
    columns: Sequence[str],
    form: str,
    *,
    quiet: bool = False,
    right: Iterable[str] = (),
    shown_as: Callable[[Row], Row] = dict,
) -> None:
    """Rows as a table of some of their fields, the first of which names the row; `right`: columns of numbers.

    `form` json: rows whole. `quiet`: names alone. On a terminal a table, or one cell a line where it is too narrow for
    that; elsewhere one line a row.
    `shown_as` gives the row whose fields are shown where the form is another than JSON.
    """
    found = list(rows)
    if form == "json":
        print_json(found)
        return
    shown = [[_cell(row[name]) for name in columns] for row in map(shown_as, found)]
    if quiet:
        for cells in shown:
            click.echo(cells[0])
        return
    headings = [name.replace("_", " ") for name in columns]
    console = Console(highlight=False)
    if not console.is_terminal:
        _print_lines([headings, *shown])
    elif console.width < _least_width([headings, *shown]):
        _print_blocks(console, headings, shown)
    else:
        _print_table(console, headings, shown, {name.replace("_", " ") for name in right})


def _cell(value: Any) -> str:
    """A value as a cell: a list folded, nothing as nothing."""
    if isinstance(value, list | tuple):
        value = listing(map(str, value))
    return escape_control_characters("" if value is None else str(value))


def _least_width(lines: Sequence[Sequence[str]]) -> int:
    """The columns of a table that breaks no word."""
    columns = list(zip(*lines, strict=True))
    first = max(map(cell_len, columns[0]))  # names are not broken at all
    words = [max((cell_len(word) for cell in column for word in cell.split()), default=0) for column in columns[1:]]
    return first + sum(words) + 2 * len(words)


def _print_lines(lines: Sequence[Sequence[str]]) -> None:
    columns = zip(*lines, strict=True)
    widths = [min(_PADDED, max(map(cell_len, column), default=0)) for column in columns]
    for cells in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _print_blocks(console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    for name, *cells in rows:
        console.print(f"[bold]{escape(name)}[/]")
        for heading, cell in zip(headings[1:], cells, strict=True):
            if cell:
                console.print(f"  {heading}: {escape(cell)}")


def _print_table(
    console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[str]
) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if heading in right else "left", overflow="fold", no_wrap=index == 0)
    for cells in rows:
        table.add_row(*map(escape, cells))
    console.print(table)
