"""A status whose class is less sure than its word."""

from typing import Any

from screentest_contracts.facts import Level
from screentest_contracts.requirements import StatusNames, requirements


def test_an_end_that_may_be_none_is_a_requirement_of_its_own(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    statuses = tree["x-task"]["lifecycle"]["statuses"]
    word = next(name for name, each in statuses.items() if each["class"] == "failed")
    statuses[word]["class_mark"] = "assumed"
    found = {each.id: each for each in requirements(load_tree(tree))}
    sure, unsure = found["query.status.terminal"], found["query.status.terminal.assumed"]
    assert (sure.level, unsure.level) == (Level.MUST, Level.NOTE)
    assert isinstance(sure.subject, StatusNames)
    assert unsure.subject == StatusNames(frozenset({word}))
    assert word not in sure.subject.names


def test_without_such_a_mark_there_is_one_for_all_ends(small: Any) -> None:
    ends = {each.name for each in small.lifecycle.statuses.values() if each.status_class.terminal}
    found = {each.id: each for each in requirements(small) if each.id.startswith("query.status.terminal")}
    assert {name: each.subject for name, each in found.items()} == {
        "query.status.terminal": StatusNames(frozenset(ends))
    }
