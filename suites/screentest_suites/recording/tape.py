"""The events of a recording on disk: appended while a run goes, read when it is judged again or continued."""

import base64
import hashlib
import json
import os
import tempfile
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from screentest_contracts.complaints import complaint
from screentest_contracts.errors import UsageError
from screentest_suites.callback_port import Received
from screentest_suites.exchange import Exchange, Sent
from screentest_suites.recording.header import UNCOUNTED, Header, read_header, validator
from screentest_suites.redact import Redactor

EVENTS = "exchanges.jsonl"
BODIES = "bodies"
INLINE = 64 * 1024
"""Bytes of a text that stand in the line itself; of anything else a sixteenth of it."""


@dataclass(frozen=True)
class Entry:
    """A recorded request, and its answer unless the run was interrupted before it came.

    `offset` is how long the run had been down before, in all: what its deadlines must not be charged with.
    """

    number: int
    mark: str
    sent: Sent
    at: float
    exchange: Exchange | None = None
    offset: float = 0.0


@dataclass(frozen=True)
class Stop:
    """A moment at which the run was down: seconds on the run's own clock, and the downtimes up to then."""

    at: float
    offset: float


class Tape:
    """A recording in a folder. `take` hands out recorded exchanges, in the order of requests that ask the same."""

    def __init__(self, folder: Path, header: Header) -> None:
        self.folder = folder
        self.header = header
        self.entries: list[Entry] = []
        self.callbacks: list[tuple[Received, float]] = []
        self.stops: list[Stop] = []
        self.memory: dict[str, str] = {}
        self.order: dict[str, None] = {}
        self.end = header.started
        self._waiting: dict[str, deque[Entry]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._file: Any = None
        self._redactor = Redactor()
        self._number = 0
        self._events = 0

    # -- reading ------------------------------------------------------------------------------------------------

    @classmethod
    def read(cls, folder: Path) -> "Tape":
        """A recorded run. A last line that was cut off is dropped. Raises UsageError for what is no recording."""
        tape = cls(folder, read_header(folder))
        path = folder / EVENTS
        try:
            lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}", "check the folder's permissions") from None
        lines.pop()  # what follows the last line's end: nothing, or a line that was cut off
        tape._events = len(lines)
        tape._load([_event(path, number, line) for number, line in enumerate(lines, 1)])
        return tape

    def _load(self, events: list[dict[str, Any]]) -> None:
        found: dict[int, Entry] = {}
        offset = 0.0
        for event in events:
            match event["event"]:
                case "request":
                    body = None if event["body"] is None else self._body(event["body"])
                    headers = tuple((name, value) for name, value in event["headers"])
                    sent = Sent(event["method"], event["url"], headers, body, event["account"], "", event["purpose"])
                    entry = Entry(event["number"], event["mark"], sent, event["at"], None, offset)
                    found[entry.number] = entry
                    self.end = max(self.end, entry.at - offset)
                case "answer" if event["number"] in found:
                    entry = found[event["number"]]
                    found[entry.number] = Entry(
                        entry.number, entry.mark, entry.sent, entry.at, self._answer(entry.sent, event), offset
                    )
                    self.end = max(self.end, event["received_at"] - offset)
                case "callback":
                    body = self._body(event["body"])
                    signature = event.get("signature")
                    took = event.get("took", 0.0)
                    received = Received(event["at"], event["method"], event["path"], body, (), signature, took)
                    self.callbacks.append((received, offset))
                    self.end = max(self.end, event["at"] - offset)
                case "memory":
                    self.memory[event["name"]] = event["json"]
                case "judging":
                    self.order[event["requirement"]] = None
                case "resumed":
                    offset += event["downtime"]
                    self.stops.append(Stop(event["at"] - offset, offset))
        self.entries = [found[number] for number in sorted(found)]
        self._number = max(found, default=0)
        for entry in self.entries:
            self._waiting[entry.mark].append(entry)

    def _answer(self, sent: Sent, event: Mapping[str, Any]) -> Exchange:
        headers = tuple((name, value) for name, value in event["headers"])
        return Exchange(
            sent,
            event["status"],
            headers,
            self._body(event["body"]),
            event["sent_at"],
            event["received_at"],
            event["error"],
            event["size"],
        )

    def _body(self, body: Mapping[str, str]) -> bytes:
        if "text" in body:
            return body["text"].encode()
        if "base64" in body:
            try:
                return base64.b64decode(body["base64"], validate=True)
            except ValueError:
                raise UsageError(f"{self.folder / EVENTS}: a body is not base64", "it was changed") from None
        path = self.folder / BODIES / body["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}", "copy the whole folder of a recording") from None
        if hashlib.sha256(data).hexdigest() != body["file"]:
            raise UsageError(f"{path} is not what was recorded", "it was changed after it was written")
        return data

    def take(self, mark: str) -> Entry | None:
        """The next recorded entry of requests with this mark."""
        with self._lock:
            waiting = self._waiting.get(mark)
            return waiting.popleft() if waiting else None

    @property
    def gap(self) -> str:
        """Why this is not the whole of a run; nothing when it is, or when that is not known."""
        counted = self.header.events
        if counted is None:
            return "the run did not come to its end"
        if counted not in (UNCOUNTED, self._events):
            return f"{self._events} of {counted} recorded events are there"
        return ""

    @property
    def offset(self) -> float:
        """How long the run has been down, in all."""
        return self.stops[-1].offset if self.stops else 0.0

    # -- writing ------------------------------------------------------------------------------------------------

    def open(self, redactor: Redactor) -> None:
        """Starts writing, behind the last whole line. Raises UsageError when another run writes here."""
        self._redactor = redactor
        path = self.folder / EVENTS
        try:
            file = path.open("ab", buffering=0)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}", "check the folder's permissions") from None
        if not _locked(file.fileno()):
            file.close()
            raise UsageError(f"{self.folder} is being recorded to by another run", "wait for it, or end it first")
        data = path.read_bytes()
        file.truncate(data.rfind(b"\n") + 1)
        self._file = file

    def resumed(self, at: float) -> None:
        """Notes that the run goes on now."""
        self._count(None)
        downtime = max(at - self.offset - self.end, 0.0)
        self.stops.append(Stop(at - self.offset - downtime, self.offset + downtime))
        self._write({"event": "resumed", "at": at, "downtime": downtime})

    def request(self, mark: str, sent: Sent, at: float, *, ahead: bool) -> int:
        """Notes a request, before it is sent if `ahead` (it is on disk when this returns); gives its number."""
        with self._lock:
            self._number += 1
            number = self._number
        event = {
            "event": "request",
            "number": number,
            "mark": mark,
            "at": at,
            "account": self._redactor.text(sent.key),
            "purpose": sent.purpose,
            "method": sent.method,
            "url": self._redactor.text(sent.url),
            "headers": self._headers(sent.headers),
            "body": None if sent.body is None else self._stored(sent.body),
        }
        self._write(event, sync=ahead)
        return number

    def answer(self, number: int, exchange: Exchange) -> None:
        """Notes the answer to a request."""
        event = {
            "event": "answer",
            "number": number,
            "status": exchange.status,
            "headers": self._headers(exchange.headers),
            "body": self._stored(exchange.body),
            "size": exchange.size,
            "sent_at": exchange.sent_at,
            "received_at": exchange.received_at,
            "error": self._redactor.text(exchange.error),
        }
        self._write(event)

    def keep(self, name: str, text: str) -> None:
        """Notes what was made up for this run, as JSON."""
        self.memory[name] = text
        self._write({"event": "memory", "name": name, "json": self._redactor.text(text)})

    def judging(self, requirement: str) -> None:
        """Notes which requirement is being judged."""
        self.order[requirement] = None
        self._write({"event": "judging", "requirement": requirement})

    def callback(self, received: Received) -> None:
        """Notes a callback that a check has seen."""
        body = self._stored(received.body)
        path = self._redactor.text(received.path)
        event = {"event": "callback", "at": received.at, "method": received.method, "path": path, "body": body}
        if received.signature is not None:
            event["signature"] = self._redactor.text(received.signature)
        if received.took:
            event["took"] = received.took
        self._write(event)

    def ended(self) -> None:
        """Notes that the run has come to its end: what is on the tape now is all there is."""
        self._count(self._events)

    def _count(self, events: int | None) -> None:
        self.header = replace(self.header, events=events)
        self.header.write(self.folder)

    def close(self) -> None:
        """Ends writing."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _headers(self, headers: tuple[tuple[str, str], ...]) -> list[list[str]]:
        return [[name, self._redactor.header(name, value)] for name, value in headers]

    def _stored(self, body: bytes) -> dict[str, str]:
        data = self._redactor.data(body)
        try:
            if len(data) <= INLINE:
                return {"text": data.decode()}
        except UnicodeDecodeError:
            pass
        if len(data) <= INLINE // 16:
            return {"base64": base64.b64encode(data).decode()}
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / BODIES / digest
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(data)
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        return {"file": digest}

    def _write(self, event: Mapping[str, Any], *, sync: bool = False) -> None:
        try:
            line = orjson.dumps(event) + b"\n"
        except TypeError:  # half of a surrogate pair
            line = json.dumps(event).encode() + b"\n"
        with self._lock:
            if self._file is None:
                raise RuntimeError("the recording is closed")
            _write_all(self._file.fileno(), line)
            self._events += 1
            if sync:
                os.fsync(self._file.fileno())


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _event(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}, line {number}: no JSON: {error}", "it was changed after it was written") from None
    problem = next(iter(validator("event").iter_errors(event)), None)
    if problem is not None:
        raise UsageError(
            f"{path}, line {number}: no event of a recording: {complaint(problem)[:200]}",
            "it was changed after it was written, or by another version",
        )
    found: dict[str, Any] = event
    return found


def _locked(file: int) -> bool:
    """Takes the file for this process, where the system can."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def tapes(folders: list[Path]) -> Iterator[Tape]:
    """The recordings in some folders."""
    return map(Tape.read, folders)
