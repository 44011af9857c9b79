"""What is only read, in documents: what may be said, what comes of it, and the mistakes."""

import json
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import DocumentError, Role
from screentest_contracts.comparison import compare
from screentest_contracts.compile import lint
from screentest_contracts.lint import lint_file
from screentest_contracts.requirements import requirements

OK = {"responses": {"200": {"description": "It.", "content": {"application/json": {"schema": {"type": "object"}}}}}}


def with_resource(tree: Any, role: str, rule: Any) -> Any:
    """The small document with one operation that is only read."""
    tree["paths"][f"/{role}"] = {"get": {"operationId": role, **OK}}
    tree["x-task"]["roles"][role] = [role]
    tree["x-task"]["resources"] = {role: rule}
    return tree


def named(contract: Any, start: str) -> dict[str, str]:
    return {
        each.id: each.level.value
        for each in requirements(contract)
        if each.id.startswith(start) and "header" not in each.id
    }


def test_a_balance(small_tree: Any, load_tree: Any) -> None:
    tree = with_resource(
        small_tree(), "balance", {"body": {"left": "{{balance:100}}"}, "taken": "created", "settle": 3}
    )
    tree["x-task"]["prices"] = [{"models": ["*"], "per": "video", "amount": 2, "currency": "USD"}]
    contract = load_tree(tree)
    rule = contract.resources[Role.BALANCE]
    assert (rule.left.pointer, rule.spent, rule.early, rule.settle) == ("/left", None, True, 3)
    found = named(contract, "balance.")
    names = ("there", "status-code", "schema", "left", "charged", "failed", "refused")
    assert set(found) == {f"balance.{each}" for each in names}
    assert set(found.values()) == {"MUST"}


def test_without_prices_nothing_is_said_of_what_a_task_costs(small_tree: Any, load_tree: Any) -> None:
    tree = with_resource(small_tree(), "balance", {"body": {"left": "{{balance}}", "used": "{{spent}}"}})
    tree["x-task"].pop("prices", None)
    found = named(load_tree(tree), "balance.")
    assert "balance.charged" not in found
    assert (found["balance.failed"], found["balance.refused"], found["balance.total"]) == ("NOTE", "NOTE", "MUST")


def test_the_models(small_tree: Any, load_tree: Any) -> None:
    contract = load_tree(with_resource(small_tree(), "models", {"body": "{{items}}", "item": "{{upstream}}"}))
    rule = contract.resources[Role.MODELS]
    assert (rule.items.find(["a"]), rule.name_at.find("a")) == (["a"], "a")
    names = ("there", "status-code", "schema", "listed")
    assert set(named(contract, "models.")) == {f"models.{each}" for each in names}


@pytest.mark.parametrize(
    ("role", "rule", "problem"),
    [
        ("balance", {"body": {"left": 3}}, "nothing says what is left"),
        ("balance", {"body": {"left": "{{balance}}", "of": "{{id}}"}}, "{{id}} belongs to a task"),
        ("balance", {"body": {"left": "{{balance:ten}}"}}, "balance:ten is not a factor such as balance:100"),
        ("models", {"body": {"data": []}, "item": "{{model}}"}, "nothing says where the names of the models stand"),
        ("models", {"body": "{{items}}", "item": {"id": "m"}}, "nothing says where the names of the models stand"),
        ("models", {"body": "{{items}}"}, "item"),
        ("account", {}, "body"),
    ],
)
def test_mistakes(small_tree: Any, load_tree: Any, role: str, rule: Any, problem: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load_tree(with_resource(small_tree(), role, rule))
    assert problem in str(caught.value)


@pytest.mark.parametrize("part", ["roles", "resources"])
def test_role_and_body_need_each_other(small_tree: Any, load_tree: Any, part: str) -> None:
    tree = with_resource(small_tree(), "account", {"body": {}})
    del tree["x-task"][part]["account"]
    with pytest.raises(DocumentError, match=r"roles\.account and resources\.account need each other"):
        load_tree(tree)


def linted(tmp_path: Path, tree: Any) -> dict[str, str]:
    """The pointer of the last finding of each rule."""
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(tree))
    return {each.rule: each.pointer for each in lint_file(str(file)).findings}


def test_lint_asks_for_prices(tmp_path: Path, small_tree: Any) -> None:
    tree = with_resource(small_tree(), "balance", {"body": {"left": "{{balance}}"}})
    tree["x-task"].pop("prices", None)
    assert linted(tmp_path, tree)["balance.no-price"] == "/x-task/resources/balance"
    tree["x-task"]["prices"] = [{"models": ["*"], "per": "second", "amount": 2, "currency": "USD"}]
    assert "balance.no-price" not in linted(tmp_path, tree)


def test_lint_renders_the_body(tmp_path: Path, small_tree: Any) -> None:
    tree = with_resource(small_tree(), "models", {"body": {"data": "{{items}}"}, "item": {"id": "{{model}}"}})
    answer = tree["paths"]["/models"]["get"]["responses"]["200"]["content"]["application/json"]
    item = {"type": "object", "properties": {"id": {"type": "integer"}}}
    answer["schema"] = {"type": "object", "properties": {"data": {"type": "array", "items": item}}}
    assert linted(tmp_path, tree)["sample.body"].startswith("/x-task/resources/models/body")


def test_comparison(small_tree: Any, load_tree: Any) -> None:
    one = load_tree(with_resource(small_tree(), "balance", {"body": {"left": "{{balance}}"}}))
    two = load_tree(with_resource(small_tree(), "balance", {"body": {"rest": "{{balance}}"}, "taken": "created"}))
    told = {(each.effect.value, each.subject, each.kind) for each in compare(one, two).differences}
    assert told == {("breaks", "place of what is left", "moved"), ("changes", "when a price is taken", "other")}
    without = {(each.subject, each.kind) for each in compare(one, load_tree(small_tree())).differences}
    assert without == {("call to read the balance", "missing")}


def test_documents_in_use() -> None:
    folder = Path(__file__).parents[1] / "documents"
    roles = [role for name in ("studio", "jobs") for role in lint(str(folder / f"{name}.yaml")).resources]
    assert sorted(roles) == ["account", "balance", "balance", "models"]
