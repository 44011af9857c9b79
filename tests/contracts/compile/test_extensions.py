"""Extension members: `x-...` wherever facts stand, without any effect of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.providers import FEW
from tests.turns import by_turns

from screentest_contracts import Contract, DocumentError, built_in, load_contract
from screentest_contracts.document import task_schema
from screentest_contracts.lint import lint_file
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.text import parse
from screentest_contracts.requirements import requirements


def marked(node: Any) -> Iterator[dict[str, Any]]:
    """Objects of x-task that state a mark or a source, and so surely may."""
    if isinstance(node, dict):
        if "mark" in node or "source" in node:
            yield node
        for value in node.values():
            yield from marked(value)
    elif isinstance(node, list):
        for value in node:
            yield from marked(value)


def ids(contract: Contract) -> list[str]:
    return [requirement.id for requirement in requirements(contract)]


def test_those_of_x_task_are_a_plain_mapping(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    assert load_tree(tree).extensions == {}
    tree["x-task"] |= {"x-acme": {"any": ["value", 1, None]}, "x-": False}
    assert load_tree(tree).extensions == {"x-acme": {"any": ["value", 1, None]}, "x-": False}


@pytest.mark.parametrize("name", by_turns(built_in(), 4))
def test_they_change_nothing_wherever_they_stand(name: str, load_tree: Any, tmp_path: Path) -> None:
    file = find_document(name)
    tree = parse(file, file.read_bytes())
    places = list({id(node): node for node in marked(tree["x-task"])}.values())
    for number, node in enumerate(places):
        node["x-acme"] = {"number": number}
    assert len(places) > (15 if name in FEW else 5)
    contract = load_tree(tree)
    assert ids(contract) == ids(load_contract(name))
    assert contract.extensions == {"x-acme": tree["x-task"]["x-acme"]}
    file = tmp_path / "acme.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), "utf-8")
    assert not lint_file(str(file)).failed


def test_every_object_of_the_schema_that_may_have_a_mark_takes_them() -> None:
    seen = 0
    stack: list[Any] = [task_schema()]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if "mark" in node.get("properties", {}) and node.get("additionalProperties") is False:
                seen += 1
                assert node["patternProperties"] == {"^x-": {}}
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    assert seen > 30


@pytest.mark.parametrize("name", ["acme", "X-acme", "x_acme", " x-acme"])
def test_other_unknown_members_are_still_refused(small_tree: Any, load_tree: Any, name: str) -> None:
    tree = small_tree()
    tree["x-task"][name] = 1
    with pytest.raises(DocumentError, match="is not known here"):
        load_tree(tree)


def test_contracts_are_told_apart_by_identity(small_tree: Any, load_tree: Any) -> None:
    """Caches key on contracts; comparing all their values would take long and find equal what has other files."""
    one, other = load_tree(small_tree()), load_tree(small_tree())
    assert len({one, other, one}) == 2
    assert one != other
