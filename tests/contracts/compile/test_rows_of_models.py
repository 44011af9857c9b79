"""Rows of refusals that hold for some models only."""

from pathlib import Path

import pytest

from screentest_contracts import Contract, load_contract
from screentest_contracts.contract import Role
from screentest_mockserver.state.facts import MAX_BODY, Facts, MockOptions


@pytest.fixture(scope="module")
def sequel() -> Contract:
    return load_contract(Path(__file__).parents[2] / "documents" / "sequel.yaml")


@pytest.mark.parametrize(
    ("condition", "model", "found"),
    [
        ("rate-limited", None, "slow"),
        ("rate-limited", "reel-1", "slow"),
        ("rate-limited", "reel-1-larger", "one_by_one"),
        ("invalid-body", "reel-1-longer", "no_sequel"),
        ("too-large", "reel-1-longer", "too_long"),
        ("too-large", "reel-1", "invalid"),
        ("content-refused", "reel-1-larger", "invalid"),
    ],
)
def test_a_model_has_its_own_row_or_that_of_all(
    sequel: Contract, condition: str, model: str | None, found: str
) -> None:
    row = sequel.error(Role.CREATE, condition, model=None if model is None else sequel.models[model])
    assert row is not None
    assert row.made.body is not None
    assert row.made.body.tree["code"] == found


def test_the_limit_of_one_model_is_none_for_all(sequel: Contract) -> None:
    assert Facts(sequel, MockOptions()).max_body == MAX_BODY
