"""Users' asynchronous tests by pytest-asyncio: the fixtures work in its event loop."""

from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.skipif(find_spec("pytest_asyncio") is None, reason="pytest-asyncio is not installed")

TESTS = """
import httpx, pytest, screentest

WISH = {"model": "happyhorse-1.0-t2v", "prompt": "a paper boat"}

async def live(mock, wishes=1):
    async with httpx.AsyncClient(base_url=mock.url, headers={"authorization": f"Bearer {mock.key}"}) as client:
        for _ in range(wishes):
            task = (await client.post("/v1/tasks", json=WISH)).raise_for_status().json()["id"]
        mock.advance(600)
        return (await client.get(f"/v1/tasks/{task}")).raise_for_status().json()["status"]

@pytest.mark.asyncio
async def test_mock(screentest_mock):
    mock = screentest_mock("nexusflow")
    assert await live(mock) == "succeeded"
    mock.assert_client_conforms(wishes=1)

@pytest.mark.asyncio
async def test_router(screentest_router):
    async with screentest_router("nexusflow") as router:
        assert await live(router.screentest, wishes=2) == "succeeded"
        with pytest.raises(AssertionError, match="2 creates for 1 wish"):
            router.screentest.assert_client_conforms(wishes=1)

@pytest.mark.screentest_scenarios("nexusflow", only=["success", "failure"], speed=5000)
@pytest.mark.asyncio
async def test_situations(screentest_scenario):
    mock = screentest_scenario.mock
    async with httpx.AsyncClient(base_url=mock.url, headers={"authorization": f"Bearer {mock.key}"}) as client:
        (await client.post("/v1/tasks", json=WISH)).raise_for_status()
    mock.assert_client_conforms(wishes=1)
"""


def test_fixtures_in_its_event_loop(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(TESTS)
    found = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    found.assert_outcomes(passed=4)
