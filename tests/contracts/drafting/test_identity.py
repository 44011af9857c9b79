"""Ids of drafts: made so that the schemas take them, and shown in every answer."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from screentest_contracts.drafting import draft
from screentest_contracts.drafting.bodies import sample_id
from screentest_contracts.drafting.id_forms import makes_of

DESCRIPTIONS = Path(__file__).parents[1] / "descriptions"


@pytest.mark.parametrize(
    ("pattern", "make"),
    [
        ("^[0-9]{12}$", "{{random:digits:12}}"),
        ("^wt-[0-9a-f]{16}$", "wt-{{random:hex:16}}"),
        (r"^vid_[A-Za-z0-9]{8,20}$", "vid_{{random:base62:20}}"),
        (r"^(wren|wrn)-[A-Z]{4}-\d{6}$", "wren-AAAA-{{random:digits:6}}"),
        (r"^task\.[\w-]+$", "task.{{random:base62:24}}"),
        (r"^[1-9]\d{0,17}$", "1{{random:digits:17}}"),
        (r"^(?:^vid_[0-9a-f]{20}$)|(?:^old-\d+$)", "vid_{{random:hex:20}}"),
        ("^[0-9A-HJKMNP-TV-Z]{26}$", "{{random:digits:26}}"),
        ("^a?b{2}[0-9a-z]{6,}$", "bb{{random:lower:24}}"),
    ],
)
def test_makes_fit_their_pattern(pattern: str, make: str) -> None:
    made = next(makes_of(pattern))
    assert made == make
    assert all(re.search(pattern, sample_id(made, seed)) for seed in range(50))


@pytest.mark.parametrize(
    "pattern", ["(?i)^x[0-9]{9}", "^(?!x)[0-9]{9}$", "^rnd_", "^[A-Z]{9}$", "^[0-9]{3}$", "^[z-a]$"]
)
def test_what_cannot_be_read_or_told_apart_gives_nothing(pattern: str) -> None:
    assert list(makes_of(pattern)) == []


@pytest.mark.parametrize("name", ["willow", "otter", "wren"])
def test_every_answer_shows_the_id(name: str) -> None:
    task = draft(yaml.safe_load((DESCRIPTIONS / f"{name}.yaml").read_text())).task
    profile = task["profiles"]["default"]
    assert "{{id}}" in str(profile["receipt"])
    assert all("{{id}}" in str(body) for body in profile["bodies"].values())
    assert re.search(task["id"]["forms"]["pattern"], sample_id(task["id"]["forms"]["make"]))


def willow(schema: dict[str, Any]) -> dict[str, Any]:
    """A draft where the task's id, in answers alone, has this schema."""
    tree = yaml.safe_load((DESCRIPTIONS / "willow.yaml").read_text())
    tree["components"]["schemas"]["Task"]["properties"]["id"] = schema
    return dict(draft(tree).task["id"]["forms"])


def test_patterns_of_alternatives_are_one() -> None:
    one, other = {"type": "string", "pattern": "^a-[0-9]{9}$"}, {"type": "string", "pattern": "^b-[0-9]{9}$"}
    assert willow({"oneOf": [one, other]}) == {
        "make": "a-{{random:digits:9}}",
        "pattern": "(?:^a-[0-9]{9}$)|(?:^b-[0-9]{9}$)",
    }
    assert willow({"oneOf": [one, {"type": "string"}]})["pattern"] == "^.+$", "another form takes any text"


def test_lengths_are_kept() -> None:
    assert willow({"type": "string", "minLength": 40, "maxLength": 40})["make"] == "{{random:hex:40}}"


def test_an_id_of_something_else_is_not_the_task() -> None:
    tree = yaml.safe_load((DESCRIPTIONS / "willow.yaml").read_text())
    owner = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    tree["components"]["schemas"]["Task"]["properties"]["owner"] = owner
    body = draft(tree).task["profiles"]["default"]["bodies"]["queued"]["data"]["task"]
    assert (body["id"], body["owner"]["id"]) == ("{{id}}", "{{text:text}}")
