"""What plain scalars mean: YAML 1.2, core schema (section 10.3.2), as OpenAPI 3.1 asks for it.

PyYAML speaks YAML 1.1, where `16:9` is 969, `3.2e4` a text, `017` fifteen and `on` true.
"""

import re
from typing import Any, Final

TAG: Final = "tag:yaml.org,2002:"

_CORE: Final = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("merge", r"<<", "<"),  # no word of the core schema; documents use it
)


def resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """The implicit resolvers of a loader or dumper, by the first character of a scalar."""
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {"": [(f"{TAG}null", re.compile(r"\Z"))]}
    for name, pattern, firsts in _CORE:
        for first in firsts:
            found.setdefault(first, []).append((f"{TAG}{name}", re.compile(rf"(?:{pattern})\Z")))
    return found


def read_int(text: str) -> int:
    """An integer: decimal, `0o` or `0x`. Raises ValueError."""
    digits = text.lstrip("+-")
    if digits[:2] in ("0o", "0x"):
        return int(text, 0)
    return int(text)


def read_float(text: str) -> float | int:
    """A number; an integer where it is written with an exponent and is whole: `1e3` is a count as `1000` is. Raises
    ValueError."""
    plain = text.lower().replace(".inf", "inf").replace(".nan", "nan")
    number = float(plain)
    return int(number) if "e" in plain and number.is_integer() else number


def dumper(base: Any) -> Any:
    """A dumper that puts quotes around the texts which YAML 1.1 or 1.2 would take for something else."""

    class Dumper(base):  # type: ignore[misc]
        pass

    Dumper.yaml_implicit_resolvers = {first: list(rules) for first, rules in base.yaml_implicit_resolvers.items()}
    for first, rules in resolvers().items():
        Dumper.yaml_implicit_resolvers.setdefault(first, []).extend(rules)
    Dumper.add_representer(str, _text)
    return Dumper


_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
"""What PyYAML takes for the end of a line, and folds; in double quotes it is escaped."""


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar(f"{TAG}str", text, style='"' if _BREAKS.search(text) else None)
