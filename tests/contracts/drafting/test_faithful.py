"""Drafts of small descriptions that show each kind of difficulty: lint has notes only, and a server that does what the
description says, and no more, fails no MUST by them."""

import copy
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.responses import JSONResponse, Response
from tests.descriptions.faithful import KEY, Faithful, Operation
from tests.turns import by_turns
from tests.witnesses.common import running

from screentest_contracts import load_contract
from screentest_contracts.drafting import Draft, draft, draft_file
from screentest_contracts.lint import Severity, lint_file
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.requests.unshown import not_alone
from screentest_suites.targets.http import HttpTarget

DESCRIPTIONS = Path(__file__).parents[1] / "descriptions"
NAMES = ("forms", "nulls", "loose", "crowd", "lantern", "willow", "fern", "wren", "otter", "kite")
PAIRS = {
    "forms": ("POST /v1/text_to_video", "GET /v1/tasks/{id}"),
    "nulls": ("POST /videos", "GET /videos/{video_id}"),
    "loose": ("POST /video/submit", "GET /video/<taskId>"),
    "crowd": ("POST /videos", "GET /videos/{id}"),
    "lantern": ("POST /renders", "GET /renders/{render_id}"),
    "willow": ("POST /tasks", "GET /tasks/{taskId}"),
    "fern": ("POST /v1/videos", "GET /v1/videos/{video_id}"),
    "wren": ("POST /generations/video", "GET /generations/video/{taskId}"),
    "otter": ("POST /api/video-jobs", "GET /api/video-jobs/{jobId}"),
    "kite": ("POST /filmJobs", "GET /filmJobs/{jobId}"),
}
BASES = {
    "nulls": "/v1",
    "loose": "/api",
    "crowd": "/v1",
    "lantern": "/v2",
    "willow": "/v1",
    "wren": "/v1",
    "kite": "/v3",
}


def description(name: str) -> Any:
    return yaml.safe_load((DESCRIPTIONS / f"{name}.yaml").read_text())


def drafted(name: str, folder: Path) -> tuple[Draft, Path]:
    made, file = draft_file(str(DESCRIPTIONS / f"{name}.yaml")), folder / f"{name}.yaml"
    file.write_text(made.text)
    return made, file


def failed(name: str, file: Path, server: Faithful) -> tuple[set[str], set[str]]:
    """The MUSTs that a server fails by a draft, and the requirements that it passes."""
    contract = load_contract(file)
    options = Options(examples=2, poll_interval=0.02, task_timeout=60, models=tuple(contract.models)[:1])
    with running(server.app()) as url, closing(HttpTarget(url + BASES.get(name, ""), {"good": KEY})) as target:
        verdicts = list(Judge(contract, target, options).verdicts())
    assert not [each.id for each in verdicts if each.result is Result.ERROR]
    musts = {each.requirement.id for each in verdicts if each.fails_run}
    return musts, {each.requirement.id for each in verdicts if each.result is Result.PASSED}


@pytest.mark.parametrize("name", NAMES)
def test_lint_has_notes_only(name: str, tmp_path: Path) -> None:
    _, file = drafted(name, tmp_path)
    assert [each for each in lint_file(str(file), not_alone).findings if each.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("name", by_turns(NAMES, 3))
def test_a_faithful_server_fails_no_must(name: str, tmp_path: Path) -> None:
    _, file = drafted(name, tmp_path)
    musts, passed = failed(name, file, Faithful(description(name), *PAIRS[name]))
    assert musts == set()
    assert len(passed) > 30
    if name in ("willow", "fern", "wren", "otter"):
        assert passed >= {"list.schema", "list.contains", "list.items"}


class Unfaithful(Faithful):
    """Answers of one operation changed."""

    def __init__(self, name: str, operation: str, change: Callable[[dict[str, Any]], Any]) -> None:
        super().__init__(description(name), *PAIRS[name])
        self.changed, self.change = self.operations[operation], change

    def _said(self, operation: Operation, status: int, seed: str, fixed: Mapping[str, Any], *, whole: bool) -> Response:
        made = super()._said(operation, status, seed, fixed, whole=whole)
        if operation is not self.changed or status >= 300:
            return made
        return JSONResponse(self.change(yaml.safe_load(bytes(made.body))), status)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("nulls", lambda body: {**body, "id": None}, "query.id.present"),
        ("crowd", lambda body: {key: value for key, value in body.items() if key != "status"}, "query.status-code"),
        ("loose", lambda body: {**body, "data": {**body["data"], "createdAt": None}}, "query.data.createdAt.present"),
    ],
)
def test_an_unfaithful_server_is_caught(
    name: str, change: Callable[[dict[str, Any]], Any], said: str, tmp_path: Path
) -> None:
    _, file = drafted(name, tmp_path)
    musts, _ = failed(name, file, Unfaithful(name, PAIRS[name][1], change))
    assert said in musts, musts


# -- what is read --------------------------------------------------------------------------------------------------


def test_unions_give_models_and_statuses() -> None:
    task = draft(description("forms")).task
    assert {name: node["schema"] for name, node in task["models"].items()} == {
        "reel-4.5": "MakeFilmRequestReel45",
        "brook-3": "MakeFilmRequestBrook3",
    }
    statuses = {word: node["class"] for word, node in task["lifecycle"]["statuses"].items()}
    assert statuses == {
        "PENDING": "queued",
        "THROTTLED": "queued",
        "RUNNING": "running",
        "SUCCEEDED": "succeeded",
        "FAILED": "failed",
    }
    assert task["profiles"]["default"]["bodies"]["SUCCEEDED"]["output"] == ["{{link}}"]
    assert "output" not in task["profiles"]["default"]["bodies"]["FAILED"]
    assert task["link"]["at"] == ["/output/0"]
    assert task["id"]["forms"] == {"make": "{{random:uuid}}", "pattern": "^.+$"}, "not that of X-Version"


def test_what_is_required_and_may_be_null_is_never_present() -> None:
    made = draft(description("nulls"))
    rows = [row for row in made.task["presence"] if row["is"] == "present" and row["on"] in ("all", "receipt")]
    assert {row["at"] for row in rows} == {"/id", "/status"}
    assert {row["mark"] for row in rows} == {"documented"}
    bodies = made.task["profiles"]["default"]["bodies"]
    assert (bodies["queued"]["error"], bodies["completed"]["error"]) == (None, None)
    assert bodies["failed"]["error"] == {"code": "{{reason_code}}", "message": "{{reason}}"}
    assert list(made.task["models"]) == ["nil-2", "nil-2-pro"]


def test_loose_writing_is_put_right() -> None:
    made = draft(description("loose"))
    tree = yaml.safe_load(made.text)
    assert list(tree["paths"]) == ["/video/submit", "/video/{taskId}"]
    node = tree["paths"]["/video/{taskId}"]["get"]
    assert [each["name"] for each in node["parameters"]] == ["taskId"]
    assert set(node["responses"]) >= {"200", "404"}
    assert tree["openapi"] == "3.1.0"
    assert [tag["name"] for tag in tree["tags"]] == ["video"]
    assert list(tree["components"]["securitySchemes"]) == ["key"]
    assert "default" not in tree["components"]["schemas"]["PostVideoSubmitRequest"]["properties"]["aspectRatio"]
    task = made.task
    assert (task["lifecycle"]["status"], task["id"]["at"]) == ("/data/taskStatus", ["/data/taskId"])
    assert task["request"] == {"model": "/engine", "prompt": "/promptText", "ratio": "/aspectRatio"}
    assert list(task["lifecycle"]["statuses"]) == ["waiting", "generating", "success", "fail"]
    assert any("read from its description" in each for each in made.left)
    assert task["link"]["at"] == ["/data/videoUrl"], "not the cover"


def test_words_of_a_status_are_never_invented_in_silence() -> None:
    tree = description("loose")
    tree["components"]["schemas"]["Task"]["properties"]["taskStatus"] = {"type": "string"}
    made = draft(tree)
    assert any("are placeholders" in each for each in made.left)
    odd = {"type": "string", "enum": ["waiting", "simmering", "success"]}
    tree["components"]["schemas"]["Task"]["properties"]["taskStatus"] = odd
    left = draft(tree).left
    assert any("'simmering'" in each and "a guess" in each for each in left)
    assert any("no status word means failed" in each for each in left)


def test_what_a_status_stands_for_is_documented_only_where_there_is_no_choice() -> None:
    rows = {(row["condition"], row["readings"]["status"]): row.get("mark") for row in draft_of_lantern()["errors"]}
    assert rows["missing-key", 401] == "documented"
    assert rows["invalid-body", 400] is None
    undeclared = {row["condition"]: row.get("mark") for row in draft(description("nulls")).task["errors"]}
    assert undeclared["unknown-task"] is None


def draft_of_lantern() -> Mapping[str, Any]:
    return draft(description("lantern")).task


def test_work_grows_with_what_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many operations of other kinds: twice the schemas merged, no more."""
    from screentest_contracts.drafting.shapes import Shapes

    merged: list[int] = []
    original = Shapes._merged

    def counted(self: Shapes, *given: Any) -> Any:
        merged.append(1)
        return original(self, *given)

    monkeypatch.setattr(Shapes, "_merged", counted)

    def cost(count: int) -> int:
        tree = description("crowd")
        for index in range(count):
            body = {"content": {"application/json": {"schema": copy.deepcopy(tree["components"]["schemas"]["Film"])}}}
            node = {"operationId": f"other{index}", "requestBody": body, "responses": {"200": {"description": "ok"}}}
            tree["paths"][f"/others/{index}"] = {"post": node}
        merged.clear()
        draft(tree)
        return len(merged)

    none, some, more = cost(0), cost(100), cost(200)
    assert some > none
    assert more - some <= 1.1 * (some - none)
