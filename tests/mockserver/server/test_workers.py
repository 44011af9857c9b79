"""The supervisor of several processes."""

import os
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from screentest_mockserver.server.workers import WorkerFailedError, run_workers


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    """A worker imports this module, too."""
    monkeypatch.syspath_prepend(pytestconfig.rootpath)


def noted(folder: Path, sockets: Sequence[socket.socket]) -> None:
    """Notes that it runs; the first process is killed, the second stops all, and the third only waits."""
    number = len(list(folder.iterdir()))
    (folder / str(number)).touch()
    if number == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 1:
        os.kill(os.getppid(), signal.SIGINT)
    signal.pause()


def failed(folder: Path, sockets: Sequence[socket.socket]) -> None:
    raise SystemExit(3)


def test_who_is_killed_is_replaced_and_all_end_together(tmp_path: Path) -> None:
    run_workers(1, noted, tmp_path, [])
    assert len(list(tmp_path.iterdir())) == 2


def test_who_fails_ends_all(tmp_path: Path) -> None:
    with pytest.raises(WorkerFailedError, match="status 3"):
        run_workers(1, failed, tmp_path, [])
