"""What a run prints in the end: figures, what was not judged and what would unlock it, and the command to run next."""

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape

from screentest_contracts.contract import Contract
from screentest_contracts.control_characters import escape_control_characters, shortened
from screentest_contracts.wording import listing
from screentest_suites.cli.tables import print_rows
from screentest_suites.cli.waiting import spend_line
from screentest_suites.core.verdicts import Result, Skip, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting.baseline import BaselinePolicy
from screentest_suites.reporting.outcome import Outcome
from screentest_suites.reporting.unjudged import NO_PRICE, PAID_ONCE, Unjudged, unjudged_groups
from screentest_suites.reporting.view import LEVELS
from screentest_suites.targets import credentials
from screentest_suites.targets.address import likely_base, misplaced

_CAUSES = 5
"""Causes that are told apart."""
_ALIKE = (Skip.NEEDS_SPEND, Skip.NEEDS_CLOCK, Skip.OUT_OF_TIME)
"""Reasons whose causes say no more to the reader."""
_ABOUT = {
    "second": "another account",
    "poor": "an account without balance",
    "restricted": "one for the first model only",
}


@dataclass(frozen=True)
class Asked:
    """What the user asked for, as far as the next command repeats it: `names` of providers as they were given, by the
    name of the contract; `target`, the URL or None; `live`; whether there are `reports`, and whether the run is
    `recorded`, now or before."""

    names: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    live: bool = False
    reports: bool = False
    recorded: bool = False

    def name(self, contract: Contract) -> str:
        """What the user calls a provider."""
        return shlex.quote(self.names.get(contract.name, contract.name))


def print_summary(judges: Iterable[Judge], verdicts: Sequence[Verdict]) -> None:
    """What the run counted, by provider."""
    weak = any(verdict.finding.weak for verdict in verdicts)
    numbers = ["passed", *["weak"] * weak, "failed_MUST", "SHOULD", "NOTE", "skipped", "error", "requests"]
    rows = []
    for judge in judges:
        mine = [verdict for verdict in verdicts if verdict.provider == judge.contract.name]
        counts = Counter(verdict.result for verdict in mine)
        failed = Counter(verdict.requirement.level.value for verdict in mine if verdict.result is Result.FAILED)
        apart = sum(verdict.finding.weak for verdict in mine)
        rows.append(
            {
                "provider": judge.contract.title,
                "target": judge.target.kind,
                "passed": counts[Result.PASSED] - apart,
                "weak": apart,
                "failed_MUST": failed["MUST"],
                "SHOULD": failed["SHOULD"],
                "NOTE": failed["NOTE"],
                "skipped": counts[Result.SKIPPED] + counts[Result.UNSUPPORTED],
                "error": counts[Result.ERROR],
                "requests": judge.target.sent,
            }
        )
    print_rows(rows, ["provider", "target", *numbers], "table", right=numbers)


def print_unjudged(console: Console, judge: Judge, rows: Iterable[Mapping[str, Any]], asked: Asked) -> None:
    """What could not be judged of a provider, why, and what would unlock it."""
    mine = [row for row in rows if row["provider"] == judge.contract.name]
    groups = unjudged_groups(mine)
    if not groups:
        return
    total = sum(each.count for each in groups)
    _print(console, f"not judged of {judge.contract.title}: {total} of {len(mine)}")
    for each in groups:
        unlocks = _unlock(each, judge, asked)
        _print(console, f"  {each.told}")
        for line in _causes_told(each):
            _print(console, f"    {shortened(line, 300)}")
        if unlocks:
            _print(console, f"    to judge them: {unlocks}")
    name = asked.name(judge.contract)
    more = f"  one of them: `screentest explain ID {name}`; all, with their reasons: --verbose, or --report run.html"
    _print(console, more)


def _causes_told(group: Unjudged) -> Iterator[str]:
    """Lines with what was not judged, by cause where the causes differ from what is told of them together."""
    if group.skip in _ALIKE or not group.details:
        yield listing(group.ids)
        return
    for cause in group.causes[:_CAUSES]:
        by = "by " if group.skip is Skip.BLOCKED else ""
        blank = " nothing of the kind was answered" if group.skip is Skip.NOT_OBSERVED else ""
        told = f" {by}{shortened(cause.told, 150)}" if cause.told else blank
        yield f"{len(cause.ids)}{told}: {listing(cause.ids)}"
    others = [name for cause in group.causes[_CAUSES:] for name in cause.ids]
    if others:
        yield f"{len(others)} for other reasons: {listing(others)}"


def _unlock(group: Unjudged, judge: Judge, asked: Asked) -> str:
    """What the user can do to have requirements judged that were skipped for a reason; "": nothing."""
    contract, name = judge.contract, asked.name(judge.contract)
    match group.skip:
        case Skip.NEEDS_SPEND if group.why == NO_PRICE:
            budget = "--max-spend AMOUNT " if judge.session.client.ledger.cap == 0 else ""
            return f"{budget}--assume-price AMOUNT, which says what a task costs at most"
        case Skip.NEEDS_SPEND if group.why == PAID_ONCE:
            return "only where tasks cost nothing: a run on --target without --max-spend"
        case Skip.NEEDS_SPEND:
            return f"--max-spend AMOUNT; `screentest plan {name}` shows what it would pay for"
        case Skip.NEEDS_SECOND_KEY:
            variables = credentials.variables(contract)
            missing = [f"{variables[role]} ({about})" for role, about in _ABOUT.items() if _unset(variables[role])]
            return f"export {listing(missing)}" if missing and not judge.target.steering else ""
        case Skip.NEEDS_CALLBACK if judge.target.callbacks is not None and group.details:
            return "--callback-url with an address that the server takes; --callback-listen says where we receive"
        case Skip.NEEDS_CALLBACK:
            return "--callback-listen HOST:PORT, with --callback-url where the server sees it at another address"
        case Skip.NEEDS_CLOCK:
            return f"only on our mock, where time is virtual: screentest check {name}"
        case Skip.TOO_LATE | Skip.NO_ANSWER:
            return "run again; --timeout SECONDS waits longer for each answer"
        case Skip.OUT_OF_TIME:
            return "--time-limit SECONDS gives the run more time"
        case Skip.BLOCKED:
            return "mend what they rest on, then run again"
    return ""


def _unset(variable: str) -> bool:
    return not os.environ.get(variable, "").strip()


def print_hints(console: Console, judges: Iterable[Judge]) -> None:
    """What was spent, and whether the target stands at another address."""
    for judge in judges:
        if judge.session.options.metered:
            _print(console, spend_line(judge.contract.title, judge.session.client.ledger))
        hint = _misplaced(judge)
        if hint is not None:
            told = credentials.redactor([judge.target]).text(hint)
            console.print(
                f"[yellow]hint:[/] {escape(escape_control_characters(shortened(told, 1000)))}", soft_wrap=True
            )


def print_known(
    console: Console, accepted: BaselinePolicy, rows: Sequence[Mapping[str, Any]], *, written: bool
) -> None:
    """What a baseline says of a run; `written`: it could be written where it was to be."""
    for line in accepted.told(rows):
        _print(console, line)
    if accepted.update and written:
        _print(console, accepted.written_told(rows))


def _misplaced(judge: Judge) -> str | None:
    return misplaced(judge.contract, judge.target.base_url, (each for _, each in judge.session.client.seen))


def next_command(judges: Sequence[Judge], rows: Sequence[Mapping[str, Any]], asked: Asked) -> str:
    """The command that leads on from a run, with a word about it; "": there is none."""
    judge = judges[0]
    name = asked.name(judge.contract)
    for each in judges:
        base = likely_base(each.contract, each.target.base_url) if _misplaced(each) is not None else None
        if base is not None and asked.target is not None and len(judges) == 1:
            return f"screentest check {name} --target {shlex.quote(base)}  (the address that is likely right)"
    if (failed := worst(rows)) is not None:
        known = {each.contract.name: each.contract for each in judges}
        return explain_command(failed, asked.name(known[failed["provider"]]))
    lacking = {group.why for group in unjudged_groups(rows) if group.skip is Skip.NEEDS_SPEND} - {PAID_ONCE}
    if lacking:
        assumed = " --assume-price AMOUNT" if NO_PRICE in lacking else ""
        return f"screentest plan {name} --max-spend AMOUNT{assumed}  (what a budget would pay for)"
    if asked.target is None and not asked.live and not asked.recorded:
        return f"screentest check {name} --target http://127.0.0.1:3000  (a server of yours instead of our mock)"
    if not asked.reports:
        return "the same with --report run.html  (every verdict with its evidence, as a page)"
    if asked.recorded:
        return ""
    return "the same with --record runs/today  (then `screentest diff` tells what has changed since)"


def worst(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The failed requirement to look at first, a MUST where one failed; None: nothing failed that is not known."""
    new = [row for row in rows if row["verdict"] == "failed" and "known" not in row]
    return min(new, key=lambda row: LEVELS.index(row["level"]), default=None)


def explain_command(row: Mapping[str, Any], name: str) -> str:
    """The command that tells of a requirement of a report; `name`: what the user calls its provider."""
    return f"screentest explain {shlex.quote(row['id'])} {name}  (what it demands, and how to see it again)"


def print_next(console: Console, command: str) -> None:
    """The command to run next, if there is one."""
    if command:
        _print(console, f"next: {command}")


def print_outcome(console: Console, found: Outcome, judges: Iterable[Judge], verdicts: int, seconds: float) -> None:
    """The last line of a run, which says what its exit status says."""
    sent = sum(judge.target.sent for judge in judges)
    pace = f", {sent / seconds:.0f} requests judged per second" if seconds else ""
    colour = {0: "green", 1: "red", 3: "magenta"}.get(found.status, "yellow")
    told = f"[{colour}]{escape(found.words)}[/]; {verdicts} verdicts in {seconds:.1f} s{pace}"
    console.print(told, soft_wrap=True)


def _print(console: Console, text: str) -> None:
    console.print(escape(escape_control_characters(text)), soft_wrap=True)
