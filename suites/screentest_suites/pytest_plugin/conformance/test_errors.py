"""The requirements of the suite `errors`, one item each."""

from screentest_suites.pytest_plugin.item import Item, judge

SUITE = "errors"


def test_requirement(screentest_item: Item) -> None:
    judge(screentest_item)
