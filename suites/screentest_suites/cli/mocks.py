"""Commands about the mock: serving it, what it can do, and the proof of the suites on it."""

import sys
from typing import Any

import click

from screentest_contracts.errors import UsageError
from screentest_suites.cli.completing import DEVIATION, PROVIDER, SCENARIO
from screentest_suites.cli.forms import form_options
from screentest_suites.cli.group import Number, main, reports_usage_errors


@main.command(short_help="Serve the mock of one or several providers.")
@click.argument("providers", nargs=-1, type=PROVIDER, metavar="[PROVIDER]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option(
    "--speed",
    default=60.0,
    show_default=True,
    type=Number(0.001, 1e6),
    help="How many times as fast as the vendor: tasks, Retry-After, slow answers, repeated callbacks; 1: its own pace.",
)
@click.option(
    "--clock",
    type=click.Choice(["real", "manual"]),
    default="real",
    show_default=True,
    help="manual: time stands still until POST /_screentest/clock/advance.",
)
@click.option(
    "--api-key",
    default="sk-screentest",
    show_default=True,
    help="The key of the good account; ACCESS:SECRET where requests are signed.",
)
@click.option(
    "--scenario",
    type=SCENARIO,
    show_default="success",
    metavar="NAME",
    help="What every task does; see `screentest scenarios`.",
)
@click.option(
    "--deviation",
    type=DEVIATION,
    metavar="NAME",
    help="A violation to commit, or a legal variation; `screentest deviations`, `variations`.",
)
@click.option("--setting", "settings", multiple=True, metavar="NAME=READING", help="A documented reading to follow.")
@click.option("--control-token", help="Opens the control plane to other machines that send this token.")
@click.option("--allow-loopback-callbacks", is_flag=True, help="Let callbacks go to this machine.")
@click.option(
    "--callback-ca", type=click.Path(exists=True, dir_okay=False), help="CA that callback receivers are trusted by."
)
@click.option(
    "--cors", is_flag=True, help="Let pages in browsers use it, whatever their origin (not the control plane)."
)
@click.option("--second-origin", is_flag=True, help="Listen at another address, too, for results that are elsewhere.")
@click.option("--tls", is_flag=True, help="Serve HTTPS, with a fresh certificate for this machine.")
@click.option("--tls-ca", metavar="FILE", help="Where --tls writes the authority to trust; default: a temporary file.")
@click.option("--quiet", is_flag=True, help="No line per request.")
@click.option(
    "--store",
    metavar="STORE",
    default="memory",
    show_default=True,
    help="Where tasks live: memory, sqlite:PATH (over restarts) or redis://HOST:PORT/DB (for many processes).",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes that serve the port; several need a --store that they share.",
)
@click.option(
    "--replay", metavar="DIR", help="Serve what was recorded in DIR (`screentest check --record DIR`) instead."
)
@reports_usage_errors
def serve(
    providers: tuple[str, ...], replay: str | None, clock: str, settings: tuple[str, ...], **options: Any
) -> None:
    """Serve the mock of one or several providers.

    One provider has its paths at the root; several are each under /NAME/, and also answer to their own host names.

    \b
    Keys:      sk-screentest (or --api-key), sk-screentest-other (another account),
               sk-screentest-poor (no balance), sk-screentest-restricted (first model only);
               where requests are signed KEY:SECRET, with the secret KEY-0123456789abcdef (these digits four times)
    Callbacks: signed with screentest-callbacks where the document says how
    Scenarios: success, failure[:CODE], slow, never-ending, rate-limited, server-errors, lost-answer, ...
    HTTPS:     --tls prints SSL_CERT_FILE=FILE, which most clients read from the environment;
               others have variables of their own for FILE: REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, curl's --cacert
    Page:      /_screentest/ in a browser shows tasks, journal and clock, and sets scenarios and deviations
    Control:   /_screentest/ health, clock, clock/advance, scenario, deviation, tasks, journal, callbacks, reset

    With --replay DIR a recording is the mock: a create is answered as the same body was, or one of the same model; its
    task moves as it did, --speed times as fast; results come from the recording. Any key will do; without one a request
    is refused where the recording holds such a refusal. The path of the recorded address may be left out.
    """
    if options["tls_ca"] is not None and not options["tls"]:
        raise UsageError("--tls-ca is for a mock that serves HTTPS", "add --tls")
    if replay is not None:
        if providers:
            raise UsageError("--replay takes no providers: they are in the recording", f"serve --replay {replay}")
        if options["store"] != "memory" or options["workers"] != 1:
            raise UsageError("--replay remembers in one process: leave --store and --workers out", "")
        from screentest_suites.cli.replaying import run_replay_server

        run_replay_server(
            replay, **{name: options[name] for name in ("host", "port", "speed", "cors", "tls", "tls_ca")}
        )
        return
    from screentest_suites.cli.serve import run_server

    readings = dict(_pair(setting) for setting in settings)
    run_server(providers, manual=clock == "manual", settings=readings, **options)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--setting {text!r} has no reading", "write it as NAME=READING")
    return name, value


@main.command(short_help="Prove the suites on the mock's deviations.")
@click.argument("providers", nargs=-1, type=PROVIDER, metavar="[PROVIDER]...")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Only this deviation, variation or SETTING=READING (repeatable)."
)
@click.option(
    "--deviation", "deviations", multiple=True, type=DEVIATION, metavar="NAME", help="Only this deviation (repeatable)."
)
@click.option("--clients", is_flag=True, help="Prove the checks of clients: the reference client and faulty ones.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; default: one per core.")
@click.option("--verbose", "-v", is_flag=True, help="Print every row of the matrix.")
@form_options(
    ("provider", "kind", "name", "good", "caught", "flagged", "errors", "miss"), quiet="Print what is wrong only."
)
@reports_usage_errors
def selfcheck(
    providers: tuple[str, ...],
    only: tuple[str, ...],
    deviations: tuple[str, ...],
    clients: bool,
    jobs: int | None,
    verbose: bool,
    form: str,
    quiet: bool,
) -> None:
    """Prove the suites on the mock: deviations are caught, legal variations are not.

    With --clients the checks of clients are proven instead: the reference client breaks nothing, and each faulty one
    (--only NAME) is noticed by the requirement that names its fault.

    Exit status 1 when a deviation or fault is missed, legal behaviour raises a MUST, or a requirement has no deviation.
    """
    if clients and (form == "json" or quiet):
        raise UsageError("--clients has one form, text", "leave out --format and --quiet")
    if clients:
        from screentest_suites.cli.client_proof import run_client_proof

        sys.exit(run_client_proof(providers, only, verbose))
    from screentest_suites.cli.selfcheck import run_selfcheck

    sys.exit(run_selfcheck(providers, only, deviations, jobs, verbose, form=form, quiet=quiet))


_ABOUT = ("name", "about")


@main.command(short_help="List what tasks of the mock can do.")
@form_options(_ABOUT)
@reports_usage_errors
def scenarios(form: str, quiet: bool) -> None:
    """List the scenarios of the mock: legal behaviour that a client must survive."""
    from screentest_mockserver.tasks.scenarios import SCENARIOS
    from screentest_suites.cli.listing import show_abouts

    show_abouts(SCENARIOS, form, quiet=quiet)


@main.command(short_help="List the violations that the mock can commit.")
@click.argument("provider", type=PROVIDER, required=False)
@form_options(_ABOUT)
@reports_usage_errors
def deviations(provider: str | None, form: str, quiet: bool) -> None:
    """List the deviations of the mock: violations that the suites catch."""
    from screentest_contracts import load_contract
    from screentest_mockserver.behaviours.deviations import DEVIATIONS, applicable
    from screentest_suites.cli.listing import show_abouts

    found = applicable(load_contract(provider)) if provider else [DEVIATIONS[name] for name in sorted(DEVIATIONS)]
    show_abouts({each.name: each.about for each in found}, form, quiet=quiet)


@main.command(short_help="List the legal differences of the mock.")
@click.argument("provider", type=PROVIDER, required=False)
@form_options(_ABOUT)
@reports_usage_errors
def variations(provider: str | None, form: str, quiet: bool) -> None:
    """List the legal variations of the mock: differences that the suites must not report."""
    from screentest_contracts import load_contract
    from screentest_mockserver.behaviours.variations import VARIATIONS, applicable
    from screentest_suites.cli.listing import show_abouts

    found = applicable(load_contract(provider)) if provider else [VARIATIONS[name] for name in sorted(VARIATIONS)]
    show_abouts({each.name: each.about for each in found}, form, quiet=quiet)
