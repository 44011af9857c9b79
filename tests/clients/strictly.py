"""Plain answers against the types that a library declares, without its leniency: most libraries build their objects
without looking at what they hold."""

from collections.abc import Collection, Mapping
from typing import Any, get_args, get_origin, get_type_hints

import orjson


def declared(
    plain: Mapping[str, Any], kind: type[Any], *, beside: Collection[str] = (), absent: Collection[str] = ()
) -> None:
    """Raises AssertionError, or pydantic's ValidationError, unless each member of an answer is declared and has its
    type exactly, at every depth, and each that must be there is.

    `kind` is a model of pydantic, of either version, or a dataclass. `beside` are members that the vendor documents
    and the library does not declare, `absent` those that the library declares as always there and the vendor
    documents for some answers only.
    """
    members = _members(kind)
    unknown = plain.keys() - members.keys() - set(beside)
    assert not unknown, f"{kind.__name__} declares no {sorted(unknown)}"
    missing = {name for name, (_, required) in members.items() if required} - plain.keys() - set(absent)
    assert not missing, f"{kind.__name__} declares {sorted(missing)}"
    for name, value in plain.items():
        if name in members and not (value is None and name in absent):
            _value(value, members[name][0], beside, absent)


def _members(kind: type[Any]) -> dict[str, tuple[Any, bool]]:
    """The members by their names on the wire: what they are, and whether they must be there."""
    if hasattr(kind, "model_fields"):
        return {
            field.alias or name: (field.annotation, field.is_required()) for name, field in kind.model_fields.items()
        }
    if hasattr(kind, "__fields__"):  # pydantic 1, which pydantic 2 still has
        return {field.alias: (field.annotation, bool(field.required)) for field in kind.__fields__.values()}
    return {name: (hint, False) for name, hint in get_type_hints(kind).items()}


def _value(value: Any, hint: Any, beside: Collection[str], absent: Collection[str]) -> None:
    from pydantic import TypeAdapter  # the libraries bring it

    for each in (hint, *get_args(hint)):
        if isinstance(value, dict) and hasattr(each, "model_fields"):
            declared(value, each, beside=beside, absent=absent)
            return
        if isinstance(value, list) and get_origin(each) is list:
            for item in value:
                _value(item, get_args(each)[0], beside, absent)
            return
    TypeAdapter(hint).validate_json(orjson.dumps(value), strict=True)
