"""A document in which any scalar stands anywhere, where it can be used at all, is judged without a fault of ours."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from screentest_contracts import UsageError, load_contract
from screentest_contracts.location import replaced
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget

SCALARS = [404.0, -1, 0, 10**30, True, None, "", "2026-01-01", "a/b~c", "é漢"]


def places(node: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*at, str(key))
        yield from places(value, (*at, str(key)))


CASES = [("components/schemas/Clip/properties/prompt/maxLength", limit) for limit in (404.0, 10**30, 1e300)]


def judged(file: Path, tree: Any) -> list[tuple[str, str]]:
    """What went wrong in us while a document was judged; nothing where it is refused."""
    file.write_text(yaml.safe_dump(tree, sort_keys=False))
    try:
        contract = load_contract(file)
    except UsageError:
        return []
    verdicts = list(Judge(contract, EmbeddedTarget(contract), Options(examples=1, workers=1)).verdicts())
    return [(each.id, each.finding.reason[-300:]) for each in verdicts if each.result is Result.ERROR]


@pytest.mark.parametrize("seed", range(24))  # not by Hypothesis: the judge itself uses it
def test_any_scalar_is_judged_or_refused(tmp_path: Path, small_tree: Callable[[], Any], seed: int) -> None:
    chance, tree = Random(seed), small_tree()
    at = chance.choice(list(places(tree)))
    assert judged(tmp_path / "document.yaml", replaced(tree, at, chance.choice(SCALARS))) == []


@pytest.mark.parametrize(("at", "limit"), CASES)
def test_a_limit_may_be_a_whole_float_or_beyond_any_request(
    tmp_path: Path, small_tree: Callable[[], Any], at: str, limit: float
) -> None:
    assert judged(tmp_path / "document.yaml", replaced(small_tree(), tuple(at.split("/")), limit)) == []
