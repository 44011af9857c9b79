"""A mock in another process, whose clock moves when the library sleeps."""

import contextlib
import io
import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import av
import httpx

from screentest_mockserver.wire.accounts import GOOD_KEY

SERVE = [sys.executable, "-c", "from screentest_suites.cli import main; main()", "serve"]
Told = Callable[[str], None]
"""The fixture `told`."""

START = 60
"""Seconds that a mock may take to start: it takes one."""


class Asked(NamedTuple):
    """A request that the library has sent. `at` is on the mock's clock; status 0: no answer was sent."""

    at: float
    method: str
    path: str
    status: int
    body: str


class Served:
    """A served mock and its control plane."""

    key = GOOD_KEY

    def __init__(self, url: str, ca_file: str) -> None:
        self.url, self.ca_file = url, ca_file
        self.context = ssl.create_default_context(cafile=ca_file or None)
        self._http = httpx.Client(base_url=url, verify=self.context, trust_env=False)

    def control(self, path: str, **order: Any) -> Any:
        """An order to the control plane: a GET where it says nothing."""
        call = self._http.build_request("POST" if order else "GET", f"/_screentest{path}", json=order or None)
        answer = self._http.send(call)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def advance(self, seconds: float) -> None:
        self.control("/clock/advance", seconds=seconds)

    def schedule(self, scenario: str, count: int = 1) -> None:
        """The next tasks follow a scenario."""
        self.control("/scenario", name=scenario, count=count)

    def reset(self) -> None:
        self._http.post("/_screentest/reset")

    @property
    def journal(self) -> list[Asked]:
        """What the library has sent, oldest first."""
        rows = self.control("/journal")["entries"]
        return [Asked(*(row[name] for name in Asked._fields)) for row in rows]

    def asked(self, method: str) -> list[int]:
        """The statuses of what was asked by a method."""
        return [each.status for each in self.journal if each.method == method]

    @property
    def tasks(self) -> list[str]:
        """The ids of all tasks, oldest first."""
        return [row["id"] for row in self.control("/tasks")["tasks"]]

    def raw(self, path: str, **headers: str) -> Any:
        """What a GET with these headers is answered, as plain JSON."""
        answer = self._http.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content)

    def close(self) -> None:
        self._http.close()


def plays(data: bytes) -> float:
    """The seconds of a video, each frame of which has been decoded."""
    with av.open(io.BytesIO(data)) as video:
        frames = sum(1 for _ in video.decode(video=0))
        rate = video.streams.video[0].average_rate
        assert rate is not None
        return float(frames / rate)


@contextlib.contextmanager
def serving(document: str, *, tls: bool = False, options: tuple[str, ...] = ("--clock", "manual")) -> Iterator[Served]:
    """The mock of a document in a process of its own, on a free port."""
    command = [*SERVE, document, "--port", "0", "--quiet", *options, *(["--tls"] if tls else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            first = process.stdout.readline()
            found = re.search(r"https?://\S+:\d+", first)
            assert found is not None, first + process.stderr.read()
            ca_file = process.stdout.readline().strip().removeprefix("SSL_CERT_FILE=") if tls else ""
            with contextlib.closing(Served(found[0], ca_file)) as served:
                yield served
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=START)
