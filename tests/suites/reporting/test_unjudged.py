"""What a run could not judge, by reason."""

from typing import Any

import pytest

from screentest_suites.core.verdicts import Skip, skipped
from screentest_suites.reporting.unjudged import WHY, unjudged_groups


def row(reason: str, level: str = "MUST", verdict: str = "skipped") -> dict[str, Any]:
    return {"verdict": verdict, "level": level, "reason": reason}


@pytest.mark.parametrize("skip", Skip)
def test_each_reason_for_a_skip_is_a_group_of_its_own(skip: Skip) -> None:
    (found,) = unjudged_groups([row(skipped(skip, "some detail").reason), row("", verdict="passed")])
    assert (found.skip, found.count, found.why, found.details) == (skip, 1, WHY[skip], ("some detail",))


def test_groups_are_told_by_size_with_their_musts() -> None:
    rows = [row("needs a second key"), *[row("blocked by create.there")] * 2, row("blocked by query.there", "SHOULD")]
    found = [each.told for each in unjudged_groups([*rows, row("", "NOTE", "unsupported")])]
    assert found == [
        "3 (2 MUST): they rest on what is not there or failed: create.there and query.there",
        "1 MUST: they need another account's key",
        "1: the server has nothing of the kind",
    ]


def test_a_report_of_another_version_may_hold_other_reasons() -> None:
    (found,) = unjudged_groups([row("the moon is full")])
    assert (found.skip, found.details) == (Skip.NOT_OBSERVED, ("the moon is full",))


def test_nothing_is_told_where_all_was_judged() -> None:
    assert unjudged_groups([row("", verdict="passed"), row("broken", verdict="failed")]) == []
