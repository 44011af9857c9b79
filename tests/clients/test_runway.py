"""`runwayml`: video from a text."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.asking import asked
from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, Told, plays
from tests.clients.strictly import declared

LIBRARY = LIBRARIES["runwayml"]
runway = LIBRARY.load()
types = LIBRARY.load("runwayml.types.task_retrieve_response")
Created = LIBRARY.load("runwayml.types.text_to_video_create_response").TextToVideoCreateResponse
TaskFailedError = LIBRARY.load("runwayml.lib.polling").TaskFailedError

BODY = asked(LIBRARY, "/text_to_video")
ASKED: dict[str, Any] = {**BODY, "prompt_text": BODY["promptText"]}
del ASKED["promptText"]
KINDS = {
    "PENDING": types.Pending,
    "THROTTLED": types.Throttled,
    "RUNNING": types.Running,
    "SUCCEEDED": types.Succeeded,
    "FAILED": types.Failed,
    "CANCELLED": types.Cancelled,
}


@pytest.fixture
def client(served: Served) -> Iterator[Any]:
    with runway.RunwayML(base_url=served.url, api_key=served.key) as client:
        yield client


def strict(client: Any, task: str) -> Any:
    """The task, whose answer is what the library's own types say, each status its own."""
    answer = client.tasks.with_raw_response.retrieve(task)
    plain = answer.http_response.json()
    declared(plain, KINDS[plain["status"]])
    return answer.parse()


@pytest.mark.step("create")
def test_create(client: Any, served: Served) -> None:
    answer = client.text_to_video.with_raw_response.create(**ASKED)
    declared(answer.http_response.json(), Created)
    task = answer.parse().id
    assert served.tasks == [task]
    assert strict(client, task).status == "THROTTLED"
    served.advance(10)
    assert strict(client, task).status == "PENDING"
    served.advance(20)
    running = strict(client, task)
    assert running.status == "RUNNING"
    assert 0 <= running.progress <= 1


@pytest.mark.step("wait")
def test_wait(client: Any, slept: list[float], told: Told) -> None:
    done = client.text_to_video.create(**ASKED).wait_for_task_output()
    assert strict(client, done.id).status == "SUCCEEDED"
    assert all(4.5 <= nap <= 7.5 for nap in slept)
    told("`wait_for_task_output` polls every 4.5 to 7.5 s")


@pytest.mark.step("download")
def test_download(client: Any, tmp_path: Path, told: Told) -> None:
    done = client.text_to_video.create(**ASKED).wait_for_task_output()
    file = tmp_path / "video.mp4"
    file.write_bytes(httpx.get(done.output[0]).content)
    assert plays(file.read_bytes()) == ASKED["duration"]
    told("it has no download: the address in `output` is fetched without a key")


@pytest.mark.step("cancel")
def test_cancel(client: Any, served: Served, told: Told) -> None:
    task = client.text_to_video.create(**ASKED).id
    client.tasks.delete(task)
    assert served.asked("DELETE") == [204]
    with pytest.raises(runway.NotFoundError):
        client.tasks.retrieve(task)
    told("`delete` cancels or removes: the task is then unknown")


@pytest.mark.step("failed task")
def test_failed(client: Any, served: Served, told: Told) -> None:
    served.schedule("failure")
    with pytest.raises(TaskFailedError) as failed:
        client.text_to_video.create(**ASKED).wait_for_task_output()
    task = strict(client, failed.value.task_details.id)
    assert task.failure
    assert task.failure_code
    told("`wait_for_task_output` raises `TaskFailedError`, with `failure` and `failure_code`")


@pytest.mark.step("wrong key")
def test_wrong_key(client: Any) -> None:
    with pytest.raises(runway.AuthenticationError) as refused:
        client.with_options(api_key="key_nobody").text_to_video.create(**ASKED)
    assert refused.value.status_code == 401


@pytest.mark.step("429")
def test_too_fast(client: Any, served: Served, slept: list[float], told: Told) -> None:
    served.schedule("rate-limited-create:2")
    client.text_to_video.create(**ASKED)
    assert served.asked("POST") == [429, 429, 200]
    assert len(served.tasks) == 1
    assert len(slept) == 2
    served.reset()
    served.schedule("rate-limited-create:3")
    with pytest.raises(runway.RateLimitError):
        client.text_to_video.create(**ASKED)
    told("repeats a create twice, after 0.5 s and 1 s less up to a quarter; then `RateLimitError`")


@pytest.mark.step("500")
def test_server_errors(client: Any, served: Served, told: Told) -> None:
    served.schedule("server-error-create:3")
    with pytest.raises(runway.InternalServerError):
        client.text_to_video.create(**ASKED)
    assert served.asked("POST") == [500, 500, 500]
    served.reset()
    served.schedule("server-errors:2")
    assert client.tasks.retrieve(client.text_to_video.create(**ASKED).id).status == "THROTTLED"
    assert served.asked("GET") == [500, 500, 200]
    told("repeats polls and creates twice, then `InternalServerError`")


@pytest.mark.step("lost answer")
def test_lost_answer(client: Any, served: Served, told: Told) -> None:
    served.schedule("lost-answer")
    task = client.text_to_video.create(**ASKED)
    assert served.asked("POST") == [0, 200]
    assert served.tasks[1] == task.id
    told("repeats the create: two tasks, the first of which nobody knows")


@pytest.mark.step("invalid parameter")
def test_invalid_parameter(client: Any, served: Served) -> None:
    with pytest.raises(runway.BadRequestError) as refused:
        client.text_to_video.create(**{**ASKED, "duration": 99})
    assert refused.value.status_code == 400
    assert served.asked("POST") == [400]


@pytest.mark.step("async")
def test_async(served: Served) -> None:
    async def live() -> Any:
        async with runway.AsyncRunwayML(base_url=served.url, api_key=served.key) as client:
            served.schedule("rate-limited")
            return await (await client.text_to_video.create(**ASKED)).wait_for_task_output()

    done = asyncio.run(live())
    assert done.status == "SUCCEEDED"
    assert plays(httpx.get(done.output[0]).content) == ASKED["duration"]
