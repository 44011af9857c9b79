"""What a run could not judge, by reason."""

from typing import Any

import pytest

from screentest_suites.core.verdicts import EXTRA_TASK, UNPRICED, Skip, skipped
from screentest_suites.reporting.unjudged import NO_PRICE, PAID_ONCE, WHY, unjudged_groups


def row(reason: str, level: str = "MUST", verdict: str = "skipped", name: str = "query.id") -> dict[str, Any]:
    return {"id": name, "verdict": verdict, "level": level, "reason": reason}


@pytest.mark.parametrize("skip", Skip)
def test_each_reason_for_a_skip_is_a_group_of_its_own(skip: Skip) -> None:
    (found,) = unjudged_groups([row(skipped(skip, "some detail").reason), row("", verdict="passed")])
    assert (found.skip, found.count, found.why, found.details) == (skip, 1, WHY[skip], ("some detail",))


def test_groups_are_told_by_size_with_their_musts() -> None:
    rows = [row("needs a second key"), *[row("blocked by create.there")] * 2, row("blocked by query.there", "SHOULD")]
    found = [each.told for each in unjudged_groups([*rows, row("", "NOTE", "unsupported")])]
    assert found == [
        "3 (2 MUST): they rest on what is not there or failed",
        "1 MUST: they need another account's key",
        "1: the server has nothing of the kind",
    ]


def test_a_report_of_another_version_may_hold_other_reasons() -> None:
    (found,) = unjudged_groups([row("the moon is full")])
    assert (found.skip, found.details) == (Skip.NOT_OBSERVED, ("the moon is full",))


def test_nothing_is_told_where_all_was_judged() -> None:
    assert unjudged_groups([row("", verdict="passed"), row("broken", verdict="failed")]) == []


def test_each_cause_has_its_requirements_the_musts_first() -> None:
    alone, hidden = "not observed: no request can show it alone", "not observed: no outside check can see it: "
    rows = [row(alone, "NOTE", name="a"), row(alone, name="b"), row(alone, name="c"), row("not observed", name="d")]
    (found,) = unjudged_groups([*rows, row(f"{hidden}it is slow", name="e"), row(f"{hidden}it is far", name="f")])
    causes = [(each.told, each.ids) for each in found.causes]
    assert causes == [
        ("no request can show it alone", ("b", "c", "a")),
        ("no outside check can see it", ("e", "f")),
        ("", ("d",)),
    ]


@pytest.mark.parametrize(
    ("detail", "why"),
    [
        (f"{UNPRICED}; say what a task costs with --assume-price", NO_PRICE),
        (EXTRA_TASK, PAID_ONCE),
        ("it could cost 3.00 USD if accepted, and 2.00 USD is left", WHY[Skip.NEEDS_SPEND]),
    ],
)
def test_a_want_of_budget_is_told_from_a_want_of_price(detail: str, why: str) -> None:
    (found,) = unjudged_groups([row(skipped(Skip.NEEDS_SPEND, detail).reason)])
    assert found.why == why
