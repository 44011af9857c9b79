"""Commands that judge, plan a run, or show what runs have found."""

import sys
from typing import Any

import click

from screentest_contracts.facts import Level
from screentest_suites.cli.completing import PROVIDER, SCENARIO
from screentest_suites.cli.forms import form_options
from screentest_suites.cli.group import Number, main, reports_usage_errors, run_options
from screentest_suites.core.run_options import CLIENT_TIME_LIMIT

_report_form = form_options(
    ("header", "observed", "requirements", "totals", "tasks", "footer"),
    json="The report, as `--report run.json` writes it: an object",
    quiet="Print what is broken, and the last line.",
)
_level = click.option(
    "--level",
    type=click.Choice(Level, case_sensitive=False),
    default=Level.MUST,
    show_default=True,
    help="Failures of this level or a stricter one fail the run.",
)


@main.command(short_help="Judge a server by a provider's contract, with evidence.")
@click.argument("providers", nargs=-1, type=PROVIDER, metavar="[PROVIDER]...")
@run_options
@_level
@click.option("--verbose", "-v", is_flag=True, help="Print every verdict.")
@_report_form
@reports_usage_errors
def check(providers: tuple[str, ...], level: Level, verbose: bool, form: str, quiet: bool, **options: Any) -> None:
    """Judge providers: every requirement of their contracts gets a verdict with evidence.

    \b
      screentest check                               the embedded mocks of all built-in providers
      screentest check NAME --target http://...      any server
      screentest plan NAME --max-spend 5             what a live run would send and could cost; sends nothing
      screentest check NAME --live --max-spend 5     the provider's own server, for money

    Without --target and --live the embedded mock is judged, in virtual time and without network. With --target URL
    any server is, in real time: URL stands for `servers[0].url` of the document, with its path, and the paths of
    operations are added to it; of several providers each is at URL/NAME. The key for both comes from the environment
    variable that the document names (`screentest providers` lists them; with _SECOND added: another account's key,
    with _POOR: of one without balance), the secret of signed callbacks from the one that it names for that.

    Where tasks cost money (--live, or --max-spend is given) one task per model is paid for, in its cheapest form, and
    shared by all checks; what is to be refused is asked before.

    With --record DIR the run is on disk from its first request, without keys and signatures. Whatever interrupts it,
    `screentest check --resume DIR` goes on: options come from DIR, keys from the environment, and a request that may
    have been taken is not sent again. `screentest replay DIR` judges it again for nothing.

    \b
    Exit status: 0 no MUST failed (--level: nor a SHOULD, or a NOTE), 1 one failed or no task was seen to its end
    (unless only free checks were asked for), 2 wrong usage, 3 the harness broke or nothing answered.
    """
    from screentest_suites.cli.checking import run_check
    from screentest_suites.core.settings import RunSettings

    sys.exit(run_check(providers, RunSettings(**options), level=level, verbose=verbose, form=form, quiet=quiet))


@main.command(short_help="Show what a live run would send and could cost.")
@click.argument("providers", nargs=-1, type=PROVIDER, metavar="[PROVIDER]...")
@click.option("--max-spend", metavar="AMOUNT", help="Show what this budget would pay for.")
@click.option("--assume-price", metavar="AMOUNT", help="What one task costs at most, where the document has no price.")
@click.option("--model", "models", multiple=True, help="Only this model (repeatable).")
@click.option("--examples", default=100, show_default=True, type=click.IntRange(1, 100_000), help="As for check.")
@click.option("--seed", default=0, show_default=True, help="As for check.")
@form_options(
    ("provider", "currency", "cap", "expected", "worst", "other_requests", "creates"),
    quiet="Print what the run could cost only.",
)
@reports_usage_errors
def plan(providers: tuple[str, ...], **options: Any) -> None:
    """Show what a live run would send, in order, with the worst-case price of each request. Sends nothing.

    A request costs its price if the server accepts it, whether it should or not; a refusal costs nothing. The run
    never sends a request that the rest of its budget could not pay for.
    """
    from screentest_suites.cli.plan import show_plan

    sys.exit(show_plan(providers, **options))


@main.command(short_help="Judge a recorded run again, without network.")
@click.argument("directories", nargs=-1, required=True, metavar="DIR...")
@click.option(
    "--report", "reports", multiple=True, metavar="PATH", help="Write the report; format by suffix: .json (repeatable)."
)
@click.option("--baseline", metavar="FILE", help="Known failures, as for check.")
@_level
@click.option("--verbose", "-v", is_flag=True, help="Print every verdict.")
@_report_form
@reports_usage_errors
def replay(directories: tuple[str, ...], reports: tuple[str, ...], baseline: str | None, **shown: Any) -> None:
    """Judge recordings (`screentest check --record DIR`) by today's contracts, without network or keys.

    The verdicts are those of the run while contract and checks are the same. What a newer contract asks for and the
    recording does not hold is skipped as not observed. Exit status as for `screentest check`.
    """
    from screentest_suites.cli.checking import run_replay

    sys.exit(run_replay(directories, reports=reports, baseline=baseline, **shown))


@main.command(short_help="Show what a provider changed between two runs.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@form_options(("provider", "kind", "where", "old", "new"), quiet="Print no difference: the exit status tells.")
@reports_usage_errors
def diff(old: str, new: str, form: str, quiet: bool) -> None:
    """Show what a provider changed between two recordings, or between two JSON reports.

    Compared are fields that came, went or have another type, status words, answers and error texts to the same
    requests, timings, and verdicts by today's contracts. Ids, times and what was not seen in both runs are left out:
    two runs of the same server do not differ. Reports hold verdicts only.

    \b
    Exit status: 0 nothing differs, 1 something does, 2 wrong usage.
    """
    from screentest_suites.cli.diff import run_diff

    sys.exit(run_diff(old, new, form, quiet=quiet))


@main.command(short_help="Make a page of JSON reports: providers, dates.")
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
@reports_usage_errors
def report(runs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    """Make a page of JSON reports: several providers side by side, several dates as a trend.

    For each provider and kind of target the newest run is shown, older ones as history. Runs that did not come to
    their end are marked; files that are no reports, or of another version, are refused.
    """
    from screentest_suites.cli.report import run_report

    run_report(runs, outputs)


@main.command(short_help="Print a fresh token of a signed request.")
@click.argument("provider", type=PROVIDER)
@click.option(
    "--account", default="good", type=click.Choice(["good", "second", "poor", "restricted"]), help="Whose key."
)
@click.option("--flaw", type=click.Choice(["expired", "forged", "unsigned", "stranger"]), help="To be refused.")
@reports_usage_errors
def token(provider: str, account: str, flaw: str | None) -> None:
    """Print a fresh token, for a PROVIDER whose requests are signed: curl -H "Authorization: Bearer $(...)".

    It is signed with the key in the environment, as the suites sign, and valid for as long as the document says.
    """
    from screentest_suites.cli.tokens import print_token

    print_token(provider, account, flaw or "")


@main.command(
    context_settings={"ignore_unknown_options": True}, short_help="Judge a client, in every situation it must survive."
)
@click.argument("provider", type=PROVIDER)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option(
    "--scenario", "scenarios", multiple=True, type=SCENARIO, metavar="NAME", help="Only this situation (repeatable)."
)
@click.option("--speed", type=Number(0.001, 1e6), help="How many times as fast as the vendor; default: 5 s for a task.")
@click.option(
    "--time-limit",
    default=CLIENT_TIME_LIMIT,
    show_default=True,
    type=Number(1, 86400),
    help="Seconds that a situation may take.",
)
@click.option("--jobs", default=4, show_default=True, type=click.IntRange(1, 64), help="Situations at a time.")
@click.option("--tls", is_flag=True, help="Serve HTTPS; SSL_CERT_FILE names the CA to trust.")
@click.option("--attach", is_flag=True, help="Run no command: serve one situation until Ctrl-C, then judge.")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="With --attach; 0: any.")
@click.option("--model", metavar="NAME", help="The model to ask for; default: the document's first simple one.")
@click.option("--prompt", metavar="TEXT", help="The prompt to ask for.")
@click.option(
    "--name", metavar="NAME", help="What reports call the client; default: the file that the command names last."
)
@click.option("--report", "reports", multiple=True, metavar="PATH", help="Write a report; as for `check` (repeatable).")
@click.option("--baseline", metavar="FILE", help="Known failures: they do not fail the run.")
@click.option("--update-baseline", is_flag=True, help="Let the file of --baseline follow this run.")
@_level
@click.option("--verbose", "-v", is_flag=True, help="Print every verdict.")
@_report_form
@reports_usage_errors
def client(provider: str, command: tuple[str, ...], **options: Any) -> None:
    """Judge a client of a provider: a command that makes one video.

    \b
      screentest client NAME -- python my_client.py
      screentest client NAME --scenario lost-answer -- node client.mjs
      screentest client NAME --attach --scenario failure         your client, worked by hand

    The command is run once in each situation that the document supports, against a fresh mock. It gets
    SCREENTEST_BASE_URL, SCREENTEST_KEY (and the document's own variable), SCREENTEST_MODEL, SCREENTEST_PROMPT,
    SCREENTEST_OUTPUT and more from its environment, makes one video, writes it to the output path and exits 0; it exits
    otherwise where there is none. See docs/judge-your-client.md.
    """
    from screentest_suites.cli.clients import ClientSettings, run_client

    sys.exit(run_client(provider, command, ClientSettings(**options)))


@main.command()
@click.argument("provider", type=PROVIDER)
@click.option("--to", required=True, metavar="URL", help="The receiver's address.")
@click.option("--allow-host", metavar="HOST", help="The same host once more, where it is not this machine.")
@click.option("--expect-status", default="4xx", show_default=True, help="With what the receiver refuses.")
@click.option("--key-set", "key_set_file", metavar="FILE", help="Write the key set that verifies the callbacks first.")
@click.option("--report", "reports", multiple=True, metavar="PATH", help="Write a report; as for `check` (repeatable).")
@_level
@click.option("--verbose", "-v", is_flag=True, help="Print every verdict.")
@_report_form
@reports_usage_errors
def callback(provider: str, **options: Any) -> None:
    """Judge a receiver of a provider's callbacks.

    \b
      screentest callback NAME --to http://127.0.0.1:8000/hooks

    Sends for each documented event a callback as the vendor makes it, and repeated, reordered, slow, forged, unsigned,
    stale and broken ones, and judges what is answered. Callbacks are signed with the secret of the document's variable,
    else with screentest-callbacks. Where the vendor publishes a key set, they are signed with a key of the set that
    `screentest serve NAME` has at the vendor's path; --key-set writes it.
    """
    from screentest_suites.cli.receivers import run_callback

    sys.exit(run_callback(provider, **options))
