"""The reference client as one that goes on with a download which broke off (RFC 9110, 14.2 and 15.3.7.3)."""

from collections.abc import Mapping

import httpx

from screentest_suites.clients.reference import ReferenceClient

DOWNLOADS = (
    *("success", "truncated-bytes", "truncated-bytes:1", "ignored-range", "replaced-file", "lost-end"),
    *("server-errors-content", "late-bytes", "redirected-result", "stale-link", "empty-bytes", "text-for-bytes"),
)
"""The situations in which it does anything else than the reference client."""


class ResumingClient(ReferenceClient):
    """Asks for the rest of a file by Range and If-Range, and starts anew where the answer is no part of this file."""

    came, etag, kind = b"", "", ""

    def get(self, link: str, headers: Mapping[str, str]) -> httpx.Response:
        asked = {**headers, **self.part_headers()}
        with self.wire.http.stream("GET", link, headers=asked, timeout=self.timeout) as answer:
            goes_on, data = bool(self.came) and self.goes_on(answer), bytearray()
            try:
                for chunk in answer.iter_raw():
                    data += chunk
            except httpx.TransportError:
                self.keep(answer, bytes(data), goes_on=goes_on)
                raise
        return self.joined(answer, bytes(data), goes_on=goes_on)

    def part_headers(self) -> Mapping[str, str]:
        """The headers that ask for the rest of a file, where a part has come."""
        return {"range": f"bytes={len(self.came)}-", "if-range": self.etag} if self.came and self.etag else {}

    def goes_on(self, answer: httpx.Response) -> bool:
        """Whether the body of an answer is the rest of the file."""
        where = answer.headers.get("content-range", "")
        same = self.etag == answer.headers.get("etag")
        return answer.status_code == 206 and same and where.startswith(f"bytes {len(self.came)}-")

    def has_all(self, answer: httpx.Response) -> bool:
        """Whether an answer says that nothing is behind what has come."""
        return answer.status_code == 416 and answer.headers.get("content-range") == f"bytes */{len(self.came)}"

    def keep(self, answer: httpx.Response, data: bytes, *, goes_on: bool) -> None:
        """Remembers what has come of a download."""
        if goes_on:
            self.came += data
        elif answer.status_code == 200:
            self.came, self.etag = data, answer.headers.get("etag", "")
            self.kind = answer.headers.get("content-type", "")

    def joined(self, answer: httpx.Response, data: bytes, *, goes_on: bool) -> httpx.Response:
        """A download that came to its end, together with what came before."""
        whole = None
        if goes_on:
            whole = self.came + data
        elif self.came and self.has_all(answer):
            whole = self.came
        if whole is not None:
            return httpx.Response(200, headers={"content-type": self.kind}, content=whole)
        self.came = b""
        kept = [(name, value) for name, value in answer.headers.items() if name != "content-length"]
        return httpx.Response(answer.status_code, headers=kept, content=data)
