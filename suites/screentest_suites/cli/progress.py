"""What a run prints: progress, verdicts, a summary."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from screentest_contracts.contract import Contract
from screentest_contracts.control_characters import escape_control_characters, shortened
from screentest_contracts.redact import Redactor
from screentest_suites.cli.waiting import Waiting, waiting_line
from screentest_suites.core.curl import curl_line
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting import report
from screentest_suites.reporting.baseline import BaselinePolicy
from screentest_suites.reporting.seen import seen_json, told, unjudged_told, unseen
from screentest_suites.reporting.view import LEVELS

COLOURS = {
    Result.PASSED: "green",
    Result.FAILED: "red",
    Result.SKIPPED: "yellow",
    Result.UNSUPPORTED: "yellow",
    Result.ERROR: "magenta",
}
_BROKEN = (Result.FAILED, Result.ERROR)
_CURL_LIMIT = 1000
"""Characters of a curl line on a terminal."""


def judge_with_progress(
    console: Console,
    judge: Judge,
    verbose: bool,
    redactor: Redactor,
    accepted: BaselinePolicy,
    *,
    quiet: bool = False,
) -> Iterable[tuple[Verdict, dict[str, Any]]]:
    """Yields each verdict with its row of the report; in the end prints what was observed, then the verdicts that
    matter, MUSTs first. `quiet`: the broken ones only."""
    failed = TextColumn("{task.fields[failed]} failed")
    left = TextColumn("left:"), TimeRemainingColumn()
    columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), failed, *left)
    progress = Progress(*columns, console=console)
    task = progress.add_task(judge.contract.title, total=len(judge.requirements), failed=0)
    shown = Group(progress, Waiting(judge.session)) if judge.target.steering is None else progress
    interactive = is_interactive(console)
    if not quiet and not interactive and (judge.session.options.metered or (verbose and judge.target.steering is None)):
        judge.session.records.on_change = lambda watched: console.print(
            escape(waiting_line(judge.session, watched)), soft_wrap=True
        )
    found: list[tuple[Verdict, dict[str, Any]]] = []
    try:
        with Live(shown, console=console, transient=True) if interactive and not quiet else nullcontext():
            for verdict in judge.verdicts():
                row = accepted.marked(report.verdict_json(judge.contract, verdict, redactor))
                found.append((verdict, row))
                progress.update(task, advance=1, failed=sum(each.fails_run for each, _ in found))
                yield verdict, row
    finally:
        if not quiet:
            _print_observed(console, judge, [row for _, row in found], redactor)
        print_verdicts(console, judge.contract, found, redactor, verbose=verbose)


def is_interactive(console: Console) -> bool:
    """Whether a person watches, so that what is printed may be drawn over. FORCE_COLOR makes no pipe a terminal."""
    return console.is_interactive and console.file.isatty()


def _print_observed(console: Console, judge: Judge, rows: list[dict[str, Any]], redactor: Redactor) -> None:
    """What was observed of a provider, before anything is said of it."""
    seen = seen_json(judge.observation(), rows, redactor)
    unjudged = unjudged_told(seen)  # the end of the run tells more of them
    for index, line in enumerate(line for line in told(seen) if line != unjudged):
        style = "bold red" if index == 0 and unseen(seen) else ""
        before = "  " if index else f"observed of {judge.contract.title}: "
        console.print(Text(f"{before}{_plain(line)}", style=style), soft_wrap=True)


def print_verdicts(
    console: Console,
    contract: Contract,
    found: Iterable[tuple[Verdict, Mapping[str, Any]]],
    redactor: Redactor,
    *,
    verbose: bool,
) -> None:
    """Broken requirements with their evidence, MUSTs first; where `verbose`, the others before them, in a line each.
    `found`: verdicts with their rows of the report."""
    broken = []
    for verdict, row in found:
        if verdict.result in _BROKEN and "known" not in row:
            broken.append(verdict)
        elif verbose:
            print_line(console, verdict, redactor)
    for verdict in sorted(broken, key=lambda each: LEVELS.index(each.requirement.level)):
        print_failure(console, contract, verdict, redactor)


def print_line(console: Console, verdict: Verdict, redactor: Redactor) -> None:
    """One verdict, in a line."""
    colour = COLOURS[verdict.result]
    lines = "\n" if verdict.result is Result.ERROR else ""  # a traceback of ours
    reason = _plain(redactor.excerpt(verdict.finding.reason), keep=lines)
    reason = f"  {escape(reason)}" if reason else ""
    console.print(
        f"[{colour}]{verdict.result:8}[/] {verdict.requirement.level:6} {escape(verdict.id)}{reason}", soft_wrap=True
    )


def _plain(text: str, keep: str = "") -> str:
    """A server's words as they may stand in a terminal."""
    return escape_control_characters(shortened(text, 1000), keep=keep)


def print_failure(console: Console, contract: Contract, verdict: Verdict, redactor: Redactor) -> None:
    """A broken requirement, with its source and its first evidence."""
    requirement = verdict.requirement
    print_line(console, verdict, redactor)
    console.print(f"         {escape(requirement.statement)}", soft_wrap=True)
    for source in report.sources_json(contract, requirement.fact)[:2]:
        console.print(f"         source: {escape(source['title'])} {escape(source['url'])}", soft_wrap=True)
    for evidence in verdict.finding.evidence[:1]:
        console.print(f"         expected: {escape(_plain(redactor.excerpt(evidence.expected)[:300]))}", soft_wrap=True)
        for exchange in evidence.exchanges[-1:]:
            asked = _plain(f"{exchange.sent.method} {redactor.text(exchange.sent.url)}")
            if evidence.again:
                console.print(f"         request: {escape(asked)}", soft_wrap=True)
            shown = escape_control_characters(report.body_shown(exchange.body, redactor, 300))
            status = str(exchange.status) if exchange.status else f"none ({_plain(redactor.excerpt(exchange.error))})"
            console.print(f"         answer: {escape(status)} {escape(shown)}", soft_wrap=True)
            if evidence.again:
                continue
            again = escape_control_characters(curl_line(contract, exchange.sent, redactor))
            if len(again) > _CURL_LIMIT:
                again = f"{asked}, by a curl line of {len(again)} characters: --report run.html has it"
            console.print(f"         ask again: {escape(again)}", soft_wrap=True)
        if evidence.again:
            again = escape_control_characters(redactor.text(evidence.again))
            if len(again) > _CURL_LIMIT:
                again = f"by a command of {len(again)} characters: --report run.html has it"
            console.print(f"         run again: {escape(again)}", soft_wrap=True)


def longest_line(judge: Judge) -> str:
    """How long a run takes at most, where time is real; "" where it is virtual."""
    if judge.target.steering is not None:
        return ""
    seconds, chosen = judge.session.client.pace.longest, judge.session.options.time_limit is not None
    shown = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:g} s"
    hint = "" if chosen else " (--time-limit SECONDS takes less)"
    return f"{judge.contract.title}: this run takes {shown} at most, far less where the server answers soon{hint}"
