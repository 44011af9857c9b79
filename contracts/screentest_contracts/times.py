"""The forms in which vendors write times (docs/documents.md, "Templates"). Inside, a time is epoch seconds."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)",
)
_NAIVE = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?")


@lru_cache(64)
def _zone(form: str) -> timezone:
    match = re.search(r"([+-])(\d\d):(\d\d)$", form)
    if match is None:
        return UTC
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(offset if match[1] == "+" else -offset)


def write_time(epoch: float, form: str) -> str | int:
    """`epoch` (seconds) in `form`. Raises ValueError for an unknown form."""
    match form:
        case "epoch-s":
            return int(epoch)
        case "epoch-ms":
            return int(epoch * 1000)
        case "epoch-ns":
            return int(epoch * 1_000_000) * 1000
        case "epoch-s-string" | "epoch-ms-string" | "epoch-ns-string":
            return str(write_time(epoch, form.removesuffix("-string")))
        case "iso" | "iso-offset":
            text = _moment(int(epoch)).strftime("%Y-%m-%dT%H:%M:%S")
            return text + ("Z" if form == "iso" else "+00:00")
        case "iso-ms":
            return _moment(epoch).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case "iso-us":
            return _moment(epoch).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case "compact":
            return _moment(epoch).strftime("%Y%m%d%H%M%S")
    if form.startswith("naive"):
        moment = _moment(epoch).astimezone(_zone(form))
        spec = "milliseconds" if form.startswith("naive-ms") else "seconds"
        return moment.replace(tzinfo=None).isoformat(sep=" ", timespec=spec)
    raise ValueError(f"unknown form of time: {form}")


def _moment(epoch: float) -> datetime:
    # Whole milliseconds first: a float a hair below .5 ms must not print as the millisecond before.
    return datetime.fromtimestamp(round(epoch * 1000) / 1000, UTC)


def is_integer(value: Any) -> bool:
    """Whether a JSON value is an integer as JSON Schema has it (draft 2020-12, 4.2.3): 1.0 is one, true is none."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def read_time(value: Any, form: str) -> float:
    """Epoch seconds of `value` written in `form`. Raises ValueError that says what is wrong."""
    if form.startswith("epoch"):
        if form.endswith("-string"):
            if not (isinstance(value, str) and value.isdecimal()):
                raise ValueError(f"expected digits in a string, got {value!r}")
            value, form = int(value), form.removesuffix("-string")
        if not is_integer(value):
            raise ValueError(f"expected an integer ({form}), got {value!r}")
        unit = {"epoch-s": 1, "epoch-ms": 1_000, "epoch-ns": 1_000_000_000}[form]
        if value and not 946_684_800 * unit <= value <= 4_102_444_800 * unit:  # 2000 .. 2100
            raise ValueError(f"{value} is not a time in {form} of this century")
        return float(value / unit)
    if not isinstance(value, str):
        raise ValueError(f"expected a string ({form}), got {value!r}")
    if form.startswith("iso"):
        match = _ISO.fullmatch(value)
        if match is None:
            raise ValueError(f"{value!r} is not ISO 8601 with a zone")
        zone = "+00:00" if match[4] == "Z" else match[4]
        fraction = f".{match[3][:6].ljust(6, '0')}" if match[3] else ""
        return datetime.fromisoformat(f"{match[1]}T{match[2]}{fraction}{zone}").timestamp()
    if form.startswith("naive"):
        match = _NAIVE.fullmatch(value)
        if match is None:
            raise ValueError(f"{value!r} is not YYYY-MM-DD HH:MM:SS")
        fraction = f".{match[3][:6].ljust(6, '0')}" if match[3] else ""
        return datetime.fromisoformat(f"{match[1]} {match[2]}{fraction}").replace(tzinfo=_zone(form)).timestamp()
    if form == "compact":
        if re.fullmatch(r"[0-9]{14}", value) is None:  # strptime alone would also take fewer digits
            raise ValueError(f"{value!r} is not YYYYMMDDhhmmss")
        return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    raise ValueError(f"unknown form of time: {form}")


def read_date(text: str) -> float | None:
    """Epoch seconds of a date as HTTP writes it (RFC 9110, 5.6.7); None for what is none."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def described(form: str) -> str:
    """A form as statements name it: how many digits a second has is left open."""
    if form.startswith("iso"):
        return "in ISO 8601 with a zone"
    return "as YYYY-MM-DD HH:MM:SS" if form.startswith("naive") else f"as {form}"


def precision(form: str) -> float:
    """Seconds that two honest clocks writing `form` may differ by rounding alone."""
    return 0.001 if form.startswith(("epoch-ms", "epoch-ns", "iso-ms", "iso-us", "naive-ms")) else 1.0


def told_in(query: str, name: str) -> str | None:
    """What the query of an address says at a parameter; None where it has none."""
    return next(iter(parse_qs(query, keep_blank_values=True).get(name, ())), None)


def read_told(text: str, form: str) -> float:
    """Epoch seconds of a time in an address, where digits are no text. Raises ValueError that says what is wrong."""
    digits = form.startswith("epoch") and text.isdecimal() and len(text) < 30
    return read_time(int(text) if digits else text, form.removesuffix("-string") if digits else form)


def stated_in(query: str, name: str, form: str) -> float | None:
    """When an address says that it ends, epoch seconds, by its query; None when it does not say. `name` is the
    parameter that says so, `form` the form of its value."""
    text = told_in(query, name)
    try:
        return None if text is None else read_told(text, form)
    except (ValueError, OverflowError):
        return None
