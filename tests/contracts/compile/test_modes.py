"""Entries of one name: which of them a request means."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, DocumentError, load_contract
from screentest_contracts.comparison import compare
from screentest_contracts.contract import Role

MODES = Path(__file__).parents[2] / "documents" / "modes.yaml"
IMAGE = "https://media.example.com/a.png"
BOAT = {"model": "boat-2", "prompt": "A boat."}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(MODES)


def meant(contract: Contract, body: Any) -> list[str]:
    return [model.name for model in contract.models_meant(contract.roles[Role.CREATE][0], body)]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (BOAT, ["boat-2"]),
        ({**BOAT, "image": IMAGE}, ["boat-2-from-image"]),
        ({"model": "boat-2", "image": 5}, ["boat-2-from-image"]),  # wrong, and still of this mode
        ({**BOAT, "frames": []}, ["boat-2", "boat-2-between"]),  # an empty list may count as none
        ({**BOAT, "image": None}, ["boat-2", "boat-2-from-image"]),
        ({"model": "boat-2"}, ["boat-2", "boat-2-from-image", "boat-2-between"]),
        ({"model": "cloud-1", "input": "text"}, ["cloud-1-edit"]),
        ({"model": "ep-mine"}, ["endpoint"]),
        ({"model": "ep_mine"}, []),
        ({"model": 5}, []),
        ({}, []),
    ],
)
def test_the_members_of_a_request_tell_its_mode(contract: Contract, body: Any, names: list[str]) -> None:
    assert meant(contract, body) == names


def test_what_may_mean_two_modes_is_neither_taken_nor_refused_for_sure(contract: Contract) -> None:
    model = contract.models["boat-2-from-image"]
    body = {**BOAT, "image": ""}  # no address, or no image at all
    assert (model.takes(body), model.refuses(body)) == (False, False)
    assert model.refuses({**BOAT, "image": IMAGE, "seconds": 12})
    assert model.takes({**BOAT, "image": IMAGE, "seconds": 8})


def test_a_model_has_the_name_that_its_request_holds(contract: Contract) -> None:
    assert contract.models["boat-2-between"].wire == "boat-2"
    assert contract.models["endpoint"].named_in({"model": "ep-mine"}) == "ep-mine"


def test_each_mode_has_its_prices(contract: Contract) -> None:
    prices = {name: [row.amount for row in contract.prices_of(model)] for name, model in contract.models.items()}
    assert prices["boat-2-from-image"][0] == 3
    assert prices["boat-2-between"] == [0.5]
    assert prices["cloud-1-edit"] == [7]


def test_a_price_by_the_name_on_the_wire_is_that_of_each_mode_without_one(load_tree: Any, tmp_path: Path) -> None:
    text = MODES.read_text().replace("models: [cloud-1-edit]", "models: [boat-2]")
    file = tmp_path / "modes.yaml"
    file.write_text(text)
    contract = load_contract(file)
    assert [row.amount for row in contract.prices_of(contract.models["cloud-1-edit"])] == [0.25]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('names: "^ep-[0-9a-z-]+$"', 'names: "("', "no regular expression"),
        ('names: "^ep-[0-9a-z-]+$"', 'names: "^pe-"', "which is not of this form"),
        ("told_by: {required: [frames]}", "told_by: {required: 5}", "told_by"),
    ],
)
def test_misuse_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = MODES.read_text()
    assert old in text
    file = tmp_path / "modes.yaml"
    file.write_text(text.replace(old, new))
    with pytest.raises(DocumentError) as raised:
        load_contract(file)
    assert problem in str(raised.value)


def test_modes_are_compared(contract: Contract, tmp_path: Path) -> None:
    text = MODES.read_text().replace("{model: boat-2, frames:", "{model: boat-3, frames:").replace(
        "enum: [boat-2, cloud-1]", "enum: [boat-2, boat-3, cloud-1]"
    ).replace('names: "^ep-[0-9a-z-]+$"', 'names: "^ep-[0-9a-z]+-"')  # fmt: skip
    file = tmp_path / "other.yaml"
    file.write_text(text)
    found = compare(contract, load_contract(file)).differences
    kinds = {(each.subject, each.kind) for each in found if each.topic == "models"}
    assert {("boat-2-between", "told apart otherwise"), ("endpoint", "other names")} <= kinds


def test_two_operations_are_no_modes(small_tree: Callable[[], Any], load_tree: Any) -> None:
    contract = load_tree(small_tree())
    assert all(not model.modes for model in contract.models.values())


def test_further_files_are_compared(contract: Contract, tmp_path: Path) -> None:
    text = (
        MODES.read_text()
        .replace("auth: required, life: 7200", "auth: none, life: 60")
        .replace("asset:part", "asset:piece")
    )
    file = tmp_path / "other.yaml"
    file.write_text(text.replace("    part: {at:", "    piece: {at:"))
    found = {(each.subject, each.kind) for each in compare(contract, load_contract(file)).differences}
    assert {("key for the cover", "other"), ("life of the cover", "other"), ("part", "missing")} <= found
    assert ("piece", "only there") in found
