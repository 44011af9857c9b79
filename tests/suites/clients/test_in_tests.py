"""Verdicts in users' own tests: of a mock's journal, and of one test in each situation."""

from typing import Any

import httpx
import pytest
from tests.providers import known

import screentest

pytest_plugins = ["pytester"]
CONTRACT = known("nexusflow")
WISH = {"model": "happyhorse-1.0-t2v", "prompt": "a paper boat"}


def make(mock: Any, http: Any = httpx) -> str:
    answer = http.post(f"{mock.url}/v1/tasks", json=WISH, headers={"authorization": f"Bearer {mock.key}"})
    return str(answer.json().get("id"))


def verdicts(mock: Any, **options: Any) -> dict[str, Any]:
    return {each.requirement.id: each.finding for each in mock.verdicts(**options)}


def test_a_good_client_conforms_and_a_leaking_one_does_not(screentest_mock: screentest.MockFactory) -> None:
    mock = screentest_mock(CONTRACT)
    identity = make(mock)
    httpx.get(f"{mock.url}/v1/tasks/{identity}", headers={"authorization": f"Bearer {mock.key}"})
    mock.assert_client_conforms()
    mock.assert_client_conforms(wishes=1)
    httpx.get(f"{mock.url}/v1/tasks/{identity}?key={mock.key}", headers={"authorization": f"Bearer {mock.key}"})
    mock.assert_client_conforms()
    with pytest.raises(AssertionError, match=r"SHOULD client\.key\.address: success: a key stands in the query"):
        mock.assert_client_conforms(level=screentest.Level.SHOULD)
    mock.assert_client_conforms(level=screentest.Level.SHOULD, ignore=["client.key.*"])


def test_two_creates_for_one_wish(screentest_mock: screentest.MockFactory) -> None:
    mock = screentest_mock(CONTRACT)
    make(mock)
    make(mock)
    mock.assert_client_conforms(), "two may have been wanted"
    with pytest.raises(AssertionError, match="2 creates for 1 wish"):
        mock.assert_client_conforms(wishes=1)


def test_a_lost_answer(screentest_mock: screentest.MockFactory) -> None:
    mock = screentest_mock(CONTRACT)
    mock.schedule("lost-answer")
    with pytest.raises(httpx.RemoteProtocolError):
        make(mock)
    make(mock)
    finding = verdicts(mock)["client.create.once.lost-answer"]
    assert (finding.result, finding.reason) == ("failed", "lost-answer: 2 creates for 1 wish")


def test_how_it_ended_is_not_known(screentest_mock: screentest.MockFactory) -> None:
    found = verdicts(screentest_mock(CONTRACT, scenario="failure"))
    assert found["client.end.failed"].reason == "not observed: failure: nothing was asked"
    assert found["client.poll.floor"].result == "skipped"


async def call(url: str, key: str) -> int:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{url}/v1/tasks/nothing", headers={"authorization": f"Bearer {key}"})
        return answer.status_code


def test_the_router_judges_too(screentest_router: screentest.RouterFactory) -> None:
    import asyncio

    with screentest_router(CONTRACT) as router:
        make(router.screentest)
        assert asyncio.run(call(router.screentest.url, "of-nobody")) == 401
        finding = verdicts(router.screentest)["client.key.sent"]
    assert finding.reason == "success: refused with 401 (wrong-key): header authorization: unknown"


def test_one_test_in_each_situation(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx, pytest

        @pytest.mark.screentest_scenarios("nexusflow", only=["success", "failure", "lost-answer", "slow"], speed=5000)
        def test_client(screentest_scenario):
            mock = screentest_scenario.mock
            print(screentest_scenario.name, screentest_scenario.expects)
            wish = {"model": "happyhorse-1.0-t2v", "prompt": "a boat"}
            try:
                httpx.post(mock.url + "/v1/tasks", json=wish, headers={"authorization": "Bearer " + mock.key})
            except httpx.TransportError:
                assert screentest_scenario.name == "lost-answer"
            mock.assert_client_conforms(wishes=1)
        """
    )
    found = pytester.runpytest_inprocess("-v", "-s", "-p", "no:cacheprovider", "-p", "no:xdist")
    found.assert_outcomes(passed=4)
    shown = found.stdout.str()
    for line in ("success video", "failure none", "lost-answer either", "slow either", "test_client[lost-answer]"):
        assert line in shown


def test_a_marker_with_a_wrong_name_is_told_without_our_frames(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.screentest_scenarios("nexusflow", only=["stall"])
        def test_client(screentest_scenario): ...
        """
    )
    found = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:schemathesis")
    shown = found.stdout.str()
    assert "::test_client: nexusflow has no situation 'stall'" in shown
    assert "hint: did you mean never-ending?" in shown
    assert "situations.py" not in shown
