"""`dashscope`: `VideoSynthesis`. Its answers are dataclasses that hold refusals, too: nothing is raised for them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import pytest

from screentest_suites.requests.media import small_file
from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, Told, plays

LIBRARY = LIBRARIES["dashscope"]
dashscope = LIBRARY.load()
AioVideoSynthesis = LIBRARY.load("dashscope.aigc.video_synthesis").AioVideoSynthesis
TypeAdapter = LIBRARY.load("pydantic").TypeAdapter
answers = LIBRARY.load("dashscope.api_entities.dashscope_response")
errors = LIBRARY.load("requests.exceptions")
VideoSynthesis = dashscope.VideoSynthesis

ASKED: dict[str, Any] = {"model": "happyhorse-1.0-t2v", "prompt": "A paper boat crosses a puddle."}
PATIENT = {"duration": 3, "resolution": "720P"}
HIDDEN = {"submit_time", "scheduled_time", "end_time", "orig_prompt"}
"""Members of `output` that the documents name and the library does not declare."""


@pytest.fixture(autouse=True)
def _address(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(dashscope, "base_http_api_url", f"{served.url}/api/v1")
    monkeypatch.setattr(dashscope, "api_key", served.key)
    yield
    LIBRARY.load("dashscope.api_entities.http_request").close_shared_sync_session()


def strict(answer: Any, kind: Any, undeclared: frozenset[str] = frozenset()) -> Any:
    """The answer, each member of which has the type that the library declares for it."""
    assert type(answer) is kind
    hints = get_type_hints(kind)
    for name, value in answer.items():
        if value is not None and name not in undeclared:
            TypeAdapter(hints[name]).validate_python(value, strict=True)
    return answer


def strict_video(answer: Any) -> Any:
    strict(answer, answers.VideoSynthesisResponse)
    assert answer.status_code == 200
    assert answer.request_id
    strict(answer.output, answers.VideoSynthesisOutput, frozenset(HIDDEN))
    if answer.usage is not None:  # it declares three numbers of its own, and hands over what comes
        assert isinstance(answer.usage.video_count, int)
    return answer


@pytest.mark.step("create")
def test_create(served: Served) -> None:
    task = strict_video(VideoSynthesis.async_call(**ASKED, duration=7, resolution="720P", ratio="1:1"))
    assert task.output.task_status == "PENDING"
    assert served.tasks == [task.output.task_id]


@pytest.mark.step("wait")
def test_wait(slept: list[float], told: Told) -> None:
    done = strict_video(VideoSynthesis.wait(VideoSynthesis.async_call(**ASKED)))
    assert done.output.task_status == "SUCCEEDED"
    assert (done.usage.SR, done.usage.duration) == (1080, 5)
    assert slept[:6] == [1, 1, 2, 2, 2, 4]
    assert set(slept[6:]) == {4, 5}
    told("`wait` polls after 1 s, then ever more slowly up to 5 s")


@pytest.mark.step("download")
def test_download(tmp_path: Path, told: Told) -> None:
    done = VideoSynthesis.call(**ASKED, **PATIENT)
    assert done.output.task_status == "SUCCEEDED"
    file = tmp_path / "video.mp4"
    file.write_bytes(httpx.get(done.output.video_url).content)
    assert plays(file.read_bytes()) == 3
    told("it has no download: the address of `call` is fetched without a key")


@pytest.mark.step("list")
def test_list(told: Told) -> None:
    made = [VideoSynthesis.async_call(**ASKED).output.task_id for _ in range(3)]
    pages = [VideoSynthesis.list(page_no=number, page_size=2) for number in (1, 2)]
    assert [strict(page, answers.DashScopeAPIResponse).status_code for page in pages] == [200, 200]
    told_of = [row["task_id"] for page in pages for row in (page.get("data") or page.output["data"])]
    assert told_of == made[::-1]
    VideoSynthesis.cancel(made[1])
    cancelled = VideoSynthesis.list(status="CANCELED")
    assert [row["task_id"] for row in cancelled.get("data") or cancelled.output["data"]] == [made[1]]


@pytest.mark.step("cancel")
def test_cancel(told: Told) -> None:
    task = VideoSynthesis.async_call(**ASKED)
    assert strict(VideoSynthesis.cancel(task), answers.DashScopeAPIResponse).status_code == 200
    assert VideoSynthesis.fetch(task).output.task_status == "CANCELED"
    assert VideoSynthesis.cancel(task).code == "UnsupportedOperation"
    told("`cancel` while it is PENDING; later `code` is `UnsupportedOperation`")


@pytest.mark.step("failed task")
def test_failed(served: Served, told: Told) -> None:
    served.schedule("failure")
    done = VideoSynthesis.wait(VideoSynthesis.async_call(**ASKED))
    assert done.status_code == 200
    assert done.output.task_status == "FAILED"
    assert done.output.code
    assert done.output.message
    told("`wait` gives it back with status 200; `output.code` and `output.message` say why")


@pytest.mark.step("wrong key")
def test_wrong_key(told: Told) -> None:
    refused = VideoSynthesis.async_call(**ASKED, api_key="sk-nobody")
    assert (refused.status_code, refused.code) == (401, "InvalidApiKey")
    assert refused.message
    told("nothing is raised: `status_code` is 401, `code` is `InvalidApiKey`")


@pytest.mark.step("429")
def test_too_fast(served: Served, told: Told) -> None:
    served.schedule("rate-limited-create")
    refused = VideoSynthesis.async_call(**ASKED)
    assert (refused.status_code, refused.code) == (429, "Throttling.RateQuota")
    served.reset()
    served.schedule("rate-limited")
    task = VideoSynthesis.async_call(**ASKED)
    assert VideoSynthesis.wait(task).status_code == 429
    assert served.asked("GET") == [429]
    told("never repeats: a create is given back with 429, and so is the first such poll of `wait`")


@pytest.mark.step("500")
def test_server_errors(served: Served, told: Told) -> None:
    served.schedule("server-error-create")
    assert VideoSynthesis.async_call(**ASKED).status_code == 500
    for scenario, polls in (("server-errors", [500]), ("refuse-query:unavailable", [503, 200])):
        served.reset()
        served.schedule(scenario)
        done = VideoSynthesis.wait(VideoSynthesis.async_call(**ASKED))
        assert done.status_code == (500 if polls == [500] else 200)
        assert served.asked("GET")[:2] == polls
    told("a create is given back with 500, and so is the first such poll of `wait`, which polls on after a 503 alone")


@pytest.mark.step("lost answer")
def test_lost_answer(served: Served, told: Told) -> None:
    served.schedule("lost-answer")
    task = VideoSynthesis.async_call(**ASKED)
    assert served.asked("POST") == [0, 200]
    assert served.tasks[1] == task.output.task_id
    served.schedule("lost-answer", 2)
    with pytest.raises(errors.ConnectionError):
        VideoSynthesis.async_call(**ASKED)
    told("repeats the create once: two tasks, the first of which nobody knows")


@pytest.mark.step("invalid parameter")
def test_invalid_parameter(served: Served) -> None:
    refused = VideoSynthesis.async_call(**ASKED, duration=99)
    assert (refused.status_code, refused.code) == (400, "InvalidParameter")
    assert served.tasks == []


@pytest.mark.step("async")
def test_async(served: Served, slept: list[float]) -> None:
    async def live() -> Any:
        task = await AioVideoSynthesis.async_call(**ASKED, **PATIENT)
        done = await AioVideoSynthesis.wait(task)
        listed = await AioVideoSynthesis.list()
        await LIBRARY.load("dashscope.api_entities.aio_session").close_shared_aio_session()
        return done, listed

    done, listed = asyncio.run(live())
    assert strict_video(done).output.task_status == "SUCCEEDED"
    assert listed.status_code == 200
    assert plays(httpx.get(done.output.video_url).content) == 3
    assert slept[:3] == [1, 1, 2]


def test_a_file_of_this_machine(served: Served, tmp_path: Path) -> None:
    """It is uploaded by a form to the address that the policy names, and the create names what came of it."""
    file = tmp_path / "harbour.png"
    file.write_bytes(small_file("image/png")[1])
    media = [{"type": "first_frame", "url": file.as_uri()}]
    task = strict_video(VideoSynthesis.async_call(model="happyhorse-1.0-i2v", prompt="It sails.", media=media))
    assert task.output.task_status == "PENDING"
    policy, form, create = served.journal
    assert [(each.method, each.status) for each in (policy, form, create)] == [
        ("GET", 200),
        ("POST", 200),
        ("POST", 200),
    ]
    assert policy.path == "/api/v1/uploads"
    assert form.path.startswith("/media/")
    assert "oss://dashscope-instant/" in create.body
    assert "/harbour.png" in create.body
    address = f"{served.url}/api/v1/services/aigc/video-generation/video-synthesis"
    headers = {
        "authorization": f"Bearer {served.key}",
        "x-dashscope-async": "enable",
        "content-type": "application/json",
    }
    assert httpx.post(address, content=create.body, headers=headers).status_code == 400, "the library sends one more"
    done = strict_video(VideoSynthesis.wait(task))
    assert done.output.task_status == "SUCCEEDED"


def test_a_file_for_a_wrong_key(tmp_path: Path) -> None:
    file = tmp_path / "harbour.png"
    file.write_bytes(small_file("image/png")[1])
    media = [{"type": "first_frame", "url": file.as_uri()}]
    with pytest.raises(LIBRARY.load("dashscope.common.error").UploadFileException, match="InvalidApiKey"):
        VideoSynthesis.async_call(model="happyhorse-1.0-i2v", media=media, api_key="sk-nobody")
