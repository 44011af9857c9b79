"""Values of headers against the templates that documents give for them."""

import re
from email.utils import parsedate_to_datetime

from screentest_contracts.template.holes import HOLE
from screentest_contracts.template.template import Template

FREE = {"location", "content-location"}
"""Headers with addresses, which may be written in several ways and have judges of their own."""


def tells_value(name: str, make: Template) -> bool:
    """Whether a template tells more of a header's value than that there is one: by words of its own."""
    return name.lower() not in FREE and bool(re.search(r"\w", HOLE.sub("", _text(make))))


def header_problem(name: str, make: Template, value: str) -> str | None:
    """What was expected of a header's value, or None where it fits. Numbers may be others, parts between commas may
    come in any order and with others between them, and small letters are capital ones."""
    if name.lower() == "retry-after" and _is_date(value):  # RFC 9110, 10.2.3
        return None
    found = [part.strip() for part in value.split(",")]
    for part in _text(make).split(","):
        pattern = _pattern(part.strip())
        if not any(pattern.fullmatch(each) for each in (*found, value.strip())):
            return part.strip()
    return None


def _text(make: Template) -> str:
    return str(make.tree)


def _pattern(text: str) -> re.Pattern[str]:
    """Holes stand for anything, digits for any number."""
    pieces, end = "", 0
    for match in HOLE.finditer(text):
        pieces += _literal(text[end : match.start()]) + ".+"
        end = match.end()
    return re.compile(pieces + _literal(text[end:]), re.IGNORECASE | re.DOTALL)


def _literal(text: str) -> str:
    return "".join(r"\d+" if part.isdigit() else re.escape(part) for part in re.split(r"(\d+)", text))


def _is_date(value: str) -> bool:
    try:
        parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return False
    return True
