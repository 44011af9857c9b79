"""The size of a video's pictures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.frames import NAMED_SIDES, frame_size
from screentest_contracts.template import digits


@pytest.mark.parametrize(
    ("ratio", "resolution", "size"),
    [
        ("16:9", "720p", (1280, 720)),
        ("9:16", "720P", (720, 1280)),
        ("1:1", 720, (720, 720)),
        ("4:3", "720", (960, 720)),
        ("3:4", "1080p", (1080, 1440)),
        ("16:9", "1080P", (1920, 1080)),
        ("16:9", "480p", (854, 480)),
        ("9:16", "480p", (480, 854)),
        ("21:9", "720p", (1680, 720)),
        ("9:21", "720p", (720, 1680)),
        ("16:9", "4k", (3840, 2160)),
        ("16:9", "4K", (3840, 2160)),
        ("16:9", "2k", (2560, 1440)),
        ("5:2", "768P", (1920, 768)),
        ("16:9", "721p", (1282, 722)),
        ("32:18", "720p", (1280, 720)),
        ("9:16", "1280x720", (1280, 720)),
        ("16:9", "1280*720", (1280, 720)),
        ("adaptive", "1024X1792", (1024, 1792)),
    ],
)
def test_frame_size(ratio: str, resolution: str | int, size: tuple[int, int]) -> None:
    assert frame_size(ratio, resolution) == size


@given(st.integers(1, 30), st.integers(1, 30), st.integers(100, 540))
def test_frame_size_is_even_and_close(across: int, down: int, tier: int) -> None:
    width, height = frame_size(f"{across}:{down}", tier)
    short = min(across, down)
    assert width % 2 == height % 2 == 0
    assert abs(width - tier * across / short) <= 1
    assert abs(height - tier * down / short) <= 1


@pytest.mark.parametrize(
    ("ratio", "resolution"),
    [
        ("16/9", "720p"),
        ("16:0", "720p"),
        ("-16:9", "720p"),
        ("adaptive", "720p"),
        ("", "720p"),
        ("16:9", "hd"),
        ("16:9", ""),
        ("16:9", 0),
        ("16:9", -720),
        ("16:9", True),
        ("9999:1", "720p"),
        ("16:9", "0x720"),
        ("16:9", "720pp"),
        ("16:9", "\u096d\u0968\u0966p"),  # digits, but not ASCII
    ],
)
def test_frame_size_refuses_what_it_cannot_read(ratio: str, resolution: str | int) -> None:
    with pytest.raises(ValueError, match=r"ratio|resolution"):
        frame_size(ratio, resolution)


def test_names_of_sizes_mean_the_same_everywhere() -> None:
    for name, side in NAMED_SIDES.items():
        assert digits(name) == digits(name.upper()) == side == frame_size("1:1", name)[0]
