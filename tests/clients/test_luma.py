"""`lumaai`: generations."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.asking import asked
from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, Told, plays
from tests.clients.strictly import declared

LIBRARY = LIBRARIES["lumaai"]
luma = LIBRARY.load()
types = LIBRARY.load("lumaai.types")
GenerationList = LIBRARY.load("lumaai.types.generation_list_response").GenerationListResponse

ASKED = asked(LIBRARY)
BASE = "/dream-machine/v1"


@pytest.fixture
def client(served: Served) -> Iterator[Any]:
    with luma.LumaAI(base_url=served.url + BASE, auth_token=served.key) as client:
        yield client


def follow(client: Any, task: str, pause: float = 10) -> Any:
    """Polls to the end, as the library's users do by hand."""
    while (found := client.generations.get(task)).state not in ("completed", "failed"):
        time.sleep(pause)
    return found


def strict(client: Any, task: str) -> Any:
    """The generation, whose answer is what the library's own types say."""
    answer = client.generations.with_raw_response.get(task)
    declared(answer.http_response.json(), types.Generation)
    return answer.parse()


@pytest.mark.step("create")
def test_create(client: Any, served: Served) -> None:
    answer = client.generations.with_raw_response.create(**ASKED)
    declared(answer.http_response.json(), types.Generation)
    task = answer.parse()
    assert served.tasks == [task.id]
    assert (task.state, task.request.prompt) == ("queued", ASKED["prompt"])
    served.advance(30)
    assert strict(client, task.id).state == "dreaming"


@pytest.mark.step("download")
def test_download(client: Any, tmp_path: Path, told: Told) -> None:
    task = client.generations.video.create(**ASKED).id
    follow(client, task)
    done = strict(client, task)
    file = tmp_path / "video.mp4"
    file.write_bytes(httpx.get(done.assets.video).content)
    assert plays(file.read_bytes()) == 5
    told("it has no download: `assets.video` is fetched without a key")


@pytest.mark.step("list")
def test_list(client: Any) -> None:
    made = [client.generations.create(**ASKED).id for _ in range(3)]
    answer = client.generations.with_raw_response.list(limit=2)
    declared(answer.http_response.json(), GenerationList)
    pages = [answer.parse(), client.generations.list(limit=2, offset=2)]
    assert [each.id for page in pages for each in page.generations] == made[::-1]
    assert [page.has_more for page in pages] == [True, False]


@pytest.mark.step("cancel")
def test_delete(client: Any, served: Served, told: Told) -> None:
    task = client.generations.create(**ASKED).id
    client.generations.delete(task)
    assert served.asked("DELETE") == [204]
    with pytest.raises(luma.NotFoundError):
        client.generations.get(task)
    told("`delete` removes the generation, whatever its state")


@pytest.mark.step("failed task")
def test_failed(client: Any, served: Served, told: Told) -> None:
    served.schedule("failure")
    task = client.generations.create(**ASKED).id
    follow(client, task)
    assert strict(client, task).failure_reason
    told("`state` is `failed`, and `failure_reason` says why")


@pytest.mark.step("wrong key")
def test_wrong_key(client: Any) -> None:
    with pytest.raises(luma.APIStatusError) as refused:
        client.with_options(auth_token="luma-nobody").generations.create(**ASKED)
    assert refused.value.status_code in (401, 403)


@pytest.mark.step("429")
def test_too_fast(client: Any, served: Served, slept: list[float], told: Told) -> None:
    served.schedule("rate-limited-create:2")
    client.generations.create(**ASKED)
    assert served.asked("POST") == [429, 429, 201]
    assert len(served.tasks) == 1
    assert len(slept) == 2
    served.reset()
    served.schedule("rate-limited-create:3")
    with pytest.raises(luma.RateLimitError):
        client.generations.create(**ASKED)
    told("repeats a create twice, after 0.5 s and 1 s less up to a quarter; then `RateLimitError`")


@pytest.mark.step("500")
def test_server_errors(client: Any, served: Served, told: Told) -> None:
    served.schedule("server-error-create:3")
    with pytest.raises(luma.InternalServerError):
        client.generations.create(**ASKED)
    assert served.asked("POST") == [500, 500, 500]
    served.reset()
    served.schedule("server-errors:2")
    assert client.generations.get(client.generations.create(**ASKED).id).state == "queued"
    assert served.asked("GET") == [500, 500, 200]
    told("repeats polls and creates twice, then `InternalServerError`")


@pytest.mark.step("lost answer")
def test_lost_answer(client: Any, served: Served, told: Told) -> None:
    served.schedule("lost-answer")
    task = client.generations.create(**ASKED)
    assert served.asked("POST") == [0, 201]
    assert served.tasks[1] == task.id
    told("repeats the create: two tasks, the first of which nobody knows")


@pytest.mark.step("invalid parameter")
def test_invalid_parameter(client: Any, served: Served) -> None:
    with pytest.raises(luma.BadRequestError) as refused:
        client.generations.create(**ASKED, aspect_ratio="5:7")
    assert refused.value.status_code == 400
    assert served.asked("POST") == [400]


@pytest.mark.step("async")
def test_async(served: Served) -> None:
    async def live() -> Any:
        async with luma.AsyncLumaAI(base_url=served.url + BASE, auth_token=served.key) as client:
            served.schedule("rate-limited")
            task = (await client.generations.create(**ASKED)).id
            while (found := await client.generations.get(task)).state not in ("completed", "failed"):
                await asyncio.sleep(10)
            assert [each.id for each in (await client.generations.list()).generations] == [task]
            return found

    done = asyncio.run(live())
    assert done.state == "completed"
    assert plays(httpx.get(done.assets.video).content) == 5
