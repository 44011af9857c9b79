"""The served mock as a user meets it: every request example of the vendors, sent with curl, followed to the end."""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import pytest
import yaml

from screentest_contracts import Role, built_in, load_contract
from screentest_contracts.reading import link_of, status_of, task_id
from screentest_suites.callback_port import CallbackReceiver
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.exchange import Exchange, Sent

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

VECTORS = Path(__file__).parents[1] / "vectors"
REQUESTS = [
    (path.parent.name, path)
    for path in sorted(VECTORS.glob("*/*.yaml"))
    if yaml.safe_load(path.read_text())["side"] == "request"
]
BEARER = "Bearer sk-screentest"


class Served:
    """A served mock of all providers, its callback receiver, and curl."""

    def __init__(self, url: str, receiver: CallbackReceiver) -> None:
        self.url = url
        self.receiver = receiver

    def curl(self, url: str, *options: str, body: Any = None, key: str | None = BEARER) -> Exchange:
        command = ["curl", "-s", "-S", "-i", "--max-time", "10", *options]
        if key is not None:
            command += ["-H", f"authorization: {key}"]
        if body is not None:
            command += ["-H", "content-type: application/json", "--data-binary", json.dumps(body)]
        sent = time.time()
        done = subprocess.run([*command, url], capture_output=True, check=False)
        if done.returncode:
            return Exchange(Sent("", url), 0, (), b"", sent, time.time(), done.stderr.decode())
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        return Exchange(Sent("", url), int(first.split()[1]), headers, content, sent, time.time(), "", len(content))

    def control(self, path: str, body: Any = None) -> Any:
        return self.curl(f"{self.url}/_screentest/{path}", body=body, key=None).json


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    receiver = CallbackReceiver("127.0.0.1:0")
    assert receiver.ca_file is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from screentest_suites.cli import main; main()", "serve", "--port", str(port)]
    command += ["--speed", "600", "--allow-loopback-callbacks", "--callback-ca", receiver.ca_file]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            break
        except OSError:
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
    yield Served(url, receiver)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    reader.join(5)
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.stdout.close()
    receiver.close()
    text = "".join(lines)
    assert all(f"{url}/{name}" in text for name in built_in()), "the banner names each provider's base URL"
    assert "try: curl" in text
    assert "POST" in text, "one line per request"


@pytest.mark.parametrize(("provider", "path"), REQUESTS, ids=[f"{name}-{path.stem}" for name, path in REQUESTS])
def test_a_vendors_example_lives_to_its_end(served: Served, provider: str, path: Path) -> None:
    contract = load_contract(provider)
    base = f"{served.url}/{provider}"
    body = yaml.safe_load(path.read_text())["body"]
    operation, query = contract.roles[Role.CREATE][0], contract.roles[Role.QUERY][0]
    address = None
    if contract.callback is not None:
        address = served.receiver.mailbox.address()
        body = {**body, contract.callback.url.pointers[0].strip("/"): address}
    created = served.curl(base + operation.path, body=body)
    assert schema_violation(operation, created) is None
    identity = task_id(contract, created.json)
    assert identity is not None, created.body
    seen = []
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        polled = served.curl(base + query.path.replace("{" + contract.id.parameter + "}", identity))
        assert schema_violation(query, polled) is None
        status = status_of(contract, polled.json)
        assert status is not None, polled.body
        seen.append(status.name)
        if status.status_class.terminal:
            break
    assert status.status_class == "succeeded", seen
    _assert_video_plays(served, base, contract, polled, body)
    if address is not None:
        while not served.receiver.mailbox.received(address) and time.monotonic() < deadline:
            time.sleep(0.02)
        (received,) = served.receiver.mailbox.received(address)
        assert json.loads(received.body) == polled.json


def _assert_video_plays(served: Served, base: str, contract: Any, polled: Exchange, body: Any) -> None:
    link = link_of(contract, polled.json)
    assert link is not None
    url = base + link if link.startswith("/") else link
    assert urlsplit(url).netloc == urlsplit(served.url).netloc
    key = None if contract.link.auth == "none" else BEARER
    whole = served.curl(url, key=key)
    assert (whole.status, whole.media_type) == (200, contract.link.media_type)
    with av.open(io.BytesIO(whole.body)) as video:
        frames = sum(1 for _ in video.decode(video=0))
        seconds = float(video.duration or 0) / 1e6
    model = contract.models[contract.model_at.find(body)]
    wanted = model.request.duration.find(body) if model.request.duration else None
    wanted = wanted if isinstance(wanted, int) else model.defaults["duration"]
    assert frames == wanted * 24
    assert seconds == pytest.approx(wanted, abs=0.05)
    part = served.curl(url, "-r", "4-7", key=key)
    assert (part.status, part.body) == (206, b"ftyp")
    assert served.curl(url, "-r", "-3", key=key).body == whole.body[-3:]
    assert served.curl(url, "-H", "range: bytes=99999999-", key=key).status == 416


def test_a_lost_answer_leaves_a_task_behind(served: Served) -> None:
    contract = load_contract("evolink")
    model = next(iter(contract.models.values()))
    before = served.control("tasks")["count"]
    served.control("scenario", {"name": "lost-answer", "provider": "evolink"})
    lost = served.curl(f"{served.url}/evolink/v1/videos/generations", body=model.base)
    assert lost.error, "the connection was dropped"
    assert served.control("tasks")["count"] == before + 1
    assert served.control("journal?limit=5")["entries"][-1]["status"] == 0


def test_rate_limited_polls_say_when_to_come_back(served: Served) -> None:
    contract = load_contract("evolink")
    model = next(iter(contract.models.values()))
    served.control("scenario", {"name": "rate-limited:1", "provider": "evolink"})
    created = served.curl(f"{served.url}/evolink/v1/videos/generations", body=model.base)
    url = f"{served.url}/evolink/v1/tasks/{task_id(contract, created.json)}"
    limited = served.curl(url)
    assert limited.status == 429
    assert (limited.header("retry-after") or "").isdecimal()
    assert served.curl(url).status == 200
