"""The requirements of the suite `resources`, one item each."""

from screentest_suites.pytest_plugin.item import Item, judge

SUITE = "resources"


def test_requirement(screentest_item: Item) -> None:
    judge(screentest_item)
