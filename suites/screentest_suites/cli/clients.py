"""`screentest client`: runs a command in every situation, or waits for one worked by hand; judges, prints, reports."""

import contextlib
import os
import shlex
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.markup import escape

from screentest_contracts import load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.errors import UsageError
from screentest_contracts.facts import Level
from screentest_contracts.redact import Redactor
from screentest_suites.cli.ending import explain_command, print_known, print_next, worst
from screentest_suites.cli.progress import print_verdicts
from screentest_suites.cli.tables import print_json, print_rows
from screentest_suites.clients.judging import judge_client
from screentest_suites.clients.reporting import lives_json
from screentest_suites.clients.running import Plan, run_plan
from screentest_suites.clients.seen import ClientRun
from screentest_suites.clients.situations import Wish, fitting, model_for, pace, seen, usual_speed
from screentest_suites.clients.staging import MARK, stage, trust
from screentest_suites.clients.trying import PROMPT
from screentest_suites.core.files import attempt
from screentest_suites.core.options import Options
from screentest_suites.core.run_options import CLIENT_TIME_LIMIT
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.reporting import report
from screentest_suites.reporting.baseline import BaselinePolicy
from screentest_suites.reporting.outcome import outcome
from screentest_suites.targets.credentials import variables


@dataclass(frozen=True)
class ClientSettings:
    """What the command line says beside provider and command; the fields are its options."""

    scenarios: tuple[str, ...]
    speed: float | None
    time_limit: float
    jobs: int
    tls: bool
    attach: bool
    port: int
    model: str | None
    prompt: str | None
    name: str | None
    reports: tuple[str, ...]
    baseline: str | None
    update_baseline: bool
    level: Level
    verbose: bool
    form: str = "table"
    quiet: bool = False


def run_client(provider: str, command: Sequence[str], settings: ClientSettings) -> int:
    """Runs, judges, prints and reports; returns the exit status. Raises UsageError."""
    if bool(command) is settings.attach:
        message = "a command and --attach exclude each other" if command else "there is no command"
        raise UsageError(message, f"screentest client {provider} -- python my_client.py, or with --attach")
    paths = [Path(each) for each in settings.reports]
    for path in paths:
        report.check_path(path)
    accepted = BaselinePolicy.read(settings.baseline, update=settings.update_baseline, level=settings.level)
    contract = load_contract(provider)
    names = fitting(contract, settings.scenarios)
    if settings.attach and len(names) > 1:
        names = fitting(contract, settings.scenarios or ("success",))[:1]
    wish = Wish(model_for(contract, settings.model), settings.prompt or PROMPT, settings.speed or usual_speed(contract))
    name = settings.name or _name_of(command)
    console = Console(stderr=settings.form == "json", highlight=False)
    redactor = Redactor(value for each in variables(contract).values() if (value := os.environ.get(each)))
    started, clock = report.now(), time.perf_counter()
    runs: list[ClientRun] = []
    finished = False
    try:
        with _ended_in_order():
            found = (
                _attached(contract, names[0], wish, settings)
                if settings.attach
                else _run(contract, names, wish, command, settings)
            )
            for run in found:
                runs.append(replace(run, again=_again(provider, run.situation, command, settings, redactor)))
                if not settings.quiet:
                    _print_run(console, contract, run, max(map(len, names)))
            finished = True
    except KeyboardInterrupt:
        click.echo("interrupted: what was seen so far is judged", err=True)
    ordered = sorted(runs, key=lambda run: names.index(run.situation))
    verdicts = judge_client(contract, ordered)
    rows = [accepted.marked(report.verdict_json(contract, verdict, redactor)) for verdict in verdicts]
    head = report.header([contract], None, Options(), started, settings.level)
    head["target"] = {"kind": "client", "host": name}
    lives = lives_json(contract, ordered, verdicts, redactor)
    document = report.document(head, rows, finished=finished, tasks=lives)
    unwritten = report.write_all(paths, document)
    failed_update: list[UsageError] = []
    if settings.update_baseline and finished:
        failed_update = attempt(partial(accepted.write, rows))
        unwritten += failed_update
    print_verdicts(console, contract, zip(verdicts, rows, strict=True), redactor, verbose=settings.verbose)
    if settings.form == "json":
        print_json(document)
    elif not settings.quiet:
        _print_summary(verdicts)
        if (failed := worst(rows)) is not None:
            print_next(console, explain_command(failed, shlex.quote(provider)))
    for complaint in accepted.complaints(rows) if finished else ():
        console.print(f"[red]stale[/] {escape(complaint)}", soft_wrap=True)
    print_known(console, accepted, rows, written=finished and not failed_update)
    for problem in unwritten:
        click.echo(f"error: {problem}", err=True)
    result = outcome(rows, [], accepted, finished=finished, unwritten=bool(unwritten))
    colour = {0: "green", 1: "red", 3: "magenta"}.get(result.status, "yellow")
    took = time.perf_counter() - clock
    console.print(f"[{colour}]{escape(result.words)}[/]; {len(verdicts)} verdicts on {escape(name)} in {took:.1f} s")
    return result.status


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """For the time of a block a request to end, and the end of a terminal, is an interruption: commands and mocks are
    ended, and what was seen is judged. A second one is passed over meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

    def stop(number: int, frame: FrameType | None) -> None:
        for each in wanted:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, stop) for each in wanted if signal.getsignal(each) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _name_of(command: Sequence[str]) -> str:
    """What reports call a client: the file that a command names last, else the command."""
    files = [Path(word).name for word in command if len(word) < 1000 and Path(word).is_file()]
    return files[-1] if files else Path(command[0]).name if command else "by hand"


def _again(provider: str, situation: str, command: Sequence[str], settings: ClientSettings, redactor: Redactor) -> str:
    """The command that shows a situation again, with the options that change what is seen; secrets in it are hidden."""
    words = ["screentest", "client", provider]
    chosen = {"--speed": settings.speed, "--model": settings.model, "--prompt": settings.prompt}
    if settings.time_limit != CLIENT_TIME_LIMIT:
        chosen["--time-limit"] = settings.time_limit
    for name, value in chosen.items():
        words += [] if value is None else [name, f"{value:g}" if isinstance(value, float) else value]
    words += ["--tls"] * settings.tls + ["--scenario", situation]
    words += ["--attach"] if settings.attach else ["--", *_without_secrets(command, redactor)]
    return shlex.join(words)


def _without_secrets(command: Sequence[str], redactor: Redactor) -> Iterator[str]:
    """The words of a command; what follows an option such as `--api-key` is hidden as a header of that name is."""
    before = ""
    for word in command:
        yield redactor.header(before, word) if before.startswith("-") else redactor.text(word)
        before = word


def _run(
    contract: Contract, names: tuple[str, ...], wish: Wish, command: Sequence[str], settings: ClientSettings
) -> Iterator[ClientRun]:
    plan = Plan(names, tuple(command), settings.time_limit, settings.jobs, settings.tls)
    most = settings.time_limit * (1 + -(-(len(names) - 1) // settings.jobs))
    shown = f"{most / 60:.0f} minutes" if most >= 120 else f"{most:g} s"
    paces = {name: pace(contract, name, wish.speed) for name in names}
    others = ", ".join(f"{name}: {each:g}" for name, each in paces.items() if each != wish.speed)
    click.echo(
        f"{contract.title}: {len(names)} situation{'s' if len(names) > 1 else ''}, {settings.jobs} at a time, at "
        f"{wish.speed:g} times the vendor's pace{f' ({others})' if others else ''}; {shown} of real time at most, "
        f"{settings.time_limit:g} s for each (--time-limit)",
        err=True,
    )
    return run_plan(contract, wish, plan)


def _attached(contract: Contract, name: str, wish: Wish, settings: ClientSettings) -> Iterator[ClientRun]:
    """Serves one situation until Ctrl-C, and gives what was seen."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="screentest-client-"))
        tls = stack.enter_context(trust()) if settings.tls else None
        staged = stack.enter_context(stage(contract, name, wish, Path(folder), tls, settings.port))
        for variable, value in staged.environment.items():
            if os.environ.get(variable) != value and variable != MARK:
                click.echo(f"export {variable}={shlex.quote(value)}")
        click.echo(f"situation {name}: work your client now; Ctrl-C ends and judges")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            click.echo("", err=True)
        yield seen(contract, staged.app, name, None, wish=wish, origin=staged.origin, callback_url=staged.callback_url)


def _print_run(console: Console, contract: Contract, run: ClientRun, width: int) -> None:
    told = "" if run.ended is None else f"{run.ended.told}; "
    creates, polls = len(run.accepted(contract)), len(run.polls(contract))
    line = f"{told}{creates} created, {polls} polls, {len(run.entries)} requests"
    console.print(f"  {escape(run.situation):{width}} {escape(escape_control_characters(line))}", soft_wrap=True)


def _print_summary(verdicts: Sequence[Verdict]) -> None:
    rows = []
    for group in dict.fromkeys(verdict.requirement.suite for verdict in verdicts):
        mine = [verdict for verdict in verdicts if verdict.requirement.suite == group]
        broken = [verdict.requirement.level.value for verdict in mine if verdict.result is Result.FAILED]
        counts = {"passed": sum(verdict.result is Result.PASSED for verdict in mine)}
        counts |= {"failed_MUST": broken.count("MUST"), "SHOULD": broken.count("SHOULD"), "NOTE": broken.count("NOTE")}
        counts["skipped"] = sum(verdict.result is Result.SKIPPED for verdict in mine)
        rows.append({"group": group.removeprefix("client."), **counts})
    numbers = ["passed", "failed_MUST", "SHOULD", "NOTE", "skipped"]
    print_rows(rows, ["group", *numbers], "table", right=numbers)
