"""Commands that need documents only."""

import sys

import click

from screentest_contracts.errors import UsageError
from screentest_suites.cli.completing import PROVIDER, REQUIREMENT, SHELLS, completion_script
from screentest_suites.cli.forms import form_options
from screentest_suites.cli.group import main, reports_usage_errors

_REQUIREMENT = (
    *("id", "provider", "suite", "level", "statement", "models", "depends", "untestable", "mark", "sources"),
    "deviations",
)


@main.command(short_help="List the built-in providers.")
@form_options(("name", "title", "kind", "server", "key_variable", "models"))
@reports_usage_errors
def providers(form: str, quiet: bool) -> None:
    """List the built-in providers, with the variable that each one's key comes from."""
    from screentest_suites.cli.listing import show_providers

    show_providers(form, quiet=quiet)


@main.command(short_help="List what providers are held to, and their sources.")
@click.argument("providers", nargs=-1, type=PROVIDER, metavar="[PROVIDER]...")
@form_options(_REQUIREMENT, quiet="Ids only, one a line.")
@click.option("--clients", is_flag=True, help="What clients, and receivers of callbacks, are held to.")
@click.option(
    "--level",
    "levels",
    type=click.Choice(["MUST", "SHOULD", "NOTE"], case_sensitive=False),
    multiple=True,
    help="Those of this level alone (repeatable).",
)
@reports_usage_errors
def requirements(providers: tuple[str, ...], form: str, quiet: bool, clients: bool, levels: tuple[str, ...]) -> None:
    """List what providers are held to: id, level, statement, sources; and what no outside check can see.

    `screentest explain ID` tells all about one of them.
    """
    from screentest_suites.cli.listing import show_requirements

    show_requirements(providers, form, clients=clients, levels=levels, quiet=quiet)


@main.command(short_help="Tell all about one requirement, with an example.")
@click.argument("name", type=REQUIREMENT, metavar="ID")
@click.argument("provider", type=PROVIDER, required=False)
@form_options(
    (*_REQUIREMENT, "why", "judges", "sends", "says", "blind", "situations", "kept", "broken", "reproduce"),
    json="An object",
    quiet="Print the statement only.",
)
@reports_usage_errors
def explain(name: str, provider: str | None, form: str, quiet: bool) -> None:
    """Tell all about one requirement: what it demands and why, its source, what is sent, an example, how to see it.

    \b
      screentest explain query.status.known NAME
      screentest explain 'create.*.maximum'            lists what the pattern fits

    Without PROVIDER it is that of the first built-in provider which has it. The example is made on our mock.
    """
    from screentest_suites.cli.explaining import explain as tell

    tell(name, provider, form, quiet=quiet)


@main.command(short_help="Check documents for contradictions and gaps.")
@click.argument("documents", nargs=-1, type=PROVIDER, required=True, metavar="DOCUMENT...")
@form_options(
    ("version", "files"),
    "sarif",
    default="text",
    json="An object",
    quiet="Print errors only, and one line per document.",
)
@click.option("--output", "-o", metavar="FILE", help="Write here instead of printing.")
@click.option("--base", is_flag=True, help="As text, too, show the notes on documents that it extends one by one.")
@reports_usage_errors
def lint(documents: tuple[str, ...], form: str, output: str | None, quiet: bool, base: bool) -> None:
    """Check provider documents: contradictions and gaps, each with its place and what would mend it.

    A DOCUMENT is a built-in name or a file; a plain OpenAPI description (3.0 or 3.1, without x-task) is checked by the
    rules that apply to it. Notes are contradictions that the document itself records, with the reading it takes.

    \b
    Exit status: 0 no error among the findings, 1 an error, 2 a file that cannot be read or is no OpenAPI description.
    """
    from screentest_suites.cli.linting import lint_documents

    sys.exit(lint_documents(documents, form, output, base=base, quiet=quiet))


@main.command(short_help="Say what changes from one provider to another.")
@click.argument("providers", nargs=-1, type=PROVIDER, metavar="[PROVIDER]...")
@click.option("--matrix", is_flag=True, help="What each can do, side by side, instead of differences.")
@form_options(
    ("version", "comparisons", "matrix"), "html", json="An object", quiet="Print how many differences there are only."
)
@click.option("--output", "-o", metavar="FILE", help="Write here instead of printing.")
@reports_usage_errors
def compare(providers: tuple[str, ...], matrix: bool, form: str, quiet: bool, output: str | None) -> None:
    """Say what a client written for the first PROVIDER must change to talk to each of the others.

    From documents alone, sorted by what breaks first. Without names: what every built-in provider can do.
    """
    from screentest_suites.cli.comparing import run_compare

    run_compare(providers, form, output, capabilities=matrix, quiet=quiet)


@main.command(short_help="Print a document whole, with all that it extends.")
@click.argument("document", type=PROVIDER, metavar="DOCUMENT")
@click.option("--at", metavar="POINTER", help="Only what stands at this JSON pointer, and where it is from.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
@reports_usage_errors
def show(document: str, at: str | None, as_json: bool) -> None:
    """Print a document as a whole: an overlay with its base, and with what either refers to in other files."""
    from screentest_suites.cli.showing import show_document

    show_document(document, at, as_json=as_json)


@main.command(short_help="Print the script that lets a shell complete words.")
@click.argument("shell", type=click.Choice(SHELLS))
@reports_usage_errors
def completion(shell: str) -> None:
    """Print the script with which a shell completes commands, options, providers and ids of requirements.

    \b
      bash, in ~/.bashrc:                    eval "$(screentest completion bash)"
      zsh, in ~/.zshrc:                      eval "$(screentest completion zsh)"
      fish, in ~/.config/fish/config.fish:   screentest completion fish | source
    """
    click.echo(completion_script(main, shell))


@main.command(short_help="Print the JSON Schema of documents, for editors.")
@click.argument("name", type=click.Choice(["document", "x-task", "overlay", "report", "recording"]), default="document")
@reports_usage_errors
def schema(name: str) -> None:
    """Print a JSON Schema: of a provider document (as editors want it), of its x-task alone, of an overlay, a report or
    a recording.

    \b
      screentest schema > screentest.schema.json
    and in the first line of a document, for YAML language servers:
      # yaml-language-server: $schema=screentest.schema.json
    """
    from screentest_suites.cli.schemas import show_schema

    show_schema(name)


@main.command(short_help="Draft a document from an OpenAPI description.")
@click.argument("file", metavar="[OPENAPI_FILE]", required=False)
@click.option(
    "--extends", type=PROVIDER, metavar="PROVIDER", help="Write an overlay that extends this document instead."
)
@click.option("--output", "-o", metavar="FILE", help="Write here instead of printing.")
@click.option("--create", metavar="OPERATION", help="The call that makes a task: its operationId, or 'POST /path'.")
@click.option("--query", metavar="OPERATION", help="The call that reads a task: its operationId, or 'GET /path'.")
@click.option("--content", metavar="OPERATION", help="The call that gives the video's bytes.")
@click.option(
    "--callback",
    metavar="OPERATION",
    help="The call that the vendor makes (a callback, webhook or path), or the request's member with its address.",
)
@reports_usage_errors
def init(
    file: str | None,
    extends: str | None,
    output: str | None,
    create: str | None,
    query: str | None,
    content: str | None,
    callback: str | None,
) -> None:
    """Draft a provider document from a plain OpenAPI description: x-task, with every guess marked.

    The calls are chosen by what they say of themselves; the choice is told on stderr with the runner-up, and what is
    left to do. `screentest lint` and `screentest serve` take it from there. Exit status 1: what it wrote to --output is
    not usable yet.

    \b
    For a gateway that speaks as a known provider does, `--extends PROVIDER` writes an overlay: the changes that every
    gateway needs, and the usual ones as comments.
    """
    from screentest_suites.cli.linting import draft_document, draft_overlay

    if (file is None) == (extends is None):
        raise UsageError(
            "init needs an OpenAPI file, or a provider to extend",
            "screentest init openapi.yaml -o my.yaml, or screentest init --extends NAME -o my.yaml",
        )
    if extends is not None:
        draft_overlay(extends, output)
    elif file is not None:
        sys.exit(draft_document(file, output, create=create, query=query, content=content, callback=callback))
