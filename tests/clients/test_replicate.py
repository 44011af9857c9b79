"""`replicate`: predictions of a model."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.asking import first_model
from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, Told, plays
from tests.clients.strictly import declared

LIBRARY = LIBRARIES["replicate"]
replicate = LIBRARY.load()
exceptions = LIBRARY.load("replicate.exceptions")
Prediction = LIBRARY.load("replicate.prediction").Prediction

PATH = first_model(LIBRARY).operations[0].path
MODEL = "/".join(PATH.split("/")[3:5])
"""As users name it: `owner/name`."""
INPUT: dict[str, Any] = first_model(LIBRARY).base["input"]
PAGE = 100
"""Predictions on one page of the list."""

UNDECLARED = {"data_removed", "deadline", "source", "deployment", "num_chunks"}
"""Members that the vendor documents and the library does not declare."""


@pytest.fixture
def connect(served: Served) -> Iterator[Callable[[str], Any]]:
    """Makes clients, whose connections end with the test: the library leaves them to the collector."""
    made: list[Any] = []

    def client(key: str) -> Any:
        made.append(replicate.Client(api_token=key, base_url=served.url))
        return made[-1]

    yield client
    for each in made:
        each._client.close()


@pytest.fixture
def client(connect: Callable[[str], Any], served: Served) -> Any:
    return connect(served.key)


def strict(served: Served, prediction: Any) -> Any:
    """The prediction, whose answer is what the library's own types say."""
    raw = served.raw(f"/v1/predictions/{prediction.id}", authorization=f"Bearer {served.key}")
    declared(raw, Prediction, beside=UNDECLARED)
    return prediction


def create(client: Any) -> Any:
    return client.models.predictions.create(model=MODEL, input=INPUT)


@pytest.mark.step("create")
def test_create(client: Any, served: Served) -> None:
    prediction = strict(served, create(client))
    assert prediction.status == "starting"
    assert prediction.input["prompt"] == INPUT["prompt"]
    assert set(prediction.urls) >= {"get", "cancel"}
    assert served.tasks == [prediction.id]


@pytest.mark.step("wait")
def test_wait(client: Any, served: Served, slept: list[float], told: Told) -> None:
    prediction = create(client)
    prediction.wait()
    assert strict(served, prediction).status == "succeeded"
    assert prediction.metrics["predict_time"] > 0
    assert set(slept) == {0.5}
    told("`wait` polls every half second")


@pytest.mark.step("download")
def test_download(client: Any, tmp_path: Path, told: Told) -> None:
    client.poll_interval = 20
    output = client.run(MODEL, input=INPUT)
    file = tmp_path / "video.mp4"
    file.write_bytes(output.read())
    assert plays(file.read_bytes()) > 0
    told("`run` follows the prediction and gives a `FileOutput`, whose `read` fetches the address")


@pytest.mark.step("list")
def test_list(client: Any) -> None:
    made = [create(client).id for _ in range(PAGE + 1)]
    page = client.predictions.list()
    assert [each.id for each in page.results] == made[:0:-1]
    pages = list(replicate.paginate(client.predictions.list))
    assert [each.id for page in pages for each in page.results] == made[::-1]


@pytest.mark.step("cancel")
def test_cancel(client: Any, served: Served) -> None:
    prediction = create(client)
    prediction.cancel()
    assert strict(served, client.predictions.get(prediction.id)).status == "canceled"


@pytest.mark.step("failed task")
def test_failed(client: Any, served: Served, told: Told) -> None:
    client.poll_interval = 20
    served.schedule("failure")
    with pytest.raises(exceptions.ModelError) as failed:
        client.run(MODEL, input=INPUT)
    assert strict(served, failed.value.prediction).error == str(failed.value)
    told("`run` raises `ModelError`; `wait` raises nothing, and `error` says why")


@pytest.mark.step("wrong key")
def test_wrong_key(connect: Callable[[str], Any]) -> None:
    with pytest.raises(exceptions.ReplicateError) as refused:
        create(connect("r8_nobody"))
    assert refused.value.status == 401
    assert refused.value.title


@pytest.mark.step("429")
def test_too_fast(client: Any, served: Served, slept: list[float], told: Told) -> None:
    served.schedule("rate-limited-create")
    with pytest.raises(exceptions.ReplicateError) as refused:
        create(client)
    assert refused.value.status == 429
    assert slept == []
    served.reset()
    served.schedule("rate-limited:3")
    prediction = create(client)
    prediction.reload()
    assert served.asked("GET") == [429, 429, 429, 200]
    told("a create is not repeated, a poll up to 9 times, as `Retry-After` says or after 0.1 s and ever longer")


@pytest.mark.step("500")
def test_server_errors(client: Any, served: Served, told: Told) -> None:
    served.schedule("server-errors:1")
    prediction = create(client)
    with pytest.raises(exceptions.ReplicateError) as refused:
        prediction.wait()
    assert refused.value.status == 500
    assert served.asked("GET") == [500]
    told("nothing is repeated: `ReplicateError`, also from `wait`")


@pytest.mark.step("lost answer")
def test_lost_answer(client: Any, served: Served, told: Told) -> None:
    served.schedule("lost-answer")
    with pytest.raises(httpx.RemoteProtocolError):
        create(client)
    assert served.asked("POST") == [0]
    assert len(served.tasks) == 1
    told("`httpx.RemoteProtocolError`, and the create is not repeated: one task, which nobody knows")


@pytest.mark.step("invalid parameter")
def test_invalid_parameter(client: Any, served: Served) -> None:
    with pytest.raises(exceptions.ReplicateError) as refused:
        client.models.predictions.create(model=MODEL, input={"prompt": 7})
    assert refused.value.status == 422
    assert refused.value.detail
    assert served.tasks == []


@pytest.mark.step("async")
def test_async(client: Any, served: Served, slept: list[float]) -> None:
    client.poll_interval = 20

    async def live() -> Any:
        output = await client.async_run(MODEL, input=INPUT)
        data = await output.aread()
        await client._async_client.aclose()
        return data

    assert plays(asyncio.run(live())) > 0
    assert set(slept) == {20}
