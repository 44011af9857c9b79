"""What is kept of a video that is too long to be kept: every box of the file but its pictures and sounds."""

from typing import Final

MEDIA: Final = {b"mdat", b"free", b"skip", b"wide"}
"""Boxes that no header is read from: of each only an empty one is kept."""

LIMIT: Final = 4 * 1024 * 1024
"""Bytes that an outline has at most. The tables of an hour of video take about one."""


class Outline:
    """Takes the bytes of an MP4 file as they come; `data` is a small file that `mp4.read_header` reads alike.

    A file that breaks off within a box gives an outline that does so, too. What is no MP4 is kept from its beginning.
    """

    def __init__(self) -> None:
        self._kept = bytearray()
        self._head = bytearray()  # the beginning of a box header
        self._media = b""  # the header of the media box that is being passed over
        self._left = 0  # bytes of the box that have not come yet; -1: the box has no end

    def feed(self, data: bytes) -> None:
        """The next bytes of the file."""
        view = memoryview(data)
        while view and len(self._kept) < LIMIT:
            if self._left:
                count = len(view) if self._left < 0 else min(self._left, len(view))
                if not self._media:
                    self._kept += view[: min(count, LIMIT - len(self._kept))]
                self._left -= count if self._left > 0 else 0
                view = view[count:]
            else:
                view = self._read_head(view)
            if self._media and not self._left:
                self._kept += (8).to_bytes(4, "big") + self._media[4:8]
                self._media = b""

    def _read_head(self, view: memoryview) -> memoryview:
        """Takes the header of a box as far as it has come; gives what follows it."""
        wanted = 16 if self._head[:4] == b"\0\0\0\1" else 8
        count = wanted - len(self._head)
        self._head += view[:count]
        whole = len(self._head) == wanted
        if whole and (wanted == 16 or self._head[:4] != b"\0\0\0\1"):
            head, self._head = bytes(self._head), bytearray()
            size = int.from_bytes(head[8:16] if wanted == 16 else head[:4], "big")
            self._left = -1 if size == 0 or size < wanted else size - wanted  # an impossible size is kept as it is
            if head[4:8] in MEDIA and self._left:
                self._media = head
            else:
                self._kept += head
        return view[count:]

    @property
    def data(self) -> bytes:
        """The outline of what has come so far."""
        return bytes(self._kept) + self._media + bytes(self._head)
