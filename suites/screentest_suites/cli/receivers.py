"""`screentest callback`: sends callbacks to a receiver, judges, prints and reports."""

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.markup import escape

from screentest_contracts import Contract, load_contract
from screentest_contracts.contract import Signature
from screentest_contracts.errors import UsageError
from screentest_contracts.facts import Level
from screentest_contracts.redact import Redactor
from screentest_contracts.signatures import key_set, write_secret
from screentest_mockserver.wire.accounts import CALLBACK_SECRET
from screentest_suites.cli.progress import print_verdicts
from screentest_suites.cli.tables import print_json
from screentest_suites.clients.receiver import Receiver, check_address
from screentest_suites.core.files import write_text
from screentest_suites.core.options import Options
from screentest_suites.reporting import report
from screentest_suites.reporting.baseline import BaselinePolicy
from screentest_suites.reporting.outcome import outcome


def run_callback(
    provider: str,
    to: str,
    *,
    allow_host: str | None,
    expect_status: str,
    reports: tuple[str, ...],
    key_set_file: str | None = None,
    level: Level = Level.MUST,
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
    secret = _secret(contract, rule.signature, key_set_file, quiet=quiet)
    redactor, console = Redactor(filter(None, [secret])), Console(stderr=form == "json", highlight=False)
    started, clock = report.now(), time.perf_counter()
    verdicts = list(Receiver(contract, rule, to, secret, _glob(expect_status)).verdicts())
    rows = [report.verdict_json(contract, verdict, redactor) for verdict in verdicts]
    print_verdicts(console, contract, zip(verdicts, rows, strict=True), redactor, verbose=verbose)
    head = report.header([contract], None, Options(), started, level)
    head["target"] = {"kind": "client", "host": urlsplit(to).netloc.rpartition("@")[2]}
    document = report.document(head, rows, finished=True)
    unwritten = report.write_all(paths, document)
    if form == "json":
        print_json(document)
    for problem in unwritten:
        click.echo(f"error: {problem}", err=True)
    found = outcome(rows, [], BaselinePolicy(level=level), unwritten=bool(unwritten))
    colour = {0: "green", 1: "red"}.get(found.status, "magenta")
    console.print(f"[{colour}]{escape(found.words)}[/]; {len(rows)} verdicts in {time.perf_counter() - clock:.1f} s")
    return found.status


def _secret(contract: Contract, rule: Signature | None, key_set_file: str | None, *, quiet: bool) -> str:
    """What callbacks are signed with, told to the user; the key set is written. Raises UsageError."""
    if key_set_file is not None and (rule is None or not rule.keys_url):
        raise UsageError(f"{contract.title} has no key set for its callbacks", "leave out --key-set")
    if rule is None:
        return ""
    if rule.keys_url:
        told = "signed with a key of the set of `screentest serve`, which --key-set FILE writes"
        if key_set_file is not None:
            write_text(Path(key_set_file), key_set(CALLBACK_SECRET) + "\n")
            told = f"signed with a key of the set in {key_set_file}"
        secret = CALLBACK_SECRET
    else:
        secret = os.environ.get(rule.variable) or write_secret(rule, CALLBACK_SECRET)
        told = f"signed with {secret}; {rule.variable} in the environment is another secret"
    if not quiet and (rule.keys_url or rule.variable not in os.environ):
        click.echo(told, err=True)
    return secret


def _glob(status: str) -> str:
    """`4xx` or `401` as a pattern. Raises UsageError."""
    found = status.lower().replace("x", "?")
    if len(found) != 3 or found[0] not in "12345" or any(each not in "0123456789?" for each in found):
        raise UsageError(f"--expect-status {status!r} is no status", "for example 401 or 4xx")
    return found
