"""Lints one file: reads what can be read, asks every rule, and sorts what they say."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from screentest_contracts import compile as compiler
from screentest_contracts import document as reader
from screentest_contracts.contract import Contract
from screentest_contracts.errors import DocumentError, Place, Problem
from screentest_contracts.lint import rules as _registered  # noqa: F401 - registers the rules
from screentest_contracts.lint.findings import RULES, Finding, Hit, Rule, Severity
from screentest_contracts.lint.rules.overlays import OVERLAY, PROVIDER, kept
from screentest_contracts.lint.rules.recorded import CONTRADICTION, SILENCE, records
from screentest_contracts.lint.rules.structure import OPENAPI, STRUCTURE
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.loaded import Loaded
from screentest_contracts.raw.specification import openapi_problems
from screentest_contracts.raw.text import json_problems
from screentest_contracts.raw.upgrade import upgraded


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one file. `contract` is None when the document cannot be used, or has no x-task."""

    file: str
    findings: tuple[Finding, ...]
    contract: Contract | None
    plain: bool

    @property
    def failed(self) -> bool:
        """Whether there is an error among the findings."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


More = Callable[[Contract, RawDocument], Iterable[tuple[Rule, Hit]]]
"""What somebody else finds in a sound document."""


def lint_file(name: str, more: More = lambda contract, document: ()) -> Report:
    """Lints a built-in document or a file. Raises UsageError for what is no OpenAPI description at all."""
    file = find_document(name)
    loaded = reader.load_description(file)
    raw = loaded.value
    plain = "x-task" not in raw
    problems, contract = _structure(loaded, name, plain=plain)
    document = RawDocument(upgraded(raw) if str(raw["openapi"]).startswith("3.0") else raw)
    writer = _Writer(loaded)
    findings = [
        writer.finding(_rule_of(problem, plain), problem.pointer, problem.what, problem.mend, place=problem.place)
        for problem in problems
    ]
    findings += _findings(document, contract, writer, broken=bool(problems))
    if contract is not None:
        told = more(contract, document)
        findings += [writer.finding(rule, hit.pointer, hit.message, hit.mend) for rule, hit in told]
    overlay = loaded.sources[0].places
    findings += [
        writer.finding(PROVIDER, hit.pointer, hit.message, place=Place(str(file), *overlay.of(hit.pointer)))
        for hit in kept(loaded)
    ]
    unique = {(each.rule, each.pointer, each.message): each for each in findings}
    ordered = sorted(
        unique.values(),
        key=lambda each: (each.severity.rank, each.file != str(file), each.file, each.line, each.column, each.rule),
    )
    return Report(str(file), tuple(ordered), contract, plain)


def _structure(loaded: Loaded, name: str, *, plain: bool) -> tuple[list[Problem], Contract | None]:
    if plain:
        return json_problems(loaded.value) or [*loaded.problems, *openapi_problems(loaded.value)], None
    try:
        return [], compiler.lint(name)
    except DocumentError as error:
        return list(error.problems), None
    except Exception as error:  # a shape that neither the schema nor the compiler foresaw
        return [Problem("/x-task", f"cannot be compiled: {type(error).__name__}: {error}")], None


def _rule_of(problem: Problem, plain: bool) -> Rule:
    if problem.pointer.startswith("/actions/"):
        return OVERLAY
    return OPENAPI if plain or not problem.pointer.startswith("/x-task") else STRUCTURE


def _findings(document: RawDocument, contract: Contract | None, writer: "_Writer", *, broken: bool) -> list[Finding]:
    plain = document.task is None and "x-task" not in document.raw
    known = [] if plain else _records(document, broken)
    told: dict[str, list[str]] = {}
    found = []
    for rule in RULES.values():
        if rule.check is None or (plain and rule.needs_task):
            continue
        try:
            hits = list(rule.check(document))
            hits += rule.of_contract(contract) if rule.of_contract is not None and contract is not None else ()
        except Exception:
            if not broken:  # then it is the rule that is broken
                raise
            continue
        for hit in hits:
            record = next((each for each in known if each.covers(rule.id, hit.pointer)), None)
            if record is None:
                found.append(writer.finding(rule, hit.pointer, hit.message, hit.mend))
            else:
                told.setdefault(record.name, []).append(hit.pointer)
    for record in known:
        related = [
            each for each in (*record.at[1:], record.pointer, *told.get(record.name, ())) if each != record.at[0]
        ]
        found.append(
            writer.finding(
                SILENCE if record.silence else CONTRADICTION,
                record.at[0],
                record.statement,
                reading=record.reading,
                related=tuple(dict.fromkeys(related)),
                name=record.name,
            )
        )
    return found


def _records(document: RawDocument, broken: bool) -> list[Any]:
    try:
        return records(document)
    except Exception:
        if not broken:
            raise
        return []


class _Writer:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded

    def finding(
        self,
        rule: Rule,
        pointer: str,
        message: str,
        mend: str = "",
        *,
        reading: str = "",
        related: tuple[str, ...] = (),
        name: str = "",
        place: Place | None = None,
    ) -> Finding:
        place = place or self.loaded.origin.at(pointer).place
        return Finding(
            rule.id,
            rule.severity,
            place.file,
            place.line,
            place.column,
            _whole(pointer),
            _whole(" ".join(message.split())),
            mend or rule.mend,
            _whole(reading),
            related,
            name,
        )


def _whole(text: str) -> str:
    """A text that can be written: JSON can hold half a surrogate pair."""
    return text.encode("utf-8", "backslashreplace").decode()
