"""The pictures of a video: how many a second, and their size by ratio and resolution."""

import re
from functools import lru_cache
from typing import Final

FRAME_RATE: Final = 24
"""Pictures a second: what the mock's videos have, and what tokens are counted with."""
MAX_SIDE: Final = 16_384
"""Pixels of the longest side that a video can have."""
NAMED_SIDES: Final = {"2k": 1440, "4k": 2160, "8k": 4320}
"""Short sides in pixels of resolutions that have names."""


_WHOLE = re.compile(r"\s*(\d{1,5})\s*[x*\u00d7]\s*(\d{1,5})\s*|\s*(\d{3,5}):(\d{3,5})\s*", re.ASCII)


def whole_size(text: object) -> tuple[int, int] | None:
    """Width and height that a text names outright ("1280x720", "1280*720", "1280:720"), or None. Small numbers around a
    colon are a shape."""
    found = _WHOLE.fullmatch(str(text).lower())
    if found is None:
        return None
    across, down = (each for each in found.groups() if each is not None)
    return int(across), int(down)


@lru_cache(1024, typed=True)
def frame_size(ratio: str, resolution: str | int) -> tuple[int, int]:
    """Width and height in pixels, both even, of `ratio` ("W:H") at `resolution`.

    A resolution is the short side ("720p", "720", 720, "2k" = 1440, "4k" = 2160) or a whole size ("1280x720",
    "1280*720", "1280:720"), which leaves the ratio no say. Raises ValueError for what cannot be used.
    """
    text = str(resolution).strip().lower()
    if whole := whole_size(text):
        sides = _even(whole[0]), _even(whole[1])
    else:
        side = NAMED_SIDES.get(text)
        if side is None:
            if not re.fullmatch(r"\d{1,5}p?", text, re.ASCII):
                raise ValueError(f"resolution {resolution!r} is not like 720p, 4k or 1280x720")
            side = int(text.removesuffix("p"))
        match = re.fullmatch(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*", ratio, re.ASCII)
        if match is None or not int(match[1]) or not int(match[2]):
            raise ValueError(f"ratio {ratio!r} is not like 16:9")
        across, down = int(match[1]), int(match[2])
        short = min(across, down)
        sides = _even(side * across, short), _even(side * down, short)
    if min(sides) < 2 or max(sides) > MAX_SIDE:
        raise ValueError(f"ratio {ratio!r} at resolution {resolution!r} gives {sides[0]}x{sides[1]} pixels")
    return sides


def _even(numerator: int, denominator: int = 1) -> int:
    """The even number nearest to the fraction; a tie goes up."""
    return (numerator + denominator) // (2 * denominator) * 2
