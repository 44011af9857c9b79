"""The header of an MP4 file. Reads boxes only, never pictures; meant for bytes from servers we do not know."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MAX_STEPS = 100_000  # boxes and fragment samples looked at; above an hour of video

_FIRST_BOXES = {"ftyp", "styp", "moov", "moof", "mdat", "free", "skip", "wide", "pnot", "sidx", "uuid"}


@dataclass(frozen=True, slots=True)
class VideoHeader:
    """The first video track of a file.

    `width`, `height`: pixels as encoded, before any rotation or stretching by the player. `seconds`: length of the
    movie. `codec`: four-character code of the sample entry ("avc1"). `brand`: major brand ("isom"), "" if not given.
    """

    width: int
    height: int
    seconds: float
    codec: str
    brand: str


def read_header(data: bytes) -> VideoHeader:
    """Read the header of a whole MP4 (or QuickTime) file, fragmented or not, the moov box before or after the media.

    Raises ValueError, and nothing else, when the bytes are not such a file, end early or contradict themselves. Time
    and memory stay small whatever the bytes claim.
    """
    return _Reader().read(memoryview(data))


@dataclass(slots=True)
class _Track:
    number: int = 0
    handler: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    scale: int = 0
    length: int = 0
    sample_length: int = 0  # trex: for fragments that do not say
    start: int | None = None  # of the earliest fragment, in `scale`
    end: int = 0  # of the latest fragment


class _Reader:
    def __init__(self) -> None:
        self._steps = 0
        self._scale = 0
        self._length = 0
        self._fragments_length = 0  # mehd
        self._video: _Track | None = None

    def read(self, data: memoryview) -> VideoHeader:
        if not data:
            raise ValueError("not an MP4: no bytes at all")
        if len(data) < 8 or _code(data[4:8]) not in _FIRST_BOXES:
            raise ValueError(f"not an MP4: starts with {bytes(data[:16])!r}")
        brand, movie, fragmented = "", None, False
        for kind, body in self._boxes(data, "the file"):
            if kind == "ftyp" and not brand:
                brand = _code(_bytes(body, 0, 4, "ftyp"))
            elif kind == "moov" and movie is None:
                movie = body
            fragmented |= kind == "moof"
        if movie is None:
            raise ValueError("no moov box: the file has no header")
        self._movie(movie)
        video = self._video
        if video is None:
            raise ValueError("no video track")
        if not video.codec:
            raise ValueError("the video track has no sample entry")
        if not (video.width and video.height):
            raise ValueError(f"the video track has no size: {video.width}x{video.height}")
        if fragmented:
            for kind, body in self._boxes(data, "the file"):
                if kind == "moof":
                    self._fragment(body, video)
        return VideoHeader(video.width, video.height, self._seconds(video), video.codec, brand)

    def _seconds(self, video: _Track) -> float:
        """By mvhd, or to the end of the fragments where these go on after it; else by mehd, fragments or mdhd."""
        if not self._scale:
            raise ValueError("mvhd: missing, or its time scale is 0")
        if not video.scale:
            raise ValueError("mdhd: missing, or its time scale is 0")
        if self._length:
            goes_on = video.start is not None and video.start <= video.length
            return max(self._length / self._scale, video.end / video.scale if goes_on else 0.0)
        if self._fragments_length:
            return self._fragments_length / self._scale
        length = video.end - (video.start or 0) or video.length  # the start: a cut of a live stream has a late one
        if not length:
            raise ValueError("no duration in mvhd, mehd, the fragments or mdhd")
        return length / video.scale

    # Boxes

    def _step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > _MAX_STEPS:
            raise ValueError(f"more than {_MAX_STEPS} boxes and samples")

    def _boxes(self, view: memoryview, where: str) -> Iterator[tuple[str, memoryview]]:
        """Type and body of each box in `view`. Zeros too short for a box may pad the end."""
        at, end = 0, len(view)
        while at < end:
            self._step()
            if end - at < 8:
                if any(view[at:]):
                    raise ValueError(f"{where} ends within a box header: {end - at} bytes left")
                return
            size, head = int.from_bytes(view[at : at + 4], "big"), 8
            kind = _code(view[at + 4 : at + 8])
            if size == 1:
                size, head = _number(view, at + 8, 8, f"{where}: 64-bit size of {kind}"), 16
            elif size == 0:  # up to the end
                size = end - at
            if size < head:
                raise ValueError(f"{where}: box {kind} has the impossible size {size}")
            if size > end - at:
                raise ValueError(f"{where} ends early: box {kind} claims {size} bytes, {end - at} are left")
            yield kind, view[at + head : at + size]
            at += size

    def _movie(self, view: memoryview) -> None:
        defaults: dict[int, int] = {}
        for kind, body in self._boxes(view, "moov"):
            if kind == "mvhd" and not self._scale:
                self._scale, self._length = _times(body, kind)
            elif kind == "trak":
                track = self._track(body)
                if track.handler == "vide" and self._video is None:
                    self._video = track
            elif kind == "mvex":
                for inner, part in self._boxes(body, kind):
                    if inner == "mehd":
                        self._fragments_length = _number(part, 4, 8 if _version(part, inner) else 4, inner)
                    elif inner == "trex":
                        defaults[_number(part, 4, 4, inner)] = _number(part, 12, 4, inner)
        if self._video:
            self._video.sample_length = defaults.get(self._video.number, 0)

    def _track(self, view: memoryview) -> _Track:
        track = _Track()
        shown = (0, 0)
        for kind, body in self._boxes(view, "trak"):
            if kind == "tkhd":
                number_at, shown_at = (20, 88) if _version(body, kind) else (12, 76)
                track.number = _number(body, number_at, 4, kind)
                shown = _number(body, shown_at, 4, kind), _number(body, shown_at + 4, 4, kind)
            elif kind == "mdia":
                self._media(body, track)
        if not (track.width and track.height):  # 16.16 fixed point; what a player shows, so only the second choice
            track.width, track.height = ((side + 0x8000) >> 16 for side in shown)
        return track

    def _media(self, view: memoryview, track: _Track) -> None:
        for kind, body in self._boxes(view, "mdia"):
            if kind == "mdhd":
                track.scale, track.length = _times(body, kind)
            elif kind == "hdlr":
                track.handler = _code(_bytes(body, 8, 4, kind))
            elif kind == "minf":
                for inner, part in self._boxes(body, kind):
                    if inner == "stbl":
                        for table, rows in self._boxes(part, inner):
                            if table == "stsd" and not track.codec:
                                self._sample_entry(rows, track)

    def _sample_entry(self, view: memoryview, track: _Track) -> None:
        """The first entry; the size is that of a visual one, so it means something in video tracks only."""
        for kind, body in self._boxes(_bytes(view, 8, max(0, len(view) - 8), "stsd"), "stsd"):
            track.codec = kind
            if len(body) >= 28:
                track.width, track.height = _number(body, 24, 2, kind), _number(body, 26, 2, kind)
            return

    def _fragment(self, view: memoryview, video: _Track) -> None:
        for kind, body in self._boxes(view, "moof"):
            if kind == "traf":
                self._track_fragment(body, video)

    def _track_fragment(self, view: memoryview, video: _Track) -> None:
        default, start, length = video.sample_length, video.end, 0
        for kind, body in self._boxes(view, "traf"):
            if kind == "tfhd":
                if _number(body, 4, 4, kind) != video.number:
                    return
                flags = _number(body, 1, 3, kind)
                if flags & 0x08:
                    default = _number(body, 8 + (8 if flags & 0x01 else 0) + (4 if flags & 0x02 else 0), 4, kind)
            elif kind == "tfdt":
                start = _number(body, 4, 8 if _version(body, kind) else 4, kind)
            elif kind == "trun":
                length += self._run(body, default)
        # Not the sum of the lengths: FFmpeg writes 0 for a fragment of one sample whose length it was not told.
        video.start = start if video.start is None else min(video.start, start)
        video.end = max(video.end, start + length)

    def _run(self, view: memoryview, default: int) -> int:
        """Length of a trun box in the track's units."""
        flags, count = _number(view, 1, 3, "trun"), _number(view, 4, 4, "trun")
        at = 8 + (4 if flags & 0x01 else 0) + (4 if flags & 0x04 else 0)
        row = 4 * sum(1 for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit)
        if at + count * row > len(view):
            raise ValueError(f"trun claims {count} samples, {len(view)} bytes do not hold them")
        if not flags & 0x100:
            return count * default
        self._step(count)
        rows = struct.iter_unpack(f">I{row - 4}x", view[at : at + count * row])
        return sum(int(length) for (length,) in rows)


def _bytes(view: memoryview, at: int, count: int, what: str) -> memoryview:
    if at + count > len(view):
        raise ValueError(f"{what} is too short: {len(view)} bytes, at least {at + count} needed")
    return view[at : at + count]


def _number(view: memoryview, at: int, count: int, what: str) -> int:
    return int.from_bytes(_bytes(view, at, count, what), "big")


def _version(view: memoryview, what: str) -> int:
    """0 or 1. Raises ValueError for versions that do not exist."""
    version = _number(view, 0, 1, what)
    if version > 1:
        raise ValueError(f"{what} has the unknown version {version}")
    return version


def _times(view: memoryview, what: str) -> tuple[int, int]:
    """Time scale (units per second) and duration of mvhd or mdhd; an unknown duration (all ones) is 0."""
    at, size = (20, 8) if _version(view, what) else (12, 4)
    scale, length = _number(view, at, 4, what), _number(view, at + 4, size, what)
    return scale, 0 if length == (1 << 8 * size) - 1 else length


def _code(view: memoryview) -> str:
    """A four-character code; odd bytes are shown as escapes."""
    return bytes(view).decode("ascii", "backslashreplace")
