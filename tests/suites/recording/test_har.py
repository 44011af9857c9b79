"""The HAR file beside a tape: HAR 1.2, one entry per answer, nothing hidden shown."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from screentest_contracts.errors import UsageError
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.har import write_har
from tests.suites.recorded import Recorded

PAIRS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "value"],
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
    },
}
MESSAGE = {
    "headers": PAIRS,
    "headersSize": {"type": "integer", "minimum": -1},
    "bodySize": {"type": "integer", "minimum": -1},
}
NAMED = ["httpVersion", "cookies", "headers", "headersSize", "bodySize"]
HAR = {
    "type": "object",
    "required": ["log"],
    "properties": {
        "log": {
            "type": "object",
            "required": ["version", "creator", "entries"],
            "properties": {
                "version": {"const": "1.2"},
                "creator": {"type": "object", "required": ["name", "version"]},
                "entries": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
                        "properties": {
                            "time": {"type": "number", "minimum": 0},
                            "timings": {"type": "object", "required": ["send", "wait", "receive"]},
                            "request": {
                                "type": "object",
                                "required": ["method", "url", "queryString", *NAMED],
                                "properties": {
                                    **MESSAGE,
                                    "queryString": PAIRS,
                                    "url": {"type": "string", "pattern": "^https?://"},
                                    "postData": {"type": "object", "required": ["mimeType", "text"]},
                                },
                            },
                            "response": {
                                "type": "object",
                                "required": ["status", "statusText", "content", "redirectURL", *NAMED],
                                "properties": {
                                    **MESSAGE,
                                    "content": {"type": "object", "required": ["size", "mimeType"]},
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}


def test_the_har_file_is_one(run: Recorded) -> None:
    har: dict[str, Any] = json.loads((run.directory / "acme" / "run.har").read_text())
    jsonschema_rs.validator_for(HAR).validate(har)
    entries = har["log"]["entries"]
    answered = [entry.exchange for entry in Cassette.read(run.directory / "acme").entries if entry.exchange is not None]
    assert [entry["response"]["status"] for entry in entries] == [exchange.status for exchange in answered]
    for entry, exchange in zip(entries, answered, strict=True):
        assert abs(datetime.fromisoformat(entry["startedDateTime"]).timestamp() - exchange.sent_at) < 1e-5
        content = entry["response"]["content"]
        text = content.get("text", "")
        body = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
        assert body == exchange.body
        assert content["size"] == exchange.size
    assert any(entry["response"]["content"].get("encoding") == "base64" for entry in entries), "there was a video"


def test_a_har_file_that_cannot_be_written_is_told(copied: Path) -> None:
    (copied / "acme" / ".run.har.part").mkdir()
    with pytest.raises(UsageError, match=r"cannot write .*run\.har: Is a directory"):
        write_har(copied / "acme")
