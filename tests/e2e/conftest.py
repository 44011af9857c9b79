"""`screentest serve` as a process, curl as its client, and an HTTPS receiver of callbacks."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

SERVE = [sys.executable, "-c", "from screentest_suites.cli import main; main()", "serve"]


@dataclass
class Answer:
    """What curl got. `code` is curl's own exit status, 0 when all went well."""

    code: int
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Curl:
    """Runs the curl binary."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, url: str, *options: str, body: Any = None) -> Answer:
        head, content = self.folder / "head", self.folder / "body"
        for file in (head, content):
            file.write_bytes(b"")
        if body is not None:
            options = (*options, "-H", "content-type: application/json", "--data-raw", json.dumps(body))
        command = ["curl", "-sS", "--max-time", "600", "-D", str(head), "-o", str(content), *options, url]
        started = time.monotonic()
        code = subprocess.run(command, capture_output=True, check=False).returncode
        lines = head.read_text("latin-1").splitlines()
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        status = int(lines[0].split()[1]) if lines else 0
        return Answer(code, status, headers, content.read_bytes(), time.monotonic() - started)


@dataclass
class Receiver:
    """An HTTPS server for callbacks: `base` is its address, `ca` the CA it is to be trusted by, `got` (path, body)."""

    base: str
    ca: str
    got: list[tuple[str, bytes]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, path: str, seconds: float = 600) -> bytes:
        """The body of the callback to a path."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: path in dict(self.got), seconds), f"no callback to {path}"
            return dict(self.got)[path]


@pytest.fixture(scope="session")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    authority = trustme.CA()
    ca = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(204)
            self.end_headers()
            with made.arrived:
                made.got.append((self.path, body))
                made.arrived.notify_all()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Receiver(f"https://127.0.0.1:{server.server_address[1]}", str(ca))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def served(receiver: Receiver) -> Iterator[str]:
    """The URL of a server of all providers, 600 times as fast as they are."""
    options = ["--port", "0", "--speed", "600", "--allow-loopback-callbacks", "--callback-ca", receiver.ca]
    with subprocess.Popen(
        [*SERVE, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as server:
        assert server.stdout is not None
        match = re.search(r"http://\S+:\d+", server.stdout.readline())
        assert match
        drain = threading.Thread(target=server.stdout.read)  # a line per request
        drain.start()
        yield match[0]
        server.send_signal(signal.SIGINT)
        assert server.wait(600) == 0
        drain.join()


@pytest.fixture(scope="session")
def curl(tmp_path_factory: pytest.TempPathFactory) -> Curl:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    return Curl(tmp_path_factory.mktemp("curl"))


@pytest.fixture
def control(served: str, curl: Curl) -> Iterator[Callable[..., Any]]:
    """Calls the control plane: `control("/tasks")`, `control("/scenario", name="failure")`; starts and ends reset."""

    def call(path: str, **body: Any) -> Any:
        answer = curl(f"{served}/_screentest{path}", body=body or None)
        assert answer.status == 200, answer.body
        return answer.json

    curl(f"{served}/_screentest/reset", "-X", "POST")
    yield call
    curl(f"{served}/_screentest/reset", "-X", "POST")
