"""Known failures: a file that a team keeps, so that a run fails for what is new and for what is mended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from screentest_contracts.errors import UsageError
from screentest_suites.core.files import write_text

HEAD = """\
# Known failures of MUST requirements. They do not fail a run. An entry whose requirement passes again does: remove it,
# or let `--update-baseline` do so. Say in `reason` why it is accepted; `date` is when that was decided.
"""

Row = Mapping[str, Any]
"""One requirement of a report: `provider`, `id`, `level`, `verdict`, `reason`."""


@dataclass(frozen=True)
class Known:
    """A failure that is accepted, why, and since when."""

    id: str
    reason: str
    date: date


@dataclass(frozen=True)
class Baseline:
    """Known failures by qualified id (`NAME:query.status.known`)."""

    known: Mapping[str, Known]

    def excuse(self, row: Row) -> Known | None:
        """The entry for which a failed requirement does not fail the run."""
        return self.known.get(name_of(row)) if fails(row) else None

    def is_stale(self, row: Row) -> bool:
        """Whether a requirement has an entry and passes."""
        return bool(row["verdict"] == "passed" and name_of(row) in self.known)

    def updated(self, rows: Iterable[Row], today: date | None = None) -> "Baseline":
        """What is known after a run: entries that still fail or were not judged stay, others go, new ones come."""
        seen = list(rows)
        names, judged = {name_of(row) for row in seen}, {row["provider"] for row in seen}
        day = today or datetime.now(UTC).date()
        known = {
            name: each for name, each in self.known.items() if name in names or name.partition(":")[0] not in judged
        }
        for row in seen:
            name = name_of(row)
            if fails(row):
                known.setdefault(name, Known(name, f"seen: {row['reason']}", day))
            elif self.is_stale(row):
                del known[name]
        return Baseline(dict(sorted(known.items())))

    def write(self, path: Path) -> None:
        """Writes the file, atomically."""
        entries = [{"id": each.id, "reason": each.reason, "date": each.date} for each in self.known.values()]
        text = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=120) if entries else "[]\n"
        write_text(path, HEAD + text)


def fails(row: Row) -> bool:
    """Whether a requirement fails a run."""
    return bool(row["verdict"] == "failed" and row["level"] == "MUST")


def name_of(row: Row) -> str:
    """A requirement's qualified id."""
    return f"{row['provider']}:{row['id']}"


def load(path: Path, *, may_be_new: bool = False) -> Baseline:
    """Reads a baseline; an empty one where `may_be_new` and there is no file. Raises UsageError."""
    if may_be_new and not path.exists():
        return Baseline({})
    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the baseline {path}: {error}", "`--update-baseline` writes one") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f": line {mark.line + 1}, column {mark.column + 1}"
        raise UsageError(f"the baseline {path} is not YAML{place}", "see the head of a file that we write") from None
    if not isinstance(entries, list | None):
        raise UsageError(f"the baseline {path} is no list", "write entries like: {id: ..., reason: ..., date: ...}")
    known: dict[str, Known] = {}
    for number, entry in enumerate(entries or (), 1):
        if not isinstance(entry, dict) or set(entry) != {"id", "reason", "date"}:
            raise UsageError(
                f"{path}: entry {number} needs id, reason and date, and nothing else", "see its neighbours"
            )
        if not isinstance(entry["date"], date) or not str(entry["reason"] or "").strip() or ":" not in str(entry["id"]):
            hint = "id is NAME:requirement, reason some words, date like 2031-12-24"
            raise UsageError(f"{path}: entry {number} ({entry['id']}) is not complete", hint)
        if entry["id"] in known:
            raise UsageError(f"{path}: {entry['id']} stands there twice", "remove one")
        known[str(entry["id"])] = Known(str(entry["id"]), str(entry["reason"]), entry["date"])
    return Baseline(known)


@dataclass(frozen=True)
class BaselinePolicy:
    """The baseline of a run, and its file if there is one; `update`: the file follows the run."""

    baseline: Baseline = Baseline({})
    path: Path | None = None
    update: bool = False

    @classmethod
    def read(cls, file: str | None, *, update: bool = False) -> "BaselinePolicy":
        """From `--baseline` and `--update-baseline`. Raises UsageError."""
        if file is None:
            if update:
                raise UsageError("--update-baseline needs --baseline FILE", "which file is to be written?")
            return cls()
        path = Path(file)
        if update and not path.parent.is_dir():
            raise UsageError(f"cannot write {path}", "the folder must exist")
        return cls(load(path, may_be_new=update), path, update)

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

    def write(self, rows: Iterable[Row]) -> None:
        """Writes what is known after the run."""
        if self.path is not None:
            self.baseline.updated(rows).write(self.path)


NOTHING: Final = BaselinePolicy()
"""No failure is accepted."""
