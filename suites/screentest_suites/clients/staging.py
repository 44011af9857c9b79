"""One situation for a command: a fresh mock, the command's environment, and what was seen in the end."""

import contextlib
import math
import os
import socket
import ssl
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from screentest_contracts.contract import Contract
from screentest_contracts.redact import Redactor
from screentest_mockserver.dispatch.callbacks import HttpDeliver
from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import running
from screentest_mockserver.server.tls import Tls, authority_file, issue
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.clients.command import RunningCommand
from screentest_suites.clients.seen import ClientRun, Ended
from screentest_suites.clients.situations import (
    SHORT,
    Wish,
    file_seen,
    longest_video,
    pace,
    seen,
    set_up,
)

MARK = "SCREENTEST_RUN"
"""The variable that tells the processes of one situation from all others."""


@dataclass(frozen=True)
class Trust:
    """A certificate for the mock, and the file of the authority that a client is to trust."""

    tls: Tls
    ca: str


@contextlib.contextmanager
def trust() -> Iterator[Trust]:
    """A certificate for this machine's addresses, made for the time of a block."""
    issued = issue(["127.0.0.1", "127.0.0.2", "localhost"])
    with authority_file(issued) as path:
        yield Trust(issued, path)


@dataclass(frozen=True)
class Stage:
    """A mock that runs in a situation, and the environment of a client."""

    app: MockServer
    mock: ProviderMock
    origin: str
    output: Path
    environment: Mapping[str, str]
    callback_url: str


@contextlib.contextmanager
def stage(
    contract: Contract, name: str, wish: Wish, folder: Path, tls: Trust | None = None, port: int = 0
) -> Iterator[Stage]:
    """A fresh mock in a situation, for the time of a block."""
    clock = RealClock(pace(contract, name, wish.speed))
    deliver = HttpDeliver(ssl.create_default_context(cafile=tls.ca) if tls is not None else True)
    with running(
        [contract],
        port=port,
        clock=clock,
        deliver=deliver,
        allow_loopback_callbacks=True,
        plain_callbacks=True,
        second_origin=True,
        tls=None if tls is None else tls.tls,
    ) as (app, url):
        mock = app.providers[contract.name]
        set_up(mock, name)
        output = folder / "video.mp4"
        callback_url = f"http://127.0.0.1:{_free_port()}/callback"
        environment = client_environment(contract, mock, name, wish, url, output, callback_url, tls)
        yield Stage(app, mock, url, output, environment, callback_url)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def client_environment(
    contract: Contract,
    mock: ProviderMock,
    name: str,
    wish: Wish,
    url: str,
    output: Path,
    callback_url: str,
    tls: Trust | None,
) -> dict[str, str]:
    """What a command under test is given: the contract with it is on the page docs/judge-your-client.md."""
    speed, base = pace(contract, name, wish.speed), url + contract.base_path
    key, host = mock.keys["good"], urlsplit(url).netloc
    values = {"base": base, "host": host, "key": key, "model": wish.model.wire, "prompt": wish.prompt}
    own = {variable: _filled(text, values) for variable, text in contract.environment.items()}
    local = "127.0.0.1,127.0.0.2,localhost"
    return {
        **os.environ,
        **own,
        contract.key_variable: key,
        "NO_PROXY": local,
        "no_proxy": local,
        "SCREENTEST_BASE_URL": base,
        "SCREENTEST_KEY": key,
        "SCREENTEST_MODEL": wish.model.wire,
        "SCREENTEST_PROMPT": wish.prompt,
        "SCREENTEST_OUTPUT": str(output),
        "SCREENTEST_SCENARIO": name,
        "SCREENTEST_SPEED": f"{speed:g}",
        "SCREENTEST_INTERVAL": f"{contract.polling.interval[0] / speed:.3f}",
        "SCREENTEST_TIMEOUT": str(math.ceil(contract.polling.longest_wait / speed)),
        "SCREENTEST_CALLBACK_URL": callback_url,
        **_verifier(contract, mock, base),
        **({"SSL_CERT_FILE": tls.ca, "NODE_EXTRA_CA_CERTS": tls.ca, "REQUESTS_CA_BUNDLE": tls.ca} if tls else {}),
        MARK: uuid.uuid4().hex,
    }


def _verifier(contract: Contract, mock: ProviderMock, base: str) -> dict[str, str]:
    """What verifies callbacks: the address of a key set, or a secret."""
    if mock.facts.keys_path:
        return {"SCREENTEST_CALLBACK_KEYS": base + mock.facts.keys_path}
    return {"SCREENTEST_CALLBACK_SECRET": mock.callback_secret} if mock.callback_secret else {}


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def run_situation(
    contract: Contract,
    name: str,
    wish: Wish,
    command: Sequence[str],
    time_limit: float,
    tls: Trust | None = None,
    stop: threading.Event | None = None,
) -> ClientRun:
    """Runs a command once, in one situation; `stop` ends it early. Raises UsageError where it cannot be run at all."""
    with (
        tempfile.TemporaryDirectory(prefix="screentest-client-", ignore_cleanup_errors=True) as folder,
        stage(contract, name, wish, Path(folder), tls) as staged,
    ):
        limit = min(time_limit, SHORT) if name == "silent-create" else time_limit
        started = time.monotonic()
        running_command = RunningCommand(command, staged.environment, MARK)
        status: int | None = None
        try:
            status = running_command.wait(limit, stop)
        finally:
            seconds, at = time.monotonic() - started, time.time()
            output = running_command.end()
        redactor = Redactor([*staged.mock.keys.values(), *filter(None, [staged.mock.callback_secret])])
        data, size = _read(staged.output, longest_video(staged.mock))
        file = file_seen(staged.mock, data, size)
        ended = Ended(status, seconds, redactor.text(output), file, at)
        return seen(
            contract, staged.app, name, ended, wish=wish, origin=staged.origin, callback_url=staged.callback_url
        )


def _read(path: Path, longest: int) -> tuple[bytes | None, int]:
    """What is at the output path, at most a byte more than the longest video, and the size of it."""
    try:
        if not path.is_file():
            return (b"", 0) if path.exists() else (None, 0)
        with path.open("rb") as file:
            return file.read(longest + 1), path.stat().st_size
    except OSError:
        return b"", 0
