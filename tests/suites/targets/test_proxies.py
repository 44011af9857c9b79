"""Proxies that the environment names: never for this machine, and named where they are what failed."""

import contextlib
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from screentest_contracts import Contract
from screentest_contracts.errors import UsageError
from screentest_suites.cli import main
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.targets.http import HttpTarget
from screentest_suites.targets.proxies import is_loopback, proxy_for
from screentest_suites.targets.selection import Destination, make_target
from tests.suites.targets.relays import socks

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
ELSEWHERE = "http://api.acme.example"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *map(str.lower, PROXIES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ACME_API_KEY", "sk-secret-key")


def answer(body: bytes = b"{}", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def ask(url: str) -> Exchange:
    with contextlib.closing(HttpTarget(url, {}, timeout=600)) as target:
        return target.send(SentRequest("GET", url + "/jobs/1"))


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_this_machine_is_asked_without_a_proxy(variable: str, hostile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = hostile(lambda request: [answer(b'{"by": "proxy"}')])
    own = hostile(lambda request: [answer(b'{"by": "itself"}')])
    port = own.url.rpartition(":")[2]
    monkeypatch.setenv(variable, proxy.url)
    for host in ("127.0.0.1", "localhost", "127.0.0.1"):
        assert ask(f"http://{host}:{port}").json == {"by": "itself"}
    assert proxy.requests == []


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "127.0.0.1:9", "http://127.0.0.1:9"])
def test_a_proxy_of_any_kind_is_nothing_to_this_machine(
    proxy: str, hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    assert ask(hostile(lambda request: [answer()]).url).status == 200


@pytest.mark.parametrize(
    ("host", "own"),
    [
        *(("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True), ("a.localhost", True)),
        *(("10.0.0.1", False), ("example.com", False), ("localhost.example.com", False), ("", False)),
    ],
)
def test_which_hosts_are_this_machine(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    assert proxy_for("http://api.example.com/x") == "proxy.example:3128"
    assert proxy_for("https://api.example.com/x") == ""
    assert proxy_for("http://internal.example/x") == ""
    assert proxy_for("http://127.0.0.1:8/x") == ""
    assert proxy_for("http://[::1") == "" or "secret" not in proxy_for("http://[::1")


@pytest.mark.parametrize("status", ["502 Bad Gateway", "407 Proxy Authentication Required"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_refusal_of_a_proxy_is_named_as_its(
    scheme: str, status: str, small: Contract, hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = hostile(lambda request: [answer(b"", status)])
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.url)
    with pytest.raises(UsageError, match=rf"the proxy 127.0.0.1:\d+ .*{status[:3]}") as told:
        make_target(small, Destination(f"{scheme}://api.acme.example"))
    assert "NO_PROXY" in told.value.hint


def test_a_proxy_that_is_not_there_is_named(small: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("HTTP_PROXY", f"http://{place}")
    with pytest.raises(UsageError, match=f"by way of the proxy {place}"):
        make_target(small, Destination(ELSEWHERE))


def test_what_a_proxy_passes_on_is_the_servers(hostile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", hostile(lambda request: [answer(b"{}", "500 Oops")]).url)
    found = ask(ELSEWHERE)
    assert (found.status, found.error) == (500, "")


def test_a_proxy_is_refused_with_a_hint_on_the_command_line(
    small_text: str, hostile: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "acme.yaml"
    document.write_text(small_text)
    monkeypatch.setenv("HTTP_PROXY", hostile(lambda request: [answer(b"", "502 Bad Gateway")]).url)
    result = CliRunner().invoke(main, ["check", str(document), "--target", ELSEWHERE])
    assert (result.exit_code, "the proxy 127.0.0.1:" in result.output) == (2, True), result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("target", [ELSEWHERE, "http://127.0.0.1:9"])
def test_a_proxy_without_a_usable_address_is_refused_on_the_command_line(
    target: str, small_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "acme.yaml"
    document.write_text(small_text)
    monkeypatch.setenv("HTTP_PROXY", "::")
    result = CliRunner().invoke(main, ["check", str(document), "--target", target])
    assert (result.exit_code, "HTTP_PROXY" in result.output) == (2, True), result.output
    assert "Traceback" not in result.output


def test_socks_without_its_library_is_refused_with_a_hint(
    small_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "acme.yaml"
    document.write_text(small_text)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setitem(__import__("sys").modules, "socksio", None)
    result = CliRunner().invoke(main, ["check", str(document), "--target", ELSEWHERE])
    assert (result.exit_code, "screentest[socks]" in result.output) == (2, True), result.output
    assert "Traceback" not in result.output


def test_a_socks_proxy_works(hostile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = hostile(lambda request: [answer(b'{"by": "server"}')])
    with socks(("127.0.0.1", int(server.url.rpartition(":")[2]))) as (proxy, names):
        monkeypatch.setenv("ALL_PROXY", proxy)
        assert ask(ELSEWHERE).json == {"by": "server"}
    assert names == [b"api.acme.example"]
