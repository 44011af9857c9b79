"""What arrives of an answer, read and kept within bounds: answers in JSON as a whole, long files as a stream."""

from dataclasses import dataclass, field

import httpx

from screentest_contracts.outline import Outline
from screentest_suites.core.exchange import SMALL_BODY
from screentest_suites.targets.decoding import Decoder

MB = 1024 * 1024

JSON_LIMIT = MB
"""Bytes of an answer that are read where no file is expected."""

ANSWERS_KEPT = 32 * MB
"""Bytes of large answers (`SMALL_BODY`) that a run keeps."""

FILE_KEPT, FILES_KEPT = 16 * MB, 64 * MB
"""Bytes of a file, and of all files of a run, that are kept whole; of others there is an outline."""

_PIECE = MB
"""Bytes that are unpacked at a time."""


@dataclass
class Stock:
    """What a run has kept of large answers and of files, in bytes."""

    answers: int = 0
    files: int = 0


@dataclass
class Arriving:
    """What has arrived of an answer so far. `is_file`: it may be a long file, of which not all need be kept.

    `stale`: a connection that was kept alive ended before a request that may be repeated was answered; `late`: the
    answer did not come, or did not end, in time.
    """

    stock: Stock
    limit: int
    is_file: bool
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    size: int = 0
    stale: bool = False
    late: bool = False
    _body: bytearray = field(default_factory=bytearray)
    _tail: bytes = b""
    _outline: Outline | None = None

    async def read(self, response: httpx.Response) -> str:
        """Reads the body, unpacked, until the limit; gives what is wrong with it, or "". What
        cannot be unpacked is kept as it came."""
        decoder = Decoder(response.headers.get("content-encoding", ""))
        async for raw in response.aiter_raw():
            if problem := self._unpack(decoder, raw):
                return problem
        return decoder.problem

    def read_now(self, response: httpx.Response) -> str:
        """As `read`, of a client that waits."""
        decoder = Decoder(response.headers.get("content-encoding", ""))
        for raw in response.iter_raw():
            if problem := self._unpack(decoder, raw):
                return problem
        return decoder.problem

    def _unpack(self, decoder: Decoder, raw: bytes) -> str:
        try:
            for piece in decoder.pieces(raw, _PIECE):
                self._take(piece)
                if self.size > self.limit:
                    return f"the body has more than {_amount(self.limit)}"
        except ValueError as problem:
            self._take(raw)
            return str(problem)
        return ""

    def _take(self, piece: bytes) -> None:
        """Notes the next bytes of the body."""
        before, self.size = self.size, self.size + len(piece)
        if self._outline is None:
            self._body += piece[: max(self.limit - before, 0)]
            if not self.is_file:
                return
            self.stock.files += len(piece)
            if self.size <= FILE_KEPT and self.stock.files <= FILES_KEPT:
                return
            self.stock.files -= self.size
            self._outline, piece = Outline(), bytes(self._body)
            del self._body[SMALL_BODY:]
        self._outline.feed(piece)
        self._tail = (self._tail + piece)[-SMALL_BODY:]

    def kept(self) -> tuple[bytes, bytes, bytes]:
        """The body, its outline and its tail. Of an answer that is too long to be read there is the beginning."""
        if not self.is_file:
            if self.size > self.limit:
                del self._body[SMALL_BODY:]
            elif self.size > SMALL_BODY:
                self.stock.answers += self.size
        body = bytes(self._body)
        self._body.clear()
        return body, b"" if self._outline is None else self._outline.data, self._tail


def _amount(size: int) -> str:
    return f"{size / MB:g} MB" if size >= MB else f"{size} bytes"
