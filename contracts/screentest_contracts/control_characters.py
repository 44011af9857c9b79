"""Text from servers made harmless to look at: nothing in it moves a cursor, colours, hides or reorders."""

import re
import unicodedata

_SPACES = {"Zs"}
_SUSPECT = re.compile(r"[^\x20-\x7e]")


def escape_control_characters(text: str, *, keep: str = "") -> str:
    """`text` with every character that is not shown as itself written as an escape; those in `keep` stay."""
    return _SUSPECT.sub(lambda match: _shown(match[0], keep), text)


def _shown(char: str, keep: str) -> str:
    if char in keep or char.isprintable() or unicodedata.category(char) in _SPACES:
        return char
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, with a mark where something was cut off."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
