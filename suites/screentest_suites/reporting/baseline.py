"""Known failures: a file that a team keeps, so that a run fails for what is new and for what is mended."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from screentest_contracts.errors import UsageError
from screentest_contracts.facts import Level
from screentest_contracts.wording import listing
from screentest_suites.core.files import check_writable, write_text

HEAD = """\
# Known failures. They do not fail a run. An entry whose requirement passes again does: remove it,
# or let `--update-baseline` do so. Say in `reason` why it is accepted; `date` is when that was decided.
"""

_ENTRY: Final = "{id: NAME:requirement, reason: some words, date: 2031-12-24}"
_MORE: Final = re.compile(r" \(and (\d+) more\)$")

Row = Mapping[str, Any]
"""One requirement of a report: `provider`, `id`, `level`, `verdict`, `reason`."""


@dataclass(frozen=True)
class Known:
    """A failure that is accepted, why, and since when; `seen`: how many observations broke the requirement then, None
    where nobody wrote it down."""

    id: str
    reason: str
    date: date
    seen: int | None = None


@dataclass(frozen=True)
class Baseline:
    """Known failures by qualified id (`NAME:query.status.known`)."""

    known: Mapping[str, Known]

    def excuse(self, row: Row) -> Known | None:
        """The entry for which a failed requirement does not fail the run."""
        return self.known.get(name_of(row)) if row["verdict"] == "failed" else None

    def is_stale(self, row: Row) -> bool:
        """Whether a requirement has an entry and passes."""
        return bool(row["verdict"] == "passed" and name_of(row) in self.known)

    def updated(self, rows: Iterable[Row], today: date | None = None, level: Level = Level.MUST) -> "Baseline":
        """What is known after a run: entries that still fail or were not judged stay, others go. Of what is not known
        yet, that comes which fails a run of this level."""
        seen = list(rows)
        names, judged = {name_of(row) for row in seen}, {row["provider"] for row in seen}
        day = today or datetime.now(UTC).date()
        known = {
            name: each for name, each in self.known.items() if name in names or name.partition(":")[0] not in judged
        }
        for row in seen:
            name = name_of(row)
            if fails(row, level) or self.excuse(row):
                entry = known.get(name, Known(name, f"seen: {row['reason']}", day))
                known[name] = replace(entry, seen=_broken(row))
            elif self.is_stale(row):
                del known[name]
        return Baseline(dict(sorted(known.items())))

    def write(self, path: Path) -> None:
        """Writes the file, atomically."""
        entries = [
            {"id": each.id, "reason": each.reason, "date": each.date}
            | ({} if each.seen is None else {"seen": each.seen})
            for each in self.known.values()
        ]
        options: dict[str, Any] = {"allow_unicode": True, "sort_keys": False, "width": 120}
        text = yaml.dump(entries, Dumper=_Plain, **options) if entries else "[]\n"
        write_text(path, HEAD + text)


class _Plain(yaml.SafeDumper):
    """Writes equal values out, so that an entry can be removed without those that refer to it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def fails(row: Row, level: Level = Level.MUST) -> bool:
    """Whether a requirement fails a run; `level`: one of this level or a stricter one does."""
    return bool(row["verdict"] == "failed" and row["level"] in level.and_stricter)


def name_of(row: Row) -> str:
    """A requirement's qualified id."""
    return f"{row['provider']}:{row['id']}"


def _broken(row: Row) -> int:
    """How many observations broke a failed requirement, as its reason tells."""
    more = _MORE.search(str(row["reason"]))
    return 1 + int(more[1]) if more else 1


def load(path: Path, *, may_be_new: bool = False) -> Baseline:
    """Reads a baseline; an empty one where `may_be_new` and there is no file. Raises UsageError."""
    if may_be_new and not os.path.exists(path):
        return Baseline({})
    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot read the baseline {path}: {error}", "`--update-baseline` writes one") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f": line {mark.line + 1}, column {mark.column + 1}"
        raise UsageError(f"the baseline {path} is not YAML{place}", f"an entry is {_ENTRY}") from None
    if not isinstance(entries, list | None):
        raise UsageError(f"the baseline {path} is no list", f"an entry is {_ENTRY}")
    known: dict[str, Known] = {}
    for number, entry in enumerate(entries or (), 1):
        if not isinstance(entry, dict) or set(entry) - {"seen"} != {"id", "reason", "date"}:
            raise UsageError(
                f"{path}: entry {number} needs id, reason and date, and beside them seen alone", f"an entry is {_ENTRY}"
            )
        named = ":" in str(entry["id"]) and str(entry["reason"] or "").strip()
        if not named or not isinstance(entry["date"], date) or not _counts(entry.get("seen")):
            hint = "id is NAME:requirement, reason some words, date like 2031-12-24, seen a number"
            raise UsageError(f"{path}: entry {number} ({entry['id']}) is not complete", hint)
        if entry["id"] in known:
            raise UsageError(f"{path}: {entry['id']} stands there twice", "remove one")
        known[str(entry["id"])] = Known(str(entry["id"]), str(entry["reason"]), entry["date"], entry.get("seen"))
    return Baseline(known)


def _counts(seen: object) -> bool:
    """Whether this can be a number of observations."""
    return seen is None or (type(seen) is int and seen > 0)


@dataclass(frozen=True)
class BaselinePolicy:
    """Which failures fail a run: those of `level` or a stricter one that are not in the baseline. `path`: its file, if
    there is one; `update`: the file follows the run."""

    baseline: Baseline = Baseline({})
    path: Path | None = None
    update: bool = False
    level: Level = Level.MUST

    @classmethod
    def read(cls, file: str | None, *, update: bool = False, level: Level = Level.MUST) -> "BaselinePolicy":
        """From `--baseline`, `--update-baseline` and `--level`. Raises UsageError."""
        if file is None:
            if update:
                raise UsageError("--update-baseline needs --baseline FILE", "which file is to be written?")
            return cls(level=level)
        path = Path(file)
        if update:
            check_writable(path)
        return cls(load(path, may_be_new=update), path, update, level)

    def fails(self, row: Row) -> bool:
        """Whether a requirement fails the run where its failure is not known."""
        return fails(row, self.level)

    def marked(self, row: dict[str, Any]) -> dict[str, Any]:
        """A requirement of the report, with the reason for which its failure is accepted."""
        known = self.baseline.excuse(row)
        if known is not None:
            row["known"] = {"reason": known.reason, "date": known.date.isoformat()}
        return row

    def stale(self, row: Row) -> bool:
        """Whether a requirement passes whose failure is accepted; no matter where the file follows the run."""
        return not self.update and self.baseline.is_stale(row)

    def complaint(self, row: Row) -> str:
        """What to do about a stale entry."""
        return self._complaint(name_of(row), "passes")

    def complaints(self, rows: Iterable[Row]) -> list[str]:
        """The same for every stale entry of a whole run, those among them whose requirement is no more."""
        seen = list(rows)
        names = {name_of(row) for row in seen}
        judged = {row["provider"] for row in seen}
        gone = [name for name in self.baseline.known if name.partition(":")[0] in judged and name not in names]
        found = [self.complaint(row) for row in seen if self.stale(row)]
        return found + ([] if self.update else [self._complaint(name, "is no requirement any more") for name in gone])

    def _complaint(self, name: str, what: str) -> str:
        return f"{name} {what}, but {self.path} still lists it as failing: remove it, or use --update-baseline"

    def told(self, rows: Iterable[Row]) -> list[str]:
        """Lines about the entries of this run's providers: how many fail, how many were not judged, and where more
        observations broke a requirement than when the entry was written."""
        seen = list(rows)
        mine = [row for row in seen if name_of(row) in self.baseline.known]
        failed = [row for row in mine if "known" in row]
        unjudged = [name_of(row) for row in mine if row["verdict"] in ("skipped", "unsupported")]
        lines = []
        if failed:
            lines.append(f"{len(failed)} known failure{'s' if len(failed) != 1 else ''} of {self.path}")
        if unjudged:
            were = "were" if len(unjudged) != 1 else "was"
            entries = "entries" if len(unjudged) != 1 else "entry"
            lines.append(f"{len(unjudged)} {entries} of {self.path} {were} not judged in this run: {listing(unjudged)}")
        for row in failed:
            known, now = self.baseline.known[name_of(row)], _broken(row)
            if known.seen is not None and now > known.seen:
                was = f"{now} observations instead of {known.seen}"
                lines.append(f"{name_of(row)} is known, but {was} broke it: {row['reason']}")
        return lines

    def written_told(self, rows: Iterable[Row]) -> str:
        """What `write` writes, in words."""
        before, after = self.baseline.known, self.baseline.updated(rows, level=self.level).known
        new, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
        return f"wrote {self.path}: {len(after)} known failures, {new} of them new, {gone} removed"

    def write(self, rows: Iterable[Row]) -> None:
        """Writes what is known after the run."""
        if self.path is not None:
            self.baseline.updated(rows, level=self.level).write(self.path)


NOTHING: Final = BaselinePolicy()
"""No failure is accepted."""
