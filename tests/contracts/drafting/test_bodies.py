"""What the bodies of a draft say of progress, of failures and of refusals, and that the draft's own mock says it."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from screentest_contracts import load_contract
from screentest_contracts.drafting import Draft, Named, draft
from screentest_contracts.vocabulary import tells_progress
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget

KITE = Path(__file__).parents[1] / "descriptions" / "kite.yaml"


def kite(job: dict[str, Any] | None = None, problem: dict[str, Any] | None = None) -> Draft:
    """The draft of a description in camel case, with further members of a job, or another schema of refusals."""
    tree = yaml.safe_load(KITE.read_text())
    schemas = tree["components"]["schemas"]
    schemas["FilmJob"]["properties"] |= job or {}
    schemas["Problem"] = problem or schemas["Problem"]
    return draft(tree)


def bodies(made: Draft) -> Any:
    return made.task["profiles"]["default"]["bodies"]


def refusal(made: Draft, condition: str) -> Any:
    return next(row["readings"]["body"] for row in made.task["errors"] if row["condition"] == condition)


def test_a_draft_passes_on_its_own_mock(tmp_path: Path) -> None:
    """Not one NOTE: each refusal has a text where the schema demands one."""
    file = tmp_path / "kite.yaml"
    file.write_text(kite().text)
    contract = load_contract(file)
    with closing(EmbeddedTarget(contract)) as target:
        found = list(Judge(contract, target, Options(examples=2, models=("kite-1",))).verdicts())
    assert [each.id for each in found if each.result in (Result.FAILED, Result.ERROR)] == []
    assert len([each for each in found if each.result is Result.PASSED]) > 60


# -- progress ------------------------------------------------------------------------------------------------------


def test_progress_in_camel_case() -> None:
    assert {body["percentDone"] for body in bodies(kite()).values()} == {"{{progress}}"}


@pytest.mark.parametrize(
    "name",
    [
        *("percentDone", "percentComplete", "progressPercent", "percentageCompleted", "jobProgress"),
        *("completion_percentage", "pct_complete", "render-progress", "progressPct", "percent"),
    ],
)
def test_what_tells_progress(name: str) -> None:
    assert tells_progress(name)


@pytest.mark.parametrize("name", ["percentOff", "discountPercent", "inProgress", "completed", "jobs", "progressUrl"])
def test_what_does_not(name: str) -> None:
    assert not tells_progress(name)


@pytest.mark.parametrize(
    ("schema", "hole"),
    [
        ({"type": "number", "description": "Between 0-1"}, "{{progress|fraction}}"),
        ({"type": "number", "description": "From 0.0 to 1.0."}, "{{progress|fraction}}"),
        ({"type": "number", "description": "From 0 to 100."}, "{{progress}}"),
        ({"type": "number", "description": "From 0 to 1.5."}, "{{any:0.5}}"),
        ({"type": "number"}, "{{any:0.5}}"),
        ({"type": "number", "maximum": 100}, "{{progress}}"),
    ],
)
def test_the_unit_of_progress(schema: Any, hole: str) -> None:
    """What the schema leaves open stays open: a number by the hole's example is no fault of the body."""
    tree = yaml.safe_load(KITE.read_text())
    job = tree["components"]["schemas"]["FilmJob"]
    del job["properties"]["percentDone"]
    job["properties"]["progress"] = schema
    job["required"].append("progress")
    assert {body["progress"] for body in bodies(draft(tree)).values()} == {hole}


def test_a_percent_by_name_is_no_share() -> None:
    shown = bodies(kite(job={"percentDone": {"type": "number"}}))
    assert {body["percentDone"] for body in shown.values()} == {"{{progress}}"}


# -- words of a status ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Current status (pending, simmering, running, completed)", "pending simmering running completed"),
        ("One of queued, drying, or done.", "queued drying done"),
        ("waiting | inking | finished | broken", "waiting inking finished broken"),
        ("The job is pending at first, and then, in time, completed or failed", "pending completed failed"),
        ("`pending`, `completed`; see also `color`, `size`", "pending completed"),
    ],
)  # fmt: skip
def test_unusual_words_in_a_series_are_words_of_the_status(said: str, words: str) -> None:
    made = kite(job={"jobState": {"type": "string", "description": said}})
    told = [word for word in made.task["lifecycle"]["statuses"] if word in said]
    assert told == words.split()


# -- failures ------------------------------------------------------------------------------------------------------


def test_a_code_beside_the_message_is_of_failures_alone() -> None:
    shown = bodies(kite())
    told = {word: {name: body[name] for name in body if name.startswith("error")} for word, body in shown.items()}
    assert told.pop("BROKEN") == {"errorCode": "{{reason_code}}", "errorMessage": "{{reason}}"}
    assert told == {"WAITING": {}, "DRAWING": {}, "DONE": {}}


def test_a_code_of_known_words_is_one_of_them() -> None:
    words = {"type": "string", "enum": ["none-of-yours", "ours"]}
    assert bodies(kite(job={"errorCode": words}))["BROKEN"]["errorCode"] == "none-of-yours"


@pytest.mark.parametrize(
    ("schema", "needed", "shown"),
    [
        ({"format": "date-time"}, False, (None, "{{started|iso-ms}}", "{{started|iso-ms|omit}}")),
        ({"nullable": True}, True, ("{{started|iso-ms|null}}", "{{started|iso-ms}}", "{{started|iso-ms|null}}")),
        ({"format": "date-time"}, True, ("{{created|iso-ms}}", "{{started|iso-ms}}", "{{created|iso-ms}}")),
    ],
)
def test_what_failed_may_never_have_started(schema: Any, needed: bool, shown: Any) -> None:
    tree = yaml.safe_load(KITE.read_text())
    job = tree["components"]["schemas"]["FilmJob"]
    job["properties"]["startedAt"] = {"type": "string", **schema}
    job["required"] += ["startedAt"] if needed else []
    found = bodies(draft(tree))
    assert tuple(found[word].get("startedAt") for word in ("WAITING", "DONE", "BROKEN")) == shown


# -- refusals ------------------------------------------------------------------------------------------------------


def test_a_refusal_fixes_only_what_its_schema_fixes() -> None:
    made = kite()
    expected = {
        "errorCode": "{{text:E-1041}}",
        "errorMessage": "{{detail}}",
        "retries": "{{any:1}}",
        "kind": "problem",
    }
    assert [refusal(made, each) for each in ("invalid-body", "wrong-key", "unknown-task")] == [expected] * 3


def test_an_empty_text_is_left_open_too() -> None:
    schema = {"type": "object", "required": ["note"], "properties": {"note": {"type": "string", "default": ""}}}
    assert refusal(kite(problem=schema), "unknown-task") == {"note": '{{any:""}}'}


def test_a_refusal_whose_schema_demands_nothing_has_its_members() -> None:
    items = {"type": "object", "properties": {"where": {"type": "string"}}}
    schema = {"type": "object", "properties": {"problems": {"type": "array", "items": items}}}
    assert refusal(kite(problem=schema), "invalid-body") == {"problems": "{{any:[]}}"}


def test_ids_of_any_form_are_never_malformed() -> None:
    tree = yaml.safe_load(KITE.read_text())
    query = tree["paths"]["/filmJobs/{jobId}"]["get"]
    query["responses"]["400"] = query["responses"]["404"]
    conditions = {row["condition"] for row in draft(tree).task["errors"]}
    query["parameters"][0]["schema"]["pattern"] = "^job_[0-9]{12}$"
    assert {row["condition"] for row in draft(tree).task["errors"]} - conditions == {"malformed-id"}


def test_default_is_what_goes_wrong() -> None:
    tree = yaml.safe_load(KITE.read_text())
    for path, method in (("/filmJobs", "post"), ("/filmJobs/{jobId}", "get")):
        answers = tree["paths"][path][method]["responses"]
        good = next(status for status in answers if status.startswith("2"))
        answers.update({"default": {"$ref": "#/components/responses/Problem"}, good: answers[good]})
        for status in [each for each in answers if each.startswith("4")]:
            del answers[status]
    assert draft(tree).task["error"] == {"code": "/errorCode", "message": "/errorMessage", "type": "/kind"}


# -- requests and results ------------------------------------------------------------------------------------------


def test_the_outer_model_is_meant() -> None:
    made = kite().task
    assert made["request"]["model"] == "/modelName", "not that of the sound"


def test_kinds_that_name_no_model_are_told_apart_by_their_members(tmp_path: Path) -> None:
    """A request without a name is then of the kind that takes it."""
    tree = yaml.safe_load(KITE.read_text())
    schemas = tree["components"]["schemas"]
    name = {"modelId": {"type": "string"}}
    schemas["FilmRequest"] = {"oneOf": [{"$ref": "#/components/schemas/Film"}, {"$ref": "#/components/schemas/Larger"}]}
    for kind, asked in (("Film", "promptText"), ("Larger", "filmId")):
        properties = {**name, asked: {"type": "string", "minLength": 1}}
        schemas[kind] = {"type": "object", "required": [asked], "properties": properties}
    made, file = draft(tree), tmp_path / "kinds.yaml"
    file.write_text(made.text)
    assert "model" not in made.task["request"]
    contract = load_contract(file)
    with closing(EmbeddedTarget(contract)) as target:
        found = {each.id: each.result for each in Judge(contract, target, Options(examples=2)).verdicts()}
    accepted = {name: result for name, result in found.items() if name.startswith("kite:create.accepted.")}
    assert set(accepted.values()) == {Result.PASSED}, accepted
    assert len(accepted) == 2


def test_requests_of_which_nothing_is_known_are_left_to_do() -> None:
    tree = yaml.safe_load(KITE.read_text())
    assert not any("request is empty" in each for each in draft(tree).left)
    tree["components"]["schemas"]["FilmRequest"] = {"type": "object", "example": {"prompt": "A boat."}}
    named = Named(create="startFilmJob", query="readFilmJob")
    assert any("request is empty" in each for each in draft(tree, wanted=named).left)


def test_an_address_of_a_button_is_no_result() -> None:
    assert kite().task["link"]["at"] == ["/download"]
