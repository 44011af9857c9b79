"""The HTML page: one file that opens from disk, loads nothing, and runs no script or style but its own."""

import base64
import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from screentest_contracts.control_characters import escape_control_characters, shortened
from screentest_mockserver.server.page.look import common_style, content_policy, make_environment, read_part
from screentest_suites.core.addresses import split_address
from screentest_suites.reporting import seen
from screentest_suites.reporting.difference import Line, Marks, lines, marks
from screentest_suites.reporting.timeline import Picture, pictures
from screentest_suites.reporting.view import (
    LEVELS,
    VERDICTS,
    Row,
    Subject,
    blind,
    count,
    fatal,
    fatal_levels,
    suite_order,
)

BUDGET = 3_000_000
"""Characters of evidence on a page. Beyond it bodies are shown shorter; the JSON reports have them."""

PACKED_FROM = 3000
"""Requirements from which on a page is packed, to be unpacked by its script; a smaller one is readable without any."""

BODY_LIMITS = (4096, 1500, 600, 250, 100)
EXCHANGES = 6
"""Exchanges shown for one observation, the last ones; of a longer one also the first."""

HISTORY = 12
"""Runs of a subject that the matrix shows."""

UNFOLDED = 8
"""Reasons why MUSTs were not judged, and requirements of one reason, that are shown at once."""

LISTED = 300
"""Broken requirements in the list at the top."""


def page(subjects: Sequence[Subject]) -> str:
    """The whole page."""
    package = "screentest_suites.reporting"
    style = f"{common_style()}\n{read_part(package, 'report.css')}"
    script = read_part(package, "report.js")
    limit = _body_limit(subjects)
    failed = [
        (subject, row) for subject in subjects for row in subject.rows if row.data["verdict"] in ("failed", "error")
    ]
    failed.sort(key=lambda pair: (pair[1].data["verdict"] != "failed", LEVELS.index(pair[1].data["level"])))
    rows = [row.data for subject in subjects for row in subject.rows]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            style=Markup(style),  # noqa: S704 - a file of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            policy=content_policy(style, script),
            subjects=subjects,
            suites=suite_order(row["suite"] for row in rows),
            levels=LEVELS,
            verdicts=VERDICTS,
            total=count(rows),
            by_level={level: count(row for row in rows if row["level"] == level) for level in LEVELS},
            fatal=fatal(subjects),
            fatal_levels=fatal_levels(subjects),
            what=_what(subjects),
            blind=blind(subjects),
            seen=seen,
            folded=_folded,
            failed=failed[:LISTED],
            unlisted=len(failed) - LISTED,
            history_of=_history,
            history=any(len(subject.runs) > 1 for subject in subjects),
            changed=[(subject, row) for subject in subjects for row in subject.rows if row.change],
            limit=limit,
            packed=len(rows) > PACKED_FROM,
            pack=_pack,
            shortened_evidence=limit < BODY_LIMITS[0],
            open_tasks=len(subjects) <= 4,
            kinds=sorted({subject.kind for subject in subjects}),
            pictures=_pictures,
            evidence=lambda row: [_evidence(each, limit) for each in row.data["evidence"]],
            sources=Sources,
            count=count,
            state=_state,
            link=_link,
            observed=lambda times: f"{times} observation{'s' if times != 1 else ''}",
            day=lambda moment: str(moment)[:10],
        )
    )


@cache
def _environment() -> Environment:
    environment = make_environment("screentest_suites.reporting")
    environment.filters["ticks"] = _ticks
    return environment


def _ticks(text: str) -> Markup:
    """What stands between backticks becomes code."""
    parts = [escape(escape_control_characters(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return Markup("`").join(parts)
    return Markup().join(
        part if index % 2 == 0 else Markup("<code>{}</code>").format(part) for index, part in enumerate(parts)
    )


def _what(subjects: Sequence[Subject]) -> str:
    """What a page about these is about: `client`, `server`, or `both`."""
    found = {"client" if subject.kind == "client" else "server" for subject in subjects}
    return found.pop() if len(found) == 1 else "both"


def _pack(html: str) -> str:
    return base64.b64encode(gzip.compress(html.encode(), mtime=0)).decode()


class Sources:
    """The pages that a subject's requirements rest on, numbered."""

    def __init__(self, subject: Subject) -> None:
        self._numbers: dict[tuple[str, str, str], int] = {}
        for row in subject.rows:
            for source in row.data["sources"]:
                self._numbers.setdefault(self._key(source), len(self._numbers) + 1)

    @staticmethod
    def _key(source: Mapping[str, str]) -> tuple[str, str, str]:
        return source["title"], source["url"], source["read"]

    def of(self, row: Row) -> list[int]:
        """The numbers of a requirement's sources."""
        return [self._numbers[self._key(source)] for source in row.data["sources"]]

    @property
    def all(self) -> Iterable[tuple[str, str, str, int]]:
        return [(*key, number) for key, number in self._numbers.items()]


@dataclass(frozen=True)
class ShownExchange:
    """One request and its answer, laid out."""

    raw: Mapping[str, Any]
    status: Line
    request: list[Line]
    response: list[Line]
    curl: str
    skipped: int = 0


@dataclass(frozen=True)
class ShownEvidence:
    """One observation, laid out."""

    seen: str
    expected: str
    exchanges: list[ShownExchange]
    again: str


def _evidence(evidence: Mapping[str, Any], limit: int) -> ShownEvidence:
    found, every = marks(evidence["seen"]), evidence["exchanges"]
    chosen = list(every) if len(every) <= EXCHANGES else [every[0], *every[1 - EXCHANGES :]]
    if limit < BODY_LIMITS[1]:
        chosen = chosen[-2:]
    shown = [_exchange(each, found, limit) for each in chosen]
    if shown and len(every) > len(chosen):
        shown[-1] = replace(shown[-1], skipped=len(every) - len(chosen))
    words = max(limit, 300)
    told, expected = (shortened(evidence[name], words) for name in ("seen", "expected"))
    return ShownEvidence(told, expected, shown, evidence.get("again", ""))


def _exchange(raw: Mapping[str, Any], found: Marks, limit: int) -> ShownExchange:
    response = raw["response"]
    first = f"{response['status']}, {response['size']} bytes" if response["status"] else "no answer"
    status = Line(f"{first}, {response['error']}" if response["error"] else first, response["status"] in found.statuses)
    return ShownExchange(
        raw,
        status,
        lines(raw["request"]["body"], found, limit),
        lines(response["body"], found, limit),
        raw["curl"] if len(raw["curl"]) <= max(limit, 1500) * 2 else "",
    )


def _body_limit(subjects: Sequence[Subject]) -> int:
    """The longest bodies for which all evidence stays within the budget."""
    exchanges = [
        exchange
        for subject in subjects
        for row in subject.rows
        for evidence in row.data["evidence"]
        for exchange in evidence["exchanges"][-EXCHANGES:]
    ]

    def size(limit: int) -> int:
        return sum(
            min(len(each["request"]["body"] or ""), limit) * 2 + min(len(each["response"]["body"]), limit) + 900
            for each in exchanges
        )

    return next((limit for limit in BODY_LIMITS if size(limit) <= BUDGET), BODY_LIMITS[-1])


def _folded(observed: Mapping[str, Any]) -> bool:
    """Whether what was not judged is too long to be shown at once."""
    return len(observed["unjudged"]) > UNFOLDED or any(
        len(each["requirements"]) > UNFOLDED for each in observed["unjudged"]
    )


def _pictures(subject: Subject) -> list[Picture]:
    return pictures(subject.latest.tasks)


def _history(subject: Subject) -> list[dict[str, Any]]:
    """A bar for each of the newest runs: how many MUST it found broken, against the worst of them."""
    runs = subject.runs[-HISTORY:]
    found = [(run, run.level("MUST")) for run in runs]
    worst = max(1, *(counts.failed for _, counts in found))
    return [
        {
            "failed": counts.failed,
            "height": round(20 * counts.failed / worst, 1),
            "told": f"{run.started}: {counts.failed} of {counts.total} MUST failed{', truncated' * run.truncated}",
        }
        for run, counts in found
    ]


def _state(rows: Sequence[Row]) -> str:
    """The class of a cell: the worst thing in it."""
    found = count(row.data for row in rows)
    if any(row.data["verdict"] == "failed" and row.data["level"] == "MUST" for row in rows):
        return "bad"
    if found.error:
        return "err"
    if found.failed:
        return "warn"
    if not found.passed:
        return "none"
    return "some" if found.unjudged or found.weak else "good"


def _link(url: str) -> str:
    """A source's address, if it is one that a browser may follow."""
    return url if split_address(url).scheme in {"http", "https"} else ""
