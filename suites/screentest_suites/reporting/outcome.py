"""How a run came out: its exit status, and the line that says so, of which there is only one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from screentest_contracts.wording import listing
from screentest_suites.core.verdicts import Skip
from screentest_suites.reporting.baseline import NOTHING, BaselinePolicy
from screentest_suites.reporting.seen import Seen, excuse, unseen


@dataclass(frozen=True)
class Outcome:
    """`status`: 0 all is well, 1 a MUST (or what else was asked for) failed, a known failure passes again, time ran out
    or no task was seen to its end, 3 the harness broke or a report could not be written, 130 the run was interrupted.
    `words` say the same."""

    status: int
    words: str


def outcome(
    rows: Sequence[Mapping[str, Any]],
    observed: Iterable[Seen],
    accepted: BaselinePolicy = NOTHING,
    *,
    finished: bool = True,
    unwritten: bool = False,
) -> Outcome:
    """The outcome of a run by the requirements of its report and what it has observed."""
    if not finished:
        return Outcome(130, "interrupted")
    if any(row["verdict"] == "error" for row in rows):
        return Outcome(3, "the harness broke")
    found = _judged(rows, observed, accepted)
    return Outcome(3, f"{found.words}, but a report could not be written") if unwritten else found


def _judged(rows: Sequence[Mapping[str, Any]], observed: Iterable[Seen], accepted: BaselinePolicy) -> Outcome:
    """What the requirements and the tasks of a whole run say."""
    seen = list(observed)
    wrong = _wrong(rows, seen, accepted)
    if wrong:
        return Outcome(1, ", and ".join(wrong))
    failed, levels = list(filter(accepted.fails, rows)), _levels(accepted)
    known = sum("known" in row for row in failed)
    told = f", {known} known" if known else ""
    fine = f"no new {levels} failed{told}" if failed else f"no {levels} failed"
    return Outcome(0, "; ".join(dict.fromkeys((fine, *filter(None, map(excuse, seen))))))


def _wrong(rows: Sequence[Mapping[str, Any]], observed: Iterable[Seen], accepted: BaselinePolicy) -> list[str]:
    """Why a run fails."""
    wrong, levels = [], _levels(accepted)
    failed = list(filter(accepted.fails, rows))
    known = sum("known" in row for row in failed)
    new = len(failed) - known
    if new and not accepted.update:
        wrong.append(f"{new} new {levels} failed, {known} known" if known else f"a {levels} failed")
    if accepted.complaints(rows):
        wrong.append("a known failure is none any more")
    late = sum(row["level"] == "MUST" and row["reason"].startswith(Skip.OUT_OF_TIME) for row in rows)
    if late:
        wrong.append(f"time ran out before {late} MUST{'s were' if late > 1 else ' was'} judged")
    blind = [each["title"] for each in observed if unseen(each)]
    if blind:
        wrong.append(f"no task was seen to its end ({', '.join(blind)})")
    return wrong


def _levels(accepted: BaselinePolicy) -> str:
    """The levels whose failures fail the run: `MUST or SHOULD`."""
    return listing(accepted.level.and_stricter, "or")
