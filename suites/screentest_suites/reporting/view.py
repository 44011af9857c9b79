"""What reports show: one subject per provider and target, its newest run, and the history behind it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from screentest_contracts.facts import Level
from screentest_contracts.wording import listing
from screentest_suites.reporting.counting import counted_as
from screentest_suites.reporting.seen import unseen

LEVELS = ("MUST", "SHOULD", "NOTE")
VERDICTS = ("failed", "error", "skipped", "unsupported", "weak", "passed")
"""What reports count. `weak` is a `passed` whose evidence is weak: what was seen may have another reason."""

SUITES = (
    "parameters",
    "receipt",
    "polling",
    "result",
    "errors",
    "callbacks",
    "list",
    "resources",
    "generated",
    "answers",
    "unobservable",
    "client.creating",
    "client.keys",
    "client.waiting",
    "client.ending",
    "client.surviving",
    "client.callbacks",
    "client.receiver",
)
"""The order of requirement groups; others come after these."""

_TRUST = {"live": 0, "url": 1, "embedded mock": 2}
"""Which target a provider's short address leads to, where there are several: the nearest to the vendor."""


@dataclass(frozen=True)
class Counts:
    """How many requirements came out how."""

    by: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by.values())

    @property
    def passed(self) -> int:
        return self.by.get("passed", 0)

    @property
    def weak(self) -> int:
        return self.by.get("weak", 0)

    @property
    def failed(self) -> int:
        return self.by.get("failed", 0)

    @property
    def error(self) -> int:
        return self.by.get("error", 0)

    @property
    def unjudged(self) -> int:
        return self.by.get("skipped", 0) + self.by.get("unsupported", 0)

    @property
    def told(self) -> str:
        """In words, without what is nought."""
        return ", ".join(f"{self.by[word]} {word}" for word in VERDICTS if self.by.get(word)) or "nothing judged"


def count(rows: Iterable[Mapping[str, Any]]) -> Counts:
    """The counts of some requirements."""
    return Counts(Counter(counted_as(row) for row in rows))


@dataclass(frozen=True)
class Run:
    """One provider's part of one report."""

    header: Mapping[str, Any]
    finished: str | None
    contract: str
    rows: Mapping[str, Mapping[str, Any]]
    tasks: Sequence[Mapping[str, Any]]
    observed: Mapping[str, Any] | None = None
    """What the run has seen, in figures; None for reports of versions that did not say so."""
    load: Mapping[str, Any] | None = None
    """The figures of a run under load."""

    @property
    def fatal_levels(self) -> tuple[Level, ...]:
        """The levels whose failures fail the run, the strictest first."""
        return Level(self.header.get("level", Level.MUST)).and_stricter

    @property
    def blind(self) -> bool:
        """Whether a run that came to its end saw no task come to its own."""
        return self.observed is not None and not self.truncated and unseen(self.observed)

    @property
    def started(self) -> str:
        return str(self.header["started"])

    @property
    def truncated(self) -> bool:
        return self.finished is None

    def level(self, level: str) -> Counts:
        """The counts of one level."""
        return count(row for row in self.rows.values() if row["level"] == level)


@dataclass(frozen=True)
class Row:
    """A requirement in the newest run. `trend`: (date, verdict) of every run that judged it, the oldest first."""

    data: Mapping[str, Any]
    anchor: str
    trend: Sequence[tuple[str, str]] = ()

    @property
    def change(self) -> str:
        """Against the run before: `newly failed`, `fixed`, or nothing."""
        if len(self.trend) < 2:
            return ""
        before, now = self.trend[-2][1], self.trend[-1][1]
        if now == "failed" and before != "failed":
            return "newly failed"
        return "fixed" if before == "failed" and now == "passed" else ""

    @property
    def known(self) -> str:
        """Since when and why the failure is accepted; "" when it is not."""
        known = self.data.get("known")
        return f"known since {known['date']}: {known['reason']}" if known else ""

    @property
    def reason(self) -> str:
        """Why the verdict is what it is."""
        return "; ".join(part for part in (self.known, str(self.data["reason"])) if part)

    @property
    def varied(self) -> bool:
        """Whether the runs do not all say the same."""
        return len({verdict for _, verdict in self.trend}) > 1


@dataclass(frozen=True)
class Subject:
    """A provider on a kind of target. `key` begins the address of everything about it."""

    key: str
    name: str
    title: str
    kind: str
    host: str
    runs: Sequence[Run] = field(repr=False)

    @property
    def latest(self) -> Run:
        return self.runs[-1]

    @cached_property
    def rows(self) -> list[Row]:
        """The requirements of the newest run, group by group."""
        found = []
        for name, data in self.latest.rows.items():
            trend = [(run.started, run.rows[name]["verdict"]) for run in self.runs if name in run.rows]
            found.append(Row(data, f"{self.key}:{name}", trend))
        places = {suite: place for place, suite in enumerate(suite_order([row.data["suite"] for row in found]))}
        return sorted(found, key=lambda row: places[row.data["suite"]])

    @cached_property
    def groups(self) -> dict[str, list[Row]]:
        """The requirements by suite."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.data["suite"], []).append(row)
        return found

    @property
    def contract_changed(self) -> bool:
        """Whether older runs were held against another version of the document."""
        return len({run.contract for run in self.runs}) > 1

    def level(self, level: str) -> Counts:
        """The counts of one level in the newest run."""
        return self.latest.level(level)

    @property
    def fatal(self) -> list[Row]:
        """The requirements of the newest run that fail it where they are broken."""
        return [row for row in self.rows if row.data["level"] in self.latest.fatal_levels]


def suite_order(found: Iterable[str]) -> list[str]:
    """The suites that occur, in the order of the page."""
    names = list(dict.fromkeys(found))
    known = [name for name in SUITES if name in names]
    return known + [name for name in names if name not in known]


def subjects(reports: Sequence[Mapping[str, Any]]) -> list[Subject]:
    """Providers with their runs, the oldest first; those of one provider on different targets stay apart."""
    found: dict[tuple[str, str, str], list[Run]] = {}
    titles: dict[str, str] = {}
    for report in sorted(reports, key=lambda report: str(report["header"]["started"])):
        header = report["header"]
        target = header["target"] or {"kind": "none", "host": ""}
        # Only an address that somebody chose says more than the provider does.
        host = target["host"] if target["kind"] in ("url", "client") else ""
        for provider in header["providers"]:
            name = provider["name"]
            titles[name] = provider["title"]
            run = Run(
                header,
                report.get("footer", {}).get("finished"),
                provider["contract"],
                {row["id"]: row for row in report["requirements"] if row["provider"] == name},
                [task for task in report.get("tasks", ()) if task["provider"] == name],
                next((seen for seen in report.get("observed", ()) if seen["provider"] == name), None),
                report.get("load"),
            )
            found.setdefault((name, target["kind"], host), []).append(run)
    order = [provider["name"] for report in reports for provider in report["header"]["providers"]]
    ranked = sorted(found, key=lambda key: (order.index(key[0]), _TRUST.get(key[1], 3), key[2]))
    made: dict[str, Subject] = {}
    for name, kind, host in ranked:
        key = _address(name) if _address(name) not in made else _address(f"{name}@{host or kind}")
        while key in made:
            key += "+"
        made[key] = Subject(key, name, titles[name], kind, host, found[name, kind, host])
    return list(made.values())


def _address(text: str) -> str:
    """Without white space, which an HTML id must not hold."""
    return re.sub(r"\s+", "-", text)


def failed_musts(subjects: Iterable[Subject]) -> int:
    """How many MUST the newest runs found broken."""
    return sum(subject.level("MUST").failed for subject in subjects)


def fatal(subjects: Iterable[Subject]) -> Counts:
    """The counts of what fails the newest runs where it is broken."""
    return count(row.data for subject in subjects for row in subject.fatal)


def fatal_levels(subjects: Iterable[Subject]) -> str:
    """The levels whose failures fail one of the newest runs: `MUST or SHOULD`."""
    found = {level for subject in subjects for level in subject.latest.fatal_levels}
    return listing((level for level in Level if level in found), "or")


def blind(subjects: Iterable[Subject]) -> list[str]:
    """The titles of those of whom the newest run saw no task come to its end."""
    return [subject.title for subject in subjects if subject.latest.blind]


def known_failures(subjects: Iterable[Subject]) -> int:
    """How many failures of `fatal` are accepted."""
    return sum(bool(row.known) for subject in subjects for row in subject.fatal)
