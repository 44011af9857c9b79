"""The mock's videos, judged by a real decoder (FFmpeg, through PyAV)."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from struct import unpack_from
from time import perf_counter

import av
import av.logging
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screentest_contracts.frames import frame_size
from screentest_contracts.mp4 import read_header
from screentest_mockserver.tasks import video as module
from screentest_mockserver.tasks.video import Video, make_video

RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9"]
GREY = 128
TABLE = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
MATRIX = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass
class Decoded:
    frames: int
    size: tuple[int, int]
    duration: float  # 0 if not known
    rate: Fraction | None
    profile: str
    grey: bool  # every luma and chroma sample of the first and the last frame
    times: list[float]


def decode(data: bytes, *, strict: bool = True) -> Decoded:
    """Everything in the file. Raises AssertionError for anything FFmpeg says at warning level or above."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as logs:
            decoded = _decode(data, strict)
    finally:
        av.logging.set_level(before)
    assert logs == [], "ffmpeg logged something"
    return decoded


def _decode(data: bytes, strict: bool) -> Decoded:
    with av.open(io.BytesIO(data), "r", format=None if data[4:8] == b"ftyp" else "h264") as container:
        stream = container.streams.video[0]
        if strict:
            stream.codec_context.options = {"err_detect": "explode"}
        stream.thread_type = "NONE"  # logs of other threads would be lost
        first = last = None
        times = []
        for frame in container.decode(stream):
            assert not (strict and frame.is_corrupt)
            first, last = first or frame, frame
            times.append(frame.time or 0.0)
        assert first is not None
        assert last is not None
        return Decoded(
            frames=len(times),
            size=(last.width, last.height),
            duration=(container.duration or 0) / 1_000_000,
            rate=stream.codec_context.framerate,
            profile=str(stream.codec_context.profile),
            grey=is_grey(first) and is_grey(last),
            times=times,
        )


def is_grey(frame: av.VideoFrame) -> bool:
    for plane in frame.planes:
        samples, row = bytes(plane), plane.line_size
        lines = b"".join(samples[at * row : at * row + plane.width] for at in range(plane.height))
        if lines != bytes([GREY]) * len(lines):
            return False
    return len(frame.planes) == 3


def boxes(data: bytes, *path: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Type, offset and body of each box under `path`. A second reader, so that the one under test is not its judge."""
    at = 0
    while at < len(data):
        size, kind = unpack_from(">I4s", data, at)
        body = data[at + 8 : at + size]
        if not path:
            yield kind, at, body
        elif kind == path[0]:
            yield from boxes(body, *path[1:])
        at += size
    assert at == len(data)


def nal_units(data: bytes) -> list[bytes]:
    """Parameter sets and pictures, taken out of the file."""
    avcc = box(data, *TABLE, b"stsd")[8 + 86 + 8 :]
    at = 8 + int.from_bytes(avcc[6:8], "big")
    units, media = (
        [avcc[8:at], avcc[at + 3 : at + 3 + int.from_bytes(avcc[at + 1 : at + 3], "big")]],
        box(data, b"mdat"),
    )
    while media:
        end = 4 + int.from_bytes(media[:4], "big")
        units.append(media[4:end])
        media = media[end:]
    return units


def elementary(data: bytes) -> bytes:
    """The bare H.264 stream, whose size and rate nothing but its own parameter sets can tell."""
    return b"".join(b"\0\0\0\1" + unit for unit in nal_units(data))


def box(data: bytes, *path: bytes) -> bytes:
    (found,) = (body for kind, _, body in boxes(data, *path[:-1]) if kind == path[-1])
    return found


@pytest.mark.parametrize("tier", [480, 720, 1080, 2160])
@pytest.mark.parametrize("ratio", RATIOS)
def test_every_ratio_and_tier_decodes_cleanly(ratio: str, tier: int) -> None:
    width, height = frame_size(ratio, tier)
    assert min(width, height) == tier
    across, down = map(int, ratio.split(":"))
    assert abs(width * down - height * across) <= max(across, down)  # within a pixel of the exact ratio
    video = make_video(width=width, height=height, seconds=0.25)
    decoded = decode(video.data)
    assert decoded.size == (width, height)
    assert decoded.frames == 6
    assert decoded.grey
    bare = decode(elementary(video.data))
    assert (bare.size, bare.frames, bare.rate, bare.grey) == ((width, height), 6, Fraction(24), True)
    header = read_header(video.data)
    assert (header.width, header.height, header.seconds) == (width, height, decoded.duration)
    assert len(video.data) < 40_000


@pytest.mark.parametrize("seconds", [*range(1, 16), 0.5, 2.51, 7.999, 60])
def test_length_is_exact_and_every_frame_is_there(seconds: float) -> None:
    video = make_video(width=256, height=144, seconds=seconds)
    decoded = decode(video.data)
    assert decoded.frames == round(seconds * 24)
    assert decoded.duration == pytest.approx(video.seconds, abs=1e-6)
    assert abs(video.seconds - seconds) <= 0.5 / 24 + 1e-9
    assert decoded.times == pytest.approx([number / 24 for number in range(decoded.frames)])
    assert read_header(video.data).seconds == video.seconds
    if seconds == int(seconds):
        assert video.seconds == seconds


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 300).map(lambda half: 2 * half),
    height=st.integers(1, 300).map(lambda half: 2 * half),
    seconds=st.floats(0.01, 2),
    fps=st.sampled_from([1, 12, 24, 25, 30, 60]),
)
def test_any_even_size_length_and_rate(width: int, height: int, seconds: float, fps: int) -> None:
    video = make_video(width=width, height=height, seconds=seconds, fps=fps)
    decoded = decode(video.data)
    assert decoded.size == decode(elementary(video.data)).size == (width, height)
    assert decoded.frames == max(1, round(seconds * fps))
    assert decoded.grey
    header = read_header(video.data)
    assert (header.width, header.height, header.codec, header.brand) == (width, height, "avc1", "isom")
    assert header.seconds == pytest.approx(decoded.duration, abs=1e-6)


@pytest.mark.parametrize("part", ["first picture", "last picture", "parameter sets"])
def test_the_judge_notices_damage(part: str) -> None:
    data = bytearray(make_video(width=640, height=480, seconds=1).data)
    at = {
        "first picture": data.index(b"mdat") + 20,
        "last picture": len(data) - 4,
        "parameter sets": data.index(b"avcC") + 17,
    }
    data[at[part]] ^= 0xFF
    with pytest.raises((AssertionError, av.FFmpegError)):
        decode(bytes(data))


def test_the_judge_hears_what_ffmpeg_only_logs() -> None:
    data = make_video(width=640, height=480, seconds=1).data
    damaged = data.replace(b"\x77\xdf", b"\0\0", 1)  # within the first picture
    with pytest.raises(AssertionError, match="ffmpeg logged something"):
        decode(damaged, strict=False)


@pytest.mark.parametrize(
    ("width", "height", "level"),
    [(176, 144, 11), (854, 480, 30), (1280, 720, 31), (1920, 1080, 40), (3840, 2160, 51), (5040, 2160, 60)],
)
def test_declares_the_lowest_level_that_fits(width: int, height: int, level: int) -> None:
    data = make_video(width=width, height=height, seconds=0.1).data
    avcc = box(data, *TABLE, b"stsd")[8 + 86 + 8 :]
    assert avcc[:4] == bytes([1, 66, 0xC0, level])
    assert decode(data).profile == "Constrained Baseline"


def test_layout_serves_progressive_download() -> None:
    data = make_video(width=1280, height=720, seconds=5).data
    top = {kind: (at, body) for kind, at, body in boxes(data)}
    assert list(top) == [b"ftyp", b"moov", b"mdat"]
    at, media = top[b"mdat"]
    assert unpack_from(">4xII", box(data, *TABLE, b"stco")) == (1, at + 8)
    assert unpack_from(">4xIII", box(data, *TABLE, b"stts")) == (1, 120, 1000)
    assert unpack_from(">4xII", box(data, *TABLE, b"stss")) == (1, 1)
    assert unpack_from(">4xIIII", box(data, *TABLE, b"stsc")) == (1, 1, 120, 1)
    sizes = unpack_from(">8xI120I", box(data, *TABLE, b"stsz"))
    assert sizes[0] == 120
    assert sum(sizes[1:]) == len(media)
    assert unpack_from(">12xII", box(data, b"moov", b"mvhd")) == (24_000, 120_000)
    assert unpack_from(">12xII", box(data, b"moov", b"trak", b"mdia", b"mdhd")) == (24_000, 120_000)
    assert unpack_from(">20xI", box(data, b"moov", b"trak", b"tkhd")) == (120_000,)
    assert unpack_from(">9I", box(data, b"moov", b"mvhd"), 36) == MATRIX
    assert unpack_from(">9III", box(data, b"moov", b"trak", b"tkhd"), 40) == (*MATRIX, 1280 << 16, 720 << 16)
    assert unpack_from(">4xIIi", box(data, b"moov", b"trak", b"edts", b"elst")) == (1, 120_000, 0)


def test_frame_numbers_go_round_without_a_gap() -> None:  # FFmpeg would say nothing
    pictures = nal_units(make_video(width=1280, height=720, seconds=3).data)[2:]
    assert [picture[0] for picture in pictures] == [0x65] + [0x41] * 71
    # In a P slice seven bits precede frame_num, which has four.
    numbers = [int.from_bytes(picture[1:3], "big") >> 5 & 15 for picture in pictures[1:]]
    assert numbers == [number % 16 for number in range(1, 72)]


@pytest.mark.parametrize(
    ("size", "seconds", "limit"), [((1280, 720), 5, 6_000), ((1920, 1080), 15, 13_000), ((3840, 2160), 15, 31_000)]
)
def test_files_are_tiny(size: tuple[int, int], seconds: int, limit: int) -> None:
    assert len(make_video(width=size[0], height=size[1], seconds=seconds).data) < limit


def test_cold_call_is_fast() -> None:
    times = []
    for _ in range(5):  # the best of five: other processes may take the processor meanwhile
        module._make.cache_clear()
        start = perf_counter()
        make_video(width=1920, height=1080, seconds=15)
        times.append(perf_counter() - start)
    assert min(times) < 0.02


def test_cached_by_what_matters_and_bounded() -> None:
    module._make.cache_clear()
    video = make_video(width=640, height=360, seconds=3)
    assert make_video(width=640, height=360, seconds=3.0) is video
    assert make_video(width=640, height=360, seconds=3.001) is video  # the same number of frames
    assert make_video(width=640, height=360, seconds=4) is not video
    assert module._make.cache_info().maxsize is not None


def test_etag_follows_the_content() -> None:
    video = make_video(width=640, height=360, seconds=3)
    module._make.cache_clear()
    again = make_video(width=640, height=360, seconds=3)
    assert again is not video
    assert again == video
    others = {make_video(width=640, height=360, seconds=4).etag, make_video(width=360, height=640, seconds=3).etag}
    assert len(others | {video.etag}) == 3
    assert video.etag.startswith('"')
    assert video.etag.endswith('"')
    assert set(video.etag[1:-1]) <= set("0123456789abcdef")


def test_video_is_frozen_and_does_not_print_its_bytes() -> None:
    video = make_video(width=640, height=360, seconds=3)
    assert isinstance(video, Video)
    assert (video.width, video.height, video.seconds, video.fps) == (640, 360, 3.0, 24)
    with pytest.raises(AttributeError):
        video.width = 1  # type: ignore[misc]
    assert len(repr(video)) < 200


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 1279}, "even"),
        ({"height": 0}, "even"),
        ({"height": 100_000}, "16384"),
        ({"seconds": 0}, "above 0"),
        ({"seconds": -1}, "above 0"),
        ({"seconds": float("nan")}, "above 0"),
        ({"seconds": float("inf")}, "at most"),
        ({"fps": 0}, "rate"),
        ({"width": 16_000, "height": 16_000}, "level"),
    ],
)
def test_impossible_videos_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_video(**{"width": 1280, "height": 720, "seconds": 5} | wrong)  # type: ignore[arg-type]
