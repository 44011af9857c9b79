"""JSON reports read back from files: those that are none are refused, with what is wrong with them."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from screentest_contracts.complaints import complaint
from screentest_contracts.errors import UsageError
from screentest_contracts.location import pointer_of
from screentest_suites.reporting.counting import counted_as

SCHEMA = Path(__file__).with_name("report.schema.json")
COLLECTION = 1
"""The version of a file that holds several runs."""

Report = dict[str, Any]


def read_runs(paths: Iterable[Path]) -> list[Report]:
    """Every run in some files, each once. Raises UsageError."""
    found: dict[bytes, Report] = {}
    for path in paths:
        for place, run in _runs(path):
            _check(place, run)
            found.setdefault(orjson.dumps(run, option=orjson.OPT_SORT_KEYS), run)
    return list(found.values())


def _runs(path: Path) -> list[tuple[str, Any]]:
    try:
        data = orjson.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "give JSON reports of earlier runs") from None
    except orjson.JSONDecodeError as error:
        hint = "a run that is cut short still leaves whole JSON: was the file copied while it was written?"
        raise UsageError(f"{path} is not JSON: {error}", hint) from None
    if isinstance(data, dict) and "collection" in data:
        if data["collection"] != COLLECTION or not isinstance(data.get("runs"), list):
            raise _version(str(path), data["collection"], COLLECTION)
        return [(f"{path}, run {number}", run) for number, run in enumerate(data["runs"], 1)]
    return [(str(path), data)]


def _check(place: str, run: Any) -> None:
    """Raises UsageError for what is no report, or contradicts itself."""
    if not isinstance(run, dict) or not isinstance(run.get("header"), dict) or "requirements" not in run:
        raise UsageError(f"{place} is no Screentest report", "write one with --report run.json")
    version, expected = run["header"].get("format"), _format()
    if version != expected:
        raise _version(place, version, expected)
    if (error := next(iter(_validator().iter_errors(run)), None)) is not None:
        pointer = pointer_of(tuple(str(part) for part in error.instance_path)) or "/"
        raise UsageError(
            f"{place} is no valid report: {pointer}: {complaint(error)[:200]}", "it was changed after it was written"
        )
    for problem in _contradictions(run):
        raise UsageError(f"{place} contradicts itself: {problem}", "it was changed after it was written")


def _contradictions(run: Report) -> Iterable[str]:
    rows = run["requirements"]
    names = {provider["name"] for provider in run["header"]["providers"]}
    if unknown := sorted({row["provider"] for row in (*rows, *run.get("tasks", ()), *run.get("observed", ()))} - names):
        yield f"the header does not name {unknown[0]!r}"
    seen = Counter((row["provider"], row["id"]) for row in rows)
    if twice := next((key for key, times in seen.items() if times > 1), None):
        yield f"{':'.join(twice)} is judged twice"
    counted = Counter((row["level"], counted_as(row)) for row in rows)
    told = {(level, word): number for level, words in run["totals"].items() for word, number in words.items() if number}
    if counted != told:
        yield "the totals do not add up"
    if "footer" in run and run["footer"]["requirements"] != len(rows):
        yield f"the footer tells of {run['footer']['requirements']} requirements, {len(rows)} are there"


def _version(place: str, found: object, expected: int) -> UsageError:
    return UsageError(
        f"{place} has the format {found!r}; this version reads {expected}",
        "use the version that wrote it, or run again",
    )


@cache
def _schema() -> Any:
    return orjson.loads(SCHEMA.read_bytes())


def _format() -> int:
    return int(_schema()["properties"]["header"]["properties"]["format"]["const"])


@cache
def _validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(_schema(), validate_formats=True)
