"""`fal-client`: the queue. It speaks HTTPS only, and goes to the addresses that a create's answer tells."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.asking import asked, first_model
from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, Told, plays
from tests.clients.strictly import declared

LIBRARY = LIBRARIES["fal-client"]
fal = LIBRARY.load()
internals = LIBRARY.load("fal_client.client")

APPLICATION = first_model(LIBRARY).operations[0].path.strip("/")
ASKED = asked(LIBRARY)


@pytest.fixture(autouse=True)
def _host(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What FAL_QUEUE_RUN_HOST does, which is read as the library is imported."""
    monkeypatch.setattr(internals, "QUEUE_URL_FORMAT", f"{served.url}/")


@pytest.fixture
def connect() -> Iterator[Callable[[str], Any]]:
    """Makes clients, whose connections end with the test: the library leaves them to the collector."""
    made: list[Any] = []

    def client(key: str) -> Any:
        made.append(fal.SyncClient(key=key))
        return made[-1]

    yield client
    for each in made:
        each._client.close()


@pytest.fixture
def client(connect: Callable[[str], Any], served: Served) -> Any:
    return connect(served.key)


def strict(status: Any) -> Any:
    """The status, each member of which has the type that the library declares."""
    declared(vars(status), type(status))
    return status


@pytest.mark.step("create")
def test_create(client: Any, served: Served) -> None:
    handle = client.submit(APPLICATION, ASKED)
    assert served.tasks == [handle.request_id]
    assert handle.status_url.startswith(served.url)
    status = strict(handle.status())
    assert isinstance(status, fal.Queued)
    assert status.position >= 0


@pytest.mark.step("wait")
def test_wait(client: Any, slept: list[float], told: Told) -> None:
    seen: list[str] = []
    client.subscribe(
        APPLICATION, ASKED, interval=1, on_queue_update=lambda status: seen.append(type(strict(status)).__name__)
    )
    assert list(dict.fromkeys(seen)) == ["Queued", "InProgress", "Completed"]
    assert set(slept) == {1}
    told("`subscribe` polls every 0.1 s, or as `interval` says, and fetches the result")


@pytest.mark.step("download")
def test_download(client: Any, tmp_path: Path, told: Told) -> None:
    result = client.submit(APPLICATION, ASKED).get(interval=20)
    file = tmp_path / "video.mp4"
    file.write_bytes(httpx.get(result["video"]["url"]).content)
    assert plays(file.read_bytes()) > 0
    told("it has no download: `video.url` of the result is fetched without a key")


@pytest.mark.step("cancel")
def test_cancel(client: Any, served: Served, told: Told) -> None:
    handle = client.submit(APPLICATION, ASKED)
    handle.cancel()
    assert served.asked("PUT") == [202]
    told("`cancel` while it is in the queue")


@pytest.mark.step("failed task")
def test_failed(client: Any, served: Served, told: Told) -> None:
    served.schedule("failure")
    with pytest.raises(fal.FalClientHTTPError) as failed:
        client.subscribe(APPLICATION, ASKED, interval=20)
    assert failed.value.status_code == 422
    told("the status is COMPLETED, and fetching the result raises `FalClientHTTPError` with 422")


@pytest.mark.step("wrong key")
def test_wrong_key(connect: Callable[[str], Any]) -> None:
    with pytest.raises(fal.FalClientHTTPError) as refused:
        connect("nobody").submit(APPLICATION, ASKED)
    assert refused.value.status_code == 401


@pytest.mark.step("429")
def test_too_fast(client: Any, served: Served, slept: list[float], told: Told) -> None:
    served.schedule("rate-limited-create:3")
    client.submit(APPLICATION, ASKED)
    assert served.asked("POST") == [429, 429, 429, 200]
    assert len(served.tasks) == 1
    assert all(0.5 <= nap / (0.1 * 2**step) <= 1.5 for step, nap in enumerate(slept))
    told("repeats creates and polls up to 9 times, after 0.1 s and ever longer up to 30 s")


@pytest.mark.step("500")
def test_server_errors(client: Any, served: Served, told: Told) -> None:
    served.schedule("server-error-create")
    with pytest.raises(fal.FalClientHTTPError) as refused:
        client.submit(APPLICATION, ASKED)
    assert refused.value.status_code == 500
    assert served.asked("POST") == [500]
    told("nothing is repeated: `FalClientHTTPError`")


@pytest.mark.step("lost answer")
def test_lost_answer(client: Any, served: Served, told: Told) -> None:
    served.schedule("lost-answer")
    handle = client.submit(APPLICATION, ASKED)
    assert served.asked("POST") == [0, 200]
    assert served.tasks[1] == handle.request_id
    told("repeats the create: two tasks, the first of which nobody knows")


@pytest.mark.step("invalid parameter")
def test_invalid_parameter(client: Any, served: Served) -> None:
    with pytest.raises(fal.FalClientHTTPError) as refused:
        client.submit(APPLICATION, {**ASKED, "prompt": 7})
    assert refused.value.status_code == 422
    assert served.tasks == []


@pytest.mark.step("async")
def test_async(served: Served, slept: list[float]) -> None:
    async def live() -> Any:
        client = fal.AsyncClient(key=served.key)
        result = await client.subscribe(APPLICATION, ASKED, interval=20)
        await (await client._client).aclose()
        return result

    result = asyncio.run(live())
    assert plays(httpx.get(result["video"]["url"]).content) > 0
    assert set(slept) == {20}
