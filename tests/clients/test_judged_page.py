"""docs/client-libraries.md tells of each library that is judged, and somebody has looked at each finding."""

import re
from typing import Any

import pytest

from tests.clients.judged.page import FINDINGS, OF, PAGE, Finding, page, read_findings, unexplained
from tests.clients.judged.run import JUDGED, SCRIPTS
from tests.clients.libraries import LIBRARIES

TEXT = PAGE.read_text("utf-8")
SECTIONS = {words.split()[0]: words for words in TEXT.split("\n## ")[1:]}


def test_each_library_has_a_row_a_section_and_a_script() -> None:
    assert re.findall(r"^\| \[`(\S+)` \d", TEXT, re.MULTILINE) == list(JUDGED)
    assert list(SECTIONS) == list(JUDGED)
    scripts = {path.stem.removeprefix("with_") for path in SCRIPTS.glob("with_*.py")}
    assert scripts == {LIBRARIES[name].document for name in JUDGED}


@pytest.mark.parametrize("name", JUDGED)
def test_each_finding_has_its_evidence_and_was_looked_at(name: str) -> None:
    lines = [line for line in SECTIONS[name].splitlines() if line.startswith("- ")]
    found = [
        re.fullmatch(r"- (?:MUST|SHOULD|NOTE) `(\S+)`\. .+ \(`.+`\)\. \*\*True of the (\w+)\*\*: (.+)", line)
        for line in lines
    ]
    assert all(found), [line for line, match in zip(lines, found, strict=True) if not match]
    known = read_findings()[name]
    for match in found:
        assert match is not None
        assert known[match[1]] == Finding(match[2], match[3])


def test_nothing_is_called_false() -> None:
    assert {finding.of for rows in read_findings().values() for finding in rows.values()} <= set(OF)
    assert "ours" not in FINDINGS.read_text("utf-8")


def row(verdict: str, name: str = "client.create.once") -> dict[str, Any]:
    request = {"method": "GET", "url": "http://127.0.0.1:4711/tasks/task-1?key=x"}
    evidence = [
        {
            "seen": "success: asked task-1 at 127.0.0.1:4711",
            "exchanges": [{"request": request, "response": {"status": 500}}],
        }
    ]
    return {"id": name, "suite": "client.creating", "level": "MUST", "verdict": verdict, "evidence": evidence}


def test_what_nobody_has_looked_at_is_told() -> None:
    report = {"requirements": [row("failed"), row("passed", "client.paths")], "tasks": [{"id": "task-1"}]}
    library = LIBRARIES["openai"]
    assert unexplained(report, {}) == unexplained(report, {"client.create.once": Finding("ours", "")}) != []
    assert unexplained(report, {"client.create.once": Finding("script", "it hurries.")}) == []
    made = page({"openai": report}, {"openai": library}, {"openai": {}})
    assert "| 1 held, **1 MUST** broken |" in made
    assert (
        "- MUST `client.create.once`. success: asked ID at 127.0.0.1 (`GET /tasks/ID: 500`). **Nobody has looked.**"
        in made
    )
    made = page(
        {"openai": report}, {"openai": library}, {"openai": {"client.create.once": Finding("script", "it hurries.")}}
    )
    assert made.endswith("**True of the script**: it hurries.\n")
