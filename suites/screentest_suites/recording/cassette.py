"""The events of a recording on disk: appended while a run goes, read when it is judged again or continued."""

import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from screentest_contracts.redact import Redactor
from screentest_suites.core.credential import credential_text, read_credential
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.recording.bodies import load_body, store_body
from screentest_suites.recording.events import EVENTS, EventWriter, read_events
from screentest_suites.recording.header import UNCOUNTED, Header, read_header
from screentest_suites.targets.callback_port import Received


@dataclass(frozen=True)
class Entry:
    """A recorded request, and its answer unless the run was interrupted before it came.

    `offset` is how long the run had been down before, in all: what its deadlines must not be charged with.
    """

    number: int
    mark: str
    sent: SentRequest
    at: float
    exchange: Exchange | None = None
    offset: float = 0.0


@dataclass(frozen=True)
class Stop:
    """A moment at which the run was down: seconds on the run's own clock, and the downtimes up to then."""

    at: float
    offset: float


class Cassette:
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
        self._writer: EventWriter | None = None
        self._redactor = Redactor()
        self._number = 0
        self._events = 0

    # -- reading ------------------------------------------------------------------------------------------------

    @classmethod
    def read(cls, folder: Path) -> "Cassette":
        """A recorded run. A last line that was cut off is dropped. Raises UsageError for what is no recording."""
        tape = cls(folder, read_header(folder))
        events = read_events(folder / EVENTS)
        tape._events = len(events)
        tape._load(events)
        return tape

    def _load(self, events: list[dict[str, Any]]) -> None:
        found: dict[int, Entry] = {}
        offset = 0.0
        for event in events:
            match event["event"]:
                case "request":
                    body = None if event["body"] is None else self._body(event["body"])
                    headers = tuple((name, value) for name, value in event["headers"])
                    credential = read_credential(event["account"])
                    sent = SentRequest(event["method"], event["url"], headers, body, credential, "", event["purpose"])
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
                    place, challenge = (event["method"], event["path"]), event.get("challenge")
                    received = Received(event["at"], *place, body, (), signature, took, challenge)
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

    def _body(self, body: Mapping[str, str]) -> bytes:
        return load_body(self.folder, self.folder / EVENTS, body)

    def _answer(self, sent: SentRequest, event: Mapping[str, Any]) -> Exchange:
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
            *(self._body(event[part]) if part in event else b"" for part in ("outline", "tail")),
        )

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
        self._writer = EventWriter(self.folder / EVENTS)

    def resumed(self, at: float) -> None:
        """Notes that the run goes on now."""
        self._count(None)
        downtime = max(at - self.offset - self.end, 0.0)
        self.stops.append(Stop(at - self.offset - downtime, self.offset + downtime))
        self._write({"event": "resumed", "at": at, "downtime": downtime})

    def request(self, mark: str, sent: SentRequest, at: float, *, ahead: bool) -> int:
        """Notes a request, before it is sent if `ahead` (it is on disk when this returns); gives its number."""
        with self._lock:
            self._number += 1
            number = self._number
        event = {
            "event": "request",
            "number": number,
            "mark": mark,
            "at": at,
            "account": self._redactor.text(credential_text(sent.credential)),
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
        if exchange.outline:
            event |= {"outline": self._stored(exchange.outline), "tail": self._stored(exchange.tail)}
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
        if received.challenge is not None:
            event["challenge"] = self._redactor.text(received.challenge)
        self._write(event)

    def ended(self) -> None:
        """Notes that the run has come to its end: what is on the tape now is all there is."""
        self._count(self._events)

    def _count(self, events: int | None) -> None:
        self.header = replace(self.header, events=events)
        self.header.write(self.folder)

    def close(self) -> None:
        """Ends writing."""
        if self._writer is not None:
            self._writer.close()

    def _headers(self, headers: tuple[tuple[str, str], ...]) -> list[list[str]]:
        return [[name, self._redactor.header(name, value)] for name, value in headers]

    def _stored(self, body: bytes) -> dict[str, str]:
        return store_body(self.folder, self._redactor.data(body))

    def _write(self, event: Mapping[str, Any], *, sync: bool = False) -> None:
        if self._writer is None:
            raise RuntimeError("the recording is closed")
        self._writer.write(event, sync=sync)
        with self._lock:
            self._events += 1
