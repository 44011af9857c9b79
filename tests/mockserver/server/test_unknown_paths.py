"""Addresses that no document has: never a success, whatever the method and however they are written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.turns import by_turns

from screentest_contracts import Contract, Role, built_in, load_contract
from screentest_contracts.reading import link_of

Serve = Callable[..., Any]

DOCUMENTS = Path(__file__).parents[2] / "documents"
MADE_UP = sorted(path.stem for path in DOCUMENTS.glob("*.yaml"))
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def load(name: str) -> Contract:
    return load_contract(name if name in built_in() else DOCUMENTS / f"{name}.yaml")


def variants(path: str) -> list[str]:
    """The same path as nobody wrote it."""
    return [f"{path}/", f"/{path}", f"{path}/more", path.replace("/", "//"), f"{path}%20", f"/x{path}", f"{path}%2F.."]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", by_turns([*built_in(), *MADE_UP], 3))
def test_an_unknown_path_is_no_success(serve: Serve, name: str, several: bool) -> None:
    contract = load(name)
    others = [load(other) for other in ("evolink", "tokenbay") if other != name]
    app = serve(contract, *others) if several else serve(contract)
    base, headers = f"/{name}" if several else "", app.headers(contract)
    fixed = [each.path for each in contract.operations.values() if "{" not in each.path]
    paths = ["/", "/nothing", "/v1", "/media", "/media/", "/media/nothing", "/media/nothing/video.mp4", "/favicon.ico"]
    known = tuple(each.pattern for each in contract.operations.values())
    for path in [*paths, *(written for each in fixed for written in variants(each))]:
        if any(pattern.fullmatch(path) for pattern in known):  # `/videos/more` is a task called more
            continue
        for method in METHODS:
            answer = app.ask(method, f"http://mock.test{base}{path}", headers=headers)
            assert answer.status_code >= 400, (method, path)


@pytest.mark.parametrize("name", ["files", "dashscope"])  # vendors whose every answer is a 200
def test_a_wrong_method_is_no_success(serve: Serve, name: str) -> None:
    contract = load(name)
    app = serve(contract)
    answer = app.ask("PATCH", contract.roles[Role.CREATE][0].path, headers=app.headers(contract))
    assert answer.status_code in (404, 405)


@pytest.mark.parametrize("name", ["evolink", "nexusflow", "tokenhot"])
def test_only_the_tasks_own_address_leads_to_its_bytes(serve: Serve, name: str) -> None:
    contract = load(name)
    app = serve(contract)
    identity = app.create(contract)
    app.advance(5_000)
    link = str(link_of(contract, app.query(contract, identity).json())).partition("?")[0]
    headers = app.headers(contract)
    assert app.ask("GET", link, headers=headers).status_code == 200
    short = link.rpartition("/")[0]
    for other in (short, f"{short}/", f"{short}/other.mp4", f"{short}x/video.mp4", f"{short}/..%2Fvideo"):
        assert app.ask("GET", other, headers=headers).status_code == 404, other


def test_a_link_of_the_documents_own_making_leads_to_the_bytes(serve: Serve, small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["x-task"]["link"] |= {"make": "/media/{{id|quoted}}/clip.mov?until={{link_expires|epoch-s}}", "auth": "none"}
    contract = load_tree(tree)
    app = serve(contract)
    headers = {**app.headers(contract), "x-async": "enable"}
    model = next(iter(contract.models.values()))
    identity = app.ask("POST", "/jobs", json=model.base, headers=headers).json()["job"]["id"]
    app.advance(500)
    link = app.ask("GET", f"/jobs/{identity}/result", headers=headers).json()["video"]
    assert app.ask("GET", link).status_code == 200
    assert app.ask("GET", link.replace("clip.mov", "clip.mp4")).status_code == 404
