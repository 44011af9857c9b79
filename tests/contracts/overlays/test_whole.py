"""An invented gateway on a built-in provider, from end to end: served, checked, recorded, shown in curl lines."""

import json
import re
from pathlib import Path

from click.testing import CliRunner

import screentest
from screentest_contracts import load_contract
from screentest_contracts.comparison import compare_all
from screentest_contracts.lint import Severity, lint_file
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_suites.cli import main

GATEWAY = Path(__file__).with_name("gateway.yaml")


def test_it_is_short_and_sound() -> None:
    assert len(GATEWAY.read_text().splitlines()) < 60
    assert {each.severity for each in lint_file(str(GATEWAY)).findings} == {Severity.NOTE}


def test_it_is_what_the_overlay_says() -> None:
    base, contract = load_contract("evolink"), load_contract(GATEWAY)
    assert contract.base_url == "https://api.lantern.example/hub"
    assert set(contract.models) == {"lantern-fast", *base.models} - {"happyhorse-1.0-video-edit"}
    assert contract.lifecycle.statuses.keys() == {*base.lifecycle.statuses, "archived"}
    assert [(price.amount, price.currency) for price in contract.prices] == [(0.05, "USD")]


def test_check_finds_nothing_on_its_mock() -> None:
    judgement = screentest.judge(GATEWAY, options=screentest.Options(examples=3))
    assert [verdict.requirement.id for verdict in judgement.broken] == []
    passed = {verdict.requirement.id for verdict in judgement.verdicts if verdict.result is screentest.Result.PASSED}
    assert {"create.accepted", "create.duration.maximum", "query.status.known"} <= passed


def test_a_mock_that_breaks_a_limit_of_the_overlay_is_caught() -> None:
    target = screentest.EmbeddedTarget(load_contract(GATEWAY))
    target.mock.deviation = DEVIATIONS["accepts-above-maximum"]
    judgement = screentest.judge(GATEWAY, target=target, options=screentest.Options(examples=3))
    assert "create.duration.maximum" in {verdict.requirement.id for verdict in judgement.broken}


def test_its_requests_name_the_overlays_file() -> None:
    result = CliRunner().invoke(main, ["requirements", str(GATEWAY), "--format", "json"])
    assert {row["provider"] for row in json.loads(result.output)} == {"lantern"}


def test_it_is_served() -> None:
    import httpx

    with screentest.serve(GATEWAY) as mock:
        answer = httpx.post(
            f"{mock.url}/v1/videos/generations",
            headers={"Authorization": f"Bearer {mock.key}"},
            json={"model": "lantern-fast", "prompt": "A lantern drifts over a lake.", "duration": 12},
        )
        gone = httpx.post(
            f"{mock.url}/v1/videos/generations",
            headers={"Authorization": f"Bearer {mock.key}"},
            json={"model": "happyhorse-1.0-video-edit", "prompt": "x"},
        )
    assert answer.status_code == 200, answer.text
    assert gone.status_code >= 400


def test_compare_is_the_list_of_changes() -> None:
    [comparison] = compare_all([load_contract("evolink"), load_contract(GATEWAY)])
    told = {(each.topic, each.subject, each.after) for each in comparison.differences if each.topic != "prices"}
    assert told == {
        ("address", "base address", "https://api.lantern.example/hub"),
        ("key", "the key itself", "LANTERN_API_KEY"),
        ("models", "happyhorse 1.0 video-edit", "none"),
        ("models", "lantern-fast", "lantern-fast"),
        ("request", "duration", "3..12"),
        ("status", "further words for failed", "archived"),
        ("errors", "refusals create invalid-body /video_urls", "none"),
    }


def test_the_example_of_the_page_is_sound(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "documents.md").read_text(encoding="utf-8")
    examples = re.findall("```yaml\\n(overlay: .*?)```", page, re.DOTALL)
    [example] = [each for each in examples if "name: my-gateway" in each]
    file = tmp_path / "my-gateway.yaml"
    file.write_text(example)
    assert {each.severity for each in lint_file(str(file)).findings} == {Severity.NOTE}
    judgement = screentest.judge(file, options=screentest.Options(examples=1))
    assert [verdict.requirement.id for verdict in judgement.broken] == []
