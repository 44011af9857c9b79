"""Several processes that serve one address. uvicorn has a supervisor, too, but none that takes our own application."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from socket import socket
from typing import Any

Work = Callable[[Any, Sequence[socket]], None]
"""Serves with some options on some sockets until it is told to stop by SIGINT or SIGTERM. A function of a module."""

LOOK = 0.2
"""Seconds between looks at the signals that have come."""

PATIENCE = 5.0
"""Seconds that workers have to end, before they are killed."""

REST = 1.0
"""Seconds at least between two starts of a worker."""


class WorkerFailedError(Exception):
    """A worker has failed: with the same options the next one would do so, too."""


def run_workers(count: int, work: Work, options: Any, sockets: Sequence[socket]) -> None:
    """Runs so many processes until this one is interrupted, and all of them are gone. One that was killed, or
    told to end, is started again. Raises WorkerFailedError where one has failed."""
    with _stopping() as stopped:
        workers = [_start(work, options, sockets) for _ in range(count)]
        started = [time.monotonic()] * count
        try:
            while not stopped.is_set():
                wait([worker.sentinel for worker in workers], LOOK)
                for place, worker in enumerate(workers):
                    status = worker.exitcode
                    if status is None or stopped.is_set():
                        continue
                    if status > 0:
                        raise WorkerFailedError(f"a worker has ended with status {status}")
                    stopped.wait(max(started[place] + REST - time.monotonic(), 0.0))
                    workers[place], started[place] = _start(work, options, sockets), time.monotonic()
        finally:
            _end(workers)


def _start(work: Work, options: Any, sockets: Sequence[socket]) -> SpawnProcess:
    # a fresh interpreter: a copy of this one would have its threads' locks, but not its threads
    worker = multiprocessing.get_context("spawn").Process(target=_run, args=(work, options, sockets), daemon=True)
    worker.start()
    return worker


def _run(work: Work, options: Any, sockets: Sequence[socket]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was begun is ended in order
    with suppress(KeyboardInterrupt):  # Ctrl-C reaches every process of a terminal
        work(options, sockets)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _end(workers: Sequence[SpawnProcess]) -> None:
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(max(deadline - time.monotonic(), 0.0))
        if worker.exitcode is None:
            worker.kill()
            worker.join()
        worker.close()


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set."""
    stopped = threading.Event()
    before = {each: signal.signal(each, lambda *_: stopped.set()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
