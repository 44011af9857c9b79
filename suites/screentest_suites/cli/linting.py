"""`screentest lint` and `screentest init`: what they print and write."""

import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from screentest_contracts import UsageError
from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.lint import Finding, Report, Severity, lint_file
from screentest_contracts.lint.plain import json_form, text_lines, verdict
from screentest_contracts.lint.sarif import sarif_form
from screentest_contracts.raw.files import find_document
from screentest_suites.requests.unshown import not_alone

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def lint_documents(
    documents: Iterable[str], form: str, output: str | None, *, base: bool = False, quiet: bool = False
) -> int:
    """Lints each document; 0 without errors, 1 with one, 2 when one could not be read at all. `base`: as text, too,
    the notes on documents that it extends are told one by one."""
    reports, unusable = [], False
    for document in documents:
        try:
            reports.append(lint_file(document, not_alone))
        except UsageError as error:
            click.echo(f"error: {error}", err=True)
            unusable = True
    if form == "text":
        if output is None:
            _print(reports, base=base, quiet=quiet)
        else:
            write_file(output, _bytes("".join(f"{line}\n" for report in reports for line in text_lines(report))))
    else:
        made = json_form(reports) if form == "json" else sarif_form(reports)
        data = _bytes(json.dumps(made, ensure_ascii=False, indent=2) + "\n")
        if output is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            write_file(output, data)
            for report in reports:
                click.echo(verdict(report), err=True)
    return 2 if unusable else 1 if any(report.failed for report in reports) else 0


def _bytes(text: str) -> bytes:
    """A text as bytes, although the name of a file in it need not be text."""
    return text.encode("utf-8", "backslashreplace")


def write_file(path: str, data: bytes) -> None:
    """Writes a file of the user's. Raises UsageError when that cannot be done."""
    try:
        Path(path).write_bytes(data)
    except (OSError, ValueError) as error:  # a name with a null is a value
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot write {path}: {reason}", "name a file in a folder that exists") from None


def _of_base(report: Report, each: Finding) -> bool:
    """Whether this is a note on another document than the one that was named."""
    return each.severity is Severity.NOTE and each.file != str(find_document(report.file))


def _print(reports: list[Report], *, base: bool, quiet: bool) -> None:
    console = Console(highlight=False)
    for whole in reports:
        shown = [each for each in whole.findings if base or not _of_base(whole, each)]
        if (hidden := len(whole.findings) - len(shown)) and not quiet:
            of_base = f"{hidden} note{'s' if hidden > 1 else ''} on what it extends: --base shows them"
            click.echo(escape_control_characters(f"{whole.file}: {of_base}"))
        report = replace(whole, findings=tuple(shown))
        if not console.is_terminal and not quiet:
            for line in text_lines(report):
                click.echo(escape_control_characters(line))
            continue
        for each in report.findings:
            if not quiet or each.severity is Severity.ERROR:
                _print_one(console, each)
        console.print(escape_control_characters(verdict(report)), markup=False, soft_wrap=True)


def _print_one(console: Console, each: Finding) -> None:
    colour = _COLOURS[each.severity]
    place = escape(f"{each.file}:{each.line}:{each.column}:")
    name = f" {each.name}" if each.name else ""
    head = f"{place} [{colour}]{each.severity}[/] [bold]{escape(each.rule)}[/]{escape(name)}: "
    console.print(head + escape(escape_control_characters(each.message)), soft_wrap=True)
    console.print(f"    [dim]at {escape(escape_control_characters(each.pointer) or '/')}[/]", soft_wrap=True)
    advice = f"reading: {' '.join(each.reading.split())}" if each.reading else f"mend: {each.mend}" if each.mend else ""
    if advice:
        console.print(f"    {escape(escape_control_characters(advice))}", soft_wrap=True)


def draft_document(file: str, output: str | None, **named: str | None) -> int:
    """Drafts x-task for a plain description and says which operations it rests on and what is left to do. `named`:
    the operations that the user names, as in `Named`.

    1 where the file it wrote has errors of lint, which it names: a description can ask for what nobody can make up.
    """
    from screentest_contracts.drafting import Named, draft_file

    made = draft_file(file, Named(**named))
    if output is None:
        sys.stdout.buffer.write(made.text.encode())
        sys.stdout.buffer.flush()
    else:
        write_file(output, made.text.encode())
        click.echo(f"{output}: x-task drafted; every guess has the mark `assumed`", err=True)
    told = [f"chosen: {made.choice}"]
    if made.choice.runner_up is not None:
        told.append(f"runner-up: {made.choice.runner_up}; --create and --query choose otherwise")
    told += [f"left to do: {each}" for each in made.left]
    wrong = [each for each in lint_file(output).findings if each.severity is Severity.ERROR] if output else []
    told += [f"not usable yet: {each.message} (line {each.line})" for each in wrong]
    for line in told:
        click.echo(escape_control_characters(line), err=True)
    return 1 if wrong else 0


def draft_overlay(base: str, output: str | None) -> None:
    """Writes an overlay to begin with."""
    from screentest_contracts.drafting import skeleton

    text = skeleton(base, output)
    if output is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        write_file(output, text.encode())
        click.echo(f"{output}: extends {base}; take in the comments that apply", err=True)
