"""`--record` and `--resume`: puts targets behind tapes, ends cleanly when interrupted, and leaves a HAR file."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_suites import setup
from screentest_suites.callback_port import CallbackPort, Mailbox
from screentest_suites.recording.har import write_har
from screentest_suites.recording.header import NAME, Header, options_json, recordings, tool
from screentest_suites.recording.tape import Tape
from screentest_suites.recording.target import TapeTarget
from screentest_suites.redact import Redactor
from screentest_suites.session import Options
from screentest_suites.target import Target


class Keeper:
    """Keeps a run on disk; does nothing when neither folder is given. Raises UsageError."""

    def __init__(self, record: str | None = None, resume: str | None = None, *, embedded: bool = False) -> None:
        if record is not None and resume is not None:
            raise UsageError("--record and --resume exclude each other", "--resume DIR goes on recording into DIR")
        if record is not None and embedded:
            raise UsageError(
                "--record needs --target: the embedded mock does the same every time, in virtual time",
                "to record a mock, serve it (`screentest serve NAME`) and give its address",
            )
        self.directory = Path(record or resume) if record or resume else None
        self.tapes: dict[str, Tape] = {}
        self.targets: list[TapeTarget] = []
        if resume is not None:
            self.tapes = {tape.header.provider: tape for tape in map(Tape.read, recordings(resume))}
            _check_contracts(self.tapes.values())
        elif self.directory is not None:
            _make(self.directory)

    # -- what a run that goes on takes from the recording -------------------------------------------------------

    @property
    def resuming(self) -> bool:
        return bool(self.tapes)

    @property
    def header(self) -> Header:
        """The first provider's: the options are the same in all."""
        return next(iter(self.tapes.values())).header

    @property
    def documents(self) -> list[str]:
        """The providers, as the run was given them."""
        return [tape.header.document for tape in self.tapes.values()]

    # -- the run ------------------------------------------------------------------------------------------------

    def wrap(self, contract: Contract, document: str, target: Target, options: Options, timeout: float) -> Target:
        """The target behind a tape, where one is to be kept."""
        if self.directory is None:
            return target
        redactor = Redactor(target.keys.values())
        if self.resuming:
            tape = self.tapes[contract.name]
            _check_accounts(contract, tape.header, target)
            _check_callbacks(tape.header, target.callbacks)
            tape.open(redactor)
            tape.resumed(time.time())
        else:
            tape = _start(self.directory / contract.name, contract, document, target, options, timeout, redactor)
        made = TapeTarget(contract, tape, target, redactor)
        self.targets.append(made)
        return made

    @contextlib.contextmanager
    def running(self, tell: Callable[[str], None]) -> Iterator[None]:
        """While a run goes: the first signal to stop lets requests under way come to their end, the second does not."""
        if self.directory is None or threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: FrameType | None) -> None:
            if all(target.clock.stopping.is_set() for target in self.targets):
                raise KeyboardInterrupt
            tell("stopping when the requests under way are answered; once more stops at once")
            for target in self.targets:
                target.clock.stopping.set()

        before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def finish(self) -> None:
        """Writes `run.har` beside each tape."""
        for target in self.targets:
            target.tape.close()
            write_har(target.tape.folder)

    @property
    def how_to_go_on(self) -> str:
        """What to say of an interrupted run."""
        return f"recorded in {self.directory}; go on with: screentest check --resume {self.directory}"


def replayed(directory: str) -> list[tuple[Contract, TapeTarget]]:
    """The recordings in a folder as targets that need no network, with today's contracts. Raises UsageError."""
    found = []
    for folder in recordings(directory):
        tape = Tape.read(folder)
        contract = tape.header.load()
        found.append((contract, TapeTarget(contract, tape, None, Redactor())))
    return found


def _make(directory: Path) -> None:
    if directory.is_dir() and any(directory.glob(f"**/{NAME}")):
        raise UsageError(
            f"{directory} holds a recording already", f"go on with it (--resume {directory}), or name another folder"
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot record into {directory}: {error.strerror}", "name a folder that can be made") from None
    if not os.access(directory, os.W_OK):
        raise UsageError(f"cannot write into {directory}", "check the folder's permissions")


def _start(
    folder: Path,
    contract: Contract,
    document: str,
    target: Target,
    options: Options,
    timeout: float,
    redactor: Redactor,
) -> Tape:
    port = target.callbacks
    header = Header(
        provider=contract.name,
        title=contract.title,
        document=document,
        contract=contract.digest,
        kind=target.kind,
        base_url=redactor.text(target.base_url),
        started=time.time(),
        accounts=tuple(target.keys),
        callbacks=redactor.text(port.base) if isinstance(port, Mailbox) else None,
        timeout=timeout,
        options=options_json(options),
        tool=tool(),
    )
    folder.mkdir(exist_ok=True)
    header.write(folder)
    tape = Tape(folder, header)
    tape.open(redactor)
    return tape


def _check_contracts(tapes: object) -> None:
    for tape in tapes:  # type: ignore[attr-defined]
        contract = tape.header.load()
        if contract.digest != tape.header.contract:
            raise UsageError(
                f"the document of {contract.title} has changed since {tape.folder} was recorded",
                "a run goes on with the document it began with; judge what there is with `screentest replay`",
            )


def _check_accounts(contract: Contract, header: Header, target: Target) -> None:
    missing = [role for role in header.accounts if role not in target.keys]
    if missing:
        names = [contract.key_variable + setup.ACCOUNTS[role] for role in missing]
        raise UsageError(f"the run had keys that are not set now: {', '.join(names)}", "set them again, then resume")


def _check_callbacks(header: Header, port: CallbackPort | None) -> None:
    base = port.base if isinstance(port, Mailbox) else None
    if header.callbacks is not None and base != header.callbacks:
        raise UsageError(
            f"the run received callbacks at {header.callbacks}" + (f", not at {base}" if base else ""),
            "give the same --callback-listen and --callback-url: other addresses would make the tasks anew",
        )
