"""What hostile servers do: one table, name -> what is done to which calls, and what the run has to say of it."""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.hostile.server import RESET, Behaviour, Call, Step, Steps, answer, clip, refusal

FOREVER = 3600.0
BLOCK = b"\0" * 65536
HEAD = b"HTTP/1.1 200 OK\r\n"

Script = Callable[[Call], Steps]


@dataclass(frozen=True)
class Row:
    """A behaviour on the calls of some roles (empty: all). `says` is found in a reason of a requirement that fails;
    "": nothing need fail. `slow`: it takes time, so that answers may take a second only. `reads`: requests are."""

    on: str
    script: Script
    says: str = ""
    slow: bool = False
    reads: bool = True

    @property
    def behaviour(self) -> Behaviour:
        return lambda call: self.script(call) if call.role in (self.on.split() or [call.role]) else None


def steps(*made: Step) -> Script:
    return lambda call: made


def on_end(*made: Step) -> Script:
    return lambda call: [*made, FOREVER]


def again(data: bytes, pause: float = 0.0, head: bytes = b"") -> Script:
    """The same bytes for ever, `pause` seconds apart."""

    def script(call: Call) -> Iterator[Step]:
        yield head
        while True:
            yield data
            if pause:
                yield pause

    return script


def says(body: Any, status: str = "200 OK", **fields: str) -> Script:
    return lambda call: [answer(body, status, **fields)]


def chunked(*made: bytes, media: str = "application/json") -> bytes:
    """The head of an answer in chunks, and some of them."""
    head = HEAD + f"content-type: {media}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in made)


def task(**members: Any) -> dict[str, Any]:
    """A task that has ended well, but for some members."""
    return {
        "id": "video_0000",
        "object": "video",
        "model": "clip-1",
        "status": "completed",
        "progress": 100,
        "created_at": 1_790_000_000,
        "completed_at": 1_790_000_001,
        "url": None,
        "prompt": "x",
        "seconds": "4",
        "size": "1280x720",
        "error": None,
        **members,
    }


def shows(**members: Any) -> Script:
    """Every query shows these members."""
    return lambda call: [answer(task(id=call.path.rpartition("/")[2], **members))]


def links(to: str) -> Script:
    return shows(url=to)


def deflated(size: int) -> bytes:
    """A gzip bomb."""
    made = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return b"".join(made.compress(BLOCK) for _ in range(size // len(BLOCK))) + made.flush()


def long_file(megabytes: int) -> Script:
    """A sound video whose pictures come first and take so many megabytes."""

    def script(call: Call) -> Iterator[Step]:
        whole = clip()
        media = (megabytes << 20) + 8
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", call.headers.get("range", ""))
        size = media + len(whole)
        if asked is not None:
            yield _part(whole, media, asked[1], asked[2])
            return
        yield answer(b"", content_length=str(size), content_type="video/mp4")
        yield whole[:32] + media.to_bytes(4, "big") + b"mdat"
        for _ in range(megabytes * 16):
            yield BLOCK
        yield whole[32:]

    return script


def _part(whole: bytes, media: int, first: str, last: str) -> bytes:
    """A range of such a file, whose bytes are zeros but for its two ends."""
    size = media + len(whole)
    start = int(first) if first else size - int(last)
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        return answer(b"", "416 Range Not Satisfiable", content_range=f"bytes */{size}")
    head = whole[:32] + media.to_bytes(4, "big") + b"mdat"
    tail_at = 32 + media
    data = bytes(
        head[at] if at < len(head) else 0 if at < tail_at else whole[at - media] for at in range(start, end + 1)
    )
    return answer(data, "206 Partial Content", content_range=f"bytes {start}-{end}/{size}", content_type="video/mp4")


CONNECTION: dict[str, Row] = {
    "accepts and never reads": Row("", on_end(), "no answer in 1 s", slow=True, reads=False),
    "never answers": Row("", on_end(), "no answer in 1 s", slow=True),
    "closes at once": Row("", steps(), "not valid HTTP", reads=False),
    "closes after the request": Row("", steps(), "not valid HTTP"),
    "resets after the request": Row("", steps(RESET), "connection broke"),
    "resets within the headers": Row("create", steps(HEAD, RESET), "connection broke"),
    "resets within the body": Row("create", steps(answer(b"{", content_length="9"), 0.1, RESET), "connection broke"),
    "garbage": Row("", steps(bytes(range(256)) * 8), "not valid HTTP"),
    "another protocol": Row("", steps(b"SSH-2.0-OpenSSH_9.2\r\n"), "not valid HTTP"),
    "a status line only": Row("", on_end(HEAD), "no answer in 1 s", slow=True),
    "a byte a second": Row("", again(b"H", 1.0), "no answer in 1 s", slow=True),
    "headers without end": Row("", again(b"x-a: aaaaaaaaaaaaaaaaaaaaa\r\n", head=HEAD), "not valid HTTP"),
    "headers that trickle": Row("", again(b"x-a: a\r\n", 0.1, HEAD), "no answer in 1 s", slow=True),
    "interim answers without end": Row("", again(b"HTTP/1.1 100 Continue\r\n\r\n"), "no answer in 1 s", slow=True),
    "early hints that trickle": Row("", again(b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.1), "no answer in 1 s", slow=True),
    "a header of a megabyte": Row("", steps(HEAD + b"x-a: " + b"a" * (1 << 20) + b"\r\n\r\n{}"), "not valid HTTP"),
    "no headers at all": Row("", steps(b'{"id": "video_1"}'), "not valid HTTP"),
    "a status of four digits": Row("", steps(b"HTTP/1.1 9999 Fine\r\n\r\n"), "not valid HTTP"),
    "a negative length": Row("", steps(HEAD + b"content-length: -1\r\n\r\n"), "not valid HTTP"),
    "a length of 5000 digits": Row(
        "", steps(HEAD + b"content-length: " + b"9" * 5000 + b"\r\n\r\n{}"), "not valid HTTP"
    ),
    "two lengths": Row("", steps(HEAD + b"content-length: 2\r\ncontent-length: 9\r\n\r\n{}"), "not valid HTTP"),
    "switches protocols": Row("", steps(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"), " "),
    "HTTP/2 in the clear": Row("", steps(b"\0\0\x12\4\0\0\0\0\0" + b"\0" * 18), "not valid HTTP"),
}
"""What becomes of a connection."""

BODIES: dict[str, Row] = {
    "announces more than it sends": Row(
        "create", on_end(answer(b"{}", content_length="9")), "not end within 1 s", slow=True
    ),
    "announces more and closes": Row("create", steps(answer(b"{}", content_length="9")), "not valid HTTP"),
    "polls that announce more": Row(
        "query", on_end(answer(b"{}", content_length="9")), "not end within 1 s", slow=True
    ),
    "chunks without end": Row("create", again(b"1000\r\n" + b"x" * 4096 + b"\r\n", head=chunked()), "more than 1 MB"),
    "polls in chunks without end": Row("query", again(b"1000\r\n" + b" " * 4096 + b"\r\n", head=chunked()), "1 MB"),
    "chunks that trickle": Row("query", again(b"1\r\n \r\n", 0.1, chunked()), "not end within 1 s", slow=True),
    "a list that trickles": Row("list", again(b" ", 0.1, HEAD + b"\r\n"), "not end within 1 s", slow=True),
    "a chunk that is none": Row("create", steps(chunked() + b"zz\r\n{}"), "not valid HTTP"),
    "a chunk of 16 exabytes": Row(
        "create", on_end(chunked() + b"FFFFFFFFFFFFFFF\r\n{}"), "not end within 1 s", slow=True
    ),
    "trailers without end": Row(
        "create", again(b"x-a: aaaaaaaa\r\n", head=chunked(b"{}") + b"0\r\n"), "not valid HTTP"
    ),
    "a gzip bomb": Row("", steps(answer(deflated(1 << 26), content_encoding="gzip")), "more than 1 MB"),
    "gzip that is none": Row("create", says(b"{}", content_encoding="gzip"), "not valid gzip"),
    "an encoding that nobody knows": Row("create", says(b"\x81\x02", content_encoding="zstd, br"), " "),
    "a status of a megabyte": Row("query", shows(prompt="x" * 1_040_000), " "),
    "a megabyte of nested lists": Row("query", lambda call: [answer(b"[" + b"[]," * 340_000 + b"[]]")], " "),
    "two megabytes": Row("query", shows(prompt="x" * 2_000_000), "more than 1 MB"),
    "200 000 members": Row("create", says({f"key{n}": n for n in range(200_000)}), "more than 1 MB"),
    "60 000 members": Row("query", lambda call: [answer(task(**{f"k{n}": n for n in range(60_000)}))], " "),
    "lists nested 100 000 deep": Row("query", says(b"[" * 100_000), " "),
    "objects nested 900 deep": Row("query", says(b'{"a":' * 900 + b"1" + b"}" * 900), " "),
    "NaN": Row("query", says(b'{"status": "completed", "progress": NaN}'), " "),
    "a number of 5000 digits": Row("query", lambda call: [answer(b'{"progress": %s}' % (b"9" * 5000))], " "),
    "1e999": Row("query", says(b'{"status": "completed", "progress": 1e999}'), " "),
    "half a surrogate": Row("create", says(b'{"id": "\\ud800"}'), " "),
    "a byte order mark": Row("create", says(b"\xef\xbb\xbf" + json.dumps(task()).encode()), " "),
    "UTF-16": Row("create", says(json.dumps(task()).encode("utf-16")), " "),
    "null": Row("", says(None), " "),
    "nothing": Row("", says(b"", "204 No Content", content_length=""), " "),
    "HTML": Row("", says(b"<html>502", "502 Bad Gateway", content_type="text/html"), "502"),
    "one string": Row("", says("video"), " "),
}
"""Bodies where JSON is due."""

WAITS: dict[str, Row] = {
    "Retry-After: 99999999": Row("", lambda call: [refusal("429 No", retry_after="99999999")], "asks to wait"),
    "Retry-After: a far date": Row(
        "", lambda call: [refusal("429 No", retry_after="Fri, 31 Dec 9999 23:59:59 GMT")], "asks to wait"
    ),
    "Retry-After: a date that is none": Row(
        "create", lambda call: [refusal("429 No", retry_after="Fri, 99 Foo 99999 77:00:00 -9999")], "429"
    ),
    "Retry-After of polls": Row("query", lambda call: [refusal("429 No", retry_after="99999999")], "asks to wait"),
    "always too many requests": Row("create", lambda call: [refusal("429 No", retry_after="0")], "429"),
    "always unavailable": Row("", says({}, "503 Unavailable", retry_after="99999999"), "503"),
    "polls that fail": Row("query", says({}, "500 Oops"), "answered 500"),
    "a task without end": Row("query", lambda call: [answer(task(status="in_progress", url=None))], "not ended after"),
    "a redirect to itself": Row("", lambda call: [answer(b"", "307 Moved", location=call.path)], "307"),
    "a redirect to nowhere": Row("query", says(b"", "302 Found", location="http://[::1"), "location"),
    "no key is good": Row("", lambda call: [refusal("401 Unauthorized")], "401"),
}
"""Servers that put a run off."""

VALUES: dict[str, Row] = {
    "an id of a megabyte": Row("create", lambda call: [answer(task(id="v" * 1_000_000))], " "),
    "an id with line ends": Row("create", lambda call: [answer(task(id="a\r\nx-b: c\r\n\r\n"))], "the id is"),
    "an id that leads elsewhere": Row("create", lambda call: [answer(task(id="../../?a=b#c"))], "the id is"),
    "an id of control characters": Row("create", lambda call: [answer(task(id="\0\x1b[31m\u202e"))], "the id is"),
    "an id that is an object": Row("create", lambda call: [answer(task(id={"a": []}))], " "),
    "one id for all": Row("create", lambda call: [answer(task(status="queued"))], "twice"),
    "another id each time": Row("query", lambda call: [answer(task(id=f"video_{call.number:x}"))], " "),
    "a status that is a list": Row("query", shows(status=["completed"]), " "),
    "a status of 100 000 characters": Row("query", shows(status="c" * 100_000), " "),
    "times beyond all time": Row("query", shows(created_at=10**18, completed_at=-(10**18)), "created_at"),
    "progress beyond all measure": Row("query", shows(progress=10**18), "progress"),
    "statuses in turn": Row(
        "query",
        lambda call: [answer(task(status=("queued", "failed", "in_progress", "completed")[call.number % 4]))],
        " ",
    ),
    "a date that is none": Row("query", lambda call: [answer(task(), date="Fri, 99 Foo 99999 77:00:00 -9999")], " "),
    "a list of 5000 tasks": Row(
        "list", lambda call: [answer({"data": [task(id=f"video_{n}") for n in range(4000)]})], " "
    ),
}
"""Values in bodies that can be read."""

FILES: dict[str, Row] = {
    "an address without its bracket": Row("query", links("http://[::1"), "is no address"),
    "an address of another scheme": Row("query", links("file:///etc/passwd"), " "),
    "an address with a port beyond all": Row("query", links("http://127.0.0.1:99999999/a.mp4"), "is no address"),
    "an address of a megabyte": Row("query", links("http://127.0.0.1:1/" + "a" * 900_000), " "),
    "an address with line ends": Row("query", links("http://127.0.0.1:1/\r\nx: y"), " "),
    "an address of a host that is none": Row("query", links("http://\u2603.\u2603\u0301..example/\0"), " "),
    "a file without end": Row("file", again(BLOCK, head=answer(b"", content_length="")), "", slow=True),
    "a file that trickles": Row("file", again(b"a", 0.05, answer(b"", content_length="")), "not end within", slow=True),
    "a file that never comes": Row("file", on_end(), "no answer in 1 s", slow=True),
    "a file that stops": Row("file", on_end(answer(clip()[:900], content_length="99999")), "not end within", slow=True),
    "a file that breaks off": Row("file", steps(answer(clip()[:900], content_length="99999")), "not valid HTTP"),
    "a file of 150 megabytes": Row("file", long_file(150)),
    "a gzip bomb for a file": Row("file", steps(answer(deflated(1 << 26), content_encoding="gzip")), " "),
    "redirects in a circle": Row("file", lambda call: [answer(b"", "302 Found", location=call.path)], "302"),
    "a redirect of a file to nowhere": Row("file", says(b"", "302 Found", location="http://[::1"), "location"),
    "text for a file": Row("file", says(b"hello, world"), "not an MP4"),
    "an empty file": Row("file", says(b""), "empty"),
    "boxes within boxes": Row("file", says(_nested := b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\0moov" * 9000), " "),
    "half a million boxes": Row("file", says(b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x08free" * 500_000), "boxes"),
    "a box of 16 exabytes": Row("file", says(b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\1moov" + b"\xff" * 8), " "),
    "a range that does not end": Row(
        "file",
        lambda call: again(BLOCK, head=answer(b"", content_length=""))(call) if "range" in call.headers else None,
        "answered 200",
    ),
}
"""Addresses of results, and what stands behind them."""

TABLE = {**CONNECTION, **BODIES, **WAITS, **VALUES, **FILES}
