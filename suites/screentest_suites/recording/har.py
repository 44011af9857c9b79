"""A recording as HAR 1.2, for the tools that read it."""

import base64
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl

import harfile

from screentest_contracts.errors import UsageError
from screentest_suites.core.addresses import split_address
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.recording.cassette import Cassette, Entry
from screentest_suites.recording.header import tool

NAME = "run.har"


def write_har(folder: Path) -> None:
    """Writes `run.har` from the tape, atomically. Its secrets have been taken out when it was recorded. Raises
    UsageError."""
    tape = Cassette.read(folder)
    path, half = folder / NAME, folder / f".{NAME}.part"
    try:
        with (
            half.open("w", encoding="utf-8") as file,
            harfile.HarFile.open(file, creator=harfile.Creator(name="screentest", version=tool())) as har,
        ):
            for entry in tape.entries:
                if entry.exchange is not None:
                    _add(har, entry, entry.exchange)
        half.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}", "is there room on the disk?") from None


def _add(har: harfile.HarFile, entry: Entry, exchange: Exchange) -> None:
    milliseconds = max(round((exchange.received_at - exchange.sent_at) * 1000, 3), 0)
    har.add_entry(
        startedDateTime=datetime.fromtimestamp(exchange.sent_at, UTC),
        time=milliseconds,
        request=_request(entry.sent),
        response=_response(exchange),
        timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
        comment=exchange.error or None,
    )


def _records(pairs: object) -> list[harfile.Record]:
    return [harfile.Record(name=name, value=value) for name, value in pairs]  # type: ignore[attr-defined]


def _request(sent: SentRequest) -> harfile.Request:
    media = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    post = None
    if sent.body is not None:
        post = harfile.PostData(mimeType=media, text=sent.body.decode("utf-8", "replace"))
    return harfile.Request(
        method=sent.method,
        url=sent.url,
        httpVersion="HTTP/1.1",
        headers=_records(sent.headers),
        queryString=_records(parse_qsl(split_address(sent.url).query, keep_blank_values=True)),
        postData=post,
        bodySize=len(sent.body or b""),
    )


def _response(exchange: Exchange) -> harfile.Response:
    try:
        content = harfile.Content(size=exchange.size, mimeType=exchange.media_type, text=exchange.body.decode())
    except UnicodeDecodeError:
        text = base64.b64encode(exchange.body).decode()
        content = harfile.Content(size=exchange.size, mimeType=exchange.media_type, text=text, encoding="base64")
    known = exchange.status in {each.value for each in HTTPStatus}
    return harfile.Response(
        status=exchange.status,
        statusText=HTTPStatus(exchange.status).phrase if known else "",
        httpVersion="HTTP/1.1",
        headers=_records(exchange.headers),
        content=content,
        redirectURL=exchange.header("location") or "",
        bodySize=len(exchange.body),
    )
