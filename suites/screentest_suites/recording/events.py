"""The events of a recording: JSON, one a line, only ever appended to."""

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from screentest_contracts.complaints import complaint
from screentest_contracts.errors import UsageError
from screentest_suites.recording.header import validator

EVENTS = "exchanges.jsonl"


def read_events(path: Path) -> list[dict[str, Any]]:
    """The events in a file, none where there is no file. A last line that was cut off is dropped. Raises UsageError."""
    try:
        lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "check the folder's permissions") from None
    lines.pop()  # what follows the last line's end: nothing, or a line that was cut off
    return [_event(path, number, line) for number, line in enumerate(lines, 1)]


def _event(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        event: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}, line {number}: no JSON: {error}", "it was changed after it was written") from None
    problem = next(iter(validator("event").iter_errors(event)), None)
    if problem is not None:
        raise UsageError(
            f"{path}, line {number}: no event of a recording: {complaint(problem)[:200]}",
            "it was changed after it was written, or by another version",
        )
    return event


class EventWriter:
    """Appends events behind the last whole line of a file. Thread-safe. Raises UsageError when another run writes
    there."""

    def __init__(self, path: Path) -> None:
        try:
            file = path.open("ab", buffering=0)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}", "check the folder's permissions") from None
        if not _locked(file.fileno()):
            file.close()
            raise UsageError(f"{path.parent} is being recorded to by another run", "wait for it, or end it first")
        file.truncate(path.read_bytes().rfind(b"\n") + 1)
        self._file: BinaryIO = file
        self._lock = threading.Lock()

    def write(self, event: Mapping[str, Any], *, sync: bool = False) -> None:
        """Appends an event; it is on disk when this returns if `sync`. Raises RuntimeError when closed."""
        try:
            line = orjson.dumps(event) + b"\n"
        except TypeError:  # half of a surrogate pair
            line = json.dumps(event).encode() + b"\n"
        with self._lock:
            if self._file.closed:
                raise RuntimeError("the recording is closed")
            while line:
                line = line[os.write(self._file.fileno(), line) :]
            if sync:
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Ends writing."""
        with self._lock:
            self._file.close()


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
