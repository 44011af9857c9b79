"""`screentest load`: a server under load, or the mock in another process, judged and told."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

import click
from rich.console import Console

from screentest_contracts import load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.redact import Redactor
from screentest_contracts.signatures import write_secret
from screentest_mockserver.server.tls import authority_file, issue
from screentest_mockserver.wire.accounts import CALLBACK_SECRET, account_keys
from screentest_suites.load.order import Order, carried_out, check_locust
from screentest_suites.load.outcome import report_document
from screentest_suites.load.settings import MOCK_SPEED, LoadSettings
from screentest_suites.load.shown import conclude
from screentest_suites.reporting import report
from screentest_suites.targets.credentials import find_keys, variables
from screentest_suites.targets.selection import Destination, make_target


def run_load(
    provider: str,
    settings: LoadSettings,
    *,
    target: str | None,
    workers: int,
    page: str | None,
    reports: Sequence[str],
    plugins: Sequence[str],
) -> int:
    """Loads a server, prints and reports; returns the exit status. Raises UsageError."""
    check_locust()
    contract, paths = load_contract(provider), [Path(path) for path in reports]
    for path in paths:
        report.check_path(path)
    options = settings.options(contract)
    with contextlib.ExitStack() as stack:
        environment: Mapping[str, str] = os.environ
        if target is None and not settings.live:
            environment = {**environment, **_mock_keys(contract)}
            mine, settings = stack.enter_context(_called_back(contract, settings))
            target = stack.enter_context(_served(provider, settings.speed, *mine))
        else:
            make_target(contract, Destination(target, settings.live, settings.timeout)).close()
        base = contract.base_url if target is None else target
        click.echo(f"{contract.title} at {base}: {_told(settings)}", err=True)
        order = Order(provider, settings.plain(), base, min(workers, settings.users), page, plugins)
        try:
            result = carried_out(order, environment)
        except RuntimeError as broken:  # our bug, never the vendor's fault
            click.echo(f"error: {Redactor(find_keys(contract, environment).values()).text(str(broken))}", err=True)
            return 3
    document = report_document(contract, result, find_keys(contract, environment), options)
    return conclude(Console(highlight=False), document, paths)


def _told(settings: LoadSettings) -> str:
    tasks = "" if settings.tasks is None else f", {settings.tasks} tasks"
    seconds = "" if settings.duration is None else f", {settings.duration:g} s"
    return f"one task at rest, then {settings.users} users{tasks}{seconds}"


def _mock_keys(contract: Contract) -> dict[str, str]:
    """The variables with the keys of the mock."""
    usual = account_keys(contract)
    signature = contract.callback.signature if contract.callback is not None else None
    if signature is not None:
        usual["callback"] = write_secret(signature, CALLBACK_SECRET)
    return {name: usual[role] for role, name in variables(contract).items() if role in usual}


@contextlib.contextmanager
def _called_back(contract: Contract, settings: LoadSettings) -> Iterator[tuple[tuple[str, ...], LoadSettings]]:
    """How the mock calls back and how the run listens, each of its processes at a port of its own: options for `serve`,
    and settings. Both as they are for a document without callbacks."""
    if contract.callback is None:
        yield (), settings
        return
    tls = issue(["127.0.0.1"])
    with authority_file(tls) as authority, tempfile.TemporaryDirectory(prefix="screentest-load-") as folder:
        certificate = Path(folder) / "receiver.pem"
        certificate.touch(0o600)
        certificate.write_bytes(tls.certificate)
        listening = replace(settings, callback_listen="127.0.0.1:0", callback_certificate=str(certificate))
        yield ("--allow-loopback-callbacks", "--callback-ca", authority), listening


@contextlib.contextmanager
def _served(provider: str, speed: float, *more: str) -> Iterator[str]:
    """The address of a mock in another process."""
    call = "from screentest_suites.cli import main; main()"
    options = ("--port", "0", "--speed", str(speed), "--quiet", *more)
    command = [sys.executable, "-c", call, "serve", provider, *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, text=True, start_new_session=True) as server:  # noqa: S603 - our own
        try:
            found = re.search(r"http://\S+:\d+", cast("IO[str]", server.stdout).readline())
            if found is None:
                raise UsageError("the mock could not be served", f"try it alone: screentest serve {provider}")
            yield found[0]
        finally:
            server.terminate()


__all__ = ["MOCK_SPEED", "LoadSettings", "run_load"]
