"""Findings as text, one line each with what follows from it, and as JSON."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from screentest_contracts.lint.findings import Finding, Severity
from screentest_contracts.lint.run import Report
from screentest_contracts.requirements import requirements

JSON_VERSION = 1
"""Version of the JSON form."""


def text_lines(report: Report) -> list[str]:
    """The findings of one file and, last, what the file is good for."""
    lines = []
    for each in report.findings:
        name = f" {each.name}" if each.name else ""
        lines.append(f"{each.file}:{each.line}:{each.column}: {each.severity} {each.rule}{name}: {each.message}")
        lines.append(f"    at {each.pointer or '/'}")
        if each.reading:
            lines.append(f"    reading: {' '.join(each.reading.split())}")
        elif each.mend:
            lines.append(f"    mend: {each.mend}")
    return [*lines, verdict(report)]


def verdict(report: Report) -> str:
    """One line: usable or not, and how many findings there are."""
    if report.contract is not None:
        count = len(requirements(report.contract))
        word = f"usable; {len(report.contract.models)} models, {count} requirements"
    else:
        word = "plain OpenAPI, without x-task" if report.plain else "not a usable provider document"
    return f"{report.file}: {word}; {counted(report.findings)}"


def counted(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`, or `no findings`."""
    counts = Counter(each.severity for each in findings)
    shown = [f"{counts[each]} {each}{'s' if counts[each] > 1 else ''}" for each in Severity if counts[each]]
    return ", ".join(shown) or "no findings"


def json_form(reports: Iterable[Report]) -> dict[str, Any]:
    """All findings of all files."""
    return {
        "version": JSON_VERSION,
        "files": [
            {
                "file": report.file,
                "usable": report.contract is not None,
                "plain": report.plain,
                "findings": [
                    {
                        "rule": each.rule,
                        "name": each.name or None,
                        "severity": each.severity.value,
                        "file": each.file,
                        "line": each.line,
                        "column": each.column,
                        "pointer": each.pointer,
                        "message": each.message,
                        "mend": each.mend or None,
                        "reading": " ".join(each.reading.split()) or None,
                        "related": list(each.related),
                    }
                    for each in report.findings
                ],
            }
            for report in reports
        ],
    }
