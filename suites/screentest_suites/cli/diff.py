"""`screentest diff`: what a provider changed between two runs."""

import os
from dataclasses import asdict
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from screentest_contracts.errors import UsageError
from screentest_suites.judging.rehearsal import make_judge
from screentest_suites.recording.profile import BehaviourProfile, profile_of
from screentest_suites.recording.runs import replayed
from screentest_suites.reporting.diff import Difference, differences, read_report


def run_diff(old: str, new: str, form: str) -> int:
    """Prints the differences; gives 1 when there are any."""
    before, after = read(old), read(new)
    common = [name for name in before if name in after]
    if not common:
        raise UsageError(
            f"{old} and {new} have no provider in common",
            f"{', '.join(before)} in one, {', '.join(after)} in the other",
        )
    for name in sorted(set(before) ^ set(after)):
        click.echo(f"{name} is in one of the two only and is not compared", err=True)
    found = [each for name in common for each in differences(before[name], after[name])]
    if form == "json":
        click.echo(orjson.dumps([asdict(each) for each in found], option=orjson.OPT_INDENT_2).decode())
    else:
        _print(found, common)
    return 1 if found else 0


def _print(found: list[Difference], providers: list[str]) -> None:
    console = Console(highlight=False, width=None if Console().is_terminal else 200)
    if not found:
        console.print(f"no differences: {', '.join(providers)}")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("provider", "what", "where", "old", "new"):
        table.add_column(name, overflow="fold")
    for each in found:
        table.add_row(each.provider, each.kind, escape(each.where), escape(each.old), escape(each.new))
    console.print(table)


def read(path: str) -> dict[str, BehaviourProfile]:
    """Profiles by provider, of a recording or of a JSON report. Raises UsageError for what is neither."""
    return read_report(Path(path)) if os.path.isfile(path) else _read_recording(path)


def _read_recording(path: str) -> dict[str, BehaviourProfile]:
    found = {}
    for contract, target in replayed(path):
        header = target.tape.header
        if target.tape.gap:
            click.echo(f"{path}, {contract.title}: truncated: {target.tape.gap}", err=True)
        profile = profile_of(contract, target.tape.entries, header.base_url)
        judge = make_judge(contract, target, header.run_options, header.run_budget)
        profile.verdicts = {verdict.requirement.id: verdict.result for verdict in judge.verdicts()}
        found[contract.name] = profile
    return found
