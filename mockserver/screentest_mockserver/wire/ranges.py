"""Range requests (RFC 9110, section 14): one range or the whole."""

import re

_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(first, last) byte of a single satisfiable range; None where the whole is to be sent.

    Raises ValueError for a well-formed range that cannot be satisfied (416). Several ranges, other units and
    malformed headers are ignored, as the RFC allows.
    """
    if header is None:
        return None
    match = _RANGE.fullmatch(header)
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        suffix = int(match[2])
        if suffix == 0:
            raise ValueError("an empty suffix")
        return max(size - suffix, 0), size - 1
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    if first >= size:
        raise ValueError(f"starts after the last byte {size - 1}")
    return first, last
