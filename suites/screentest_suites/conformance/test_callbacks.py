"""The requirements of the suite `callbacks`, one item each."""

from screentest_suites.conformance.item import Item, judge

SUITE = "callbacks"


def test_requirement(screentest_item: Item) -> None:
    judge(screentest_item)
