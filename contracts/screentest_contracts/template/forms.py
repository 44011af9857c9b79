"""How a hole's value is written: progress, numbers, texts."""

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson

from screentest_contracts.frames import NAMED_SIDES
from screentest_contracts.times import is_integer, write_time


def read_progress(value: Any, form: str) -> float:
    """Progress 0..100 from its written form. Raises ValueError that says what is wrong."""
    number: float
    if form in {"percent", "string"}:
        pattern = r"(\d{1,3}(?:\.\d+)?)%" if form == "percent" else r"(\d{1,3}(?:\.\d+)?)"
        match = re.fullmatch(pattern, value) if isinstance(value, str) else None
        if match is None:
            example = '"50%"' if form == "percent" else '"50"'
            raise ValueError(f"expected progress like {example}, got {value!r}")
        number = float(match[1])
    elif form == "fraction":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"expected progress as a number 0..1, got {value!r}")
        if not 0 <= value <= 1:
            raise ValueError(f"progress {value!r} is not within 0..1")
        number = value * 100
    else:
        if not is_integer(value):
            raise ValueError(f"expected progress as an integer 0..100, got {value!r}")
        number = value
    if not 0 <= number <= 100:
        raise ValueError(f"progress {value!r} is not within 0..100")
    return number


def write_progress(progress: float, form: str) -> Any:
    """Progress 0..100 in its written form."""
    match form:
        case "percent":
            return f"{int(progress)}%"
        case "fraction":
            return round(progress / 100, 4)
        case "string":
            return str(int(progress))
    return int(progress)


def digits(value: Any) -> int | None:
    """720 for "720p", 2160 for "4k", 3 for "3s"; None when there is no number."""
    if isinstance(value, int | float):
        return int(value)
    match = re.search(r"\d+", str(value))
    if match is None:
        return None
    number = int(match[0])
    return NAMED_SIDES.get(f"{number}k", number) if str(value).lower().endswith("k") else number


_EPOCHS: dict[str, Callable[[Any], Any]] = {
    "epoch-s": int,
    "epoch-ms": lambda value: int(value * 1000),
    "epoch-ns": lambda value: int(value * 1_000_000) * 1000,
}
"""What `write_time` does for the commonest forms, without looking for the form each time."""


def shaper(name: str, form: str, *, is_time: bool) -> Callable[[Any], Any] | None:
    """What brings the raw value of the hole `name` into its form; None where it stays as it is."""
    if is_time:
        return _EPOCHS.get(form) or (lambda value: write_time(value, form))
    if name == "progress":
        return int if form == "integer" else lambda value: write_progress(value, form)
    shapers: dict[str, Callable[[Any], Any]] = {
        "upper": lambda value: str(value).upper(),
        "lower": lambda value: str(value).lower(),
        "digits": digits,
        "string": as_text,
        "integer": _integer,
        "number": float,
        "quoted": lambda value: quote(as_text(value), safe=""),
        "seconds": lambda value: f"{as_text(value)}s",
        "base64": lambda value: b64encode(bytes.fromhex(value)).decode(),
    }
    return shapers.get(form)


def _integer(value: Any) -> Any:
    try:
        return int(value)
    except ValueError:  # a deviation's id need not be a number
        return value


def as_text(value: Any) -> str:
    """A value as it stands inside of a longer text."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()
