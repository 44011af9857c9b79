"""What a request may ask for, model by model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from screentest_contracts.contract.earlier import Earlier
from screentest_contracts.contract.modes import Mode, meant
from screentest_contracts.contract.operations import Operation
from screentest_contracts.facts import Fact
from screentest_contracts.location import MISSING, Location, replaced

_NAMES_A_VALUE = {
    "duration": re.compile(r"(?!0*(\.0*)?\D*$)\d.*", re.DOTALL),  # any unit may follow
    "ratio": re.compile(r"\d+\s*[:x*\u00d7]\s*\d+"),
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
    words; `value`: the keyword's value; `schema`: the member's own schema; `side`: "accept" or "refuse" where it
    speaks of what is to be accepted or refused only.
    """

    path: tuple[str, ...]
    kind: str
    value: Any
    schema: Mapping[str, Any]
    fact: Fact
    side: str = ""

    def asks_for(self, accept: bool) -> bool:
        """Whether it speaks of values to be accepted, or else of those to be refused."""
        return self.side in ("", "accept" if accept else "refuse")

    @property
    def name(self) -> str:
        """The member's dotted name without array marks: `input.media.url`."""
        return ".".join(part for part in self.path if part != "*") or "body"


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the models: a model, or one mode of it. Its request schema, a minimal valid body, what it delivers.

    `name`: the key of the entry; `wire`: the name that requests hold; `names`: what such names look like, where they
    are an open set; `modes`: where other entries have the same name on the wire, all of them, this one, too;
    `earlier`: the task from which its creates go on.
    `stands_for`: what words for `duration`, `ratio` and `resolution` mean (`hd`: 720p).
    `vendor_chooses`: for `duration`, `ratio`, `resolution` and `seed` the values that leave the choice to the vendor.
    """

    name: str
    wire: str
    names: re.Pattern[str] | None
    modes: tuple[Mode, ...]
    earlier: Earlier | None
    schema_name: str
    schema: Mapping[str, Any]
    validator: jsonschema_rs.Draft202012Validator
    base: Any
    profile: str
    operations: tuple[Operation, ...]
    request: RequestMap
    defaults: Mapping[str, Any]
    vendor_chooses: Mapping[str, tuple[Any, ...]]
    stands_for: Mapping[str, Mapping[str, Any]]
    echoes: tuple[str, ...]
    echo_fact: Fact
    upstream: str
    constraints: tuple[Constraint, ...]
    fact: Fact

    def takes(self, body: Any) -> bool:
        """Whether a request is valid, in each mode of the model that it may mean."""
        if self.modes:
            return all(mode.takes(body) for mode in meant(self.modes, body))
        return self.validator.is_valid(body)

    def refuses(self, body: Any) -> bool:
        """Whether a request is invalid in each mode of the model that it may mean."""
        if self.modes:
            return not any(mode.takes(body) for mode in meant(self.modes, body))
        return not self.validator.is_valid(body)

    def tells_mode(self, constraint: Constraint) -> bool:
        """Whether a request that breaks a constraint means another mode of the model: nothing refuses it."""
        if not self.modes or constraint.kind != "required" or "*" in constraint.path:
            return False
        return not self.refuses(replaced(self.base, constraint.path, MISSING))

    def is_named_in(self, body: Any) -> bool:
        """Whether a request holds a name on the wire."""
        name = MISSING if self.request.model is None else self.request.model.find(body)
        return isinstance(name, str) and bool(name)

    def named_in(self, body: Any) -> str:
        """The name on the wire that a request holds; that of the entry where it holds none."""
        if self.request.model is None or not self.is_named_in(body):
            return self.wire
        return str(self.request.model.find(body))

    def meaning(self, name: str, value: Any) -> Any:
        """The duration, ratio or resolution that a request's value means: what its word stands for, else itself."""
        return self.stands_for.get(name, {}).get(value, value) if isinstance(value, str) else value

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
        value = self.meaning(name, value)
        return _NAMES_A_VALUE[name].fullmatch(str(value).strip()) is None

    def word(self, word: str) -> str:
        """What a parameter with `x-model: word` holds: the model's own name or that upstream."""
        return self.upstream if word == "upstream" else self.wire
