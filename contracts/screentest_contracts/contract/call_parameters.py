"""Query and path parameters of an operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from screentest_contracts.facts import Fact
from screentest_contracts.forms import coerced


@dataclass(frozen=True, slots=True)
class CallParameter:
    """One query or path parameter (`place`) whose value has a schema.

    `carries_id`: it holds the id of a task, or another one that answers have shown; `explode`: a list is written as one
    `name=value` for each item, else with commas.
    """

    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]
    validator: jsonschema_rs.Draft202012Validator
    carries_id: bool
    explode: bool
    fact: Fact

    @property
    def is_list(self) -> bool:
        """Whether it takes several values."""
        return self.schema.get("type") == "array"

    @property
    def checked(self) -> bool:
        """Whether a server may be held to its schema at all."""
        return "any" not in self.schema.get("x-tolerates", ())

    def read(self, texts: Sequence[str]) -> Any:
        """The JSON value of the texts that a request has for it: of the first, where it is no list."""
        if not self.is_list:
            return coerced(texts[0], self.schema)
        items = texts if self.explode else [item for text in texts for item in text.split(",")]
        return coerced(list(items), self.schema)

    def write(self, value: Any) -> str:
        """`name=value`, as it stands in an address."""
        name = quote(self.name, safe="")
        if isinstance(value, list):
            texts = [quote(plain(item), safe="") for item in value]
            return "&".join(f"{name}={text}" for text in texts) if self.explode else f"{name}={','.join(texts)}"
        return f"{name}={quote(plain(value), safe='')}"


def plain(value: Any) -> str:
    """A value as an address holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
