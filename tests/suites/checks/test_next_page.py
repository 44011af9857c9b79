"""The next page of a list by its whole address: relative or absolute, on the origin of the API or elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from screentest_contracts import load_contract
from screentest_suites.checks.listed import ask_list, ids_of, next_list
from screentest_suites.core.exchange import Exchange
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session

SEQUEL = Path(__file__).parents[2] / "documents" / "sequel.yaml"
KEY = "authorization"


@pytest.fixture
def listing(tmp_path: Path) -> Callable[[str], Session]:
    """A run with five tasks, whose lists show the next page by a template."""

    def make(template: str) -> Session:
        path = tmp_path / "sequel.yaml"
        path.write_text(SEQUEL.read_text().replace("{{next_path||null}}", template))
        contract = load_contract(path)
        session = Session(contract, EmbeddedTarget(contract))
        for _ in range(5):
            session.create(session.models[0], session.models[0].base)
        return session

    return make


def holding(page: Exchange, address: Any) -> Exchange:
    return replace(page, body=orjson.dumps({**page.json, "next": address}))


@pytest.mark.parametrize("template", ["{{next_path||null}}", "{{next_page||null}}"])
def test_pages_are_asked_for_as_they_are_named(listing: Callable[[str], Session], template: str) -> None:
    session = listing(template)
    first = ask_list(session, "size=2")
    second = next_list(session, first)
    assert second is not None
    third = next_list(session, second)
    assert third is not None
    pages = [ids_of(session, page) for page in (first, second, third)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({identity for page in pages for identity in page}) == 5
    assert next_list(session, third) is None
    assert KEY in dict(second.sent.headers)


def test_the_key_goes_to_the_origin_of_the_api_alone(listing: Callable[[str], Session]) -> None:
    session = listing("{{next_path||null}}")
    first = ask_list(session, "size=2")
    other = next_list(session, holding(first, "https://elsewhere.example/v1/clips?cursor=x"))
    assert other is not None
    assert KEY not in dict(other.sent.headers)
    near = next_list(session, holding(first, "?size=1"))
    assert near is not None
    assert near.sent.url == "https://sequel.acme.example/v1/clips?size=1"
    assert KEY in dict(near.sent.headers)
