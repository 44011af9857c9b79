"""What the command line prints: progress, summary, tables."""

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from screentest_contracts import UsageError, built_in, load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.requirements import Requirement, requirements
from screentest_suites.cli.waiting import Waiting, spend_line, waiting_line
from screentest_suites.core.control_characters import escape_control_characters, shortened
from screentest_suites.core.curl import curl_line
from screentest_suites.core.options import Options
from screentest_suites.core.redact import Redactor
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge, exit_status
from screentest_suites.recording.runs import Recorder, about, replayed
from screentest_suites.reporting import report
from screentest_suites.reporting.baseline import NOTHING, BaselinePolicy
from screentest_suites.reporting.observed import tasks_json
from screentest_suites.spending import Budget
from screentest_suites.targets import setup

COLOURS = {
    Result.PASSED: "green",
    Result.FAILED: "red",
    Result.SKIPPED: "yellow",
    Result.UNSUPPORTED: "yellow",
    Result.ERROR: "magenta",
}


def run_check(
    providers: Iterable[str],
    *,
    target: str | None,
    live: bool,
    max_spend: str | None,
    assume_price: str | None,
    rate: float | None,
    speed: float | None,
    poll_interval: float | None,
    task_timeout: float | None,
    timeout: float,
    examples: int,
    seed: int,
    models: tuple[str, ...],
    reports: tuple[str, ...],
    verbose: bool,
    record: str | None = None,
    resume: str | None = None,
    baseline: str | None = None,
    update_baseline: bool = False,
    callback_listen: str | None = None,
    callback_url: str | None = None,
    callback_certificate: str | None = None,
) -> int:
    """Judges, prints and reports; gives the exit status."""
    if max_spend is not None and target is None and not live:
        raise UsageError("--max-spend has no meaning for the embedded mock", "it is for --live and --target")
    budget = Budget.read(max_spend, live=live, assume=assume_price)
    accepted = BaselinePolicy.read(baseline, update=update_baseline)
    keeper = Recorder(record, resume, embedded=target is None and not live)
    with setup.receiver(callback_listen, callback_url, callback_certificate) as receiver:
        if receiver is not None:
            trust = f", to be trusted by {receiver.ca_file}" if receiver.ca_file else ""
            click.echo(f"callbacks are received at {receiver.mailbox.base}{trust}")
        options = Options(
            poll_interval=poll_interval,
            task_timeout=task_timeout,
            speed=setup.pace(speed, target if resume is None else ""),
            examples=examples,
            seed=seed,
            models=models,
            assumed_price=budget.assumed,
        )
        where = setup.Destination(target, live, timeout, rate, receiver.mailbox if receiver else None)
        if keeper.resuming:
            keeper.refuse(providers, where, budget, options)
            providers, options, budget = keeper.documents, keeper.options, keeper.budget
        return _check(providers, where, options, budget, reports, verbose, keeper, accepted)


def _check(
    providers: Iterable[str],
    where: setup.Destination,
    options: Options,
    budget: Budget,
    reports: tuple[str, ...],
    verbose: bool,
    keeper: Recorder,
    accepted: BaselinePolicy,
) -> int:
    paths = [Path(each) for each in (*reports, *keeper.reports)]
    for path in paths:
        report.check_path(path)
    contracts, hints = setup.select_contracts(providers, where)
    for hint in hints:
        click.echo(hint, err=True)
    setup.check_models(contracts, options.models)
    for contract in contracts:
        budget.cap(contract)
    with contextlib.ExitStack() as stack:
        judges = []
        for contract in contracts:
            made = keeper.make_target(contract, where, options, budget, several=len(contracts) > 1, documents=providers)
            stack.callback(made.close)
            judges.append(setup.make_judge(contract, made, options, budget))
        with keeper.running():
            return _judge(judges, options, paths, verbose, accepted)


def run_replay(
    directories: Iterable[str], *, reports: tuple[str, ...], verbose: bool, baseline: str | None = None
) -> int:
    """Judges recordings by today's contracts, without network; gives the exit status."""
    paths = [Path(each) for each in reports]
    for path in paths:
        report.check_path(path)
    judges, truncated = [], False
    for contract, target in (each for directory in directories for each in replayed(directory)):
        click.echo(about(contract, target.tape), err=True)
        truncated = truncated or bool(target.tape.gap)
        header = target.tape.header
        judges.append(setup.make_judge(contract, target, header.run_options, header.run_budget))
    known = BaselinePolicy.read(baseline)
    return _judge(judges, judges[0].session.options, paths, verbose, known, truncated=truncated)


def _judge(
    judges: list[Judge],
    options: Options,
    paths: list[Path],
    verbose: bool,
    accepted: BaselinePolicy = NOTHING,
    *,
    truncated: bool = False,
) -> int:
    console = Console(stderr=False, highlight=False)
    started, clock = report.now(), time.perf_counter()
    redactor = setup.redactor(judge.target for judge in judges)
    head = report.header([judge.contract for judge in judges], judges[0].target, options, started)
    verdicts: list[Verdict] = []
    rows: list[dict[str, Any]] = []
    finished = False
    try:
        for judge in judges:
            for verdict, row in _with_progress(console, judge, verbose, redactor, accepted):
                verdicts.append(verdict)
                rows.append(row)
        finished = True
    except KeyboardInterrupt:
        click.echo("interrupted: the report holds what was judged so far", err=True)
    finally:
        head["spend"] = [report.spend_json(judge.contract.name, judge.session.ledger, redactor) for judge in judges]
        tasks = tasks_json(judges, redactor)
        unwritten = report.write_all(
            paths, report.document(head, rows, finished=finished and not truncated, tasks=tasks)
        )
    if accepted.update and finished:
        unwritten += report.attempt(partial(accepted.write, rows))
    status = accepted.status(rows, exit_status(verdicts))
    _summary(console, judges, verdicts, time.perf_counter() - clock, status)
    if truncated:
        console.print("[yellow]truncated[/]: this is not the whole of a run, and no verdict on the rest of it")
    for complaint in accepted.complaints(rows) if finished else ():
        console.print(f"[red]stale[/] {escape(complaint)}", soft_wrap=True)
    known = sum("known" in row for row in rows)
    if known:
        console.print(f"{known} known failure{'s' if known != 1 else ''} of {accepted.path}", soft_wrap=True)
    for problem in unwritten:
        click.echo(f"error: {problem}", err=True)
    if not finished:
        return 130
    return 3 if unwritten else status


def _with_progress(
    console: Console, judge: Judge, verbose: bool, redactor: Redactor, accepted: BaselinePolicy
) -> Iterable[tuple[Verdict, dict[str, Any]]]:
    columns = (TextColumn("{task.description:12}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=console)
    task = progress.add_task(judge.contract.title, total=len(judge.requirements))
    shown = Group(progress, Waiting(judge.session)) if not judge.target.steerable else progress
    if not console.is_terminal and (judge.session.options.metered or (verbose and not judge.target.steerable)):
        judge.session.on_change = lambda watched: console.print(
            escape(waiting_line(judge.session, watched)), soft_wrap=True
        )
    with Live(shown, console=console, transient=True, refresh_per_second=4) if console.is_terminal else nullcontext():
        for verdict in judge.verdicts():
            progress.advance(task)
            row = accepted.marked(report.verdict_json(judge.contract, verdict, redactor))
            if verdict.result in (Result.FAILED, Result.ERROR) and "known" not in row:
                _print_failure(console, judge.contract, verdict, redactor)
            elif verbose:
                _print_line(console, verdict, redactor)
            yield verdict, row


def _print_line(console: Console, verdict: Verdict, redactor: Redactor) -> None:
    colour = COLOURS[verdict.result]
    lines = "\n" if verdict.result is Result.ERROR else ""  # a traceback of ours
    reason = f"  {escape(_plain(redactor.text(verdict.finding.reason), keep=lines))}" if verdict.finding.reason else ""
    console.print(
        f"[{colour}]{verdict.result:8}[/] {verdict.requirement.level:6} {escape(verdict.id)}{reason}", soft_wrap=True
    )


def _plain(text: str, keep: str = "") -> str:
    """A server's words as they may stand in a terminal."""
    return escape_control_characters(shortened(text, 1000), keep=keep)


def _print_failure(console: Console, contract: Contract, verdict: Verdict, redactor: Redactor) -> None:
    requirement = verdict.requirement
    _print_line(console, verdict, redactor)
    console.print(f"         {escape(requirement.statement)}", soft_wrap=True)
    for source in report.sources_json(contract, requirement.fact)[:2]:
        console.print(f"         source: {escape(source['title'])} {escape(source['url'])}", soft_wrap=True)
    for evidence in verdict.finding.evidence[:1]:
        console.print(f"         expected: {escape(_plain(redactor.text(evidence.expected)[:300]))}", soft_wrap=True)
        for exchange in evidence.exchanges[-1:]:
            shown = escape_control_characters(redactor.body(exchange.body, 300))
            console.print(f"         answer: {exchange.status} {escape(shown)}", soft_wrap=True)
            console.print(
                f"         {escape(escape_control_characters(curl_line(contract, exchange.sent, redactor)))}",
                soft_wrap=True,
            )


def _summary(console: Console, judges: list[Judge], verdicts: list[Verdict], seconds: float, status: int) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("provider", "target", "passed", "failed MUST", "SHOULD", "NOTE", "skipped", "error", "requests"):
        table.add_column(name, justify="left" if name in {"provider", "target"} else "right")
    sent = 0
    for judge in judges:
        mine = [verdict for verdict in verdicts if verdict.provider == judge.contract.name]
        counts = Counter(verdict.result for verdict in mine)
        failed = Counter(verdict.requirement.level.value for verdict in mine if verdict.result is Result.FAILED)
        sent += getattr(judge.target, "sent", 0)
        cells = [counts[Result.PASSED], failed["MUST"], failed["SHOULD"], failed["NOTE"]]
        cells += [
            counts[Result.SKIPPED] + counts[Result.UNSUPPORTED],
            counts[Result.ERROR],
            getattr(judge.target, "sent", 0),
        ]
        shown = [f"[red]{cell}[/]" if cell and index in (1, 5) else str(cell) for index, cell in enumerate(cells)]
        table.add_row(judge.contract.title, judge.target.kind, *shown)
    console.print(table)
    pace = f"{sent / seconds:.0f} requests judged per second" if seconds else ""
    for judge in judges:
        if judge.session.options.metered:
            console.print(escape(spend_line(judge.contract.title, judge.session.ledger)), soft_wrap=True)
    fine = "no new MUST failed" if any(verdict.fails_run for verdict in verdicts) else "no MUST failed"
    word = {0: f"[green]{fine}[/]", 1: "[red]a MUST failed[/]", 3: "[magenta]the harness broke[/]"}
    console.print(f"{word[status]}; {len(verdicts)} verdicts in {seconds:.1f} s, {pace}")


def run_selfcheck(providers: Iterable[str], only: tuple[str, ...], workers: int | None, verbose: bool) -> int:
    """Runs the matrix, prints what is wrong and the figures; gives the exit status."""
    from screentest_suites.judging import selfcheck

    names = list(dict.fromkeys(providers)) or list(built_in())
    contracts = [(name, load_contract(name)) for name in names]
    work = list(selfcheck.jobs(contracts, only))
    if not work:
        raise UsageError(f"nothing is called {', '.join(only)}", "see `screentest deviations`")
    console, clock = Console(highlight=False), time.perf_counter()
    columns = (TextColumn("{task.description:12}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("self-check", total=len(work))

        def on_row(row: selfcheck.Row) -> None:
            progress.advance(task)
            if verbose or not row.good:
                word = "[green]ok[/]" if row.good else "[red]WRONG[/]"
                shown = [f"caught by {', '.join(row.caught) or 'nothing'}"] if row.kind == "deviation" else []
                shown += [f"also flagged {', '.join(row.flagged)}"] if row.flagged else []
                shown += [f"harness errors in {', '.join(row.errors)}"] if row.errors else []
                progress.console.print(
                    f"{word} {row.provider} {row.kind} {escape(row.name)}: {'; '.join(shown)}", soft_wrap=True
                )

        rows = selfcheck.run_all(work, on_row, workers=workers)
    bare = [
        (name, each.id) for name, contract in contracts if not only for each in selfcheck.without_deviation(contract)
    ]
    for name, requirement in bare:
        console.print(f"[red]WRONG[/] {name}:{escape(requirement)} has no deviation that breaks it", soft_wrap=True)
    deviating = [row for row in rows if row.kind == "deviation"]
    legal = [row for row in rows if row.kind != "deviation"]
    console.print(
        f"deviations caught: {sum(bool(row.caught) for row in deviating)} of {len(deviating)}, with an unrelated MUST "
        f"flagged: {sum(bool(row.flagged) for row in deviating)}; legal behaviour without alarm: "
        f"{sum(row.good for row in legal)} of {len(legal)}; requirements without deviation: {len(bare)}; "
        f"{time.perf_counter() - clock:.0f} s",
        soft_wrap=True,
    )
    return 0 if not bare and all(row.good for row in rows) else 1


def show_providers() -> None:
    """One line per built-in provider."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("name", "title", "server", "key", "models"):
        table.add_column(name, overflow="fold")
    for name in built_in():
        contract = load_contract(name)
        table.add_row(name, contract.title, contract.base_url, contract.key_variable, str(len(contract.models)))
    Console(highlight=False).print(table)


def show_requirements(providers: Iterable[str], form: str) -> None:
    """The requirements, as a table or as JSON."""
    contracts = setup.contracts(providers)
    if form == "json":
        rows = [
            {
                "id": each.id,
                "provider": contract.name,
                "suite": each.suite,
                "level": each.level.value,
                "statement": each.statement,
                "depends": list(each.depends),
                "untestable": each.untestable,
                "sources": report.sources_json(contract, each.fact),
                "deviations": _deviations(contract, each),
            }
            for contract in contracts
            for each in requirements(contract)
        ]
        sys.stdout.buffer.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")
        return
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    for contract in contracts:
        table = Table(title=f"{contract.title}: {contract.base_url}", box=None, pad_edge=False, title_justify="left")
        for name in ("id", "level", "statement", "sources"):
            table.add_column(name, overflow="fold", no_wrap=name == "id")
        for each in requirements(contract):
            known = ", ".join(contract.sources[key].title for key in each.fact.source if key in contract.sources)
            text = f"{each.statement} Not tested: {each.untestable}" if each.untestable else each.statement
            table.add_row(each.id, each.level.value, escape(text), escape(f"{known} ({each.fact.mark.value})"))
        console.print(table)


def _deviations(contract: Contract, requirement: Requirement) -> list[str]:
    from fnmatch import fnmatchcase

    from screentest_mockserver.behaviours.deviations import applicable

    return [
        each.name
        for each in applicable(contract)
        if any(fnmatchcase(requirement.id, pattern) for pattern in each.breaks)
    ]
