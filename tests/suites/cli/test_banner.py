"""What `serve` says when it starts."""

import contextlib
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from screentest_contracts import Contract
from screentest_mockserver import ManualClock, RealClock
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import running
from screentest_mockserver.state.clock import StoredClock
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_suites.cli import main
from screentest_suites.cli.serve import print_banner, run_server

SERVED: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 0,
    "speed": 1.0,
    "api_key": GOOD_KEY,
    "scenario": "success",
    "deviation": None,
    "settings": {},
    "control_token": None,
    "allow_loopback_callbacks": False,
    "callback_ca": None,
    "quiet": True,
    "cors": False,
}
SERVE = [sys.executable, "-c", "from screentest_suites.cli import main; main()", "serve", "evolink"]
BINARY = {"type": "string", "format": "binary"}


def test_it_says_that_a_scenario_is_not_the_documents(
    small_tree: Any, load_tree: Callable[..., Contract], capsys: pytest.CaptureFixture[str]
) -> None:
    tree = small_tree()
    tree["x-task"]["errors"] = [row for row in tree["x-task"]["errors"] if row["condition"] != "rate-limited"]
    for scenario, note in (("rate-limited", "a plain 429 with Retry-After"), ("failure", "")):
        with running([load_tree(tree)], clock=ManualClock(), scenario_name=scenario) as (app, url):
            print_banner(app, url, GOOD_KEY, app.clock)
        said = capsys.readouterr().out
        assert ("note: " in said) == bool(note)
        assert note in said


def test_a_form_can_be_pasted(
    small_tree: Any, load_tree: Callable[..., Contract], capsys: pytest.CaptureFixture[str], tmp_path: Path, curl: str
) -> None:
    tree = small_tree()
    content = tree["paths"]["/jobs"]["post"]["requestBody"]["content"]
    content["multipart/form-data"] = content.pop("application/json")
    tree["components"]["schemas"]["Clip"]["properties"]["frame"] = BINARY
    tree["x-task"]["models"]["clip-1"]["base"] = {"model": "clip-1", "frame": "a frame.png", "prompt": "it's; a boat"}
    (tmp_path / "a frame.png").write_bytes(b"\x89PNG")
    with running([load_tree(tree)], clock=ManualClock()) as (app, url):
        print_banner(app, url, GOOD_KEY, app.clock)
        line = capsys.readouterr().out.partition("try: ")[2].strip()
        assert "-F 'frame=@a frame.png;type=image/png'" in line
        answer = subprocess.run(
            [curl, "-sS", "-i", *shlex.split(line)[1:]], capture_output=True, check=True, cwd=tmp_path
        )
        assert re.match(rb"HTTP/1\.1 2\d\d ", answer.stdout), answer.stdout


@pytest.mark.parametrize("options", [(), ("--cors",)])
def test_pages_are_let_in_where_it_is_asked_for(options: tuple[str, ...]) -> None:
    with subprocess.Popen([*SERVE, "--port", "0", *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            found = re.search(r"http://[\d.:]+", process.stdout.readline() if process.stdout is not None else "")
            assert found is not None
            headers = {"origin": "https://studio.example.com", "access-control-request-method": "POST"}
            answer = httpx.options(f"{found[0]}/v1/videos/generations", headers=headers, trust_env=False)
            assert (answer.status_code == 200) == bool(options)
            assert answer.headers.get("access-control-allow-origin") == ("*" if options else None)
        finally:
            process.send_signal(signal.SIGINT)


def test_it_says_what_clients_are_to_trust(tmp_path: Path) -> None:
    """`--tls`: the addresses are https, the authority is where the banner says, and the call can be pasted."""
    chosen = tmp_path / "authority of mine.pem"
    for options in ([], ["--tls-ca", str(chosen)]):
        with subprocess.Popen([*SERVE, "--port", "0", "--tls", *options], stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                first, trust, provider, page, call = (process.stdout.readline() for _ in range(5))
                url = re.search(r"https://127\.0\.0\.1:\d+", first)
                assert url is not None
                assert url[0] in provider
                assert page == f"watch and steer it in a browser: {url[0]}/_screentest/\n"
                name, _, file = shlex.split(trust)[0].partition("=")
                assert name == "SSL_CERT_FILE"
                assert not options or file == str(chosen)
                assert shlex.split(call)[:4] == ["try:", "curl", "--cacert", file]
                with httpx.Client(verify=ssl.create_default_context(cafile=file)) as http:
                    for host in ("127.0.0.1", "localhost"):
                        answer = http.get(url[0].replace("127.0.0.1", host) + "/v1/tasks/nothing")
                        assert answer.status_code == 401
            finally:
                process.send_signal(signal.SIGINT)
        assert Path(file).exists() == bool(options), "a temporary file ends with the mock, a chosen one stays"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tls-ca", "x.pem"], "add --tls"),
        (["--tls", "--tls-ca", "no/such/folder/x.pem"], "cannot write the authority to no/such/folder/x.pem"),
    ],
)
def test_an_authority_that_cannot_be_written_is_told(options: list[str], said: str) -> None:
    result = CliRunner().invoke(main, ["serve", "evolink", "--port", "0", *options])
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_manual_clock_is_the_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that share a store read one time."""
    made: list[MockServer] = []
    monkeypatch.setattr("screentest_suites.cli.serve.create_app", lambda *a, **k: made.append(MockServer(*a, **k)))
    for manual in (True, False):
        with contextlib.suppress(AttributeError):  # it is given no application to go on with
            run_server(["evolink"], manual=manual, **SERVED)
    assert isinstance(made[0].clock, StoredClock)
    assert made[0].clock.store is made[0].store
    assert isinstance(made[1].clock, RealClock)


@pytest.fixture
def curl() -> str:
    found = shutil.which("curl")
    if found is None:
        pytest.skip("there is no curl")
    return found
