"""Tests as a user of Screentest writes them: typed, with its fixtures and its Python API."""

from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from my_client import Client

import screentest


def test_client_survives_a_failure(screentest_mock: screentest.MockFactory) -> None:
    mock = screentest_mock("evolink")
    mock.schedule("failure:content_policy_violation")
    task = Client(mock.url, mock.key).create("a paper boat")
    mock.advance(300)
    assert task.refresh().failed
    assert [entry.method for entry in mock.journal] == ["POST", "GET"]


@pytest.mark.parametrize("scenario", ["rate-limited-create", "server-error-create"])
def test_client_with_a_fixed_address(screentest_router: screentest.RouterFactory, scenario: str) -> None:
    with screentest_router("evolink") as router:
        router.screentest.schedule(scenario)
        client = Client("https://api.evolink.ai", router.screentest.key)
        with pytest.raises(httpx.HTTPStatusError):
            client.create("a paper boat")
        assert router.calls.call_count == 1


def test_the_mock_as_an_application() -> None:
    transport = httpx.ASGITransport(screentest.asgi_app("evolink"))
    assert isinstance(transport, httpx.AsyncBaseTransport)


def test_a_verdict_with_its_evidence(tmp_path: Path) -> None:
    options = screentest.Options(examples=2, models=("happyhorse-1.0-text-to-video",), assumed_price=Decimal(1))
    judgement = screentest.judge("evolink", options=options)
    verdict: screentest.Verdict = judgement.verdict("create.accepted")
    assert verdict.result is screentest.Result.PASSED
    seen: list[str] = [evidence.seen for broken in judgement.broken for evidence in broken.finding.evidence]
    assert seen == []
    screentest.write_report(judgement, tmp_path / "evolink.json")


def test_a_mistake_has_a_hint() -> None:
    with pytest.raises(screentest.UsageError) as caught:
        screentest.judge("evolnik")
    assert caught.value.hint == "did you mean evolink?"
