"""`screentest callback`: sends callbacks to a receiver, judges, prints and reports."""

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.markup import escape

from screentest_contracts import load_contract
from screentest_contracts.errors import UsageError
from screentest_contracts.redact import Redactor
from screentest_contracts.signatures import write_secret
from screentest_mockserver.wire.accounts import CALLBACK_SECRET
from screentest_suites.cli.progress import print_verdicts
from screentest_suites.cli.tables import print_json
from screentest_suites.clients.receiver import Receiver, check_address
from screentest_suites.core.options import Options
from screentest_suites.reporting import report
from screentest_suites.reporting.outcome import outcome


def run_callback(
    provider: str,
    to: str,
    *,
    allow_host: str | None,
    expect_status: str,
    reports: tuple[str, ...],
    verbose: bool,
    form: str = "text",
    quiet: bool = False,
) -> int:
    """Judges a receiver; returns the exit status. Raises UsageError."""
    check_address(to, allow_host)
    paths = [Path(each) for each in reports]
    for path in paths:
        report.check_path(path)
    contract = load_contract(provider)
    rule = contract.callback
    if rule is None:
        raise UsageError(f"{contract.title} does not call back", "see `screentest show NAME --at /x-task/callback`")
    secret = ""
    if rule.signature is not None:
        secret = os.environ.get(rule.signature.variable) or write_secret(rule.signature, CALLBACK_SECRET)
        if rule.signature.variable not in os.environ and not quiet:
            click.echo(
                f"signed with {secret}; {rule.signature.variable} in the environment is another secret", err=True
            )
    redactor, console = Redactor(filter(None, [secret])), Console(stderr=form == "json", highlight=False)
    started, clock = report.now(), time.perf_counter()
    verdicts = list(Receiver(contract, rule, to, secret, _glob(expect_status)).verdicts())
    rows = [report.verdict_json(contract, verdict, redactor) for verdict in verdicts]
    print_verdicts(console, contract, zip(verdicts, rows, strict=True), redactor, verbose=verbose)
    head = report.header([contract], None, Options(), started)
    head["target"] = {"kind": "client", "host": urlsplit(to).netloc.rpartition("@")[2]}
    document = report.document(head, rows, finished=True)
    unwritten = report.write_all(paths, document)
    if form == "json":
        print_json(document)
    for problem in unwritten:
        click.echo(f"error: {problem}", err=True)
    found = outcome(rows, [], unwritten=bool(unwritten))
    colour = {0: "green", 1: "red"}.get(found.status, "magenta")
    console.print(f"[{colour}]{escape(found.words)}[/]; {len(rows)} verdicts in {time.perf_counter() - clock:.1f} s")
    return found.status


def _glob(status: str) -> str:
    """`4xx` or `401` as a pattern. Raises UsageError."""
    found = status.lower().replace("x", "?")
    if len(found) != 3 or found[0] not in "12345" or any(each not in "0123456789?" for each in found):
        raise UsageError(f"--expect-status {status!r} is no status", "for example 401 or 4xx")
    return found
