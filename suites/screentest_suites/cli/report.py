"""`screentest report`: pages from JSON reports."""

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import click

from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.errors import UsageError
from screentest_suites.core.files import attempt, write_text
from screentest_suites.reporting import report
from screentest_suites.reporting.load import read_runs
from screentest_suites.reporting.render import render
from screentest_suites.reporting.view import subjects


def run_report(runs: Iterable[str], outputs: Iterable[str]) -> None:
    """Reads, renders, writes, and says what was shown. Raises UsageError before anything is written."""
    sources, targets = [Path(each) for each in runs], [Path(each) for each in outputs]
    for target in targets:
        report.check_path(target)
        if any(_same(target, source) for source in sources):
            raise UsageError(f"{target} would be overwritten", "write to another file")
    found = read_runs(sources)
    texts = {target: render(found, target.suffix) for target in targets}
    unwritten = {
        target: problem for target, text in texts.items() for problem in attempt(partial(write_text, target, text))
    }
    shown = subjects(found)
    for subject in shown:
        run = subject.latest
        kept, host = run.level("MUST"), f" {subject.host}" if subject.host else ""
        more = f", {len(subject.runs)} runs" if len(subject.runs) > 1 else ""
        mark = ", truncated" if run.truncated else ""
        line = f"{subject.title} on {subject.kind}{host}, {run.started[:10]}{more}{mark}: MUST {kept.told}"
        click.echo(escape_control_characters(line))
    written = [str(target) for target in targets if target not in unwritten]
    click.echo(f"written: {', '.join(written) or 'nothing'}")
    if unwritten:
        raise UsageError("\n".join(each.message for each in unwritten.values()), next(iter(unwritten.values())).hint)


def _same(one: Path, other: Path) -> bool:
    """Whether two names lead to one file. What is no file at all is told where it is read."""
    try:
        return os.path.realpath(one) == os.path.realpath(other)
    except ValueError:
        return False
