"""A run under load, as the terminal shows it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from screentest_contracts.control_characters import escape_control_characters, shortened
from screentest_suites.load.outcome import PERCENTILES, run_outcome
from screentest_suites.reporting import report
from screentest_suites.reporting.seen import load_told

COLOURS = {"MUST": "red", "SHOULD": "yellow", "NOTE": "cyan"}


def print_result(console: Console, document: dict[str, Any]) -> None:
    """Figures, errors by kind, and each broken promise with its first evidence."""
    load = document["load"]
    _print_figures(console, load)
    _print_operations(console, load["operations"])
    for each in load["errors"]:
        console.print(f"  {each['times']:6} x {escape(_plain(each['operation']))}: {escape(_plain(each['error']))}")
    for row in document["requirements"]:
        if row["verdict"] == "error":
            console.print(f"[magenta]error[/] {escape(row['provider'])}:{escape(row['id'])}\n{escape(row['reason'])}")
    broken = [row for row in document["requirements"] if row["verdict"] == "failed"]
    for level, colour in COLOURS.items():
        for row in broken:
            if row["level"] == level:
                _print_broken(console, row, colour)


def _print_figures(console: Console, load: dict[str, Any]) -> None:
    console.print(load_told(load), soft_wrap=True)
    if load["held_up"] > load["seconds"] / 20 or load["unseen"]:
        advice = "latencies hold our own delay; use more --workers, fewer --users, or a longer --poll-interval"
        console.print(f"[yellow]late[/] {advice}", soft_wrap=True)
        if load["unseen"]:
            console.print(f"     {load['unseen']} creates were answered too late to say anything of them")


def _print_operations(console: Console, operations: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("operation")
    for name in ("requests", "failed", *(f"p{share * 100:g}" for share in PERCENTILES), "longest, ms"):
        table.add_column(name, justify="right")
    for each in operations:
        times = [f"{value:.0f}" for value in (*each["percentiles"].values(), each["longest"])]
        table.add_row(_plain(each["name"]), str(each["requests"]), str(each["failed"]), *times)
    console.print(table)


def _print_broken(console: Console, row: dict[str, Any], colour: str) -> None:
    told = f"[{colour}]failed[/] {row['level']:6} {escape(row['provider'])}:{escape(row['id'])}"
    console.print(f"{told}  {escape(_plain(row['reason']))}", soft_wrap=True)
    console.print(f"         {escape(row['statement'])}", soft_wrap=True)
    for evidence in row["evidence"][:1]:
        console.print(f"         expected: {escape(_plain(evidence['expected']))}", soft_wrap=True)
        for exchange in evidence["exchanges"][-1:]:
            response = exchange["response"]
            said = f"{response['status'] or response['error']} {response['body']}"
            console.print(f"         answer: {escape(_plain(said, 300))}", soft_wrap=True)
            console.print(f"         {escape(_plain(exchange['curl'], 3000))}", soft_wrap=True)


def _plain(text: str, most: int = 1000) -> str:
    """A server's words as they may stand in a terminal."""
    return escape_control_characters(shortened(text, most))


def conclude(console: Console, document: dict[str, Any], paths: Sequence[Path]) -> int:
    """Prints what was found, writes the reports, and gives the exit status: as of `screentest check`."""
    print_result(console, document)
    unwritten = report.write_all(paths, document)
    for problem in unwritten:
        console.print(f"[red]error[/] {escape(str(problem))}", soft_wrap=True)
    found = run_outcome(document, unwritten=bool(unwritten))
    judged = sum(row["verdict"] in ("passed", "failed") for row in document["requirements"])
    colour = {0: "green", 1: "red", 3: "magenta"}.get(found.status, "yellow")
    console.print(f"[{colour}]{escape(found.words)}[/]; {judged} promises judged under load", soft_wrap=True)
    return found.status
