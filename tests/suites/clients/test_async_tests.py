"""Users' asynchronous tests, with clients of httpx and of httpx2. `tests/clients` has one by pytest-asyncio."""

from typing import Any

import httpx
import httpx2
import pytest
from tests.providers import known

import screentest

CONTRACT = known("nexusflow")
WISH = {"model": "happyhorse-1.0-t2v", "prompt": "a paper boat"}
HTTP = pytest.mark.parametrize("http", [httpx, httpx2], ids=["httpx", "httpx2"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def live(mock: screentest.Mock, http: Any, key: str = "") -> str:
    """A task from its create to its end, as a client of the vendor's address has it; its last status."""
    headers = {"authorization": f"Bearer {key or mock.key}"}
    async with http.AsyncClient(base_url=mock.url, headers=headers) as client:
        task = (await client.post("/v1/tasks", json=WISH)).raise_for_status().json()["id"]
        mock.advance(600)
        return str((await client.get(f"/v1/tasks/{task}")).raise_for_status().json()["status"])


def said(mock: screentest.Mock, name: str) -> screentest.Finding:
    return next(each.finding for each in mock.verdicts(wishes=1) if each.requirement.id == name)


@HTTP
@pytest.mark.anyio
async def test_a_mock(screentest_mock: screentest.MockFactory, http: Any) -> None:
    mock = screentest_mock(CONTRACT)
    assert await live(mock, http) == "succeeded"
    mock.assert_client_conforms(wishes=1)


@HTTP
@pytest.mark.anyio
async def test_a_router_counts_creates(screentest_router: screentest.RouterFactory, http: Any) -> None:
    with screentest_router(CONTRACT) as router:
        assert await live(router.screentest, http) == "succeeded"
        router.screentest.assert_client_conforms(wishes=1)
        assert said(router.screentest, "client.create.once").result == "passed"
        await live(router.screentest, http)
        with pytest.raises(AssertionError, match="2 creates for 1 wish"):
            router.screentest.assert_client_conforms(wishes=1)


@HTTP
@pytest.mark.anyio
async def test_a_router_tells_of_a_wrong_key(screentest_router: screentest.RouterFactory, http: Any) -> None:
    async with screentest_router(CONTRACT) as router:
        with pytest.raises(http.HTTPStatusError):
            await live(router.screentest, http, "of-nobody")
        finding = said(router.screentest, "client.key.sent")
    assert finding.reason == "success: refused with 401 (wrong-key): header authorization: unknown"


@HTTP
def test_a_lost_answer_at_a_router(screentest_router: screentest.RouterFactory, http: Any) -> None:
    """A dropped connection is an error of the client's own library, and the create is seen all the same."""
    with screentest_router(CONTRACT) as router:
        mock = router.screentest
        mock.schedule("lost-answer")
        headers = {"authorization": f"Bearer {mock.key}"}
        with http.Client(base_url=mock.url, headers=headers) as client:
            with pytest.raises(http.RemoteProtocolError):
                client.post("/v1/tasks", json=WISH)
            client.post("/v1/tasks", json=WISH).raise_for_status()
        finding = said(mock, "client.create.once.lost-answer")
    assert (finding.result, finding.reason) == ("failed", "lost-answer: 2 creates for 1 wish")


@pytest.mark.screentest_scenarios("nexusflow", only=["success", "failure"], speed=5000)
@pytest.mark.anyio
async def test_situations(screentest_scenario: screentest.ScenarioCase) -> None:
    mock = screentest_scenario.mock
    async with httpx.AsyncClient(base_url=mock.url, headers={"authorization": f"Bearer {mock.key}"}) as client:
        (await client.post("/v1/tasks", json=WISH)).raise_for_status()
    assert screentest_scenario.expects == {"success": "video", "failure": "none"}[screentest_scenario.name]
    mock.assert_client_conforms(wishes=1)
