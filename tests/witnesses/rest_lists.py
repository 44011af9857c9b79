"""The list of renders: what its parameters ask for, and which renders a page shows."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Value = TypeVar("Value")
STATES = {str(state): state for state in (10, 20, 30, 40, 50)}
ENGINES = ("skiff-1", "skiff-2")
SIZES = {str(size): size for size in range(1, 51)}
ORDERS = {"-created": True, "created": False}
"""By the word of `sort`: whether the newest come first."""


class ParameterError(Exception):
    """A parameter that the list does not take; the argument is its name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One page: `size` renders from the `first` on, of these engines and this state, where any are named."""

    size: int
    first: int
    newest_first: bool
    state: int | None
    engines: tuple[str, ...]


def read(query: Mapping[str, str], *, any_cursor: bool = False) -> Asked:
    """Raises ParameterError. `any_cursor`: an unknown cursor means the first page."""
    engines = tuple(query["engines"].split(",")) if "engines" in query else ()
    if len(engines) > 2 or not set(engines) <= set(ENGINES):
        raise ParameterError("engines")
    return Asked(
        _one_of(query, "page_size", SIZES, 10),
        _first(query.get("cursor", ""), any_cursor),
        _one_of(query, "sort", ORDERS, True),
        _one_of(query, "state", STATES, None),
        engines,
    )


def _one_of(query: Mapping[str, str], name: str, words: Mapping[str, Value], otherwise: Value) -> Value:
    if name not in query:
        return otherwise
    if query[name] not in words:
        raise ParameterError(name)
    return words[query[name]]


def _first(cursor: str, any_cursor: bool) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True)) if cursor else 0
    except ValueError:
        if any_cursor:
            return 0
        raise ParameterError("cursor") from None


def page(renders: list[dict[str, Any]], asked: Asked, on: Callable[..., bool]) -> dict[str, Any]:
    """The body of an answer; `renders` are all that the account has, oldest first."""
    if asked.engines and not on("engines-ignored"):
        renders = [each for each in renders if each["engine"] in asked.engines]
    if asked.state is not None and not on("state-ignored"):
        renders = [each for each in renders if int(each["state"]) == asked.state]
    if asked.newest_first or on("sort-ignored"):
        renders = renders[::-1]
    end = asked.first + asked.size
    more = len(renders) > end and not on("cursor-missing")
    return {
        "renders": renders[asked.first : end],
        "next_cursor": base64.b64encode(b"%d" % end).decode() if more else None,
    }
