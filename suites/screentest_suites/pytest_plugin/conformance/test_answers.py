"""The requirements of the suite `answers`, one item each."""

from screentest_suites.pytest_plugin.item import Item, judge

SUITE = "answers"


def test_requirement(screentest_item: Item) -> None:
    judge(screentest_item)
