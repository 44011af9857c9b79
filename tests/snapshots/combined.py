"""`report` of several runs: real reports of the embedded mock, given fixed dates and, once, failures with evidence."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from observing import Bench, Desk

RUNS = (("evolink", "2026-07-01"), ("tokenbay", "2026-07-02"), ("ark", "2026-07-03"))
FAILED = {
    "create.duration.maximum": "failed",
    "auth.create.missing-key": "failed",
    "query.progress.monotonic": "failed",
    "callback.method": "unsupported",
}
HARNESS = {"callback.once": "error"}
EVIDENCE = {
    "seen": "some-model: duration = 16 was accepted with 200 <script>alert(1)</script> \u202e",
    "expected": "the request is refused",
    "exchanges": [
        {
            "request": {
                "method": "POST",
                "url": "https://api.example/v1/videos",
                "headers": [["authorization", "REDACTED"], ["content-type", "application/json"]],
                "body": '{"model":"some-model","duration":16}',
            },
            "response": {
                "status": 200,
                "headers": [["content-type", "application/json"]],
                "body": '{"id":"task-1","status":"pending"}',
                "size": 34,
                "error": "",
            },
            "at": 1780000000.5,
            "seconds": 0.25,
            "curl": 'curl -i -X POST https://api.example/v1/videos -H "authorization: Bearer $EVOLINK_API_KEY"',
        }
    ],
}


def dated(report: dict[str, Any], day: str) -> dict[str, Any]:
    """A report as of a day, so that pages made of it hold nothing of today."""
    report["header"]["started"], report["footer"]["finished"] = f"{day}T10:00:00Z", f"{day}T10:00:07Z"
    return report


def broken(report: dict[str, Any], verdicts: Mapping[str, str]) -> dict[str, Any]:
    """The report with other verdicts for some requirements, with evidence, and totals that agree."""
    report = deepcopy(report)
    for row in report["requirements"]:
        if verdict := verdicts.get(row["id"]):
            row |= {"verdict": verdict, "reason": f"made {verdict}", "evidence": [EVIDENCE]}
    counts = Counter((row["level"], row["verdict"]) for row in report["requirements"])
    report["totals"] = {
        level: {verdict: counts[level, verdict] for verdict in row} for level, row in report["totals"].items()
    }
    return report


def report(bench: Bench) -> Iterator[tuple[str, Any]]:
    yield "several runs", _report


def _report(desk: Desk) -> None:
    for number, (subject, day) in enumerate(RUNS):
        desk.say("", "check", subject, "--report", f"made{number}.json", keep=False)
        made = json.loads((desk.folder / f"made{number}.json").read_text(encoding="utf-8"))
        (desk.folder / f"run{number}.json").write_text(json.dumps(dated(made, day)), encoding="utf-8")
    first = json.loads((desk.folder / "run0.json").read_text(encoding="utf-8"))
    (desk.folder / "later.json").write_text(json.dumps(broken(dated(first, "2026-07-09"), FAILED)), encoding="utf-8")
    (desk.folder / "bad.json").write_text(json.dumps(broken(dated(first, "2026-07-10"), HARNESS)), encoding="utf-8")
    selections = {
        "one": ["run0.json"],
        "broken": ["later.json"],
        "harness": ["bad.json"],
        "several": ["run0.json", "run1.json", "run2.json"],
        "trend": ["run0.json", "run1.json", "later.json"],
    }
    for name, files in selections.items():
        forms = ("html", "md", "xml", "svg", "json")
        desk.say(name, "report", *files, *(word for form in forms for word in ("-o", f"{name}.{form}")))
        for form in forms:
            desk.keep_file(f"{name}.page", f"{name}.{form}")
    for form in ("table", "json"):
        desk.say(f"diff.{form}", "diff", "run0.json", "later.json", "--format", form)
