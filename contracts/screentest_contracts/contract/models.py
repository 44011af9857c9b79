"""What a request may ask for, model by model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from screentest_contracts.contract.operations import Operation
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location

_NAMES_A_VALUE = {
    "duration": re.compile(r"(?!0*(\.0*)?\D*$)\d.*", re.DOTALL),  # any unit may follow
    "ratio": re.compile(r"\d+\s*[:x*]\s*\d+"),
    "resolution": re.compile(r"[^\d-]*\d.*", re.DOTALL),
    "seed": re.compile(r"[^-].*", re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class RequestMap:
    """Where a request keeps what it asks for; None where the model has no such value."""

    model: Location | None = None
    prompt: Location | None = None
    duration: Location | None = None
    ratio: Location | None = None
    resolution: Location | None = None
    seed: Location | None = None
    callback_url: Location | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint of one member of a request.

    `path`: segments of the member (`*` stands for any array item); `kind`: the JSON Schema keyword, or one of our own
    words; `value`: the keyword's value; `schema`: the member's own schema.
    """

    path: tuple[str, ...]
    kind: str
    value: Any
    schema: Mapping[str, Any]
    fact: Fact

    @property
    def name(self) -> str:
        """The member's dotted name without array marks: `input.media.url`."""
        return ".".join(part for part in self.path if part != "*") or "body"


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its request schema, a minimal valid body, and what it delivers.

    `vendor_chooses`: for `duration`, `ratio`, `resolution` and `seed` the values that leave the choice to the vendor.
    """

    name: str
    schema_name: str
    schema: Mapping[str, Any]
    validator: jsonschema_rs.Draft202012Validator
    base: Any
    profile: str
    operations: tuple[Operation, ...]
    request: RequestMap
    defaults: Mapping[str, Any]
    vendor_chooses: Mapping[str, tuple[Any, ...]]
    echoes: tuple[str, ...]
    echo_fact: Fact
    upstream: str
    constraints: tuple[Constraint, ...]
    fact: Fact

    def leaves_open(self, name: str, value: Any) -> bool:
        """Whether a request with this value of `duration`, `ratio`, `resolution` or `seed` leaves it to the vendor.

        The document says so (`vendor_chooses`), or the value names nothing that a video could have: a length that is
        not positive, a shape or tier without a number, a negative seed. So does the default seed, which would
        otherwise make all videos alike.
        """
        if name not in _NAMES_A_VALUE or isinstance(value, bool) or not isinstance(value, str | int | float):
            return False
        if value in self.vendor_chooses.get(name, ()) or (name == "seed" and value == self.defaults.get(name)):
            return True
        return _NAMES_A_VALUE[name].fullmatch(str(value).strip()) is None

    def word(self, word: str) -> str:
        """What a parameter with `x-model: word` holds: the model's own name or that upstream."""
        return self.upstream if word == "upstream" else self.name
