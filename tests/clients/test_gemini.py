"""`google-genai`: Veo of the Gemini Developer API.

From 3.0 on the library makes videos for Google Cloud only: it refuses a create for the Developer API before it sends
anything, and goes on polling and downloading. Its users make the operation by a plain request, and so do these tests.
"""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.asking import first_model
from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, Told, plays

LIBRARY = LIBRARIES["google-genai"]
genai = LIBRARY.load()
types = LIBRARY.load("google.genai.types")
errors = LIBRARY.load("google.genai.errors")
MAKES_VIDEOS = int((LIBRARY.version or "0").partition(".")[0]) < 3

MODEL = first_model(LIBRARY)
PATH = MODEL.operations[0].path
NAME = PATH.partition("/models/")[2].partition(":")[0]
PROMPT: str = MODEL.base["instances"][0]["prompt"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:google")  # the library's own


def connect(served: Served, key: str = "", attempts: int = 1) -> Any:
    """A client as users make it for another address; without `attempts` it repeats nothing."""
    options = types.HttpOptions(
        base_url=served.url, api_version="v1beta", retry_options=types.HttpRetryOptions(attempts=attempts)
    )
    return genai.Client(api_key=key or served.key, vertexai=False, http_options=options)


@pytest.fixture
def client(served: Served) -> Iterator[Any]:
    client = connect(served)
    yield client
    client.close()


def ask(client: Any, **config: Any) -> Any:
    """The library's own create."""
    source = types.GenerateVideosSource(prompt=PROMPT)
    return client.models.generate_videos(model=NAME, source=source, config=types.GenerateVideosConfig(**config))


def create(client: Any, served: Served) -> Any:
    """An operation, by the library where it still makes one."""
    if MAKES_VIDEOS:
        return ask(client)
    with httpx.Client(verify=served.context) as http:
        answer = http.post(f"{served.url}{PATH}", json=MODEL.base, headers={"x-goog-api-key": served.key})
    return types.GenerateVideosOperation(name=answer.json()["name"])


def follow(client: Any, operation: Any, pause: float = 20) -> Any:
    """Polls to the end, as the library's users do by hand."""
    while not operation.done:
        time.sleep(pause)
        operation = client.operations.get(operation)
    return operation


def strict(operation: Any) -> Any:
    """The operation, as the library's own types have it without leniency."""
    again = types.GenerateVideosOperation.model_validate_json(operation.model_dump_json(), strict=True)
    assert again == operation
    return operation


@pytest.mark.step("create")
def test_create(client: Any, served: Served, told: Told) -> None:
    if MAKES_VIDEOS:
        operation = strict(ask(client))
        assert not operation.done
        assert len(served.tasks) == 1
        return
    with pytest.raises(ValueError, match="Developer API"):
        ask(client)
    assert served.journal == []
    operation = strict(client.operations.get(create(client, served)))
    assert not operation.done
    told(
        "from 3.0 on `generate_videos` is for Google Cloud only and raises `ValueError`; a plain request makes the task"
    )


@pytest.mark.step("download")
def test_download(client: Any, served: Served, tmp_path: Path, told: Told) -> None:
    done = strict(follow(client, create(client, served)))
    (made,) = done.response.generated_videos
    file = tmp_path / "video.mp4"
    file.write_bytes(client.files.download(file=made.video))
    assert plays(file.read_bytes()) > 0
    told("`files.download` takes the video's address apart, which must be https, and sends the key")


@pytest.mark.step("failed task")
def test_failed(client: Any, served: Served, told: Told) -> None:
    served.schedule("failure")
    done = strict(follow(client, create(client, served)))
    assert done.error["message"]
    assert done.response is None
    told("`done` with `error`, and without `response`")


@pytest.mark.step("wrong key")
def test_wrong_key(client: Any, served: Served) -> None:
    operation = create(client, served)
    stranger = connect(served, key="AIza-nobody")
    with pytest.raises(errors.ClientError) as refused:
        stranger.operations.get(operation)
    stranger.close()
    assert refused.value.code in (400, 401, 403)
    assert refused.value.status


@pytest.mark.step("429")
def test_too_fast(client: Any, served: Served, slept: list[float], told: Told) -> None:
    served.schedule("rate-limited:2")
    operation = create(client, served)
    with pytest.raises(errors.ClientError) as refused:
        client.operations.get(operation)
    assert refused.value.code == 429
    patient = connect(served, attempts=3)
    assert patient.operations.get(operation).name == operation.name
    patient.close()
    assert served.asked("GET") == [429, 429, 200]
    assert len(slept) == 1
    told("repeats only what `HttpRetryOptions` asks for")


@pytest.mark.step("500")
def test_server_errors(client: Any, served: Served, told: Told) -> None:
    served.schedule("server-errors:2")
    operation = create(client, served)
    with pytest.raises(errors.ServerError) as refused:
        client.operations.get(operation)
    assert refused.value.code == 500
    patient = connect(served, attempts=3)
    assert patient.operations.get(operation).name == operation.name
    patient.close()
    assert served.asked("GET") == [500, 500, 200]
    told("as 429")


@pytest.mark.step("async")
def test_async(client: Any, served: Served) -> None:
    operation = create(client, served)

    async def live() -> Any:
        found = operation
        async with connect(served).aio as aio:
            while not found.done:
                await asyncio.sleep(20)
                found = await aio.operations.get(found)
            return await aio.files.download(file=found.response.generated_videos[0].video)

    assert plays(asyncio.run(live())) > 0
