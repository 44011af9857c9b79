"""`--record` and `--resume`: puts targets behind tapes, ends cleanly when interrupted, and leaves a HAR file."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import click

from screentest_contracts import load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.redact import HIDDEN, Redactor
from screentest_suites.core.files import attempt
from screentest_suites.core.options import Options
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.har import write_har
from screentest_suites.recording.header import NAME, Header, plain, recordings, tool
from screentest_suites.recording.target import CassetteTarget
from screentest_suites.spending import Budget
from screentest_suites.targets.credentials import variables
from screentest_suites.targets.selection import Destination, make_target
from screentest_suites.targets.target import Target


class Recorder:
    """Keeps a run on disk; does nothing when no folder is given. Raises UsageError.

    `alone` is false where other processes keep other providers of the same run.
    """

    def __init__(
        self, record: str | None = None, resume: str | None = None, *, embedded: bool = False, alone: bool = True
    ) -> None:
        if record is not None and resume is not None:
            raise UsageError("--record and --resume exclude each other", "--resume DIR goes on recording into DIR")
        if record is not None and embedded:
            raise UsageError(
                "--record needs --target or --live: the embedded mock does the same every time, in virtual time",
                "to record a mock, serve it (`screentest serve NAME`) and give its address",
            )
        directory = record if resume is None else resume
        self.directory = None if directory is None else Path(directory)
        self.tapes: dict[str, Cassette] = {}
        self.targets: list[CassetteTarget] = []
        if resume is not None:
            self.tapes = {tape.header.provider: tape for tape in map(Cassette.read, recordings(resume))}
            for tape in self.tapes.values():
                _check_contract(tape)
        elif self.directory is not None and alone:
            _make(self.directory)

    @property
    def reports(self) -> list[str]:
        """The report that is kept with the recording."""
        return [] if self.directory is None else [str(self.directory / "report.json")]

    # -- what a run that goes on takes from its recording -------------------------------------------------------

    @property
    def resuming(self) -> bool:
        return bool(self.tapes)

    @property
    def _header(self) -> Header:
        return next(iter(self.tapes.values())).header

    @property
    def documents(self) -> list[str]:
        """The providers, as the run was given them."""
        return [tape.header.document for tape in self.tapes.values()]

    @property
    def options(self) -> Options:
        """As the run was begun; its time is a new one."""
        return replace(self._header.run_options, time_limit=None)

    @property
    def budget(self) -> Budget:
        return self._header.run_budget

    def refuse(self, providers: Iterable[str], where: Destination, budget: Budget, options: Options) -> None:
        """Raises UsageError for an option that differs both from its default and from what the run was begun with."""
        begun, was, usual = self._header, self.options, Options()
        live = begun.kind == "live"
        spend, spent, free = ((each.limited, each.most, each.money) for each in (budget, self.budget, Budget()))
        given: dict[str, tuple[Any, Any, Any]] = {
            "PROVIDER": (list(providers), [], self.documents),
            "--target": (where.url, None, None if live else begun.base_url),
            "--live": (where.live, False, live),
            "--max-spend": (spend, free, spent),
            "--assume-price": (options.assumed_price, usual.assumed_price, was.assumed_price),
            "--rate": (where.rate, None, begun.rate),
            "--timeout": (where.timeout, Destination().timeout, begun.timeout),
            "--poll-interval": (options.poll_interval, usual.poll_interval, was.poll_interval),
            "--task-timeout": (options.task_timeout, usual.task_timeout, was.task_timeout),
            "--speed": (options.speed, usual.speed, was.speed),
            "--examples": (options.examples, usual.examples, was.examples),
            "--seed": (options.seed, usual.seed, was.seed),
            "--model": (options.models, usual.models, was.models),
        }
        others = [flag for flag, (value, *known) in given.items() if value not in known]
        if others:
            raise UsageError(
                f"--resume goes on as the run was begun, not with another {' or '.join(others)}",
                f"screentest check --resume {self.directory}",
            )

    # -- the run ------------------------------------------------------------------------------------------------

    def make_target(
        self,
        contract: Contract,
        where: Destination,
        options: Options,
        budget: Budget,
        *,
        several: bool = False,
        documents: Iterable[str] = (),
    ) -> Target:
        """The target, behind a tape where one is kept. Raises UsageError or TargetUnreachableError."""
        if self.directory is None:
            return make_target(contract, where, several=several)
        if self.resuming:
            return self._go_on(contract, where)
        target = make_target(contract, where, several=several)
        redactor = Redactor(target.keys.values())
        header = Header(
            provider=contract.name,
            title=contract.title,
            document=_document(contract, documents),
            contract=contract.digest,
            kind=target.kind,
            base_url=redactor.text(target.base_url),
            started=time.time(),
            accounts=tuple(target.keys),
            callbacks=redactor.text(target.callbacks.base) if target.callbacks is not None else None,
            timeout=where.timeout,
            rate=where.rate,
            options=plain(options),
            budget=plain(budget),
            tool=tool(),
        )
        folder = self.directory / contract.name
        folder.mkdir(exist_ok=True)
        header.write(folder)
        return self._tape(contract, Cassette(folder, header), target, redactor)

    def _go_on(self, contract: Contract, where: Destination) -> Target:
        tape = self.tapes[contract.name]
        header = tape.header
        if HIDDEN in header.base_url:
            raise UsageError("the address of the run holds a secret, which is not recorded", "begin a new run")
        live = header.kind == "live"
        url = None if live else header.base_url
        target = make_target(contract, replace(where, url=url, live=live, timeout=header.timeout, rate=header.rate))
        try:
            _check_accounts(contract, header, target)
            _check_callbacks(header, target)
            redactor = Redactor(target.keys.values())
            made = self._tape(contract, tape, target, redactor)
        except UsageError:
            target.close()
            raise
        tape.resumed(time.time())
        return made

    def _tape(self, contract: Contract, tape: Cassette, target: Target, redactor: Redactor) -> CassetteTarget:
        tape.open(redactor)
        made = CassetteTarget(contract, tape, target, redactor)
        self.targets.append(made)
        return made

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """While a run goes. The first signal to stop lets requests under way come to their end, the second does not;
        the recording stays, and gets its HAR file."""
        if self.directory is None:
            yield
            return
        with self._signals():
            yield
        stopped = any(target.clock.stopping.is_set() or target.cut for target in self.targets)
        for problem in self.finish(whole=not stopped):
            click.echo(f"error: {problem}", err=True)
        if stopped:
            click.echo(f"go on with: screentest check --resume {self.directory}", err=True)
        else:
            again = f"screentest replay {self.directory}"
            click.echo(f"recorded in {self.directory}; judge it again with: {again}", err=True)

    def finish(self, *, whole: bool) -> list[UsageError]:
        """Ends the tapes, as `whole` if the run came to its end, and writes a HAR file beside each; gives why that
        could not be done."""
        problems = []
        for target in self.targets:
            if whole:
                problems += attempt(target.tape.ended)
            target.tape.close()
            problems += attempt(partial(write_har, target.tape.folder))
        return problems

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: FrameType | None) -> None:
            if all(target.clock.stopping.is_set() for target in self.targets):
                raise KeyboardInterrupt
            click.echo("stopping when the requests under way are answered; once more stops at once", err=True)
            for target in self.targets:
                target.clock.stopping.set()

        before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def replayed(directory: str) -> list[tuple[Contract, CassetteTarget]]:
    """The recordings in a folder as targets that need no network, with today's contracts. Raises UsageError."""
    found = []
    for folder in recordings(directory):
        tape = Cassette.read(folder)
        contract = tape.header.load()
        found.append((contract, CassetteTarget(contract, tape, None, Redactor())))
    if not any(entry.exchange for _, target in found for entry in target.tape.entries):
        raise UsageError(f"no answer was recorded in {directory}", "let the run go on: screentest check --resume DIR")
    return found


def about(contract: Contract, tape: Cassette) -> str:
    """Whose recording it is and of when, and whether there is all of it."""
    header = tape.header
    changed = "" if header.contract == contract.digest else "; its document has changed since"
    when = datetime.fromtimestamp(header.started, UTC).isoformat(" ", "seconds").removesuffix("+00:00")
    gap = f"; truncated: {tape.gap}" if tape.gap else ""
    return f"{contract.title} at {header.base_url}, recorded {when} UTC{changed}{gap}"


def _make(directory: Path) -> None:
    if directory.is_dir() and any(directory.glob(f"**/{NAME}")):
        raise UsageError(
            f"{directory} holds a recording already", f"go on with it (--resume {directory}), or name another folder"
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot record into {directory}: {error.strerror}", "name another folder") from None
    if not os.access(directory, os.W_OK):
        raise UsageError(f"cannot write into {directory}", "check the folder's permissions")


def _document(contract: Contract, given: Iterable[str]) -> str:
    """What the contract was called on the command line."""
    return next((name for name in given if load_contract(name).digest == contract.digest), contract.name)


def _check_contract(tape: Cassette) -> None:
    contract = tape.header.load()
    if contract.digest != tape.header.contract:
        raise UsageError(
            f"the document of {contract.title} has changed since {tape.folder} was recorded",
            "a run goes on with the document it began with; judge what there is with `screentest replay`",
        )


def _check_accounts(contract: Contract, header: Header, target: Target) -> None:
    missing = [role for role in header.accounts if role not in target.keys]
    if missing:
        names = [variables(contract)[role] for role in missing]
        raise UsageError(f"the run had keys that are not set now: {', '.join(names)}", "set them again, then resume")


def _check_callbacks(header: Header, target: Target) -> None:
    base = target.callbacks.base if target.callbacks is not None else None
    if header.callbacks is not None and base != header.callbacks:
        raise UsageError(
            f"the run received callbacks at {header.callbacks}" + (f", not at {base}" if base else ""),
            "give the same --callback-listen and --callback-url: other addresses would make the tasks anew",
        )
