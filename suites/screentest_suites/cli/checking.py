"""`screentest check` and `screentest replay`: judge, print and report."""

import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from screentest_contracts import UsageError, built_in, load_contract
from screentest_contracts.facts import Level
from screentest_suites.cli.ending import (
    Asked,
    next_command,
    print_hints,
    print_known,
    print_next,
    print_outcome,
    print_summary,
    print_unjudged,
)
from screentest_suites.cli.progress import judge_with_progress, longest_line
from screentest_suites.cli.tables import print_json
from screentest_suites.core.files import attempt, json_text
from screentest_suites.core.options import Options
from screentest_suites.core.settings import RunSettings
from screentest_suites.core.verdicts import Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.judging.rehearsal import make_judge
from screentest_suites.recording.runs import Recorder, about, replayed
from screentest_suites.reporting import report
from screentest_suites.reporting.baseline import NOTHING, BaselinePolicy
from screentest_suites.reporting.observed import tasks_json
from screentest_suites.reporting.outcome import outcome
from screentest_suites.reporting.seen import seen_json
from screentest_suites.spending import Budget
from screentest_suites.targets.credentials import redactor
from screentest_suites.targets.selection import Destination, check_models, receiver, select_contracts


@dataclass(frozen=True)
class Output:
    """Where the verdicts of a run go: `paths` of reports, the terminal (`verbose`: every verdict, `quiet`: what is
    broken), or as JSON to standard output (`form`), and then what else there is to say to the other one."""

    paths: list[Path]
    verbose: bool = False
    form: str = "table"
    quiet: bool = False
    accepted: BaselinePolicy = NOTHING
    asked: Asked = field(default_factory=Asked)

    @property
    def console(self) -> Console:
        return Console(stderr=self.form == "json", highlight=False)

    @property
    def brief(self) -> bool:
        """Whether no figures are printed."""
        return self.quiet or self.form == "json"

    def check_paths(self) -> None:
        """Raises UsageError for a report that could not be written at the end."""
        for path in self.paths:
            report.check_path(path)


def run_check(
    providers: Sequence[str],
    settings: RunSettings,
    *,
    level: Level = Level.MUST,
    verbose: bool = False,
    form: str = "table",
    quiet: bool = False,
) -> int:
    """Judges, prints and reports; returns the exit status."""
    budget = Budget.read(settings.max_spend, live=settings.live, assume=settings.assume_price)
    accepted = BaselinePolicy.read(settings.baseline, update=settings.update_baseline, level=level)
    recorder = Recorder(settings.record, settings.resume, embedded=settings.embedded)
    with receiver(settings.callback_listen, settings.callback_url, settings.callback_certificate) as callbacks:
        if callbacks is not None:
            trust = f", to be trusted by {callbacks.ca_file}" if callbacks.ca_file else ""
            click.echo(f"callbacks are received at {callbacks.mailbox.base}{trust}", err=form == "json")
        options = settings.options(budget.assumed)
        mailbox = callbacks.mailbox if callbacks else None
        where = Destination(settings.target, settings.live, settings.timeout, settings.rate, mailbox)
        if recorder.resuming:
            recorder.refuse(providers, where, budget, options)
            providers, budget = recorder.documents, recorder.budget
            options = replace(recorder.options, time_limit=options.time_limit)
        paths = [Path(path) for path in (*settings.reports, *recorder.reports)]
        recorded = settings.record is not None or recorder.resuming
        asked = Asked(_given(providers), settings.target, settings.live, bool(paths), recorded)
        output = Output(paths, verbose, form, quiet, accepted, asked)
        return _check(providers, where, options, budget, recorder, output)


def _given(providers: Iterable[str]) -> dict[str, str]:
    """What the user calls each provider that is not a built-in one, by the name of its contract."""
    return {load_contract(each).name: each for each in providers if each not in built_in()}


def _check(
    providers: Iterable[str],
    where: Destination,
    options: Options,
    budget: Budget,
    recorder: Recorder,
    output: Output,
) -> int:
    output.check_paths()
    contracts, hints = select_contracts(providers, where)
    for hint in (*hints, *check_models(contracts, options.models)):
        click.echo(hint, err=True)
    for contract in contracts:
        budget.cap(contract)
    with contextlib.ExitStack() as stack:
        judges = []
        for contract in contracts:
            target = recorder.make_target(
                contract, where, options, budget, several=len(contracts) > 1, documents=providers
            )
            stack.callback(target.close)
            judges.append(make_judge(contract, target, options, budget))
        for judge in judges:
            if (
                not output.quiet
                and (line := longest_line(judge))
                and (options.time_limit is None or judge is judges[0])
            ):
                click.echo(line, err=True)
        with recorder.running():
            return _judge(judges, options, output)


def run_replay(
    directories: Iterable[str],
    *,
    reports: tuple[str, ...],
    verbose: bool,
    baseline: str | None = None,
    level: Level = Level.MUST,
    form: str = "table",
    quiet: bool = False,
) -> int:
    """Judges recordings by today's contracts, without network; returns the exit status."""
    paths = [Path(path) for path in reports]
    Output(paths).check_paths()
    judges, truncated = [], False
    for contract, target in (recording for directory in directories for recording in replayed(directory)):
        click.echo(about(contract, target.tape), err=True)
        truncated = truncated or bool(target.tape.gap)
        header = target.tape.header
        judges.append(make_judge(contract, target, header.run_options, header.run_budget))
    asked = Asked(reports=bool(paths), recorded=True)
    output = Output(paths, verbose, form, quiet, BaselinePolicy.read(baseline, level=level), asked)
    return _judge(judges, judges[0].session.options, output, truncated=truncated)


def _judge(judges: list[Judge], options: Options, output: Output, *, truncated: bool = False) -> int:
    console = output.console
    started, clock = report.now(), time.perf_counter()
    secrets, accepted = redactor(judge.target for judge in judges), output.accepted
    contracts = [judge.contract for judge in judges]
    head = report.header(contracts, judges[0].target, options, started, accepted.level)
    verdicts: list[Verdict] = []
    rows: list[dict[str, Any]] = []
    finished = False
    try:
        for judge in judges:
            for verdict, row in judge_with_progress(
                console, judge, output.verbose, secrets, accepted, quiet=output.quiet
            ):
                verdicts.append(verdict)
                rows.append(row)
        finished = True
    except KeyboardInterrupt:
        click.echo("interrupted: the report holds what was judged so far", err=True)
    finally:
        head["spend"] = [
            report.spend_json(judge.contract.name, judge.session.client.ledger, secrets) for judge in judges
        ]
        observations = [judge.observation() for judge in judges]
        observed = [seen_json(each, rows, secrets) for each in observations]
        whole = finished and not truncated
        tasks = tasks_json(observations, secrets)
        document = report.document(head, rows, finished=whole, tasks=tasks, observed=observed)
        unwritten = report.write_all(output.paths, document)
        lost = bool(unwritten)
    failed_update: list[UsageError] = []
    if accepted.update and finished:
        failed_update = attempt(partial(accepted.write, rows))
        unwritten += failed_update
    if not output.brief:
        print_summary(judges, verdicts)
        for judge in judges:
            print_unjudged(console, judge, rows, output.asked)
    print_hints(console, judges)
    if truncated:
        console.print("[yellow]truncated[/]: this is not the whole of a run, and no verdict on the rest of it")
    for complaint in accepted.complaints(rows) if finished else ():
        console.print(f"[red]stale[/] {escape(complaint)}", soft_wrap=True)
    print_known(console, accepted, rows, written=finished and not failed_update)
    for problem in unwritten:
        click.echo(f"error: {problem}", err=True)
    if output.form == "json":
        print_json(document)
    elif lost:
        click.echo(json_text(document), nl=False)
    found = outcome(rows, observed, accepted, finished=finished, unwritten=bool(unwritten))
    if finished and not output.brief:
        print_next(console, next_command(judges, rows, output.asked))
    print_outcome(console, found, judges, len(verdicts), time.perf_counter() - clock)
    return found.status
