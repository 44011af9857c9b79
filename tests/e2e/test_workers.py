"""Several processes as one mock: what one is told, all know; what one leaves when it dies, another does."""

import contextlib
import itertools
import os
import random
import re
import signal
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import trustme
from tests.e2e.conftest import SERVE
from tests.redis_server import RedisServer, own_redis

KEY = {"x-key": "Key sk-screentest", "x-async": "enable"}
LIMIT = 600.0
"""Seconds that anything may take on a machine that does much else."""

FEW, MANY = 2, 20
"""Moments at which a worker is killed."""


class Served:
    """A mock that runs as a process of its own, and its workers."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process, self.url = process, url
        self.http = httpx.Client(base_url=url, headers=KEY, timeout=LIMIT, trust_env=False)

    def create(self, **body: Any) -> str:
        answer = self.http.post("/jobs", json={"model": "clip-1", **body})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["job"]["id"])

    def state(self, task: str) -> str:
        answer = self.http.get(f"/jobs/{task}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["state"])

    def control(self, path: str, **body: Any) -> Any:
        answer = self.http.request("POST" if body else "GET", f"/_screentest{path}", json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def workers(self) -> list[int]:
        """The processes that serve. For Linux."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
        return [int(pid) for pid in children if b"spawn_main" in _command(pid)]


def _command(pid: str) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


Start = Callable[..., Served]


class Hooks(ThreadingHTTPServer):
    """Takes callbacks over TLS, many at once; `got` counts those to each path, `ca` is what it is to be trusted by."""

    request_queue_size = 1000

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.got: Counter[str] = Counter()
        self.base, self.ca = f"https://127.0.0.1:{self.server_address[1]}", str(folder / "ca.pem")
        authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.cert_pem.write_to_path(self.ca)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        # each connection's thread shakes hands, so that none waits for another
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_: Any) -> None:
        """Who calls may have been killed."""


class _Hook(BaseHTTPRequestHandler):
    server: Hooks

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.got[self.path] += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hooks(tmp_path: Path) -> Iterator[Hooks]:
    with Hooks(tmp_path) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def start(small_text: str, tmp_path: Path) -> Iterator[Start]:
    """Serves the small document with more options; everything has ended by Ctrl-C at the end, without a traceback."""
    document = tmp_path / "acme.yaml"
    document.write_text(small_text.replace("{task: 7200,", "{task: 7200000,"), "utf-8")  # it may take long
    started: list[Served] = []
    with contextlib.ExitStack() as stack:

        def begin(*options: str) -> Served:
            log = stack.enter_context((tmp_path / f"{len(started)}.log").open("w+", encoding="utf-8"))
            process = stack.enter_context(
                subprocess.Popen(
                    [*SERVE, str(document), "--port", "0", "--quiet", *options],
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    start_new_session=True,
                )
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            found = re.search(r"http://\S+:\d+", process.stdout.readline())
            assert found is not None, (log.seek(0), log.read())
            started.append(Served(process, found[0]))
            return started[-1]

        yield begin
        for number, served in enumerate(started):
            served.http.close()
            if served.process.poll() is not None:  # a test has killed it
                continue
            served.process.send_signal(signal.SIGINT)
            assert served.process.wait(LIMIT) == 0
            assert (tmp_path / f"{number}.log").read_text("utf-8") == "stopped\n"


def until(holds: Callable[[], Any]) -> Any:
    """What `holds` gives as soon as it is true."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if found := holds():
                return found
        time.sleep(0.02)
    raise AssertionError("it does not come to that")


@pytest.mark.parametrize("kind", ["redis", "sqlite"])
def test_two_processes_are_one_mock(kind: str, start: Start, redis_server: RedisServer, tmp_path: Path) -> None:
    store = redis_server.url(9) if kind == "redis" else f"sqlite:{tmp_path / 'mock.db'}"
    if kind == "redis":
        with redis.Redis.from_url(store) as client:
            client.flushdb()
    one, two = (start("--store", store, "--clock", "manual") for _ in range(2))
    task = one.create()
    assert two.state(task) == "WAIT"
    now = two.control("/clock/advance", seconds=100)["now"]
    assert one.control("/clock")["now"] == now
    assert [each.state(task) for each in (one, two)] == ["DONE", "DONE"]
    one.control("/scenario", name="failure", count=10)
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(each.create) for each in itertools.islice(itertools.cycle((one, two)), 24)]
        tasks = [future.result() for future in made]
    two.control("/clock/advance", seconds=100)
    assert Counter(one.state(each) for each in tasks) == {"BAD": 10, "DONE": 14}
    two.control("/deviation", name="never-ends")
    assert one.http.get("/_screentest/scenario").json() == two.http.get("/_screentest/scenario").json()
    assert [each.state(one.create()) for each in (one, two)] == ["WAIT", "WAIT"]
    one.control("/clock/advance", seconds=100_000)
    for path in ("/tasks", "/journal", "/callbacks", "/clock", "/scenario", "/health"):
        assert one.control(path) == two.control(path), path
    entries = one.control("/journal?after=0")["entries"]
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    assert one.http.post("/_screentest/reset").status_code == 200
    assert two.http.get(f"/jobs/{task}").status_code == 404
    assert (two.control("/tasks")["count"], two.control("/journal")["count"]) == (0, 1)


def test_tasks_outlive_the_mock(start: Start, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'mock.db'}"
    first = start("--store", store, "--clock", "manual", "--scenario", "failure")
    task = first.create()
    first.process.kill()
    first.process.wait()
    again = start("--store", store, "--clock", "manual")
    again.control("/clock/advance", seconds=100)
    assert again.state(task) == "BAD"
    again.control("/clock/advance", seconds=100)
    assert again.state(again.create()) == "WAIT"
    third = start("--store", store, "--scenario", "immediate", "--clock", "manual")
    assert third.state(third.create()) == "DONE", "what is asked for at the start holds"


def test_a_lost_redis_is_told_and_found_again(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    with own_redis(folder) as server:
        mock = start("--store", server.url(), "--workers", "2", "--clock", "manual")
        task = mock.create()
        server.stop()
        for path in (f"/jobs/{task}", "/_screentest/health", "/_screentest/tasks"):
            answer = mock.http.get(path)
            assert (answer.status_code, answer.headers["x-screentest"]) == (503, "store-lost")
            assert answer.json()["error"].startswith("the mock cannot reach its store: Redis cannot be reached")
        assert mock.http.post("/jobs", json={"model": "clip-1"}).status_code == 503
        server.start()
        assert until(lambda: mock.http.get("/_screentest/health").status_code == 200)
        assert mock.state(task) == "WAIT", "what Redis has kept is there again"
        assert mock.state(mock.create()) == "WAIT"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the workers are found by /proc")
@pytest.mark.parametrize("kills", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_workers_that_die_lose_nothing(kills: int, start: Start, redis_server: RedisServer, hooks: Hooks) -> None:
    """kill -9 at random moments under load: no task is lost, each calls back, and none more often than documented."""
    database = redis.Redis.from_url(redis_server.url(10))
    database.flushdb()
    callbacks = ("--allow-loopback-callbacks", "--callback-ca", hooks.ca)
    mock = start("--store", redis_server.url(10), "--workers", "2", "--speed", "200", *callbacks)
    until(lambda: mock.http.get("/_screentest/health").status_code == 200)
    mock.control("/scenario", name="failure", count=10)
    chance, numbers = random.Random(kills), itertools.count()
    acknowledged: dict[str, str] = {}

    def create() -> None:
        path = f"/{next(numbers)}"
        with contextlib.suppress(httpx.TransportError):  # its worker was killed: nobody knows whether there is a task
            acknowledged[path] = mock.create(callback_url=hooks.base + path)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(kills):
            before = until(lambda: len(found := mock.workers()) == 2 and found)
            batch = [pool.submit(create) for _ in range(30)]
            for _ in itertools.islice(as_completed(batch), chance.randint(1, 25)):
                pass
            os.kill(chance.choice(before), signal.SIGKILL)
            for future in batch:
                future.result()
            until(lambda before=before: len(found := mock.workers()) == 2 and found != before)
    waiting = "screentest:{acme}:due", "screentest:{acme}:leases"
    until(lambda: not any(database.zcard(name) for name in waiting))
    database.close()
    assert len(set(acknowledged.values())) == len(acknowledged) >= 20 * kills
    made = mock.control("/callbacks")["deliveries"]
    assert {each["task"] for each in made} >= set(acknowledged.values()), "each task has called back"
    given_up = {each["task"] for each in made if (each["attempt"], each["status"]) == (4, 0)}  # on a machine too slow
    assert {task for path, task in acknowledged.items() if not hooks.got[path]} <= given_up
    assert max(hooks.got.values()) <= 1 + len((1, 2, 4)), "the attempts that the document has"
    ends = Counter(mock.state(task) for task in acknowledged.values())
    assert set(ends) == {"DONE", "BAD"}
    assert 1 <= ends["BAD"] <= 10
