"""Every requirement that can be judged has exactly one check, and no check stands idle."""

from pathlib import Path
from types import NoneType

import pytest

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.requirements import Kind, requirements
from screentest_suites.checks import REGISTRY, TRACE_CHECKS
from screentest_suites.checks.registry import check, trace_check

DOCUMENTS = sorted((Path(__file__).parents[2] / "documents").glob("*.yaml"))


def kinds(contract: Contract) -> set[str]:
    return {requirement.kind for requirement in requirements(contract) if not requirement.untestable}


@pytest.mark.parametrize("name", built_in())
def test_every_kind_of_requirement_has_a_check(name: str) -> None:
    assert kinds(load_contract(name)) <= set(REGISTRY) | set(TRACE_CHECKS)


def test_every_check_judges_something(small: Contract) -> None:
    """In the built-in documents, or in those of made-up vendors in `tests/documents`."""
    used = kinds(small).union(*(kinds(load_contract(each)) for each in [*built_in(), *DOCUMENTS]))
    assert set(REGISTRY) | set(TRACE_CHECKS) <= used


def test_no_kind_has_two_checks() -> None:
    assert not set(REGISTRY) & set(TRACE_CHECKS)
    for kind in (*list(REGISTRY)[:1], *list(TRACE_CHECKS)[:1]):
        for register in (check, trace_check):
            with pytest.raises(ValueError, match=f"two checks for {kind}"):
                register(Kind(kind, NoneType, "the same again"))(lambda *_: 0)  # type: ignore[arg-type, return-value]
