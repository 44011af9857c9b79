"""Several modes of one model: which of them a request means, by the members that are there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from screentest_contracts.location import is_empty


@dataclass(frozen=True, slots=True)
class Mode:
    """One mode of a model: the key of its entry, and what its requests must keep.

    `about`: what its requests are known by, for people; `weight`: how much that asks for. Of two signs that fit, the
    one that asks for more tells the mode. `knows`: the sign as a schema.
    """

    model: str
    about: str
    weight: int
    knows: jsonschema_rs.Draft202012Validator
    validator: jsonschema_rs.Draft202012Validator

    def fits(self, body: Any) -> bool:
        """Whether a request has the sign."""
        try:
            return self.knows.is_valid(body)
        except ValueError:  # nested deeper than the validator goes
            return False

    def takes(self, body: Any) -> bool:
        """Whether a request is valid in this mode."""
        return self.validator.is_valid(body)


def meant(modes: Iterable[Mode], body: Any) -> tuple[Mode, ...]:
    """The modes that a request may mean, the likeliest first. There are several where signs of the same weight fit,
    where none does, and where one server takes `null` or `""` for a member that is there and another does not."""
    modes = tuple(modes)
    found: dict[str, Mode] = {}
    for reading in (_without_empty(body), body):
        fitting = [mode for mode in modes if mode.fits(reading)] or modes
        most = max(mode.weight for mode in fitting)
        found |= {mode.model: mode for mode in fitting if fitting is modes or mode.weight == most}
    return tuple(found.values())


def _without_empty(body: Any) -> Any:
    """A request without the members that hold nothing."""
    if not isinstance(body, dict):
        return body
    return {name: _without_empty(value) for name, value in body.items() if not is_empty(value)}
