"""`screentest diff`: what a provider changed between two runs."""

import os
from dataclasses import asdict, fields
from pathlib import Path

import click

from screentest_contracts.errors import UsageError
from screentest_suites.cli.tables import print_rows
from screentest_suites.judging.rehearsal import make_judge
from screentest_suites.recording.profile import BehaviourProfile, profile_of
from screentest_suites.recording.runs import replayed
from screentest_suites.reporting.diff import Difference, differences, read_report


def run_diff(old: str, new: str, form: str, *, quiet: bool = False) -> int:
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
    if not found and form != "json":
        click.echo(f"no differences: {', '.join(common)}")
    elif not quiet or form == "json":
        print_rows(map(asdict, found), [field.name for field in fields(Difference)], form)
    return 1 if found else 0


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
