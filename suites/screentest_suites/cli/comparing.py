"""`screentest compare`: a table, JSON, or one self-contained HTML page."""

import sys
from collections.abc import Sequence
from typing import Any

import click
import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from screentest_contracts import Contract, UsageError, built_in, check_names, load_contract
from screentest_contracts.comparison import Comparison, Effect, Matrix, compare_all, matrix
from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.wording import listing
from screentest_suites.cli.linting import write_file

JSON_VERSION = 1
"""Version of the JSON form."""
_COLOURS = {Effect.BREAKS: "red", Effect.CHANGES: "yellow", Effect.INFORMS: "cyan"}
_MEANINGS = {
    Effect.BREAKS: "a client that does not change fails or misreads",
    Effect.CHANGES: "it works, and gets something else",
    Effect.INFORMS: "need not care",
}
_WIDE = 180
"""Columns of a table that no terminal shows."""


def run_compare(
    providers: Sequence[str], form: str, output: str | None, *, capabilities: bool, quiet: bool = False
) -> None:
    """Compares the first provider with each of the others, or prints the matrix; into a file where one is named."""
    if len(providers) == 1 and not capabilities:
        raise UsageError("there is nothing to compare it with", f"name a second provider: {', '.join(built_in())}")
    names = list(dict.fromkeys(providers)) or list(built_in())
    contracts = [load_contract(name) for name in names]
    if len(providers) > 1 and len(contracts) == 1 and not capabilities:
        raise UsageError(f"{names[0]} is named twice", "name two different providers")
    check_names(contracts)
    whole = capabilities or not providers
    comparisons = [] if whole else compare_all(contracts)
    table = matrix(contracts) if whole else None
    if form == "table":
        console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
        if output is None:
            _print(console, comparisons, None if quiet else table, quiet=quiet)
        else:
            with console.capture() as capture:
                _print(console, comparisons, table)
            write_file(output, click.unstyle(capture.get()).encode())
        return
    data = page(comparisons, contracts, table) if form == "html" else as_json(comparisons, table)
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_file(output, data)


def as_json(comparisons: Sequence[Comparison], table: Matrix | None) -> bytes:
    """Everything as JSON."""
    made: dict[str, Any] = {"version": JSON_VERSION}
    if comparisons:
        made["comparisons"] = [
            {
                "from": _who(each.home),
                "to": _who(each.other),
                "totals": {effect.value: each.count(effect) for effect in Effect},
                "models": [
                    {
                        "kin": str(pair.kin),
                        "from": pair.home.name,
                        "to": pair.other.name if pair.other else None,
                        "same_version": pair.exact,
                    }
                    for pair in each.pairs
                ],
                "differences": [
                    {
                        "effect": one.effect.value,
                        "topic": one.topic,
                        "subject": one.subject,
                        "models": list(one.models),
                        "kind": one.kind,
                        "before": one.before,
                        "after": one.after,
                        "text": one.text,
                    }
                    for one in each.differences
                ],
            }
            for each in comparisons
        ]
    if table is not None:
        made["matrix"] = {
            "providers": list(table.names),
            "rows": [{"group": group, "capability": name, "cells": list(cells)} for group, name, cells in table.rows],
        }
    return orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n"


def _who(contract: Contract) -> dict[str, str]:
    return {"name": contract.name, "title": contract.title, "digest": contract.digest}


def page(comparisons: Sequence[Comparison], contracts: Sequence[Contract], table: Matrix | None) -> bytes:
    """One HTML page without outside assets; everything from a document is escaped."""
    environment = Environment(
        loader=PackageLoader("screentest_suites.cli"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("compare.html.j2")
    html = template.render(
        comparisons=comparisons,
        matrix=table,
        contracts=contracts,
        effects=[(effect, _MEANINGS[effect]) for effect in Effect],
    )
    return html.encode()


def _print(console: Console, comparisons: Sequence[Comparison], table: Matrix | None, *, quiet: bool = False) -> None:
    for each in comparisons:
        if not quiet:
            _print_differences(console, each)
        counts = ", ".join(f"{each.count(effect)} {effect} ({_MEANINGS[effect]})" for effect in Effect)
        told = f"{each.home.title} to {each.other.title}: {len(each.differences)} differences: {counts}"
        console.print(escape(escape_control_characters(told)), soft_wrap=True)
    if table is not None:
        _print_matrix(console, table)


def _print_differences(console: Console, comparison: Comparison) -> None:
    home, other = comparison.home, comparison.other
    table = Table(
        title=escape(escape_control_characters(f"A client written for {home.title}, talking to {other.title}")),
        box=None,
        pad_edge=False,
        title_justify="left",
        header_style="bold",
    )
    for name in (
        "",
        "topic",
        "what",
        "how",
        escape(escape_control_characters(home.title)),
        escape(escape_control_characters(other.title)),
    ):
        table.add_column(name, overflow="fold")
    for each in comparison.differences:
        models = f"\n  {listing(each.models)}" if each.models and len(each.models) < len(comparison.pairs) else ""
        after = f"{each.after} ({each.text})" if each.text else each.after
        cells = (each.topic, each.subject + models, each.kind, each.before, after)
        table.add_row(
            f"[{_COLOURS[each.effect]}]{each.effect}[/]",
            *(escape(escape_control_characters(cell, keep="\n")) for cell in cells),
        )
    console.print(table)


def _print_matrix(console: Console, found: Matrix) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", title="Capabilities", title_justify="left")
    table.add_column("")
    table.add_column("capability", overflow="fold")
    for title in found.titles:
        table.add_column(escape(escape_control_characters(title)), overflow="fold", ratio=1)
    last = ""
    for group, name, cells in found.rows:
        shown = ["[dim]no[/]" if cell == "no" else escape(escape_control_characters(cell)) for cell in cells]
        table.add_row("" if group == last else group, escape(escape_control_characters(name)), *shown)
        last = group
    console.print(table)
