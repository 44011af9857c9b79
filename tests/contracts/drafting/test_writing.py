"""The text of a draft."""

from typing import Any

import yaml

from screentest_contracts.drafting.writing import COMMENTS, written


def test_it_is_yaml_and_says_what_each_part_rests_on() -> None:
    shared = {"status": [200]}
    task: dict[str, Any] = {"version": 1, "success": {"create": shared, "query": shared}, "list": {"items": "/data"}}
    text = written(task, ["look at the list", "and the rest"])
    assert yaml.safe_load(text) == {"x-task": task}
    lines = text.splitlines()
    assert lines[1:4] == ["# - look at the list", "# - and the rest", "x-task:"]
    assert lines.count(f"  # {COMMENTS['success']}") == lines.count(f"  # {COMMENTS['list']}") == 1
    assert "&" not in text, "people read it"
