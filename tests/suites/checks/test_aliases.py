"""Several paths to one task: what a check says where they do not tell the same."""

from typing import Any

from tests.suites.checks.findings import failure


def test_the_words_of_two_paths_are_told(bench: Any, tools: Any) -> None:
    made = bench(alter=tools.on("lookByQuery", at={"/state": "RUN"}))
    seen, expected, statuses = failure(made.judge("query.alias.lookByQuery"))
    assert (seen, expected, statuses) == ("/jobs/{task_id} says DONE, the alias RUN", "the same status", [200, 200])
    made = bench(alter=tools.on("lookByQuery", at={"/state": "LIMBO"}))
    seen, _, _ = failure(made.judge("query.alias.lookByQuery"))
    assert seen.endswith(", the alias nothing that is known")
