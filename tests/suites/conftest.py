"""Servers that misbehave on purpose, and the traces of a task that went well."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.requirements import Requirement, requirements
from screentest_mockserver.behaviours.deviations.edit import put
from screentest_suites.checks.registry import TRACE_CHECKS, Violation
from screentest_suites.core.exchange import Exchange, Poll, Trace
from screentest_suites.judging.exploration import LifePlan, live
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks import pool
from screentest_suites.tasks.session import Session
from tests.suites.recorded import Recorded, record
from tests.suites.straight import Straight

RESET: Final = "reset"
"""A step of a script: the connection is torn down."""

Step = bytes | float | str
"""Bytes are sent, a number is waited for in seconds (at most until the test ends), RESET tears the connection down."""

Script = Callable[[bytes], Iterable[Step]]
"""What a server does after it has read a request (headers and body). At the end it closes the connection."""


class HostileServer:
    """Plays a script for every connection, on loopback. `requests`: what clients sent; `sent`: bytes that went out."""

    def __init__(self, script: Script, *, reads: bool = True, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.heard = threading.Event()
        self.sent = 0
        self._script, self._reads, self._tls = script, reads, tls
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._connections: list[socket.socket] = []
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._play(connection)
        with contextlib.suppress(OSError):
            connection.close()

    def _play(self, connection: socket.socket) -> None:
        request = _read_request(connection) if self._reads else b""
        self.requests.append(request)
        self.heard.set()
        for step in self._script(request):
            if self._over.is_set():
                return
            if isinstance(step, bytes):
                connection.sendall(step)
                self.sent += len(step)
            elif isinstance(step, str):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            else:
                self._over.wait(min(step, 3600))

    def close(self) -> None:
        """Ends every connection."""
        self._over.set()
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0 and (more := connection.recv(65536)):
        data += more
        missing -= len(more)
    return data


@pytest.fixture
def hostile() -> Iterator[Callable[..., HostileServer]]:
    """A factory of hostile servers: `hostile(script)`; `reads=False` acts before any request has come."""
    with contextlib.ExitStack() as stack:

        def start(script: Script, **options: bool | ssl.SSLContext | None) -> HostileServer:
            server = HostileServer(script, **options)  # type: ignore[arg-type]
            stack.callback(server.close)
            return server

        yield start


# -- traces -------------------------------------------------------------------------------------------------------

PROVIDERS = [*built_in(), *sorted(map(str, (Path(__file__).parent.parent / "documents").glob("*.yaml")))]

Breaker = Callable[[Contract, Requirement, Trace], Iterable[Trace]]
"""Makes, from a good trace, traces that each break a requirement."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`any_provider`: each built-in provider, and the documents of other families of APIs."""
    if "any_provider" in metafunc.fixturenames:
        metafunc.parametrize("any_provider", PROVIDERS, ids=[Path(name).stem for name in PROVIDERS])


@cache
def lives(provider: str) -> tuple[Contract, list[Trace]]:
    """Tasks of every profile that went as documented: a success and a failure, plain and varied, polled closely."""
    contract = load_contract(provider)
    session = Session(contract, EmbeddedTarget(contract))
    models = {model.profile: model for model in reversed(contract.models.values())}.values()
    gaps = ((0.0, 0), *[(contract.polling.typical[1] / 24, 0)] * 22)
    plans = [
        LifePlan(each.name, varied, end, gaps)
        for each in models
        for end in ("success", "failure")
        for varied in (False, True)
    ]
    return contract, [trace for plan in plans if (trace := live(session, plan)) is not None]


def proves(violation: Violation, trace: Trace) -> bool:
    """Whether a violation says what was seen, and shows exchanges of this very trace."""
    exchanges = [id(each) for each in trace.exchanges]
    return bool(violation.seen) and all(id(each) in exchanges for each in violation.exchanges)


class Traces:
    """Good traces, and what trace checks say of them and of broken ones."""

    put = staticmethod(put)

    @staticmethod
    def good(provider: str) -> tuple[Contract, list[Trace]]:
        return lives(provider)

    @staticmethod
    def holding(exchange: Exchange, body: Any) -> Exchange:
        """The exchange with another JSON body."""
        return replace(exchange, body=orjson.dumps(body))

    @classmethod
    def created(cls, trace: Trace, pointer: str, value: Any) -> Trace:
        """The trace with `value` at a pointer of its receipt."""
        return replace(trace, created=cls.holding(trace.created, put(trace.created.json, pointer, value)))

    @classmethod
    def polled(cls, trace: Trace, index: int, pointer: str, value: Any) -> Trace:
        """The trace with `value` at a pointer of one poll."""
        poll = trace.polls[index]
        exchange = cls.holding(poll.exchange, put(poll.exchange.json, pointer, value))
        return cls.with_poll(trace, index, replace(poll, exchange=exchange))

    @staticmethod
    def with_poll(trace: Trace, index: int, poll: Poll) -> Trace:
        return replace(trace, polls=[*trace.polls[:index], poll, *trace.polls[index + 1 :]])

    @staticmethod
    def unnoticed(provider: str, suite: str, kind: str, breaker: Breaker) -> list[str]:
        """Requirements of this kind that blame a good trace, or do not see any of the broken ones."""
        contract, good = lives(provider)
        wrong = []
        for requirement in requirements(contract):
            if (requirement.suite, requirement.kind) != (suite, kind):
                continue
            judge = TRACE_CHECKS[kind]
            said = [judge(contract, requirement, trace) for trace in good]
            blamed = [each.seen for each in said if isinstance(each, Violation)]
            seen = [trace for trace, each in zip(good, said, strict=True) if each]
            broken = [made for trace in seen for made in breaker(contract, requirement, trace)]
            told = [(made, judge(contract, requirement, made)) for made in broken]
            missed = [made for made, each in told if not isinstance(each, Violation)]
            vague = [each for made, each in told if isinstance(each, Violation) and not proves(each, made)]
            if blamed:
                wrong.append(f"{requirement.id} blames a good trace: {blamed[0]}")
            elif vague:
                wrong.append(f"{requirement.id} has no evidence from the trace: {vague[0]}")
            elif missed or (seen and not broken):
                wrong.append(f"{requirement.id} does not see {len(missed)} of {len(broken)} broken traces")
        return wrong

    @staticmethod
    def heard(suite: str) -> set[str]:
        """The kinds of which some good trace says something: where none does, nothing can be noticed either."""
        found = set()
        for provider in PROVIDERS:
            contract, good = lives(provider)
            for each in requirements(contract):
                if each.suite == suite and each.kind in TRACE_CHECKS:
                    judge = TRACE_CHECKS[each.kind]
                    found |= {each.kind for trace in good if judge(contract, each, trace)}
        return found

    @staticmethod
    def kinds(suite: str) -> set[str]:
        """The kinds of trace requirements that a suite has, over all providers."""
        every = (each for provider in PROVIDERS for each in requirements(load_contract(provider)))
        return {each.kind for each in every if each.suite == suite and each.kind in TRACE_CHECKS}


@pytest.fixture(scope="session")
def traces() -> type[Traces]:
    return Traces


# -- recordings ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory, small_text: str) -> str:
    path = tmp_path_factory.mktemp("document") / "acme.yaml"
    # At the pace of these mocks an address would live for seconds; how lateness is judged has tests of its own.
    path.write_text(small_text.replace("life: 3600", "life: 100000000").replace("task: 7200", "task: 100000000"))
    return str(path)


@pytest.fixture(scope="session")
def run(small_file: str, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """One recorded run of the small provider. Copy it before changing it."""
    made = record(small_file, tmp_path_factory.mktemp("run") / "recording")
    assert made.result.exit_code == 0, made.result.output
    return made


@pytest.fixture
def copied(run: Recorded, tmp_path: Path) -> Path:
    """The folder of the run, to be changed."""
    import shutil

    return Path(shutil.copytree(run.directory, tmp_path / "copy"))


@pytest.fixture
def events(copied: Path) -> Callable[..., None]:
    """Changes the events of the copied tape: `events(function)`, which may give None to drop one."""

    def change(function: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        path = copied / "acme" / "exchanges.jsonl"
        changed = [function(json.loads(line)) for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(each) + "\n" for each in changed if each is not None))

    return change


# -- prices -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def priced(small_tree: Any, load_tree: Any) -> Callable[..., Contract]:
    """Makes the small document's contract with prices: half a dollar a second, or those given."""

    def make(*prices: dict[str, Any], change: Callable[[Any], None] = lambda tree: None) -> Contract:
        tree = small_tree()
        default = {"models": ["*"], "per": "second", "amount": 0.5, "currency": "USD"}
        tree["x-task"]["prices"] = list(prices) or [default]
        change(tree)
        contract: Contract = load_tree(tree)
        return contract

    return make


@pytest.fixture
def straight(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that several threads would move, what one of them waits for another would miss."""
    monkeypatch.setattr(pool, "ThreadPoolExecutor", Straight)
