"""`x-vendor-chooses`: the values with which a request leaves the choice to the vendor."""

from typing import Any

import pytest

from screentest_contracts import DocumentError, load_contract
from screentest_contracts.requirements import AspectDefaults, requirements


def clip_of(tree: Any) -> Any:
    return tree["components"]["schemas"]["Clip"]["properties"]


def test_a_model_knows_them(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    (plain,) = load_tree(tree).models.values()
    assert not plain.leaves_open("duration", -1)
    clip_of(tree)["duration"] |= {"minimum": -1, "x-vendor-chooses": [-1, 0]}
    (model,) = load_tree(tree).models.values()
    assert [model.leaves_open("duration", value) for value in (-1, 0, -1.0, 5, "-1", None, False, [], {})] == [
        True, True, True, False, False, False, False, False, False,
    ]  # fmt: skip
    assert not model.leaves_open("seed", -1)
    assert not model.leaves_open("model", "clip-1"), "no value that a vendor could choose"


def test_a_default_that_leaves_it_open_promises_nothing(small_tree: Any, load_tree: Any) -> None:
    def subjects(tree: Any) -> list[Any]:
        return [each.subject for each in requirements(load_tree(tree)) if each.kind == "result-default"]

    tree = small_tree()
    clip_of(tree)["duration"]["default"] = 5
    assert subjects(tree) == [AspectDefaults("duration", {"clip-1": 5})]  # type: ignore[arg-type]
    clip_of(tree)["duration"]["x-vendor-chooses"] = [5]
    assert not subjects(tree)


@pytest.mark.parametrize("values", [[], "adaptive", [-1, -1], [None], [{}], [True]])
def test_it_is_a_list_of_texts_and_numbers(small_tree: Any, load_tree: Any, values: Any) -> None:
    tree = small_tree()
    clip_of(tree)["duration"]["x-vendor-chooses"] = values
    with pytest.raises(DocumentError, match=r"x-vendor-chooses|must"):
        load_tree(tree)


def test_a_value_that_the_schema_refuses_is_a_mistake(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    clip_of(tree)["duration"]["x-vendor-chooses"] = [-1]
    with pytest.raises(DocumentError, match="`x-vendor-chooses` of the duration names -1, which its schema refuses"):
        load_tree(tree)


@pytest.mark.parametrize(
    ("provider", "model", "open_values", "closed"),
    [
        ("tokenhot", "doubao-seedance-2.0", {"duration": -1, "ratio": "adaptive", "seed": -1}, {"seed": 0}),
        ("tokenhot", "happyhorse-1.0-t2v", {}, {"duration": -1, "ratio": "adaptive", "seed": 0}),
        ("evolink", "happyhorse-1.1-text-to-video", {"seed": 0}, {"seed": -1}),
        ("evolink", "happyhorse-1.0-image-to-video", {"seed": 0}, {"seed": -1}),
        ("tokenbay", "happyhorse-1.0-t2v", {"seed": 0}, {"seed": -1}),
        ("nexusflow", "happyhorse-1.0-t2v", {}, {"seed": 0}),
    ],
)
def test_what_the_vendors_say(provider: str, model: str, open_values: Any, closed: Any) -> None:
    known = load_contract(provider).models[model]
    assert all(known.leaves_open(name, value) for name, value in open_values.items())
    assert not any(known.leaves_open(name, value) for name, value in closed.items())


def test_it_is_no_constraint() -> None:
    """It tells what a value means, not which values are valid."""
    for provider in ("tokenhot", "evolink", "tokenbay"):
        for model in load_contract(provider).models.values():
            assert not [each for each in model.constraints if each.kind == "x-vendor-chooses"]
