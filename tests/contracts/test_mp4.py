"""read_header on files of a real muxer (FFmpeg, through PyAV), on hand-made boxes and on hostile bytes."""

import io
import tracemalloc
from fractions import Fraction
from functools import cache
from pathlib import Path
from struct import pack
from tempfile import TemporaryDirectory

import av
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from screentest_contracts import mp4
from screentest_contracts.mp4 import VideoHeader, read_header


@cache
def clip(movflags: str = "", kind: str = "mp4", codec: str = "libx264") -> bytes:
    """Two seconds of 98x54 at 10 frames/s, a key frame each half second; silent audio as a second track."""
    with TemporaryDirectory() as folder:  # a real file: "faststart" reads it again
        path = Path(folder) / "clip"
        write(path, {"movflags": movflags} if movflags else {}, kind, codec)
        return path.read_bytes()


def write(path: Path, options: dict[str, str], kind: str, codec: str) -> None:
    with av.open(str(path), "w", format=kind, options=options) as container:
        sound = container.add_stream("aac", rate=48_000, layout="mono")  # first, so that it has track number 1
        stream = container.add_stream(codec, rate=10, options={"g": "5", "bf": "0", "preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 98, 54, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(1280, 1281)  # tkhd then says 97.92 pixels
        for number in range(20):
            frame = av.VideoFrame(98, 54, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        for number in range(90):
            samples = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            samples.planes[0].update(bytes(4096))
            samples.rate, samples.pts, samples.time_base = 48_000, number * 1024, Fraction(1, 48_000)
            container.mux(sound.encode(samples))
        container.mux(stream.encode())
        container.mux(sound.encode())


FLAGS = {
    "moov last": "",
    "moov first": "faststart",
    "fragments, all of them": "frag_keyframe+empty_moov+default_base_moof",
    "fragments after a first part": "frag_keyframe",
    "a fragment per frame": "cmaf+frag_every_frame",
    "fragments with an index": "dash+frag_keyframe+global_sidx",
}


@pytest.mark.parametrize("name", FLAGS)
def test_agrees_with_ffmpeg(name: str) -> None:
    data = clip(FLAGS[name])
    assert (data.count(b"moof") > 0) == ("fragment" in name)
    header = read_header(data)
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        assert (header.width, header.height) == (stream.width, stream.height) == (98, 54)
        assert container.duration is not None
        assert abs(header.seconds - container.duration / 1_000_000) <= 0.1
    assert abs(header.seconds - 2.0) < 0.1  # less than a frame
    assert header.codec == "avc1"
    assert header.brand in {"isom", "iso5", "iso6"}


def test_quicktime_and_other_codecs() -> None:
    assert read_header(clip(kind="mov")) == VideoHeader(98, 54, 2.0, "avc1", "qt  ")
    assert read_header(clip(codec="mpeg4")) == VideoHeader(98, 54, 2.0, "mp4v", "isom")


# Hand-made files


def box(kind: str, *parts: bytes) -> bytes:
    return pack(">I", 8 + sum(map(len, parts))) + kind.encode("latin-1") + b"".join(parts)


def full(kind: str, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, pack(">I", version << 24 | flags), *parts)


def mvhd(scale: int = 1000, length: int = 5000, version: int = 0) -> bytes:
    return full("mvhd", pack(">QQIQ" if version else ">IIII", 0, 0, scale, length), bytes(80), version=version)


def trak(
    *,
    entry: tuple[int, int] = (640, 360),
    shown: float = 700.0,
    version: int = 0,
    handler: str = "vide",
    number: int = 1,
) -> bytes:
    times = pack(">QQI4xQ" if version else ">III4xI", 0, 0, number, 5000)
    tkhd = full("tkhd", times, bytes(52), pack(">II", int(shown * 65536), 400 << 16), version=version)
    mdhd = full("mdhd", pack(">QQIQ" if version else ">IIII", 0, 0, 600, 3000), bytes(4), version=version)
    hdlr = full("hdlr", bytes(4), handler.encode(), bytes(13))
    sample = box("hvc1", bytes(24), pack(">HH", *entry), bytes(50))
    stsd = full("stsd", pack(">I", 1), sample)
    return box("trak", tkhd, box("mdia", mdhd, hdlr, box("minf", box("stbl", stsd))))


def file(*movie: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    return box("ftyp", b"mp42", bytes(4)) + before + box("moov", *movie) + after


def traf(*runs: bytes, number: int = 1, default: int | None = None, start: int | None = None) -> bytes:
    head = pack(">I", number) + (b"" if default is None else pack(">I", default))
    decode = b"" if start is None else full("tfdt", pack(">Q", start), version=1)
    return box("moof", box("traf", full("tfhd", head, flags=0 if default is None else 8), decode, *runs))


def trun(count: int, *rows: int, flags: int = 0) -> bytes:
    return full("trun", pack(">I", count), pack(f">{len(rows)}I", *rows), flags=flags)


def mvex(*, mehd: bytes = b"", default: int = 0) -> bytes:
    return box("mvex", mehd, full("trex", pack(">IIIII", 1, 1, default, 0, 0)))


EMPTY = mvhd(length=0)
LONG = 1 << 33


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (file(mvhd(), trak()), (640, 360, 5.0)),
        (file(trak(), mvhd()), (640, 360, 5.0)),
        (file(mvhd(version=1), trak(version=1)), (640, 360, 5.0)),
        (file(mvhd(length=LONG, version=1), trak()), (640, 360, LONG / 1000)),
        (file(mvhd(), trak(), after=box("moov", mvhd(length=1), trak(entry=(2, 2)))), (640, 360, 5.0)),
        (file(mvhd(), trak(), before=box("mdat", bytes(100))), (640, 360, 5.0)),
        (file(mvhd(), trak(), before=pack(">I4sQ", 1, b"mdat", 24) + bytes(8)), (640, 360, 5.0)),
        (file(mvhd(), trak(), after=pack(">I", 0) + b"mdat" + bytes(9)), (640, 360, 5.0)),
        (file(mvhd(), trak(), after=bytes(4)), (640, 360, 5.0)),
        (file(mvhd(), trak(entry=(0, 0), shown=700.4)), (700, 400, 5.0)),
        (file(mvhd(), trak(entry=(0, 0), shown=700.6, version=1)), (701, 400, 5.0)),
        (file(mvhd(), trak(handler="soun", entry=(1, 1)), trak(number=2)), (640, 360, 5.0)),
        (file(mvhd(), trak(), trak(entry=(2, 2), number=2)), (640, 360, 5.0)),
        (file(EMPTY, trak()), (640, 360, 5.0)),  # mdhd: 3000 / 600
        (file(mvhd(length=0xFFFFFFFF), trak()), (640, 360, 5.0)),
        (file(EMPTY, trak(), mvex(mehd=full("mehd", pack(">I", 7000)))), (640, 360, 7.0)),
        (file(EMPTY, trak(), mvex(mehd=full("mehd", pack(">Q", LONG), version=1))), (640, 360, LONG / 1000)),
        (file(EMPTY, trak(), mvex(default=60), after=traf(trun(10)) * 2), (640, 360, 2.0)),
        (file(EMPTY, trak(), mvex(default=60), after=traf(trun(10), default=120)), (640, 360, 2.0)),
        (file(EMPTY, trak(), mvex(), after=traf(trun(3, 1, 2, 3, flags=0x100))), (640, 360, 0.01)),
        (file(EMPTY, trak(), mvex(), after=traf(trun(2, 9, 9, 1, 7, 2, 7, flags=0x305))), (640, 360, 0.005)),
        (file(EMPTY, trak(), mvex(default=60), after=traf(trun(10)) + traf(trun(99), number=2)), (640, 360, 1.0)),
        (file(EMPTY, trak(), mvex(default=60), after=traf(trun(10), start=600 * 600)), (640, 360, 1.0)),  # live
        (file(EMPTY, trak(), mvex(), after=traf(trun(1), start=0) + traf(trun(1), start=1200)), (640, 360, 2.0)),
        (file(mvhd(), trak(), mvex(default=60), after=traf(trun(10), start=3000)), (640, 360, 6.0)),
        (file(mvhd(), trak(), mvex(default=60), after=traf(trun(10), start=0)), (640, 360, 5.0)),
        (file(mvhd(), trak(), mvex(default=60), after=traf(trun(10), start=3001)), (640, 360, 5.0)),  # a cut
        (file(EMPTY, trak(), mvex(), after=traf(trun(1), start=9)), (640, 360, 5.0)),  # the fragments do not say
    ],
)
def test_hand_made(data: bytes, expected: tuple[int, int, float]) -> None:
    header = read_header(data)
    assert (header.width, header.height, header.seconds) == expected
    assert (header.codec, header.brand) == ("hvc1", "mp42")


def test_without_a_brand() -> None:
    assert read_header(file(mvhd(), trak())[16:]).brand == ""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no bytes"),
        (b"\0\0\0", "not an MP4"),
        (b"<!doctype html><html>", "not an MP4: starts with b'<!doctype html>"),
        (b'{"error":{"code":"expired"}}', "not an MP4"),
        (b"\x1a\x45\xdf\xa3" + bytes(40), "not an MP4"),  # WebM
        (box("ftyp", b"isom", bytes(4)), "no moov"),
        (box("ftyp"), "ftyp is too short"),
        (file(), "no video track"),
        (file(mvhd(), trak(handler="soun")), "no video track"),
        (file(trak()), "mvhd"),
        (file(mvhd(scale=0), trak()), "time scale"),
        (file(mvhd(version=7), trak()), "version 7"),
        (file(mvhd(), trak(entry=(0, 360), shown=0)), "no size"),
        (file(mvhd(), trak().replace(b"hvc1", b"hv\xff\0")[:-20]), "ends early"),
        (file(mvhd(), trak().replace(b"stsd", b"xxxx")), "no sample entry"),
        (file(mvhd(), trak().replace(b"mdhd", b"xxxx")), "mdhd"),
        (file(mvhd(), trak(), after=pack(">I4s", 7, b"mdat")), "impossible size 7"),
        (file(mvhd(), trak(), after=pack(">I4sQ", 1, b"mdat", 15)), "impossible size 15"),
        (file(mvhd(), trak(), after=pack(">I4sI", 1, b"mdat", 0)), "64-bit size"),
        (file(mvhd(), trak(), after=pack(">I4sQ", 1, b"mdat", 2**64 - 1)), "ends early"),
        (file(mvhd(), trak(), after=b"\0\0\1"), "box header"),
        (file(EMPTY, trak(), mvex(), after=traf(trun(2**32 - 1, 1, 2, flags=0x100))), "claims 4294967295 samples"),
        (file(EMPTY, trak(), after=bytes(8) + b"mdat"), None),
    ],
)
def test_refuses(data: bytes, message: str | None) -> None:
    if message is None:  # a box that reaches to the end hides what follows; nothing to refuse
        assert read_header(data).seconds == 5.0
        return
    with pytest.raises(ValueError, match=message):
        read_header(data)


@pytest.mark.parametrize("flags", ["", "faststart", "frag_keyframe+empty_moov"])
def test_every_truncation_is_refused(flags: str) -> None:
    data = clip(flags)
    ends: set[int] = set()
    at = 0
    while at < len(data):
        at += int.from_bytes(data[at : at + 4], "big")
        ends.update(end for end in range(at, at + 4) if not any(data[at:end]))
    # Between two boxes of the top level, zeros aside, a file may look whole.
    for cut in range(0, len(data), 7 if flags else 1):
        if cut not in ends:
            with pytest.raises(ValueError, match=r"\w"):
                read_header(data[:cut])


@pytest.mark.parametrize(
    "data",
    [
        file(mvhd(), trak(), after=box("free") * 10_500),
        file(mvhd(), box("trak", box("mdia")) * 5_500),
        file(EMPTY, trak(), after=box("moof") * 10_500),
        file(EMPTY, trak(), after=box("moof", box("traf") * 10_500)),
        file(EMPTY, trak(), mvex(), after=traf(full("trun", pack(">I", 10_500), bytes(42_000), flags=0x100))),
        file(EMPTY, trak(), full("mvex") * 10_500),
    ],
    ids=["boxes", "tracks", "fragments", "track fragments", "samples", "extensions"],
)
def test_hostile_files_cost_little(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mp4._MAX_STEPS <= 100_000
    monkeypatch.setattr(mp4, "_MAX_STEPS", 10_000)  # tracing is slow
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more than 10000 boxes"):
            read_header(data)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_huge_claims_without_bytes_are_cheap() -> None:
    data = file(EMPTY, trak(), mvex(default=2**32 - 1), after=traf(trun(2**32 - 1)))
    assert read_header(data).seconds == (2**32 - 1) ** 2 / 600


SEEDS = st.sampled_from([*FLAGS.values(), "hand", "version 1"])
EXTREMES = st.sampled_from([0, 1, 7, 8, 15, 16, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
CUT = st.tuples(st.just("cut"), st.floats(0, 1), st.just(0))
FLIP = st.tuples(st.just("flip"), st.floats(0, 1), st.integers(1, 255))
WORD = st.tuples(st.just("word"), st.floats(0, 1), EXTREMES)
COPY = st.tuples(st.just("copy"), st.floats(0, 1), st.integers(1, 64))


@settings(max_examples=400)
@given(seed=SEEDS, mutations=st.lists(st.one_of(FLIP, WORD, COPY, CUT), min_size=1, max_size=12))
@example(seed="hand", mutations=[("cut", 0.0, 0)])
def test_mutated_bytes_give_a_header_or_a_value_error(seed: str, mutations: list[tuple[str, float, int]]) -> None:
    if seed == "hand":
        data = bytearray(file(EMPTY, trak(), mvex(default=60), after=traf(trun(3, 1, 2, 3, flags=0x100), default=9)))
    elif seed == "version 1":
        data = bytearray(file(mvhd(version=1), trak(version=1)))
    else:
        data = bytearray(clip(seed))
    for kind, where, what in mutations:
        at = int(where * max(0, len(data) - 4))
        if kind == "cut":
            del data[at:]
        elif kind == "flip" and data:
            data[at] ^= what
        elif kind == "word":
            data[at : at + 4] = pack(">I", what)
        elif kind == "copy":
            data[at:at] = data[at : at + what]
    judge(bytes(data))


@settings(max_examples=200)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\0\0\0\x08ftyp", b"\0\0\0\0moov", b"\0\0\0\0moov\0\0\0\0trak"]))
def test_any_bytes_give_a_header_or_a_value_error(data: bytes, start: bytes) -> None:
    judge(start + data)


def judge(data: bytes) -> None:
    try:
        header = read_header(data)
    except ValueError as error:
        refusal = error
    else:
        assert 0 < header.width <= 65_536
        assert 0 < header.height <= 65_536
        assert header.seconds > 0
        assert header.codec
        return
    assert type(refusal) is ValueError  # not a subclass such as UnicodeDecodeError
    assert 5 < len(str(refusal)) < 200
