"""Why bytes that are meant as JSON are none, where a lenient reader would have read them."""

import codecs
import json
from typing import NoReturn

import orjson

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _NoNumberError(ValueError):
    """A constant of JavaScript where JSON has a number."""


def encoding_flaw(body: bytes) -> str:
    """What is wrong with the encoding of a JSON body: that it `is not UTF-8`, `begins with a byte order mark`, or holds
    what JSON has not, like `NaN`. "" for sound JSON, and for what is nothing like JSON, whatever its encoding."""
    if body.startswith(_MARKS):
        return "begins with a byte order mark"
    if body.lstrip()[:1] not in (b"{", b"["):
        return ""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return _told(text)
    return ""


def _told(text: str) -> str:
    """What a lenient reader forgives in a text that is no JSON; "" where it does not read it either."""
    try:
        json.loads(text, strict=False, parse_constant=_refuse)
    except _NoNumberError as error:
        return f"holds {error}, which is no JSON"
    except (ValueError, RecursionError):
        return ""
    try:
        json.loads(text)
    except ValueError:
        return "holds a control character inside of a text"
    return "holds half a surrogate pair" if "\\u" in text else ""


def _refuse(constant: str) -> NoReturn:
    raise _NoNumberError(constant)
