"""Runs a command under test: once, bounded in time, output and files, and ends it with all its children."""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from screentest_contracts.errors import UsageError

KEPT = 16_000
"""Bytes of output that are kept from its beginning, and as many from its end."""

LARGEST_FILE = 1 << 28
"""Bytes that a file may have which the command writes, where the system can say so."""

GRACE = 1.0
"""Seconds between asking a command to end and ending it."""

HUNT = 10.0
"""Seconds for which children are looked for that fork as fast as they are ended."""

BEAT = 0.5
"""Seconds between two looks at whether a command is to stop."""


class BoundedOutput:
    """Reads a stream to its end and keeps the beginning and the end of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._head, self._tail = stream, bytearray(), bytearray()
        self._lost = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the stream is closed where somebody keeps it open for ever
            while chunk := os.read(self._stream.fileno(), 65536):
                room = KEPT - len(self._head)
                self._head += chunk[:room]
                self._tail += chunk[max(room, 0) :]
                if len(self._tail) > KEPT:
                    self._lost = True
                    del self._tail[: len(self._tail) - KEPT]

    def text(self) -> str:
        """What was printed, once all of it has come, or a moment after the command was ended."""
        self._thread.join(GRACE)
        middle = b"\n...\n" if self._lost else b""
        return (bytes(self._head) + middle + bytes(self._tail)).decode("utf-8", "replace")


class RunningCommand:
    """A command in a process group of its own. `mark` is a variable of its environment by which children are found
    that have left the group."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], mark: str) -> None:
        self._mark = f"{mark}={environment[mark]}".encode()
        try:
            self.process = subprocess.Popen(  # noqa: S603 - the user's own command
                _bounded(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            hint = "everything after `--` is the command: `screentest client NAME -- python my_client.py`"
            raise UsageError(f"cannot run {command[0]!r}: {reason}", hint) from None
        assert self.process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._output = BoundedOutput(self.process.stdout)

    def wait(self, seconds: float, stop: threading.Event | None = None) -> int | None:
        """The exit status (negative: the signal), None where the command still runs after so many seconds, or when it
        is to stop."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not (stop is not None and stop.is_set()):
            try:
                return self.process.wait(min(left, BEAT))
            except subprocess.TimeoutExpired:
                continue
        return None

    def end(self) -> str:
        """Ends the command and its children, and gives what was printed."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        self._signal(signal.SIGKILL)
        deadline = time.monotonic() + HUNT
        while (stray := self._strays()) and time.monotonic() < deadline:  # who forks is found at the next look
            for pid in stray:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()
        text = self._output.text()
        if self.process.stdout is not None:
            with contextlib.suppress(OSError):
                self.process.stdout.close()
        return text

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):  # nobody of the group is left
            os.killpg(self.process.pid, number)

    def _strays(self) -> list[int]:
        """Processes that carry the mark, where the system shows it (/proc)."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            pid = int(entry.parent.name)
            if pid == os.getpid():
                continue
            with contextlib.suppress(OSError):
                if self._mark in entry.read_bytes().split(b"\0"):
                    found.append(pid)
        return found


def _bounded(command: Sequence[str]) -> list[str]:
    """The command with a bound on the files that it writes, where a shell can set one before it starts. Raises OSError
    for a program that is not there."""
    shell = "/bin/sh"
    if not os.path.exists(shell):
        return list(command)
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(errno.ENOENT, "no such program")
    return [shell, "-c", f'ulimit -f {LARGEST_FILE // 512}; exec "$@"', shell, *command]
