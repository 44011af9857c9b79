"""Files that are uploaded before a create: what the mock remembers of them, and for how long."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, load_contract
from screentest_mockserver.state.memory import MemoryStore
from screentest_suites.requests.builder import upload_of

DOCUMENTS = Path(__file__).parents[2] / "documents"


@pytest.fixture(scope="module")
def files() -> Contract:
    return load_contract(DOCUMENTS / "files.yaml")


def upload(client: Any) -> int:
    """The reference to a file that is uploaded now."""
    media, content = upload_of(client.contract)
    headers = [(b"content-type", media.encode())]
    answer = client.send("POST", "/v1/files/upload", content, headers=headers)
    found: int = orjson.loads(answer.body)["file"]["file_id"]
    return found


def code(client: Any, reference: Any) -> int:
    """What a create with a reference is answered."""
    body = {"model": "sail-1-picture", "first_frame_file_id": reference}
    found: int = orjson.loads(client.create(body, model="sail-1-picture").body)["base_resp"]["status_code"]
    return found


def test_a_file_can_be_used_until_its_time_is_up(files: Contract, caller: Callable[..., Any]) -> None:
    client = caller(files)
    reference = upload(client)
    client.clock.advance(86_400)
    assert code(client, reference) == 0
    client.clock.advance(1)
    assert code(client, reference) == 2013


def test_a_reset_forgets_files(files: Contract, caller: Callable[..., Any]) -> None:
    client = caller(files)
    reference = upload(client)
    client.mock.reset()
    assert (client.mock.store.files(), code(client, reference)) == ([], 2013)


def test_the_oldest_files_are_forgotten_first(files: Contract, caller: Callable[..., Any]) -> None:
    client = caller(files, store=MemoryStore(files=3))
    references = [upload(client) for _ in range(4)]
    assert [code(client, each) for each in references] == [2013, 0, 0, 0]


def test_each_role_has_its_own_limit(files: Contract, caller: Callable[..., Any]) -> None:
    client = caller(files)
    assert {str(role): size for role, size in client.mock.facts.most.items()} == {"create": 10 << 20, "upload": 2 << 20}
    assert client.mock.max_body == 10 << 20
