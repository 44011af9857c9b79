"""`volcengine-ark-runtime`, which `volcengine-python-sdk[ark]` brings: content generation tasks."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, Told, plays
from tests.clients.strictly import declared

LIBRARY = LIBRARIES["volcengine-ark-runtime"]
ark = LIBRARY.load()
TYPES = "volcenginesdkarkruntime.types.content_generation"
Task = LIBRARY.load(f"{TYPES}.content_generation_task").ContentGenerationTask
TaskId = LIBRARY.load(f"{TYPES}.content_generation_task_id").ContentGenerationTaskID
errors = LIBRARY.load("volcenginesdkarkruntime._exceptions")

ASKED: dict[str, Any] = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A paper boat crosses a puddle."}],
}
ENDS = {"succeeded", "failed", "cancelled", "expired"}
SOMETIMES = set(Task.model_fields) - {"id", "model", "status", "created_at", "updated_at"} | {
    "last_frame_url",
    "file_url",
}
"""The library declares everything as always there; the vendor documents it for some tasks only."""


@pytest.fixture
def client(served: Served) -> Iterator[Any]:
    client = ark.Ark(base_url=f"{served.url}/api/v3", api_key=served.key)
    yield client.content_generation.tasks
    client.close()


def follow(client: Any, task: str, pause: float = 10) -> Any:
    """Polls to the end, as the library's users do by hand."""
    while (found := client.get(task_id=task)).status not in ENDS:
        time.sleep(pause)
    return found


def strict(task: Any) -> Any:
    """The task, of which each member that is there is of the library's own type."""
    declared(task.model_dump(exclude_unset=True, warnings="error"), Task, absent=SOMETIMES)
    return task


@pytest.mark.step("create")
def test_create(client: Any, served: Served) -> None:
    task = client.create(**ASKED, duration=4, resolution="480p", ratio="1:1", watermark=False)
    declared(task.model_dump(exclude_unset=True), TaskId)
    assert served.tasks == [task.id]
    assert strict(client.get(task_id=task.id)).status == "queued"


@pytest.mark.step("download")
def test_download(client: Any, tmp_path: Path, told: Told) -> None:
    done = strict(follow(client, client.create(**ASKED, duration=4, resolution="480p").id))
    assert (done.status, done.duration, done.resolution) == ("succeeded", 4, "480p")
    assert done.usage.total_tokens == done.usage.completion_tokens > 0
    file = tmp_path / "video.mp4"
    file.write_bytes(httpx.get(done.content.video_url).content)
    assert plays(file.read_bytes()) == pytest.approx(4, abs=0.1)
    told("it has no download: `content.video_url` is fetched without a key")


def test_last_frame(client: Any) -> None:
    """A picture of the end, where the request asks for it."""
    plain, framed = (client.create(**ASKED, return_last_frame=wanted).id for wanted in (False, True))
    assert follow(client, plain).content.last_frame_url is None
    assert httpx.get(follow(client, framed).content.last_frame_url).content


@pytest.mark.step("list")
def test_list(client: Any) -> None:
    made = [client.create(**ASKED).id for _ in range(3)]
    pages = [client.list(page_num=number, page_size=2) for number in (1, 2)]
    assert [page.total for page in pages] == [3, 3]
    assert [strict(each).id for page in pages for each in page.items] == made[::-1]
    assert [each.id for each in client.list(task_ids=made[:2]).items] == made[1::-1]
    client.delete(task_id=made[1])
    assert [each.id for each in client.list(status="cancelled").items] == [made[1]]


@pytest.mark.step("cancel")
def test_cancel(client: Any, served: Served, told: Told) -> None:
    task = client.create(**ASKED).id
    assert client.delete(task_id=task) is not None
    assert client.get(task_id=task).status == "cancelled"
    running = client.create(**ASKED).id
    served.advance(60)
    with pytest.raises(errors.ArkConflictError):
        client.delete(task_id=running)
    assert served.asked("DELETE") == [200, 409, 409, 409]
    assert follow(client, running).status == "succeeded"
    client.delete(task_id=running)
    with pytest.raises(errors.ArkNotFoundError):
        client.get(task_id=running)
    told("`delete` cancels what is queued and removes what has ended; for a running task it asks 3 times, and raises")


@pytest.mark.step("failed task")
def test_failed(client: Any, served: Served) -> None:
    served.schedule("failure")
    done = strict(follow(client, client.create(**ASKED).id))
    assert done.status == "failed"
    assert done.error.code == "OutputVideoSensitiveContentDetected"
    assert done.error.message


@pytest.mark.step("wrong key")
def test_wrong_key(served: Served) -> None:
    with (
        ark.Ark(base_url=f"{served.url}/api/v3", api_key="sk-nobody") as client,
        pytest.raises(errors.ArkAuthenticationError) as refused,
    ):
        client.content_generation.tasks.create(**ASKED)
    assert refused.value.status_code == 401
    assert refused.value.code == "AuthenticationError"


@pytest.mark.step("429")
def test_too_fast(client: Any, served: Served, slept: list[float], told: Told) -> None:
    served.schedule("rate-limited-create:2")
    client.create(**ASKED)
    assert served.asked("POST") == [429, 429, 200]
    first, second = slept
    assert 0.75 <= first <= 1
    assert 1.5 <= second <= 2
    served.reset()
    served.schedule("rate-limited-create:3")
    with pytest.raises(errors.ArkRateLimitError):
        client.create(**ASKED)
    told("repeats a create twice, after 1 s and 2 s less up to a quarter, whatever `Retry-After` says; then it raises")


@pytest.mark.step("500")
def test_server_errors(client: Any, served: Served, told: Told) -> None:
    served.schedule("server-error-create:3")
    with pytest.raises(errors.ArkInternalServerError):
        client.create(**ASKED)
    assert served.asked("POST") == [500, 500, 500]
    served.reset()
    served.schedule("server-errors:2")
    assert client.get(task_id=client.create(**ASKED).id).status == "queued"
    assert served.asked("GET") == [500, 500, 200]
    told("repeats polls and creates twice, then `ArkInternalServerError`")


@pytest.mark.step("lost answer")
def test_lost_answer(client: Any, served: Served, told: Told) -> None:
    served.schedule("lost-answer")
    task = client.create(**ASKED)
    assert served.asked("POST") == [0, 200]
    assert served.tasks[1] == task.id
    told("repeats the create: two tasks, the first of which nobody knows")


@pytest.mark.step("invalid parameter")
def test_invalid_parameter(client: Any, served: Served) -> None:
    with pytest.raises(errors.ArkBadRequestError) as refused:
        client.create(**ASKED, resolution="333p")
    assert refused.value.status_code == 400
    assert "resolution" in str(refused.value)
    assert served.asked("POST") == [400]


@pytest.mark.step("async")
def test_async(served: Served) -> None:
    async def live() -> Any:
        async with ark.AsyncArk(base_url=f"{served.url}/api/v3", api_key=served.key) as client:
            tasks = client.content_generation.tasks
            served.schedule("rate-limited")
            made = await tasks.create(**ASKED, duration=4, resolution="480p")
            while (found := await tasks.get(task_id=made.id)).status not in ENDS:
                await asyncio.sleep(10)
            assert [each.id for each in (await tasks.list()).items] == [made.id]
            return found

    done = strict(asyncio.run(live()))
    assert done.status == "succeeded"
    assert plays(httpx.get(done.content.video_url).content) == pytest.approx(4, abs=0.1)
