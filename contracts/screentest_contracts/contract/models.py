"""What a request may ask for, model by model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from screentest_contracts.contract.operations import Operation
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location


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
        """Whether a request with this value of `duration`, `ratio`, `resolution` or `seed` leaves it to the vendor."""
        return not isinstance(value, bool) and value in self.vendor_chooses.get(name, ())

    def word(self, word: str) -> str:
        """What a parameter with `x-model: word` holds: the model's own name or that upstream."""
        return self.upstream if word == "upstream" else self.name
