"""Requests that tell whether a server keeps the constraints of a parameter of query or path."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from screentest_contracts.contract import CallParameter, Constraint, Operation, group_name, plain
from screentest_contracts.location import MISSING
from screentest_contracts.parameters import tolerances
from screentest_suites.core.exchange import SentRequest
from screentest_suites.requests.values import sample

_OTHER_TYPES: Mapping[str, tuple[str, ...]] = {"integer": ("text", "5.5"), "number": ("text",), "boolean": ("text",)}
_STRANGE = ("no-such-value", "!!!", "x" * 40, "0")


@dataclass(frozen=True)
class ParameterProbe:
    """A value of a parameter (MISSING: it is left out), and whether a request with it is to be accepted."""

    value: Any
    accept: bool

    def label(self, name: str) -> str:
        return f"without {name}" if self.value is MISSING else f"{name}={plain(self.value)}"


def parameter_probes(parameter: CallParameter, constraint: Constraint) -> list[ParameterProbe]:
    """Values at and beyond a constraint, the accepted first; none where no value breaks it alone."""
    found: dict[str, ParameterProbe] = {}
    for value in _candidates(parameter, constraint):
        if value is MISSING and constraint.kind != "required":
            continue  # no text of this length was found
        broken = _broken(parameter, value)
        if not broken:
            found.setdefault(plain(value), ParameterProbe(value, True))
        elif broken == {constraint.kind} and not _tolerated(parameter, value):
            found.setdefault(plain(value), ParameterProbe(value, False))
    probes = sorted(found.values(), key=lambda probe: not probe.accept)
    if all(probe.accept for probe in probes):
        return []
    return [probe for probe in probes if constraint.asks_for(probe.accept)]


def _broken(parameter: CallParameter, value: Any) -> set[str]:
    """The keywords that a value breaks."""
    if value is MISSING:
        return {"required"}
    texts = [plain(each) for each in value] if isinstance(value, list) else [plain(value)]
    return {str(error.schema_path[-1]) for error in parameter.validator.iter_errors(parameter.read(texts))}


def _tolerated(parameter: CallParameter, value: Any) -> bool:
    words = tolerances(parameter.schema)
    named = [each["values"] for each in parameter.schema.get("x-tolerates", ()) if isinstance(each, Mapping)]
    return (value == 0 and "zero" in words) or any(value in values for values in named)


def _candidates(parameter: CallParameter, constraint: Constraint) -> Iterator[Any]:
    """Values near a constraint; of an item's, each in a list of its own."""
    for value in (*_known(constraint.schema), *_near(constraint)):
        of_item = parameter.is_list and constraint.path[-1] == "*"
        yield [value] if of_item and value is not MISSING else value


def _known(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Values that the document itself gives."""
    yield from (schema[word] for word in ("default", "example", "const") if word in schema)
    yield from [*schema.get("examples", ()), *schema.get("enum", ())]


def _near(constraint: Constraint) -> Iterator[Any]:
    value, schema, tolerated = constraint.value, constraint.schema, tolerances(constraint.schema)
    if tolerated & _FORGIVEN.get(constraint.kind, frozenset()):
        return
    match constraint.kind:
        case "required":
            yield MISSING
        case "type":
            kinds = [value] if isinstance(value, str) else list(value)
            yield from (
                text for kind in kinds for text in _OTHER_TYPES.get(kind, ()) if not _is_fraction(text, tolerated)
            )
        case "enum" | "const":
            values = value if constraint.kind == "enum" else [value]
            yield from (each + 1 for each in values if isinstance(each, int) and not isinstance(each, bool))
            yield from (f"{each}x" for each in values if isinstance(each, str))
            yield "no-such-value"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            yield from (value - 1, value, value + 1)
        case "multipleOf":
            yield from (value * 2, value * 2 + (1 if isinstance(value, int) and value > 1 else value / 2))
        case "minLength" | "maxLength":
            other = {word: each for word, each in schema.items() if word not in ("minLength", "maxLength")}
            sizes = (value + step for step in (-1, 0, 1))
            yield from (sample({**other, "minLength": size, "maxLength": size}) for size in sizes)
        case "minItems" | "maxItems" | "uniqueItems":
            items = list(_known(schema.get("items", {}))) or ["a"]
            count = 2 if constraint.kind == "uniqueItems" else value
            yield from ((items * (count + 1))[: count + step] for step in (-1, 0, 1))
            yield items[:1] * 2
        case _:
            yield from _STRANGE


_FORGIVEN = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), frozenset({"out-of-range"})),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), frozenset({"out-of-range"})),
    **dict.fromkeys(("enum", "const"), frozenset({"unknown-value"})),
    "type": frozenset({"wrong-type", "numeric-text"}),
    "required": frozenset({"missing"}),
}
"""What `x-tolerates` must not name for a constraint to be judged."""


def _is_fraction(text: str, tolerated: frozenset[str]) -> bool:
    return text == "5.5" and "fraction" in tolerated


def with_parameter(sent: SentRequest, operation: Operation, parameter: CallParameter, value: Any) -> SentRequest:
    """The request with another value of a parameter, or without it (MISSING), whatever it held before."""
    parts = urlsplit(sent.url)
    if parameter.place == "query":
        kept = [each for each in parts.query.split("&") if each and unquote(each.partition("=")[0]) != parameter.name]
        query = "&".join(kept if value is MISSING else [*kept, parameter.write(value)])
        return replace(sent, url=urlunsplit(parts._replace(query=query)))
    match = re.search(operation.pattern.pattern + "$", parts.path)
    if match is None:
        return sent
    start, end = match.span(group_name(parameter.name))
    path = parts.path[:start] + quote(plain(value), safe="") + parts.path[end:]
    return replace(sent, url=urlunsplit(parts._replace(path=path)))
