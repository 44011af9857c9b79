"""`screentest` as a program: it serves, and meets ports in use, full disks and readers who leave."""

import os
import shlex
import signal
import socket
import subprocess

import httpx
import pytest

from tests.suites.cli.programs import SCREENTEST, environment, serving


def test_serve_says_where_and_ends_without_a_fuss(small_file: str) -> None:
    with serving(small_file, "--clock", "manual") as (server, url):
        assert httpx.get(f"{url}/_screentest/health").json() == {"status": "ok", "providers": ["acme"]}
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=6000)
    assert server.returncode == 0
    assert "Traceback" not in errors
    assert errors.strip() == "stopped"


def test_a_port_in_use_is_a_mistake_with_a_way_out(small_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*SCREENTEST, "serve", small_file, "--port", str(port)],
            capture_output=True,
            text=True,
            env=environment(),
            timeout=600,
        )
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert f"try --port {port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("stdout", "said", "arguments"),
    [
        (">&-", "standard output is closed", "check {} --examples 1"),
        (">&-", "standard output is closed", "lint {}"),
        (">/dev/full", "cannot print: No space left on device", "requirements {} --format json"),
        (">/dev/full", "cannot print: No space left on device", "check {} --examples 1 -v"),
        (">/dev/full", "cannot print: No space left on device", "compare {} evolink"),
        (">/dev/full", "cannot print: No space left on device", "--help"),
    ],
)
def test_an_output_that_takes_nothing_is_no_verdict(arguments: str, stdout: str, said: str, small_file: str) -> None:
    line = f"{' '.join(map(shlex.quote, SCREENTEST))} {arguments.format(small_file)} {stdout}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(), timeout=600)
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: {said}\nhint: ")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [("requirements", 0), ("--help", 0), ("check {} -v --examples 1", 3), ("lint {} --format json", 3)],
)
def test_a_reader_who_leaves_is_no_verdict(arguments: str, status: int, small_file: str) -> None:
    """Nobody reads at all: the pipe is closed before anything is printed."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:
        command = [*SCREENTEST, *arguments.format(small_file).split()]
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, env=environment(), timeout=600)
    assert (done.returncode, done.stderr) == (status, "")


def test_a_closed_pipe_is_no_failure(small_file: str) -> None:
    """`screentest requirements | head -1`."""
    line = f"{' '.join(map(shlex.quote, SCREENTEST))} requirements {small_file} --format json | head -c 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment())
    assert done.stdout == "["
    assert "Traceback" not in done.stderr
