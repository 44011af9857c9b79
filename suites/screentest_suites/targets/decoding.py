"""Bodies as they were before a Content-Encoding was applied."""

import zlib
from collections.abc import Iterable, Iterator

PACKED = {"gzip", "x-gzip", "deflate"}
"""The content codings that are unpacked. Any other body stays as it came."""


class Decoder:
    """Unpacks a body piece by piece. `encoding` is the value of its Content-Encoding, "" where there is none."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding.strip().lower()
        self._member = _new_member() if self.encoding in PACKED else None
        self._begun = False

    def feed(self, raw: bytes, most: int) -> bytes:
        """The next bytes of the body, `most` at the most (1 or more). Raises ValueError for what is not so encoded."""
        if self._member is None or not raw:
            return raw
        self._begun, rest, found = True, raw, b""
        try:
            while rest and len(found) < most:
                found += self._member.decompress(rest, most - len(found))
                rest = self._member.unused_data
                if not self._member.eof or not rest.strip(b"\0"):  # zeros may fill a block up
                    break
                self._member = _new_member()  # a gzip file may have several members
        except zlib.error:
            raise ValueError(f"the body is not valid {self.encoding}") from None
        return found

    def pieces(self, raw: bytes, most: int) -> Iterator[bytes]:
        """All of the next bytes of the body, `most` at a time. Raises ValueError for what is not so encoded."""
        if self._member is None or not raw:
            yield raw
            return
        self._begun, rest = True, raw
        while True:
            try:
                piece = self._member.decompress(rest, most)
            except zlib.error:
                raise ValueError(f"the body is not valid {self.encoding}") from None
            yield piece
            rest = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if self._member.eof:
                if not rest.strip(b"\0"):  # zeros may fill a block up
                    return
                self._member = _new_member()  # a gzip file may have several members
            elif not rest and len(piece) < most:
                return

    @property
    def problem(self) -> str:
        """What is wrong with a body that has come to its end, "" for nothing. An empty body is none."""
        cut = self._begun and self._member is not None and not self._member.eof
        return f"the {self.encoding} data of the body end too early" if cut else ""


def _new_member() -> "zlib._Decompress":
    return zlib.decompressobj(zlib.MAX_WBITS | 32)


def unpacked(headers: Iterable[tuple[str, str]], raw: bytes, most: int) -> tuple[bytes, str]:
    """A whole body without its encoding, and what is wrong with it, "" for nothing; then the body is as it came."""
    encoding = next((value for name, value in headers if name.lower() == "content-encoding"), "")
    decoder = Decoder(encoding)
    try:
        body = decoder.feed(raw, most)
    except ValueError as problem:
        return raw, str(problem)
    return body, decoder.problem
