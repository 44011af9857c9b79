"""Findings as SARIF 2.1.0, so that a code host shows each on its line."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from screentest_contracts.lint.findings import RULES, Finding, Severity
from screentest_contracts.lint.run import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif_form(reports: Iterable[Report]) -> dict[str, Any]:
    """One run with every rule and every finding."""
    findings = [finding for report in reports for finding in report.findings]
    ids = sorted(RULES)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "screentest lint",
                        "semanticVersion": version("screentest"),
                        "rules": [_rule(name) for name in ids],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, ids.index(finding.rule)) for finding in findings],
            }
        ],
    }


def _rule(name: str) -> dict[str, Any]:
    rule = RULES[name]
    node: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": f"{rule.about}."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }
    if rule.mend:
        node["help"] = {"text": f"{rule.mend}."}
    return node


def _result(finding: Finding, index: int) -> dict[str, Any]:
    advice = f" Reading: {' '.join(finding.reading.split())}" if finding.reading else f" Mend: {finding.mend}."
    message = finding.message if finding.message.endswith(".") else f"{finding.message}."
    identity = "\0".join((finding.rule, finding.pointer, finding.name or finding.message))
    properties: dict[str, Any] = {"pointer": finding.pointer}
    if finding.reading:
        properties["reading"] = " ".join(finding.reading.split())
    if finding.related:
        properties["related"] = list(finding.related)
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": message + advice},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.file)},
                    "region": {"startLine": finding.line, "startColumn": finding.column},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.pointer or "/"}],
            }
        ],
        "partialFingerprints": {"screentest/v1": _digest(identity)},
        "properties": properties,
    }


def _uri(file: str) -> str:
    """Relative to where the command runs, where that is possible: code hosts resolve it against the repository."""
    path = Path(file)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except ValueError:
            return path.as_uri()
    return quote(path.as_posix(), errors="surrogateescape")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]
