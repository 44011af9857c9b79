"""Clients that mean harm, or know no better: a run ends all the same, in time, and nothing of theirs is left."""

import os
import resource
import signal
import time
from pathlib import Path

from tests.suites.clients.test_command import GOOD, alive, python, run, started

from screentest_suites.clients.seen import FILES, ClientRun

LIMIT = 1.5
"""Seconds that a client may run which never ends by itself."""

SOCKETS = """
import os, socket, time
from urllib.parse import urlsplit
at = urlsplit(os.environ["SCREENTEST_BASE_URL"])
def connect():
    return socket.create_connection((at.hostname, at.port), 20)
"""
FOLLOWED = (
    GOOD
    + """
task = json.loads(call("POST", base + "/v1/tasks", wish))["id"]
body = {}
while body.get("status") != "succeeded":
    time.sleep(0.05)
    body = json.loads(call("GET", base + "/v1/tasks/" + task))
"""
)


def said(seen: ClientRun) -> list[str]:
    return [str(entry.said) for entry in seen.entries]


def stopped(seen: ClientRun) -> bool:
    return seen.ended is not None and seen.ended.status is None


SENDING = """
connection = connect()
key = os.environ["SCREENTEST_KEY"]
head = f"POST /v1/tasks HTTP/1.1\\r\\nhost: x\\r\\nauthorization: Bearer {key}\\r\\n"
head += "content-type: application/json\\r\\n"
"""


def test_a_huge_body_takes_no_memory() -> None:
    """It is read and thrown away, so that the client gets an answer."""
    code = """
connection.sendall(head.encode() + b"content-length: 268435456\\r\\n\\r\\n")
for _ in range(256):
    connection.sendall(b"x" * 1048576)
print(connection.recv(1000).split(b"\\r\\n")[0].decode())
"""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen = run(SOCKETS + SENDING + code, limit=60)
    assert said(seen) == ["too-large"]
    assert len(seen.entries[0].body) <= 4096
    assert seen.ended is not None
    assert "HTTP/1.1 413" in seen.ended.output
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 128


def test_a_body_that_never_ends() -> None:
    code = """
connection.sendall(head.encode() + b"transfer-encoding: chunked\\r\\n\\r\\n")
while True:
    connection.sendall(b"400\\r\\n" + b"x" * 1024 + b"\\r\\n")
    time.sleep(0.01)
"""
    seen = run(SOCKETS + SENDING + code, limit=LIMIT)
    assert stopped(seen)
    assert said(seen) == []


def test_sockets_that_are_left_open() -> None:
    """Some say nothing, some half of a request; the client ends without closing any."""
    code = """
open_ones = [connect() for _ in range(100)]
for each in open_ones[::2]:
    each.sendall(b"GET /v1/tasks/x HTTP/1.1\\r\\nhost: ")
print("they are open", flush=True)
os._exit(3)
"""
    seen = run(SOCKETS + code)
    assert seen.ended is not None
    assert (seen.ended.status, seen.ended.output) == (3, "they are open\n")


def test_a_client_that_sends_slowly_for_ever() -> None:
    code = """
connection = connect()
connection.sendall(b"GET /v1/tasks/x HTTP/1.1\\r\\nx: ")
while True:
    connection.sendall(b"y")
    time.sleep(0.05)
"""
    assert stopped(run(SOCKETS + code, limit=LIMIT))


def test_a_client_that_reads_slowly_for_ever() -> None:
    code = """
from urllib.parse import urlsplit
import socket
at = urlsplit(body["output"]["video_url"])
connection = socket.create_connection((at.hostname, at.port))
connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
connection.sendall(f"GET {at.path} HTTP/1.1\\r\\nhost: {at.netloc}\\r\\n\\r\\n".encode())
while connection.recv(1):
    time.sleep(0.1)
"""
    seen = run(FOLLOWED + code, limit=LIMIT + 5)
    assert stopped(seen)
    assert set(FILES) & set(said(seen))


def test_requests_without_end() -> None:
    code = GOOD + "task = json.loads(call('POST', base + '/v1/tasks', wish))['id']\n"
    seen = run(code + "while True: call('GET', base + '/v1/tasks/' + task)", limit=LIMIT + 1)
    assert stopped(seen)
    assert len(seen.entries) > 10


def test_a_file_without_end() -> None:
    """What is at the output path is read as far as the longest video, and its size is told."""
    code = "import os\nwith open(os.environ['SCREENTEST_OUTPUT'], 'wb') as file: file.truncate(200_000_000)"
    seen = run(code)
    assert seen.ended is not None
    assert seen.ended.file is not None
    assert (seen.ended.file.size, seen.ended.file.is_video) == (200_000_000, False)


def test_a_directory_at_the_output_path() -> None:
    seen = run("import os; os.mkdir(os.environ['SCREENTEST_OUTPUT'])")
    assert seen.ended is not None
    assert seen.ended.file is not None
    assert not seen.ended.file.is_video


def test_forks_without_end(tmp_path: Path) -> None:
    """Each child leaves the group and makes another one, until all are ended (or there were a hundred)."""
    pids = tmp_path / "pids"
    code = (
        "import os, time\n"
        "for _ in range(100):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "    else:\n"
        "        print(os.getpid(), file=open(os.environ['PIDS'], 'a'), flush=True)\n"
        "        time.sleep(60)\n"
        "        break\n"
        "    time.sleep(0.01)\n"
    )
    running = started(code, tmp_path)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (not pids.exists() or pids.read_text().count("\n") < 5):
        running.wait(0.05)
    running.end()
    known = [int(pid) for pid in pids.read_text().split()]
    assert len(known) >= 5
    for pid in known:
        while time.monotonic() < deadline and alive(pid):
            time.sleep(0.02)
        assert not alive(pid)


def test_who_holds_the_output_open_holds_up_nobody(tmp_path: Path) -> None:
    """A child that has left the group, and whose environment is empty, cannot be found: nobody waits for it."""
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys\n"
        "code = 'import time; time.sleep(60)'\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', code], start_new_session=True, env={})\n"
        "print(child.pid, file=open(os.environ['PIDS'], 'w'), flush=True)\n"
        "print('all done', flush=True)\n"
    )
    running = started(code, tmp_path)
    assert running.wait(20) == 0
    assert running.end() == "all done\n"
    child = int(pids.read_text())
    assert alive(child)
    os.kill(child, signal.SIGKILL)


def test_a_client_that_ignores_being_asked_to_end(tmp_path: Path) -> None:
    code = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('here', flush=True)\n"
    running = started(code + "time.sleep(60)", tmp_path)
    running.wait(0.3)
    running.end()
    assert running.process.returncode == -signal.SIGKILL


def test_output_that_is_no_text(tmp_path: Path) -> None:
    running = started("import os; os.write(1, b'\\xff\\x00\\x1b[31m' * 10)", tmp_path)
    assert running.wait(20) == 0
    assert running.end().startswith("\ufffd\x00\x1b[31m")


def test_commands_are_run_without_a_terminal(tmp_path: Path) -> None:
    assert python("pass")[1] == "-S"
    running = started("import sys; print(repr(sys.stdin.read()), sys.stdin.isatty())", tmp_path)
    assert running.wait(20) == 0
    assert running.end() == "'' False\n"
