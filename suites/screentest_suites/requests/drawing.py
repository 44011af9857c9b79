"""Values that Schemathesis draws: of one schema, or of a whole operation. Imported where it is used only."""

import json
import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase

from screentest_contracts.hypothesis_cache import hypothesis_cache

ENOUGH = 2
"""How many values of one schema are drawn: the first is the simplest."""


def drawn_from(schema: Mapping[str, Any]) -> list[Any]:
    """Some values of a JSON Schema, the simplest first; none where it allows none. Always the same for one schema.

    Takes about 0.1 s for a schema that was not asked for before.
    """
    found: list[Any] = json.loads(_drawn(json.dumps(schema, default=str)))
    return found


@lru_cache(4096)
@hypothesis_cache()
def _drawn(text: str) -> str:
    content = {"application/json": {"schema": json.loads(text)}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"200": {"description": "ok"}}}
    document = {"openapi": "3.1.0", "info": {"title": "one", "version": "1"}, "paths": {"/": {"post": operation}}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            strategy = schemathesis.openapi.from_dict(document)["/"]["post"].as_strategy()
            return json.dumps(draw(strategy, ENOUGH, seed=0))
        except (hypothesis.errors.HypothesisException, schemathesis.errors.SchemathesisError, ValueError):
            return "[]"


@hypothesis_cache()
def draw(strategy: Any, examples: int, seed: int) -> list[Any]:
    """The different bodies of `examples` cases, in the order in which they were drawn."""
    drawn: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(case: Any) -> None:
        drawn.append(case.body)

    collect()
    unique: dict[str, Any] = {}
    for body in drawn:
        unique.setdefault(repr(body), body)
    return list(unique.values())
