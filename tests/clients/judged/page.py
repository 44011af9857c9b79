"""docs/client-libraries.md, made of the reports on the libraries and of what was found by hand."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.clients.libraries import Library

PAGE = Path(__file__).parents[3] / "docs/client-libraries.md"
FINDINGS = Path(__file__).parent / "findings.toml"
OF = ("library", "script")
"""Of whom a finding can be true. One that is true of neither is a fault of ours, and has to be mended."""

SEEN = 240
"""Characters of what was seen that are shown."""

Report = Mapping[str, Any]

HEAD = """\
# Which client libraries are safe to use

Real client libraries, judged by [`screentest client`](judge-your-client.md) as any client is. Each makes one video by a
short script, as its users write it (`tests/clients/judged/scripts/`), in every situation that the provider's document
fits. `nox -s judged` runs them and writes this page.

Every requirement that a library breaks has been looked at by hand, with the requests that show it and the library's
source. It is true of the **library**, or of our **script**, where the library leaves a step to its users, a download as
a rule. A verdict that is true of neither is a fault of Screentest; there is none. A MUST is what the vendor's documents
or HTTP itself demand, or the contract with the command; a SHOULD is advice: who follows it loses no video and pays for
none twice. A script can do what its library does not.

`google-genai` is not here: from 3.0 on it sends no create to this API.
"""


class Finding(NamedTuple):
    """What was found by hand: of whom it is true, and why."""

    of: str
    why: str


def read_findings() -> dict[str, dict[str, Finding]]:
    """What was found by hand, by library and requirement."""
    raw = tomllib.loads(FINDINGS.read_text("utf-8"))
    return {name: {row: Finding(**found) for row, found in rows.items()} for name, rows in raw.items()}


def broken(report: Report) -> list[Mapping[str, Any]]:
    """The rows of a report that failed, the strictest first."""
    rows = [row for row in report["requirements"] if row["verdict"] == "failed"]
    return sorted(rows, key=lambda row: ("MUST", "SHOULD", "NOTE").index(row["level"]))


def unexplained(report: Report, findings: Mapping[str, Finding]) -> list[str]:
    """The requirements that are broken, and of which nobody has said why."""
    return [row["id"] for row in broken(report) if row["id"] not in findings or findings[row["id"]].of not in OF]


def page(
    reports: Mapping[str, Report], libraries: Mapping[str, Library], findings: Mapping[str, Mapping[str, Finding]]
) -> str:
    """The page."""
    lines = [HEAD, *_table(reports, libraries)]
    for name, report in reports.items():
        lines += ["", f"## {name} {libraries[name].version}", "", _about(libraries[name], report), ""]
        lines += [_line(row, report, findings[name].get(row["id"])) for row in broken(report)]
    return "\n".join(lines) + "\n"


def _table(reports: Mapping[str, Report], libraries: Mapping[str, Library]) -> Iterator[str]:
    groups = list(dict.fromkeys(row["suite"] for report in reports.values() for row in report["requirements"]))
    yield "| library | " + " | ".join(group.removeprefix("client.") for group in groups) + " |"
    yield "|---" * (len(groups) + 1) + "|"
    for name, report in reports.items():
        cells = (_cell([row for row in report["requirements"] if row["suite"] == group]) for group in groups)
        yield f"| [`{name}` {libraries[name].version}](#{_anchor(name, libraries[name])}) | " + " | ".join(cells) + " |"


def _anchor(name: str, library: Library) -> str:
    return f"{name} {library.version}".lower().replace(".", "").replace(" ", "-")


def _cell(rows: list[Mapping[str, Any]]) -> str:
    """How many requirements of a group held, and how many were broken, by level."""
    held = sum(row["verdict"] == "passed" for row in rows)
    failed = [row["level"] for row in rows if row["verdict"] == "failed"]
    if not held and not failed:
        return "-"
    counts = [f"{failed.count(level)} {level}" for level in ("MUST", "SHOULD", "NOTE") if level in failed]
    return f"{held} held" + (f", **{', '.join(counts)}** broken" if counts else "")


def _about(library: Library, report: Report) -> str:
    situations = len(report["tasks"])
    over = ", over TLS" if library.tls else ""
    return f"Against the document `{library.document}`{over}, in {situations} situations."


def _line(row: Mapping[str, Any], report: Report, finding: Finding | None) -> str:
    evidence = row["evidence"][0]
    found = "**Nobody has looked.**" if finding is None else f"**True of the {finding.of}**: {finding.why}"
    shown = ", ".join(f"`{each}`" for each in _exchanges(evidence, report))
    seen = _plain(evidence["seen"], report).rstrip(".")
    return f"- {row['level']} `{row['id']}`. {seen if len(seen) <= SEEN else seen[:SEEN] + '...'} ({shown}). {found}"


def _exchanges(evidence: Mapping[str, Any], report: Report) -> Iterator[str]:
    for each in evidence["exchanges"]:
        path = _plain("/" + each["request"]["url"].split("/", 3)[-1].partition("?")[0], report)
        status = (each.get("response") or {}).get("status") or "no answer"
        yield f"{each['request']['method']} {path}: {status}"


def _plain(text: str, report: Report) -> str:
    """A text without what is another in each run: ids, ports."""
    for task in report["tasks"]:
        if task["id"]:
            text = text.replace(task["id"], "ID")
    text = re.sub(r"(127\.0\.0\.\d):\d+", r"\1", text)
    return re.sub(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|(?<=[/_])[0-9a-z]{24,}\b", "ID", text)
