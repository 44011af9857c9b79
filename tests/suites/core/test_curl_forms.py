"""The curl line of a multipart request makes the same parts again: a shell and a real curl send it to the mock."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from screentest_contracts import Contract, Role
from screentest_contracts.redact import Redactor
from screentest_mockserver import ManualClock
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.forms import Part, read_parts
from screentest_suites.core.credential import GOOD
from screentest_suites.core.curl import BODY_LIMIT, curl_line
from screentest_suites.core.exchange import SentRequest
from screentest_suites.requests.bodies import form_of
from screentest_suites.requests.media import small_file

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")

BINARY = {"type": "string", "format": "binary"}


@pytest.fixture(scope="module")
def contract(small_tree: Any, load_tree: Callable[..., Contract]) -> Contract:
    """A vendor who takes forms only, a picture among them."""
    tree = small_tree()
    content = tree["paths"]["/jobs"]["post"]["requestBody"]["content"]
    content["multipart/form-data"] = content.pop("application/json")
    clip = tree["components"]["schemas"]["Clip"]
    clip["properties"] |= {"frame": BINARY, "prompt": {"type": "string"}}
    clip["required"].append("frame")
    tree["x-task"]["models"]["clip-1"]["base"] = {"model": "clip-1", "frame": "frame.png"}
    return load_tree(tree)


@pytest.fixture(scope="module")
def served(contract: Contract) -> Iterator[tuple[Any, str]]:
    with running([contract], clock=ManualClock(), seed=0) as (app, url):
        yield app, url


def run(line: str, folder: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "ACME_API_KEY": GOOD_KEY}
    command = line.replace("curl -i", "curl -sS -i", 1)
    done = subprocess.run(["bash", "-c", command], env=environment, check=True, capture_output=True, cwd=folder)
    return done.stdout.decode()


def create(url: str, parts: list[tuple[str, tuple[Any, ...]]]) -> SentRequest:
    request = httpx.Request("POST", f"{url}/jobs", files=parts)
    headers = (("x-key", f"Key {GOOD_KEY}"), ("x-async", "enable"), ("content-type", request.headers["content-type"]))
    return SentRequest("POST", f"{url}/jobs", headers, request.read(), GOOD)


TEXTS = [
    "a boat", "it's", 'say "hi"; now', "@/etc/passwd", "<in", "=x", "", "two\nlines", "$HOME `id`", "a;type=b", "城市",
    '"quoted"', "(x", "a=b&c",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_pasted_line_makes_the_same_request(
    contract: Contract, served: tuple[Any, str], tmp_path: Path, text: str
) -> None:
    app, url = served
    app.reset()
    parts = [("model", (None, b"clip-1")), ("prompt", (None, text.encode())), ("frame", ("frame.png", b"\0PNG"))]
    sent = create(url, parts)
    (tmp_path / "frame.png").write_bytes(b"\0PNG")
    line = curl_line(contract, sent, Redactor([GOOD_KEY]))
    assert GOOD_KEY not in line
    answer = run(line, tmp_path)
    assert answer.startswith("HTTP/1.1 200"), (line, answer)
    body = list(app.journal)[-1].body
    boundary = body.partition(b"\r\n")[0][2:].decode()
    media = f"multipart/form-data; boundary={boundary}"
    again = [(part.name, part.filename, part.data) for part in read_parts(media, body)]
    assert again == [("model", None, b"clip-1"), ("prompt", None, text.encode()), ("frame", "frame.png", b"\0PNG")]


@pytest.mark.parametrize(
    "name", ["frame.png", "my frame.png", "a,b;c.png", "it's.png", 'say "hi".png', "back\\slash.png"]
)
def test_any_file_name(contract: Contract, served: tuple[Any, str], tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x89PNG")
    sent = create(served[1], [("model", (None, b"clip-1")), ("frame", (name, b"\x89PNG", "image/png"))])
    if read_parts(dict(sent.headers)["content-type"], sent.body or b"")[1].filename != name:
        pytest.skip("the client writes this name otherwise")
    answer = run(curl_line(contract, sent, Redactor()), tmp_path)
    assert answer.startswith("HTTP/1.1 200"), answer


def test_a_file_without_a_name_keeps_its_media_type(
    contract: Contract, served: tuple[Any, str], tmp_path: Path
) -> None:
    (tmp_path / "frame").write_bytes(b"\x89PNG")
    sent = create(served[1], [("model", (None, b"clip-1")), ("frame", (None, b"\x89PNG", "image/png"))])
    assert run(curl_line(contract, sent, Redactor()), tmp_path).startswith("HTTP/1.1 200")


def test_what_the_suites_send(contract: Contract, served: tuple[Any, str], tmp_path: Path) -> None:
    model = contract.models["clip-1"]
    media, body = form_of(model.base, model.schema)
    headers = (("x-key", f"Key {GOOD_KEY}"), ("x-async", "enable"), ("content-type", media))
    sent = SentRequest("POST", f"{served[1]}{contract.roles[Role.CREATE][0].path}", headers, body, GOOD)
    (tmp_path / "frame.png").write_bytes(small_file("image/png")[1])
    line = curl_line(contract, sent, Redactor())
    assert "-F 'frame=@frame.png;type=image/png'" in line
    assert line.endswith(f"# @frame.png: {len(small_file('image/png')[1])} bytes")
    assert run(line, tmp_path).startswith("HTTP/1.1 200")


def test_a_long_text_is_cut_and_says_so(contract: Contract) -> None:
    sent = create("http://a.example", [("prompt", (None, b"a" * 10_000))])
    line = curl_line(contract, sent, Redactor())
    assert f"-F prompt={'a' * BODY_LIMIT} " in line
    assert line.endswith("# prompt: 10000 bytes in all")


@pytest.mark.parametrize(
    "body", [b"", b"--x", b"no form--", b'--x\r\nContent-Disposition: form-data; name=""\r\n\r\n\r\n--x--']
)
def test_what_is_no_form_is_shown_as_it_is(contract: Contract, body: bytes) -> None:
    sent = SentRequest("POST", "http://a.example", (("content-type", "multipart/form-data; boundary=x"),), body)
    line = curl_line(contract, sent, Redactor())
    assert "-H 'content-type: multipart/form-data; boundary=x'" in line
    assert "--data-raw" in line


def test_a_part_says_whether_it_is_a_file() -> None:
    assert [
        part.is_file
        for part in (Part("a", None, None, b""), Part("a", None, "Text/Plain", b""), Part("a", "", None, b""))
    ] == [False, False, True]
