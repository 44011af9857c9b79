"""Videos for mock tasks: real, tiny MP4 files of any size and length, written without an encoder.

The picture is uniform grey. Its H.264 stream (constrained baseline) is one IDR frame, six bits per macroblock,
followed by frames in which every macroblock is skipped, ten bytes each. It never varies: same request, same bytes.
"""

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from struct import pack

from screentest_contracts.frames import FRAME_RATE, MAX_SIDE

_MAX_SECONDS = 600
_MAX_FPS = 120

_TICKS = 1000  # media time units per frame: one time scale (fps * 1000) serves movie and track, so lengths are exact
_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

# H.264 table A-1: level_idc, macroblocks per second, macroblocks per frame.
_LEVELS = (
    (10, 1_485, 99),
    (11, 3_000, 396),
    (12, 6_000, 396),
    (13, 11_880, 396),
    (21, 19_800, 792),
    (22, 20_250, 1_620),
    (30, 40_500, 1_620),
    (31, 108_000, 3_600),
    (32, 216_000, 5_120),
    (40, 245_760, 8_192),
    (42, 522_240, 8_704),
    (50, 589_824, 22_080),
    (51, 983_040, 36_864),
    (52, 2_073_600, 36_864),
    (60, 4_177_920, 139_264),
    (61, 8_355_840, 139_264),
    (62, 16_711_680, 139_264),
)


@dataclass(frozen=True, slots=True)
class Video:
    """A complete MP4 file. `width` and `height` in pixels; `seconds` is what the file's header says."""

    data: bytes = field(repr=False)
    width: int
    height: int
    seconds: float
    fps: int
    etag: str  # strong and quoted, as the HTTP header wants it


def make_video(*, width: int, height: int, seconds: float, fps: int = FRAME_RATE) -> Video:
    """A playable video of `width` x `height` pixels (both even), `seconds` long to the nearest frame, at least one.

    Raises ValueError for an odd or impossible size, a length outside (0, 600] s, a rate outside 1..120 frames/s, or
    a combination beyond H.264's highest level (about 8192x4320 at 24 frames/s).
    """
    if not (2 <= width <= MAX_SIDE and 2 <= height <= MAX_SIDE) or width % 2 or height % 2:
        raise ValueError(f"a video of {width}x{height}: both sides must be even and within 2..{MAX_SIDE} pixels")
    if not 0 < seconds <= _MAX_SECONDS:  # also false for NaN
        raise ValueError(f"a video of {seconds} s: the length must be above 0 and at most {_MAX_SECONDS} s")
    if not 1 <= fps <= _MAX_FPS:
        raise ValueError(f"a video of {fps} frames/s: the rate must be within 1..{_MAX_FPS}")
    return _make(width, height, max(1, round(seconds * fps)), fps)


@lru_cache(128)  # some tens of KB each
def _make(width: int, height: int, frames: int, fps: int) -> Video:
    data = _file(width, height, frames, fps)
    return Video(data, width, height, frames / fps, fps, f'"{sha256(data).hexdigest()[:32]}"')


# H.264. Section numbers are those of ITU-T H.264.


class _Bits:
    """A bit string under construction. Methods return the string itself, so that syntax reads as a chain."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def u(self, bits: int, *values: int) -> "_Bits":
        """Each value in `bits` bits."""
        self._parts.extend(f"{value:0{bits}b}" for value in values)
        return self

    def ue(self, *values: int) -> "_Bits":
        """Each value as unsigned Exp-Golomb (9.1). Zero is the same bit for the signed form."""
        for value in values:
            self.u(2 * (value + 1).bit_length() - 1, value + 1)
        return self

    def raw(self, bits: str) -> "_Bits":
        self._parts.append(bits)
        return self

    def nal(self, header: int) -> bytes:
        """The NAL unit: header byte, payload with its stop bit, emulation prevention (7.4.1)."""
        bits = "".join(self._parts) + "1"
        bits += "0" * (-len(bits) % 8)
        payload = int(bits, 2).to_bytes(len(bits) // 8, "big")
        return bytes([header]) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", payload)


def _level(across: int, down: int, fps: int) -> int:
    """The lowest level_idc that allows this many macroblocks (A.3.1). Raises ValueError when none does."""
    size = across * down
    for level, per_second, per_frame in _LEVELS:
        if size <= per_frame and size * fps <= per_second and max(across, down) <= math.isqrt(8 * per_frame):
            return level
    raise ValueError(f"a video of {across * 16}x{down * 16} at {fps} frames/s is beyond every level of H.264")


def _parameter_sets(width: int, height: int, fps: int) -> tuple[bytes, bytes]:
    """SPS (7.3.2.1) and PPS (7.3.2.2)."""
    across, down = -(-width // 16), -(-height // 16)
    sps = _Bits().u(8, 66, 0xC0, _level(across, down, fps))  # constrained baseline
    sps.ue(0, 0, 2, 1).u(1, 0)  # id; 4-bit frame_num; output in decoding order; one reference frame, no gaps
    sps.ue(across - 1, down - 1).u(1, 1, 1)  # whole frames, 8x8 direct inference
    right, bottom = (across * 16 - width) // 2, (down * 16 - height) // 2
    if right or bottom:
        sps.u(1, 1).ue(0, right, 0, bottom)
    else:
        sps.u(1, 0)
    sps.u(1, 1)  # VUI (E.1.1)
    sps.u(1, 1).u(8, 1)  # square pixels
    sps.u(1, 0, 0, 0)  # no overscan, signal type or chroma location
    sps.u(1, 1).u(32, 1, 2 * fps).u(1, 1)  # fixed frame rate
    sps.u(1, 0, 0, 0)  # no HRD, no picture structure
    sps.u(1, 1, 1).ue(0, 0, 0, 0, 0, 1)  # nothing to reorder: a decoder need not delay the first picture
    pps = _Bits().ue(0, 0).u(1, 0, 0).ue(0, 0, 0).u(1, 0).u(2, 0).ue(0, 0, 0)  # CAVLC, all offsets zero
    pps.u(1, 1, 0, 0)  # slices say themselves whether to deblock
    return sps.nal(0x67), pps.nal(0x68)


def _idr(across: int, down: int) -> bytes:
    """One intra picture (7.3.3, 7.3.5): every macroblock Intra 16x16 predicted, without residual.

    The first one has no neighbour, so its DC prediction is mid-grey; the others copy their left or upper neighbour,
    whose codes are the shortest. Each: mb_type, chroma DC prediction, mb_qp_delta 0, no luminance DC coefficients.
    """
    first, from_above, from_left = "00100" + "111", "010" + "111", "011" + "111"
    slice_ = _Bits().ue(0, 7, 0).u(4, 0).ue(0).u(1, 0, 0).ue(0).ue(1)  # I slice, frame_num 0, no deblocking
    rest = from_left * (across - 1)
    return slice_.raw(first + rest + (from_above + rest) * (down - 1)).nal(0x65)


def _skipped(macroblocks: int, frame_num: int) -> bytes:
    """One inter picture that repeats the one before: a P slice of skipped macroblocks only."""
    slice_ = _Bits().ue(0, 5, 0).u(4, frame_num).u(1, 0, 0, 0).ue(0).ue(1)
    return slice_.ue(macroblocks).nal(0x41)


# MP4 (ISO/IEC 14496-12 and -15).


def _box(kind: bytes, *parts: bytes) -> bytes:
    return pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def _full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    """A box with version 0 and flags."""
    return _box(kind, pack(">I", flags), *parts)


def _file(width: int, height: int, frames: int, fps: int) -> bytes:
    sps, pps = _parameter_sets(width, height, fps)
    across, down = -(-width // 16), -(-height // 16)
    later = [_skipped(across * down, number % 16) for number in range(1, min(frames, 17))]  # they repeat after 16
    units = [_idr(across, down), *(later[index % 16] for index in range(frames - 1))]
    samples = [pack(">I", len(unit)) + unit for unit in units]

    brands = _box(b"ftyp", b"isom", pack(">I", 512), b"isom", b"iso2", b"avc1", b"mp41")
    at = len(brands) + len(_movie(width, height, fps, sps, pps, samples, 0)) + 8
    return brands + _movie(width, height, fps, sps, pps, samples, at) + _box(b"mdat", *samples)


def _movie(width: int, height: int, fps: int, sps: bytes, pps: bytes, samples: list[bytes], at: int) -> bytes:
    """The moov box; `at` is the file offset of the first sample. All samples form one chunk."""
    scale, count = fps * _TICKS, len(samples)
    length = count * _TICKS
    avcc = _box(b"avcC", b"\1", sps[1:4], b"\xff\xe1", pack(">H", len(sps)), sps, b"\1", pack(">H", len(pps)), pps)
    entry = _box(
        b"avc1",
        pack(">6xH16xHHIIIH", 1, width, height, 0x480000, 0x480000, 0, 1),
        pack(">32pHh", b"Screentest", 24, -1),
        avcc,
        _box(b"pasp", pack(">II", 1, 1)),
    )
    table = _box(
        b"stbl",
        _full(b"stsd", 0, pack(">I", 1), entry),
        _full(b"stts", 0, pack(">III", 1, count, _TICKS)),
        _full(b"stss", 0, pack(">II", 1, 1)),
        _full(b"stsc", 0, pack(">IIII", 1, 1, count, 1)),
        _full(b"stsz", 0, pack(f">II{count}I", 0, count, *map(len, samples))),
        _full(b"stco", 0, pack(">II", 1, at)),
    )
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, pack(">IIIIHH", 0, 0, scale, length, 0x55C4, 0)),  # language: und
        _full(b"hdlr", 0, pack(">I4s12x", 0, b"vide"), b"VideoHandler\0"),
        _box(
            b"minf",
            _full(b"vmhd", 1, bytes(8)),
            _box(b"dinf", _full(b"dref", 0, pack(">I", 1), _full(b"url ", 1))),
            table,
        ),
    )
    track = _box(
        b"trak",
        _full(b"tkhd", 3, pack(">IIIII16x", 0, 0, 1, 0, length), _MATRIX, pack(">II", width << 16, height << 16)),
        _box(b"edts", _full(b"elst", 0, pack(">IIiHH", 1, length, 0, 1, 0))),
        media,
    )
    header = _full(b"mvhd", 0, pack(">IIIIIH10x", 0, 0, scale, length, 0x10000, 0x100), _MATRIX, pack(">24xI", 2))
    return _box(b"moov", header, track)
