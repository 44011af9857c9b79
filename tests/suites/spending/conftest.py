"""A document with prices."""

from collections.abc import Callable
from typing import Any

import pytest

from screentest_contracts import Contract


@pytest.fixture(scope="session")
def priced(small_tree: Any, load_tree: Any) -> Callable[..., Contract]:
    """Makes the small document's contract with prices: half a dollar a second, or those given."""

    def make(*prices: dict[str, Any], change: Callable[[Any], None] = lambda tree: None) -> Contract:
        tree = small_tree()
        default = {"models": ["*"], "per": "second", "amount": 0.5, "currency": "USD"}
        tree["x-task"]["prices"] = list(prices) or [default]
        change(tree)
        contract: Contract = load_tree(tree)
        return contract

    return make
