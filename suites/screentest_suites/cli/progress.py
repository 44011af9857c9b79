"""What a run prints: progress, verdicts, a summary."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from screentest_contracts.contract import Contract
from screentest_contracts.control_characters import escape_control_characters, shortened
from screentest_contracts.redact import Redactor
from screentest_suites.cli.waiting import Waiting, spend_line, waiting_line
from screentest_suites.core.curl import curl_line
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting import report
from screentest_suites.reporting.baseline import BaselinePolicy
from screentest_suites.reporting.outcome import Outcome
from screentest_suites.reporting.seen import seen_json, told, unseen
from screentest_suites.targets import credentials
from screentest_suites.targets.address import misplaced

COLOURS = {
    Result.PASSED: "green",
    Result.FAILED: "red",
    Result.SKIPPED: "yellow",
    Result.UNSUPPORTED: "yellow",
    Result.ERROR: "magenta",
}


def judge_with_progress(
    console: Console, judge: Judge, verbose: bool, redactor: Redactor, accepted: BaselinePolicy
) -> Iterable[tuple[Verdict, dict[str, Any]]]:
    """Yields each verdict with its row of the report; in the end prints what was observed, then the verdicts that
    matter."""
    failed = TextColumn("{task.fields[failed]} failed")
    columns = (TextColumn("{task.description:12}"), BarColumn(40), MofNCompleteColumn(), failed, TimeElapsedColumn())
    progress = Progress(*columns, console=console)
    task = progress.add_task(judge.contract.title, total=len(judge.requirements), failed=0)
    shown = Group(progress, Waiting(judge.session)) if judge.target.steering is None else progress
    if not console.is_terminal and (judge.session.options.metered or (verbose and judge.target.steering is None)):
        judge.session.records.on_change = lambda watched: console.print(
            escape(waiting_line(judge.session, watched)), soft_wrap=True
        )
    found: list[tuple[Verdict, dict[str, Any]]] = []
    try:
        with _live(console, shown):
            for verdict in judge.verdicts():
                row = accepted.marked(report.verdict_json(judge.contract, verdict, redactor))
                found.append((verdict, row))
                progress.update(task, advance=1, failed=sum(each.fails_run for each, _ in found))
                yield verdict, row
    finally:
        _print_observed(console, judge, [row for _, row in found], redactor)
        for verdict, row in found:
            if verdict.result in (Result.FAILED, Result.ERROR) and "known" not in row:
                print_failure(console, judge.contract, verdict, redactor)
            elif verbose:
                print_line(console, verdict, redactor)


def _live(console: Console, shown: RenderableType) -> AbstractContextManager[object]:
    if not console.is_terminal:
        return nullcontext()
    return Live(shown, console=console, transient=True, refresh_per_second=4)


def _print_observed(console: Console, judge: Judge, rows: list[dict[str, Any]], redactor: Redactor) -> None:
    """What was observed of a provider, before anything is said of it."""
    seen = seen_json(judge.observation(), rows, redactor)
    for index, line in enumerate(told(seen)):
        style = "bold red" if index == 0 and unseen(seen) else ""
        before = "  " if index else f"observed of {judge.contract.title}: "
        console.print(Text(f"{before}{_plain(line)}", style=style), soft_wrap=True)


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
            shown = escape_control_characters(redactor.body(exchange.body, 300))
            console.print(f"         answer: {exchange.status} {escape(shown)}", soft_wrap=True)
            console.print(
                f"         {escape(escape_control_characters(curl_line(contract, exchange.sent, redactor)))}",
                soft_wrap=True,
            )


def longest_line(judge: Judge) -> str:
    """How long a run takes at most, where time is real; "" where it is virtual."""
    if judge.target.steering is not None:
        return ""
    seconds, chosen = judge.session.client.pace.longest, judge.session.options.time_limit is not None
    shown = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:g} s"
    hint = "" if chosen else " (--time-limit SECONDS takes less)"
    return f"{judge.contract.title}: this run takes {shown} at most{hint}"


def print_summary(console: Console, judges: list[Judge], verdicts: list[Verdict]) -> None:
    """What the run counted and spent."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    weak = any(verdict.finding.weak for verdict in verdicts)
    told = ["passed", *["weak"] * weak, "failed MUST", "SHOULD", "NOTE", "skipped", "error", "requests"]
    for name in ("provider", "target", *told):
        table.add_column(name, justify="left" if name in {"provider", "target"} else "right")
    for judge in judges:
        mine = [verdict for verdict in verdicts if verdict.provider == judge.contract.name]
        counts = Counter(verdict.result for verdict in mine)
        failed = Counter(verdict.requirement.level.value for verdict in mine if verdict.result is Result.FAILED)
        apart = sum(verdict.finding.weak for verdict in mine)
        cells = [counts[Result.PASSED] - apart, *[apart] * weak, failed["MUST"], failed["SHOULD"], failed["NOTE"]]
        cells += [
            counts[Result.SKIPPED] + counts[Result.UNSUPPORTED],
            counts[Result.ERROR],
            judge.target.sent,
        ]
        red = {"failed MUST", "error"}
        shown = [
            f"[red]{cell}[/]" if cell and name in red else str(cell) for name, cell in zip(told, cells, strict=True)
        ]
        table.add_row(judge.contract.title, judge.target.kind, *shown)
    console.print(table)
    for judge in judges:
        if judge.session.options.metered:
            console.print(escape(spend_line(judge.contract.title, judge.session.client.ledger)), soft_wrap=True)
        hint = misplaced(judge.contract, judge.target.base_url, (each for _, each in judge.session.client.seen))
        if hint is not None:
            where = _plain(credentials.redactor([judge.target]).text(hint))
            console.print(f"[yellow]hint[/] {escape(where)}", soft_wrap=True)


def print_outcome(console: Console, found: Outcome, judges: list[Judge], verdicts: int, seconds: float) -> None:
    """The last line of a run, which says what its exit status says."""
    sent = sum(judge.target.sent for judge in judges)
    pace = f", {sent / seconds:.0f} requests judged per second" if seconds else ""
    colour = {0: "green", 1: "red", 3: "magenta"}.get(found.status, "yellow")
    told = f"[{colour}]{escape(found.words)}[/]; {verdicts} verdicts in {seconds:.1f} s{pace}"
    console.print(told, soft_wrap=True)
