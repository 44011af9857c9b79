"""A mock behind a server gets the verdicts that it gets embedded; `tests/witnesses/over_the_wire.py` tries them all."""

import importlib.util
from pathlib import Path

import pytest
from tests.providers import FEW
from tests.turns import by_turns

_spec = importlib.util.spec_from_file_location(
    "over_the_wire", Path(__file__).parents[1] / "witnesses" / "over_the_wire.py"
)
assert _spec is not None
assert _spec.loader is not None
over_the_wire = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(over_the_wire)

CASES = [(provider, "") for provider in FEW] + [
    ("evolink", "query-other-model"),
    ("nexusflow", "accepts-above-maximum"),
    ("tokenbay", "refusal-retyped"),
    ("tokenhot", "status-in-other-case"),
]


@pytest.mark.parametrize(("provider", "name"), by_turns(CASES, 9))
def test_the_verdicts_are_those_of_the_embedded_mock(provider: str, name: str) -> None:
    outcome = over_the_wire.run(provider, name, one_model=bool(name), per_profile=not name)
    assert not outcome.differ
    if name:
        assert set(outcome.there) & set(outcome.expected)
    else:
        assert not outcome.there
