"""A video that is too long to be kept, and what is kept of it."""

import pytest

from screentest_contracts.mp4 import VideoHeader, read_header
from screentest_contracts.outline import LIMIT, Outline
from screentest_mockserver.tasks.video import make_video

CLIP = make_video(width=640, height=360, seconds=5).data
WANTED = read_header(CLIP)


def outline(*parts: bytes, piece: int = 1 << 16) -> bytes:
    made, data = Outline(), b"".join(parts)
    for at in range(0, len(data), piece):
        made.feed(data[at : at + piece])
    return made.data


def box(kind: bytes, size: int) -> bytes:
    return (size + 8).to_bytes(4, "big") + kind + b"\0" * size


@pytest.mark.parametrize("piece", [1, 3, 7, 8, 16, 100, 1 << 20])
def test_a_header_is_read_alike_from_both(piece: int) -> None:
    assert read_header(outline(CLIP, piece=piece)) == WANTED
    assert len(outline(CLIP)) < len(CLIP)


@pytest.mark.parametrize(
    "media",
    [
        box(b"mdat", 3_000_000),
        box(b"free", 9),
        b"\0\0\0\1mdat" + (16 + 70_000).to_bytes(8, "big") + b"x" * 70_000,
        b"\0\0\0\1mdat" + (16).to_bytes(8, "big"),
        box(b"mdat", 0),
    ],
)
def test_media_before_the_header_is_left_out(media: bytes) -> None:
    begin = int.from_bytes(CLIP[:4], "big")
    made = outline(CLIP[:begin], media, CLIP[begin:])
    assert read_header(made) == WANTED
    assert len(made) < len(CLIP) + 64


def test_media_to_the_end_of_the_file() -> None:
    at = CLIP.index(b"mdat") - 4
    header = read_header(outline(CLIP[:at], b"\0\0\0\0mdat", b"x" * 100_000))
    assert isinstance(header, VideoHeader)


@pytest.mark.parametrize("cut", [4, 20, 100, len(CLIP) - 1])
def test_a_file_that_breaks_off_is_seen_to(cut: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_header(outline(CLIP[:cut]))


@pytest.mark.parametrize("size", [2, 7])
def test_a_size_that_cannot_be_is_kept(size: int) -> None:
    with pytest.raises(ValueError, match="impossible size"):
        read_header(outline(CLIP, size.to_bytes(4, "big"), b"mdat", b"x" * 1000))


def test_an_outline_is_never_long() -> None:
    assert len(outline(b"\xff\xff\xff\xffftyp", b"x" * (2 * LIMIT))) <= LIMIT + 32
    assert len(outline(*[box(b"free", 0)] * 1_000_000)) <= LIMIT + 32
