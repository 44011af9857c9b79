"""The command that judges a server under load."""

import re
import sys
from typing import Any

import click

from screentest_contracts.errors import UsageError
from screentest_suites.cli.group import Number, main, reports_usage_errors
from screentest_suites.core.run_options import LONGEST


@main.command(short_help="Judge a server under load: many tasks at once.")
@click.argument("provider")
@click.option("--target", metavar="URL", help="Load this server; default: the mock, served in another process.")
@click.option("--users", default=10, show_default=True, type=click.IntRange(1, 100_000), help="Tasks at a time.")
@click.option("--tasks", type=click.IntRange(1, 100_000_000), help="End after so many tasks; default: one per user.")
@click.option("--duration", type=Number(0, LONGEST, min_open=True), help="Seconds after which no more tasks are made.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes of Locust.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Ask for this model (repeatable).")
@click.option("--live", is_flag=True, help="Load the provider's own server, with your key; needs --max-spend.")
@click.option("--max-spend", metavar="AMOUNT", help="What all processes together may spend (5, 2.50, 5USD).")
@click.option("--assume-price", metavar="AMOUNT", help="What one task costs at most, where the document has no price.")
@click.option("--rate", type=Number(0, LONGEST, min_open=True), help="Requests per second of each process, at most.")
@click.option("--poll-interval", type=Number(0, LONGEST, min_open=True), help="Seconds between polls of a task.")
@click.option("--task-timeout", type=Number(0, LONGEST, min_open=True), help="Seconds that a task may take.")
@click.option("--timeout", default=30.0, show_default=True, type=Number(0.1, 3600), help="Seconds one answer may take.")
@click.option("--speed", type=Number(0.001, 1e6), help="How many times as fast as its document; the mock: 60.")
@click.option("--callback-listen", metavar="HOST:PORT", help="Receive a target's callbacks over TLS here; one process.")
@click.option("--callback-url", metavar="URL", help="The public address of that receiver.")
@click.option("--callback-certificate", metavar="FILE", help="Its certificate and key, in one PEM file.")
@click.option(
    "--callback-patience",
    default=15.0,
    show_default=True,
    type=Number(0, LONGEST, min_open=True),
    help="Seconds within which a callback has to come.",
)
@click.option("--page", metavar="HOST:PORT", help="Show Locust's page for the time of the run.")
@click.option(
    "--report", "reports", multiple=True, metavar="PATH", help="Write a report; format by suffix (repeatable)."
)
@click.pass_context
@reports_usage_errors
def load(
    context: click.Context,
    provider: str,
    target: str | None,
    workers: int,
    page: str | None,
    reports: tuple[str, ...],
    speed: float | None,
    **options: Any,
) -> None:
    """Judge a server under load: many tasks at once, each held to the promises of `check`.

    \b
      screentest load NAME --users 500                 the mock, served in another process, callbacks included
      screentest load NAME --target http://... --users 50 --duration 60 --report load.html

    One task at rest comes first, so that the report tells which promises broke only under load. It needs Locust: pip
    install 'screentest[load]'. `from screentest.load import user_class` is for locustfiles of yours.

    \b
    Exit status: 0 no MUST failed, 1 a MUST failed or no task was seen to its end, 2 wrong usage, 3 the harness broke
    or nothing answered.
    """
    from screentest_suites.cli.loading import MOCK_SPEED, LoadSettings, run_load

    is_mock = target is None and not options["live"]
    _check(is_mock=is_mock, workers=workers, page=page, **options)
    if options["tasks"] is None and options["duration"] is None:
        options["tasks"] = options["users"]
    settings = LoadSettings(speed=speed or (MOCK_SPEED if is_mock else 1.0), **options)
    plugins = context.find_root().params["plugins"]
    told = {"target": target, "workers": workers, "page": page, "reports": reports, "plugins": plugins}
    sys.exit(run_load(provider, settings, **told))


def _check(*, is_mock: bool, workers: int, page: str | None, **options: Any) -> None:
    """Raises UsageError for options that exclude each other."""
    if page is not None and not re.fullmatch(r".+:\d{1,5}", page):
        raise UsageError(f"--page {page!r} is no address", "write it as HOST:PORT, for example 127.0.0.1:8089")
    if is_mock and options["max_spend"] is not None:
        raise UsageError("--max-spend has no meaning for the mock", "it is for --live and --target")
    if options["callback_listen"] is not None and is_mock:
        raise UsageError("--callback-listen is for --target", "leave it out: callbacks of the mock are received anyway")
    if options["callback_listen"] is not None and workers > 1:
        raise UsageError("--callback-listen is for one process", "leave out --workers")
    if options["callback_listen"] is None and (options["callback_url"] or options["callback_certificate"]):
        raise UsageError("--callback-url and --callback-certificate need --callback-listen", "for example 0.0.0.0:8443")
