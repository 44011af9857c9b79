"""`openai`: its Videos resource."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from screentest_suites.requests.media import small_file
from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, Told, plays

LIBRARY = LIBRARIES["openai"]
openai = LIBRARY.load()
Video = LIBRARY.load("openai.types").Video
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")  # the library's own

ASKED: dict[str, Any] = {"model": "sora-2", "prompt": "A paper boat crosses a puddle."}


@pytest.fixture
def client(served: Served) -> Any:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.key) as client:
        yield client


def strict(video: Any) -> Any:
    """The video, whose JSON is what the library's own types say, and holds nothing that they do not know."""
    again = Video.model_validate_json(video.to_json(), strict=True)
    assert again.model_extra == {}
    assert again.error is None or again.error.model_extra == {}
    assert again == video
    return video


@pytest.mark.step("create")
def test_create(client: Any, served: Served) -> None:
    answer = client.videos.with_raw_response.create(**ASKED, seconds="8", size="1280x720")
    video = strict(answer.parse())
    Video.model_validate_json(answer.content, strict=True)
    assert (video.status, video.progress, video.seconds, video.size) == ("queued", 0, "8", "1280x720")
    assert served.tasks == [video.id]


@pytest.mark.step("wait")
def test_wait(client: Any, slept: list[float], told: Told) -> None:
    video = strict(client.videos.create_and_poll(**ASKED))
    assert (video.status, video.progress) == ("completed", 100)
    assert set(slept) == {1.0}
    told("`create_and_poll` polls every second, as the header `openai-poll-after-ms` says")


@pytest.mark.step("download")
def test_download(client: Any, tmp_path: Path) -> None:
    video = client.videos.create_and_poll(**ASKED, seconds="4", poll_interval_ms=30_000)
    file = tmp_path / "video.mp4"
    client.videos.download_content(video.id).write_to_file(file)
    assert plays(file.read_bytes()) == 4
    for variant in ("thumbnail", "spritesheet"):
        answer = client.videos.download_content(video.id, variant=variant)
        assert answer.response.headers["content-type"].startswith("image/")
        assert answer.read()


def test_remix(client: Any) -> None:
    """A remix goes on from a video. Edits and extensions do, too, but 3.57 refuses to send the id that its own types
    take there: it asks for a file."""
    video = client.videos.create_and_poll(**ASKED, poll_interval_ms=30_000)
    remix = strict(client.videos.remix(video.id, prompt="At night."))
    assert remix.remixed_from_video_id == video.id != remix.id
    assert client.videos.poll(remix.id, poll_interval_ms=30_000).status == "completed"


def test_character(client: Any, served: Served) -> None:
    """A character is uploaded like a file. Creates name it in JSON alone, which the library never sends."""
    made = client.videos.create_character(
        name="A sailor", video=("sailor.mp4", small_file("video/mp4")[1], "video/mp4")
    )
    assert type(made).model_validate_json(made.to_json(), strict=True).id == made.id
    assert made.id.startswith("char_")
    assert served.asked("POST") == [200]
    shown = client.videos.get_character(made.id)
    assert type(shown).model_validate_json(shown.to_json(), strict=True) == shown
    assert (shown.id, shown.name, shown.created_at) == (made.id, made.name, made.created_at)
    with pytest.raises(openai.NotFoundError):
        client.videos.get_character("char_nobody")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-nobody").videos.create_character(name="A sailor", video=b"film")


@pytest.mark.step("list")
def test_list(client: Any, served: Served) -> None:
    made = [client.videos.create(**ASKED).id for _ in range(5)]
    page = client.videos.list(limit=2)
    assert [strict(each).id for each in page.data] == made[:2:-1]
    assert page.has_more
    assert [each.id for each in client.videos.list(limit=2)] == made[::-1]
    assert [each.id for each in client.videos.list(limit=2, order="asc")] == made


@pytest.mark.step("cancel")
def test_delete(client: Any, told: Told) -> None:
    video = client.videos.create_and_poll(**ASKED, poll_interval_ms=30_000)
    deleted = client.videos.delete(video.id)
    assert type(deleted).model_validate_json(deleted.to_json(), strict=True).deleted is True
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)
    told("`delete` removes a finished video; there is no cancelling")


@pytest.mark.step("failed task")
def test_failed(client: Any, served: Served, told: Told) -> None:
    served.schedule("failure")
    video = strict(client.videos.create_and_poll(**ASKED, poll_interval_ms=30_000))
    assert video.status == "failed"
    assert video.error.code
    assert video.error.message
    told("`create_and_poll` gives it back with `error.code` and `error.message`, and raises nothing")


@pytest.mark.step("wrong key")
def test_wrong_key(client: Any) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        client.with_options(api_key="sk-nobody").videos.create(**ASKED)
    assert (refused.value.status_code, refused.value.code) == (401, "invalid_api_key")


@pytest.mark.step("429")
def test_too_fast(client: Any, served: Served, slept: list[float], told: Told) -> None:
    served.schedule("rate-limited-create:2")
    client.videos.create(**ASKED)
    assert served.asked("POST") == [429, 429, 200]
    assert len(served.tasks) == 1
    first, second = slept
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1
    served.schedule("rate-limited-create:3")
    with pytest.raises(openai.RateLimitError):
        client.videos.create(**ASKED)
    told("repeats a create twice, after 0.5 s and 1 s less up to a quarter; then `RateLimitError`")


@pytest.mark.step("500")
def test_server_errors(client: Any, served: Served, told: Told) -> None:
    served.schedule("server-errors:2")
    video = client.videos.create(**ASKED)
    assert client.videos.retrieve(video.id).status == "queued"
    assert served.asked("GET") == [500, 500, 200]
    served.schedule("server-error-create:3")
    with pytest.raises(openai.InternalServerError):
        client.videos.create(**ASKED)
    assert served.asked("POST") == [200, 500, 500, 500]
    told("repeats polls and creates twice, then `InternalServerError`")


@pytest.mark.step("lost answer")
def test_lost_answer(client: Any, served: Served, told: Told) -> None:
    served.schedule("lost-answer")
    video = client.videos.create(**ASKED)
    assert served.asked("POST") == [0, 200]
    lost, known = served.tasks
    assert known == video.id != lost
    served.schedule("lost-answer")
    with pytest.raises(openai.APIConnectionError):
        client.with_options(max_retries=0).videos.create(**ASKED)
    told("repeats the create: two tasks, the first of which nobody knows; with `max_retries=0` `APIConnectionError`")


@pytest.mark.step("invalid parameter")
def test_invalid_parameter(client: Any, served: Served) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(**ASKED, seconds="7")
    assert refused.value.param == "seconds"
    assert served.asked("POST") == [400]


@pytest.mark.step("async")
def test_async(served: Served, slept: list[float]) -> None:
    async def live() -> Any:
        async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key=served.key) as client:
            served.schedule("rate-limited")
            video = strict(await client.videos.create_and_poll(**ASKED, poll_interval_ms=30_000))
            file = await client.videos.download_content(video.id)
            assert [each.id async for each in client.videos.list()] == [video.id]
            return video, await file.aread()

    video, data = asyncio.run(live())
    assert video.status == "completed"
    assert plays(data) == 4
    assert 30.0 in slept
