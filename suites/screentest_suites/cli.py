"""The command line. Heavy modules are imported by the command that needs them: `serve` must start at once."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from screentest_contracts.errors import UsageError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turns the user's mistakes into one message and an exit status."""

    @wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except UsageError as error:
            click.echo(f"error: {error}", err=True)
            unreachable = type(error).__name__ == "TargetUnreachableError"
            sys.exit(3 if unreachable else 2)
        except BrokenPipeError:
            sys.exit(0)

    return command


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="screentest")
def main() -> None:
    """Screentest: mock server and conformance suite for asynchronous video-generation APIs.

    \b
    Try:
      screentest serve                  every built-in provider's mock, on port 8080
      screentest check                  judge the mocks: the suites, in seconds, without network
      screentest check NAME --target http://127.0.0.1:3000
                                        judge another server by a provider's contract
      screentest requirements NAME      what a provider is held to, and where that is written
      screentest check NAME --target URL --record DIR; screentest replay DIR
                                        keep a run, and judge it again for nothing

    A PROVIDER is a built-in name (`screentest providers`) or the path of a provider document.
    """


@main.command()
@click.argument("providers", nargs=-1, metavar="[PROVIDER]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option(
    "--speed",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0.001, 1e6),
    help="How many times as fast as the vendor tasks run; 1: the vendor's own pace.",
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
    "--scenario", default="success", show_default=True, help="What every task does; see `screentest scenarios`."
)
@click.option(
    "--deviation",
    help="A violation to commit, or a legal variation; `screentest deviations`, `variations`.",
)
@click.option("--setting", "settings", multiple=True, metavar="NAME=READING", help="A documented reading to follow.")
@click.option("--control-token", help="Opens the control plane to other machines that send this token.")
@click.option("--allow-loopback-callbacks", is_flag=True, help="Let callbacks go to this machine.")
@click.option(
    "--callback-ca", type=click.Path(exists=True, dir_okay=False), help="CA that callback receivers are trusted by."
)
@click.option("--quiet", is_flag=True, help="No line per request.")
@click.option(
    "--replay", metavar="DIR", help="Serve what was recorded in DIR (`screentest check --record DIR`) instead."
)
@_told
def serve(
    providers: tuple[str, ...],
    replay: str | None,
    host: str,
    port: int,
    speed: float,
    clock: str,
    api_key: str,
    scenario: str,
    deviation: str | None,
    settings: tuple[str, ...],
    control_token: str | None,
    allow_loopback_callbacks: bool,
    callback_ca: str | None,
    quiet: bool,
) -> None:
    """Serve the mock of one or several providers.

    One provider has its paths at the root; several are each under /NAME/, and also answer to their own host names.

    \b
    Keys:      sk-screentest (or --api-key), sk-screentest-other (another account),
               sk-screentest-poor (no balance), sk-screentest-restricted (first model only);
               where requests are signed KEY:SECRET, with the secret KEY-0123456789abcdef (these digits four times)
    Callbacks: signed with screentest-callbacks where the document says how
    Scenarios: success, failure[:CODE], slow, never-ending, rate-limited, server-errors, lost-answer, ...
    Control:   /_screentest/ health, clock, clock/advance, scenario, deviation, tasks, journal, callbacks, reset

    With --replay DIR a recording is the mock: a create is answered as the same body was, or one of the same model; its
    task moves as it did, --speed times as fast; results come from the recording. No key is needed.
    """
    if replay is not None:
        if providers:
            raise UsageError("--replay takes no providers: they are in the recording", f"serve --replay {replay}")
        from screentest_suites.recording.server import run_replay_server

        run_replay_server(replay, host=host, port=port, speed=speed)
        return
    from screentest_suites.serve import run_server

    run_server(
        providers,
        host=host,
        port=port,
        speed=speed,
        manual=clock == "manual",
        api_key=api_key,
        scenario=scenario,
        deviation=deviation,
        settings=dict(_pair(setting) for setting in settings),
        control_token=control_token,
        allow_loopback_callbacks=allow_loopback_callbacks,
        callback_ca=callback_ca,
        quiet=quiet,
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--setting {text!r} has no reading", "write it as NAME=READING")
    return name, value


@main.command()
@click.argument("providers", nargs=-1, metavar="[PROVIDER]...")
@click.option("--target", metavar="URL", help="Judge this server instead of the embedded mock.")
@click.option("--live", is_flag=True, help="Judge the provider's own server, with your key. See also: screentest plan.")
@click.option(
    "--max-spend",
    metavar="AMOUNT",
    help="What each provider's run may cost at most, in its currency (5, 2.50, 5USD), or: unlimited. With --live the "
    "default is 0: only requests that cannot create anything.",
)
@click.option("--assume-price", metavar="AMOUNT", help="What one task costs at most, where the document has no price.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="Requests per second at most.")
@click.option("--poll-interval", type=click.FloatRange(0.0), metavar="S", help="Seconds between polls.")
@click.option("--task-timeout", type=click.FloatRange(0.0, min_open=True), metavar="S", help="Seconds a task may take.")
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0.1),
    metavar="S",
    help="Seconds one answer may take.",
)
@click.option(
    "--examples",
    default=100,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="Generated examples per provider.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of everything generated: the same seed, the same run.")
@click.option("--model", "models", multiple=True, help="Judge only this model (repeatable).")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="PATH",
    help="Write the report; format by suffix: .json .html .md .xml .svg (repeatable).",
)
@click.option("--record", metavar="DIR", help="Keep all that is asked and answered; for replay, diff and --resume.")
@click.option(
    "--resume", metavar="DIR", help="Go on with an interrupted run, as it was begun; nothing is created twice."
)
@click.option("--baseline", metavar="FILE", help="Known failures: they do not fail a run; one that passes again does.")
@click.option("--update-baseline", is_flag=True, help="Write the baseline anew from this run.")
@click.option("--callback-listen", metavar="HOST:PORT", help="Receive the target's callbacks here, over TLS.")
@click.option("--callback-url", metavar="URL", help="The receiver's public address, where it differs.")
@click.option("--callback-certificate", metavar="PEM", help="The receiver's certificate and key; without: one is made.")
@click.option("--verbose", "-v", is_flag=True, help="Print every verdict.")
@_told
def check(
    providers: tuple[str, ...], target: str | None, reports: tuple[str, ...], verbose: bool, **options: Any
) -> None:
    """Judge providers: every requirement of their contracts gets a verdict with evidence.

    \b
      screentest check                               the embedded mocks of all built-in providers
      screentest check NAME --target http://...      any server
      screentest plan NAME --max-spend 5             what a live run would send and could cost; sends nothing
      screentest check NAME --live --max-spend 5     the provider's own server, for money

    Without --target and --live the embedded mock is judged, in virtual time and without network. With --target URL
    any server is, in real time. The key for both comes from the environment variable that the document names
    (`screentest providers` lists them; with _SECOND added: another account's key, with _POOR: of one without balance),
    the secret of signed callbacks from the one that it names for that.

    Where tasks cost money (--live, or --max-spend is given) one task per model is paid for, in its cheapest form, and
    shared by all checks; what is to be refused is asked before.

    With --record DIR the run is on disk from its first request, without keys and signatures. Whatever interrupts it,
    `screentest check --resume DIR` goes on: options come from DIR, keys from the environment, and a request that may
    have been taken is not sent again. `screentest replay DIR` judges it again for nothing.

    \b
    Exit status: 0 no MUST failed, 1 a MUST failed, 2 wrong usage, 3 the harness broke or nothing answered.
    """
    from screentest_suites.console import run_check

    sys.exit(run_check(providers, target=target, reports=reports, verbose=verbose, **options))


@main.command()
@click.argument("directories", nargs=-1, required=True, metavar="DIR...")
@click.option(
    "--report", "reports", multiple=True, metavar="PATH", help="Write the report; format by suffix: .json (repeatable)."
)
@click.option("--baseline", metavar="FILE", help="Known failures, as for check.")
@click.option("--verbose", "-v", is_flag=True, help="Print every verdict.")
@_told
def replay(directories: tuple[str, ...], reports: tuple[str, ...], baseline: str | None, verbose: bool) -> None:
    """Judge recordings (`screentest check --record DIR`) by today's contracts, without network or keys.

    The verdicts are those of the run while contract and checks are the same. What a newer contract asks for and the
    recording does not hold is skipped as not observed. Exit status as for `screentest check`.
    """
    from screentest_suites.console import run_replay

    sys.exit(run_replay(directories, reports=reports, verbose=verbose, baseline=baseline))


@main.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@_told
def diff(old: str, new: str, form: str) -> None:
    """Show what a provider changed between two recordings, or between two JSON reports.

    Compared are fields that came, went or have another type, status words, answers and error texts to the same
    requests, timings, and verdicts by today's contracts. Ids, times and what was not seen in both runs are left out:
    two runs of the same server do not differ. Reports hold verdicts only.

    \b
    Exit status: 0 nothing differs, 1 something does, 2 wrong usage.
    """
    from screentest_suites.recording.diff import run_diff

    sys.exit(run_diff(old, new, form))


@main.command()
@click.argument("providers", nargs=-1, metavar="[PROVIDER]...")
@click.option("--max-spend", metavar="AMOUNT", help="Show what this budget would pay for.")
@click.option("--assume-price", metavar="AMOUNT", help="What one task costs at most, where the document has no price.")
@click.option("--model", "models", multiple=True, help="Only this model (repeatable).")
@click.option("--examples", default=100, show_default=True, type=click.IntRange(1, 100_000), help="As for check.")
@click.option("--seed", default=0, show_default=True, help="As for check.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@_told
def plan(providers: tuple[str, ...], **options: Any) -> None:
    """Show what a live run would send, in order, with the worst-case price of each request. Sends nothing.

    A request costs its price if the server accepts it, whether it should or not; a refusal costs nothing. The run
    never sends a request that the rest of its budget could not pay for.
    """
    from screentest_suites.spending.plan import show_plan

    sys.exit(show_plan(providers, **options))


@main.command()
@click.argument("providers", nargs=-1, metavar="[PROVIDER]...")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Only this deviation, variation or SETTING=READING (repeatable)."
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; default: one per core.")
@click.option("--verbose", "-v", is_flag=True, help="Print every row of the matrix.")
@_told
def selfcheck(providers: tuple[str, ...], only: tuple[str, ...], jobs: int | None, verbose: bool) -> None:
    """Prove the suites on the mock: deviations are caught, legal variations are not.

    Exit status 1 when a deviation is missed, legal behaviour raises a MUST, or a requirement has no deviation.
    """
    from screentest_suites.console import run_selfcheck

    sys.exit(run_selfcheck(providers, only, jobs, verbose))


@main.command()
@_told
def providers() -> None:
    """List the built-in providers."""
    from screentest_suites.console import show_providers

    show_providers()


@main.command()
@click.argument("providers", nargs=-1, metavar="[PROVIDER]...")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@_told
def requirements(providers: tuple[str, ...], form: str) -> None:
    """List what providers are held to: id, level, statement, sources; and what no outside check can see."""
    from screentest_suites.console import show_requirements

    show_requirements(providers, form)


@main.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN.json...")
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    required=True,
    metavar="PATH",
    help="Write this; format by suffix: .html .md .xml .svg .json (repeatable).",
)
@_told
def report(runs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    """Make a page of JSON reports: several providers side by side, several dates as a trend.

    For each provider and kind of target the newest run is shown, older ones as history. Runs that did not come to
    their end are marked; files that are no reports, or of another version, are refused.
    """
    from screentest_suites.reports.command import run_report

    run_report(runs, outputs)


@main.command()
@click.argument("documents", nargs=-1, required=True, metavar="DOCUMENT...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True, help="Form."
)
@click.option("--output", "-o", metavar="FILE", help="Write here instead of printing.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only, and one line per document.")
@_told
def lint(documents: tuple[str, ...], form: str, output: str | None, quiet: bool) -> None:
    """Check provider documents: contradictions and gaps, each with its place and what would mend it.

    A DOCUMENT is a built-in name or a file; a plain OpenAPI description (3.0 or 3.1, without x-task) is checked by the
    rules that apply to it. Notes are contradictions that the document itself records, with the reading it takes.

    \b
    Exit status: 0 no error among the findings, 1 an error, 2 a file that cannot be read or is no OpenAPI description.
    """
    from screentest_suites.linting import lint_documents

    sys.exit(lint_documents(documents, form, output, quiet=quiet))


@main.command()
@click.argument("providers", nargs=-1, metavar="[PROVIDER]...")
@click.option("--matrix", is_flag=True, help="What each can do, side by side, instead of differences.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "html"]), default="table", show_default=True, help="Form."
)
@click.option("--output", "-o", metavar="FILE", help="Write here instead of printing.")
@_told
def compare(providers: tuple[str, ...], matrix: bool, form: str, output: str | None) -> None:
    """Say what a client written for the first PROVIDER must change to talk to each of the others.

    From documents alone, sorted by what breaks first. Without names: what every built-in provider can do.
    """
    from screentest_suites.comparing import run_compare

    run_compare(providers, form, output, capabilities=matrix)


@main.command()
@click.argument("file", metavar="OPENAPI_FILE")
@click.option("--output", "-o", metavar="FILE", help="Write here instead of printing.")
@_told
def init(file: str, output: str | None) -> None:
    """Draft a provider document from a plain OpenAPI description: x-task, with every guess marked.

    What is left to do is told on stderr; `screentest lint` and `screentest serve` take it from there.
    """
    from screentest_suites.linting import draft_document

    draft_document(file, output)


@main.command()
@click.argument("provider")
@click.option(
    "--account", default="good", type=click.Choice(["good", "second", "poor", "restricted"]), help="Whose key."
)
@click.option("--flaw", type=click.Choice(["expired", "forged", "unsigned", "stranger"]), help="To be refused.")
@_told
def token(provider: str, account: str, flaw: str | None) -> None:
    """Print a fresh token, for a PROVIDER whose requests are signed: curl -H "Authorization: Bearer $(...)".

    It is signed with the key in the environment, as the suites sign, and valid for as long as the document says.
    """
    from screentest_suites.signing import print_token

    print_token(provider, account, flaw or "")


@main.command()
@_told
def scenarios() -> None:
    """List the scenarios of the mock: legal behaviour that a client must survive."""
    from screentest_mockserver.scenarios import SCENARIOS

    width = max(map(len, SCENARIOS))
    for name, about in SCENARIOS.items():
        click.echo(f"{name:{width}}  {about}")


@main.command()
@click.argument("provider", required=False)
@_told
def deviations(provider: str | None) -> None:
    """List the deviations of the mock: violations that the suites catch."""
    from screentest_contracts import load_contract
    from screentest_mockserver.deviations import REGISTRY, applicable

    found = applicable(load_contract(provider)) if provider else [REGISTRY[name] for name in sorted(REGISTRY)]
    width = max((len(each.name) for each in found), default=0)
    for each in found:
        click.echo(f"{each.name:{width}}  {each.about}")


@main.command()
@click.argument("provider", required=False)
@_told
def variations(provider: str | None) -> None:
    """List the legal variations of the mock: differences that the suites must not report."""
    from screentest_contracts import load_contract
    from screentest_mockserver.variations import VARIATIONS, applicable

    found = applicable(load_contract(provider)) if provider else [VARIATIONS[name] for name in sorted(VARIATIONS)]
    width = max((len(each.name) for each in found), default=0)
    for each in found:
        click.echo(f"{each.name:{width}}  {each.about}")
