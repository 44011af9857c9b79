"""Where a relative address of a result leads, and to whom the key goes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, load_contract
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.download import fetch

MODES = Path(__file__).parents[2] / "documents" / "modes.yaml"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(MODES)


def sent(contract: Contract, link: str, **options: Any) -> Any:
    return fetch(contract, EmbeddedTarget(contract), link, **options).sent


@pytest.mark.parametrize(
    ("from_origin", "url"),
    [(False, "https://modes.acme.example/v1/v1/a.mp4"), (True, "https://modes.acme.example/v1/a.mp4")],
)
def test_a_relative_address_leads_from_the_documented_place(contract: Contract, from_origin: bool, url: str) -> None:
    contract = replace(contract, link=replace(contract.link, from_origin=from_origin))
    assert sent(contract, "/v1/a.mp4").url == url


@pytest.mark.parametrize(
    ("link", "auth", "key", "given"),
    [
        ("/media/a", "required", True, True),
        ("/media/a", "required", False, False),
        ("/media/a", None, True, False),  # the video of this document needs no key
        ("https://elsewhere.example/a", "required", True, False),
    ],
)
def test_the_key_goes_to_files_of_the_api_that_need_one(
    contract: Contract, link: str, auth: str | None, key: bool, given: bool
) -> None:
    headers = dict(sent(contract, link, auth=auth, key=key).headers)
    assert (contract.key_header in headers) is given
