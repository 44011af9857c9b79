"""Runs the mock server over HTTP."""

import contextlib
import re
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from errno import EADDRNOTAVAIL
from typing import Any, TextIO

import uvicorn

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_mockserver.dispatch.callbacks import Deliver
from screentest_mockserver.server.app import Log, MockServer
from screentest_mockserver.server.tls import Tls, issue, secured
from screentest_mockserver.state.store import Store
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.clock import Clock
from screentest_mockserver.wire.journal import Entry

Application = Callable[[Any, Any, Any], Awaitable[None]]
"""The mock, or what is wrapped around it."""

LIMIT = 60.0
"""Seconds that a server in a thread may take to start, and to stop: it takes a hundredth of that, on a machine at rest.
A thread that still runs when the interpreter ends can crash it."""


_LABEL = r"[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?"
_CERTIFIABLE = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|[0-9a-f:]+:[0-9a-f:.]*", re.IGNORECASE)
"""Names and addresses that a certificate takes: machines have others (`my_host`), too."""


class RequestLog:
    """One line per request, written by a thread of its own: whoever reads our output slowly, or not at all, must not
    hold up the server. What cannot be written in time is dropped, newest lines kept."""

    LIMIT = 10_000

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self._lines: deque[Entry] = deque(maxlen=self.LIMIT)
        self._some = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def __call__(self, entry: Entry) -> None:
        self._lines.append(entry)
        if not self._some.is_set():
            self._some.set()

    def _write(self) -> None:
        while True:
            self._some.wait()
            time.sleep(0.02)  # let a batch come together: a line costs less than a system call would
            self._some.clear()
            self._flush()

    def _flush(self) -> None:
        batch = [self._lines.popleft() for _ in range(len(self._lines))]
        with contextlib.suppress(OSError, ValueError):  # a closed pipe must not stop the server
            self.stream.write("".join([_line(entry) for entry in batch]))
            self.stream.flush()

    def close(self) -> None:
        """Gives the last lines a moment to get out."""
        deadline = time.monotonic() + 0.5
        while self._lines and time.monotonic() < deadline:
            time.sleep(0.01)


def _line(entry: Entry) -> str:
    path = entry.path[:200]
    if not path.isprintable():
        path = "".join(char if char.isprintable() else "?" for char in path)
    clock = time.strftime("%H:%M:%S", time.gmtime(entry.at))
    return f"{clock} {entry.provider:10} {entry.method:6} {path} {entry.status or 'dropped'}\n"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError with a hint when the address cannot be had."""
    if not host.strip():
        raise UsageError("the host to listen on is empty", "127.0.0.1 is this machine only, 0.0.0.0 everybody")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError, TypeError, UnicodeError) as error:  # a name that no encoding takes is a type
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        nameless = isinstance(error, socket.gaierror | TypeError | UnicodeError)
        nowhere = nameless or getattr(error, "errno", 0) == EADDRNOTAVAIL
        hint = f"is another server running there? try --port {port + 1 if port < 65535 else port - 1}"
        if nowhere or not port:
            hint = "check --host: it is to be an address of this machine"
        raise UsageError(f"cannot listen on {host}:{port}: {reason}", hint) from None
    listener.set_inheritable(True)
    return listener


def second_listener() -> tuple[socket.socket, str]:
    """A listening socket at another host name of this machine, and `host:port` of it: 127.0.0.2 where the system has
    it, else `localhost`."""
    for host, name in (("127.0.0.2", "127.0.0.2"), ("127.0.0.1", "localhost")):
        with contextlib.suppress(UsageError):
            listener = bind(host, 0)
            return listener, f"{name}:{listener.getsockname()[1]}"
    raise UsageError("this machine has no second address to listen on", "")


def certify(contracts: Iterable[Contract], host: str) -> Tls:
    """A certificate for a mock that listens on `host`: for this machine under each of its usual names, and for the
    vendors' own host names, by which the mock answers, too."""
    names = (socket.gethostname(), host, *(name for contract in contracts for name in contract.hosts))
    return issue(["localhost", "127.0.0.1", "127.0.0.2", "::1", *filter(_CERTIFIABLE.fullmatch, names)])


def shown_address(listener: socket.socket, host: str, tls: Tls | None = None) -> str:
    """The address of what listens there, as a client writes it."""
    shown = f"[{host}]" if ":" in host else host
    return f"{'http' if tls is None else 'https'}://{shown}:{listener.getsockname()[1]}"


def configure(app: Application, *, host: str = "127.0.0.1", port: int = 8000, tls: Tls | None = None) -> uvicorn.Config:
    """How uvicorn serves the mock: no log of its own, and the Date header left to the mock's clock. Address and port
    are for a server that is given no socket."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    return config if tls is None else secured(config, tls.context)


@contextlib.contextmanager
def running(
    contracts: Sequence[Contract],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Clock | None = None,
    store: Store | None = None,
    control_token: str | None = None,
    deliver: Deliver | None = None,
    log: Log | None = None,
    api_key: str = GOOD_KEY,
    scenario_name: str = "success",
    seed: int | None = None,
    allow_loopback_callbacks: bool = False,
    tls: Tls | None = None,
    second_origin: bool = False,
    plain_callbacks: bool = False,
) -> Iterator[tuple[MockServer, str]]:
    """A server in a thread of this process: gives the application and its URL, stops at the end. Port 0 is any free
    one, `tls` serves HTTPS; with `second_origin` it also listens at another address, for results that are elsewhere;
    the rest is as for `MockServer`."""
    second = second_listener() if second_origin else None
    app = MockServer(
        contracts,
        clock=clock,
        store=store,
        control_token=control_token,
        deliver=deliver,
        log=log,
        api_key=api_key,
        scenario_name=scenario_name,
        seed=seed,
        allow_loopback_callbacks=allow_loopback_callbacks,
        second_origin=f"{'http' if tls is None else 'https'}://{second[1]}" if second else "",
        plain_callbacks=plain_callbacks,
    )
    listener = bind(host, port)
    sockets = [listener, second[0]] if second else [listener]
    server = uvicorn.Server(configure(app, tls=tls))
    thread = threading.Thread(target=server.run, kwargs={"sockets": sockets}, daemon=True)
    thread.start()
    deadline = time.monotonic() + LIMIT
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    try:
        yield app, shown_address(listener, host, tls)
    finally:
        server.should_exit = True
        thread.join(LIMIT)
        for each in sockets:
            each.close()
