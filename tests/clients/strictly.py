"""Plain answers against the types that a library declares, without its leniency: most libraries build their objects
without looking at what they hold."""

from collections.abc import Collection, Mapping
from typing import Any, get_args, get_origin, get_type_hints


def declared(
    plain: Mapping[str, Any], kind: type[Any], *, beside: Collection[str] = (), absent: Collection[str] = ()
) -> None:
    """Raises AssertionError, or pydantic's ValidationError, unless each member of an answer is declared and has its
    type exactly, at every depth, and each that must be there is.

    `beside` are members that the vendor documents and the library does not declare, `absent` those that the library
    declares as always there and the vendor documents for some answers only.
    """
    hints = get_type_hints(kind)
    unknown = plain.keys() - hints.keys() - set(beside)
    assert not unknown, f"{kind.__name__} declares no {sorted(unknown)}"
    if hasattr(kind, "model_fields"):
        required = {name for name, field in kind.model_fields.items() if field.is_required()}
        missing = required - plain.keys() - set(absent)
        assert not missing, f"{kind.__name__} declares {sorted(missing)}"
    for name, value in plain.items():
        if name in hints and not (value is None and name in absent):
            _value(value, hints[name], beside, absent)


def _value(value: Any, hint: Any, beside: Collection[str], absent: Collection[str]) -> None:
    from pydantic import TypeAdapter  # the libraries bring it

    options = [hint, *get_args(hint)]
    for each in options:
        if isinstance(value, dict) and hasattr(each, "model_fields"):
            declared(value, each, beside=beside, absent=absent)
            return
        if isinstance(value, list) and get_origin(each) is list:
            for item in value:
                _value(item, get_args(each)[0], beside, absent)
            return
    TypeAdapter(hint).validate_python(value, strict=True)
