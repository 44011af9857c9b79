"""Validation rules that JSON Schema cannot say; a document chooses them by name on a property.

Each is a keyword class as `jsonschema_rs` wants it, so that one compiled validator judges everything.
"""

import ipaddress
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def text_units(text: str, wide: int) -> int:
    """Length of `text` in units, where a wide (Chinese, Japanese, Korean) character counts `wide`."""
    if text.isascii():
        return len(text)
    return sum(wide if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def is_public_host(host: str) -> bool:
    """Whether a host is neither a name of this machine nor a private, loopback or link-local address."""
    name = host.rstrip(".").lower()
    if not name or name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        # No public name ends in a number, but 127.1, 2130706433 and 0x7f.1 are all 127.0.0.1.
        last = name.rpartition(".")[2]
        return not (last.isdecimal() or last.startswith("0x"))
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and not address.is_multicast


DOCUMENTED_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
"""The networks that `x-public-url` is sure to exclude where the document names no others."""


def documented_ranges(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """The networks that the vendor's documents exclude."""
    return tuple(rule.get("ranges", DOCUMENTED_RANGES))


def public_url_problem(url: str, schemes: tuple[str, ...]) -> str | None:
    """Why `url` is not an absolute URL with one of `schemes` and a public host, or None."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "not a URL"
    if parts.scheme.lower() not in schemes:
        return f"the scheme must be {' or '.join(schemes)}"
    if not is_public_host(host):
        return "the host must be public"
    return None


class TextLimit:
    """`x-text-limit: {units, wide, excess}`: refuses only when the document says so."""

    def __init__(self, parent: Any, value: dict[str, Any], path: Any) -> None:
        self.units, self.wide = int(value["units"]), int(value.get("wide", 1))
        self.refuse = value.get("excess") == "refuse"

    def validate(self, instance: Any) -> None:
        if self.refuse and isinstance(instance, str) and text_units(instance, self.wide) > self.units:
            raise ValueError(f"longer than {self.units} units")


class PublicUrl:
    """`x-public-url: {schemes, ranges}`: an absolute URL to a public host."""

    def __init__(self, parent: Any, value: dict[str, Any], path: Any) -> None:
        self.schemes = tuple(value.get("schemes", ["https"]))

    def validate(self, instance: Any) -> None:
        if isinstance(instance, str) and instance:
            problem = public_url_problem(instance, self.schemes)
            if problem:
                raise ValueError(problem)


KEYWORDS: dict[str, type] = {"x-text-limit": TextLimit, "x-public-url": PublicUrl}
