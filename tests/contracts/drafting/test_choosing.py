"""Which operations a draft rests on, and what of the description it keeps."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from screentest_contracts.drafting import Named, draft
from screentest_contracts.errors import UsageError

DESCRIPTIONS = Path(__file__).parents[1] / "descriptions"


def description(name: str) -> Any:
    return yaml.safe_load((DESCRIPTIONS / f"{name}.yaml").read_text())


def kept(text: str) -> list[str]:
    return [
        node["operationId"]
        for item in yaml.safe_load(text)["paths"].values()
        for node in item.values()
        if "operationId" in node
    ]


def test_videos_over_chat_batches_training_files_and_images() -> None:
    made = draft(description("crowd"))
    assert (made.choice.create.id, made.choice.query.id) == ("createFilm", "readFilm")
    assert made.choice.runner_up is not None
    assert made.choice.runner_up.create.id == "remixFilm"
    assert made.choice.runner_up.points < made.choice.points
    assert made.task["roles"] == {
        "create": ["createFilm"],
        "query": ["readFilm"],
        "list": ["listFilms"],
        "cancel": ["dropFilm"],
        "content": ["filmBytes"],
    }


def test_a_delete_beside_a_cancel_is_a_role_of_its_own() -> None:
    tree = description("crowd")
    answer = {"200": {"description": "Stopped.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    tree["paths"]["/videos/{id}/cancel"] = {
        "post": {
            "operationId": "stopFilm",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "responses": answer,
        }
    }
    made = draft(tree)
    assert (made.task["roles"]["cancel"], made.task["roles"]["delete"]) == (["stopFilm"], ["dropFilm"])
    assert made.task["delete"]["from"] == ["succeeded", "failed"]
    assert "in which states delete works is a guess: delete" in made.left


def test_only_what_is_needed_is_kept() -> None:
    tree = yaml.safe_load(draft(description("crowd")).text)
    assert set(tree["paths"]) == {"/videos", "/videos/{id}", "/videos/{id}/content"}
    assert set(tree["components"]["schemas"]) == {"Film", "Job"}, "no Chat: neither its calls nor the webhook are there"
    assert "webhooks" not in tree
    assert "remixFilm" not in kept(draft(description("crowd")).text)


def test_a_description_that_is_all_needed_stays_as_it_is() -> None:
    text = "# the vendor's own words\n" + (DESCRIPTIONS / "nulls.yaml").read_text()
    tree = yaml.safe_load(text)
    for item in tree["paths"].values():  # what every x-task speaks of
        for node in item.values():
            node["responses"] |= {
                str(status): {"description": "no", "content": {"application/json": {"schema": {"type": "object"}}}}
                for status in (400, 401, 404)
            }
    tree["security"], tree["components"]["securitySchemes"] = [{"k": []}], {"k": {"type": "http", "scheme": "bearer"}}
    text = "# the vendor's own words\n" + yaml.safe_dump(tree, sort_keys=False)
    assert draft(yaml.safe_load(text), text).text.startswith(text)


@pytest.mark.parametrize(
    ("named", "pair"),
    [
        (Named(create="createBatch"), ("createBatch", "readBatch")),
        (Named(create="POST /fine_tuning/jobs"), ("createTraining", "readTraining")),
        (Named(query="readFile"), ("createFile", "readFile")),
        (Named(create="post /videos", query="GET /batches/{id}"), ("createFilm", "readBatch")),
    ],
)
def test_operations_can_be_named(named: Named, pair: tuple[str, str]) -> None:
    choice = draft(description("crowd"), None, named).choice
    assert (choice.create.id, choice.query.id) == pair


def test_content_and_callback_can_be_named() -> None:
    made = draft(description("crowd"), None, Named(content="GET /files/{id}", callback="PUT filmHook"))
    assert made.task["roles"]["content"] == ["readFile"]
    expected = {"url": "/hook", "method": "PUT", "body": "query", "success": ["200"], "max_length": 200}
    assert expected.items() <= made.task["callback"].items()
    assert draft(description("crowd")).task["callback"]["method"] == "POST"
    tree = description("crowd")
    del tree["paths"]["/videos"]["post"]["callbacks"]
    assert "callback" not in draft(tree).task
    assert draft(tree, None, Named(callback="hook")).task["callback"]["url"] == "/hook"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (Named(create="createFilms"), "did you mean createFilm"),
        (Named(query="GET /video/{id}"), "did you mean GET /videos/{id}"),
        (Named(content="nothing at all"), "no operation is called"),
        (Named(callback="hooks"), "did you mean /hook"),
    ],
)
def test_a_name_that_nothing_has(named: Named, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        draft(description("crowd"), None, named)
    assert said in str(raised.value)


def test_without_videos_there_is_no_draft() -> None:
    tree = description("crowd")
    tree["paths"] = {path: item for path, item in tree["paths"].items() if "video" not in path}
    with pytest.raises(UsageError, match="no pair of calls"):
        draft(tree)
    assert draft(tree, None, Named(create="createBatch", query="readBatch")).choice.create.id == "createBatch"


def test_an_operation_of_another_name_is_no_alias_unless_it_is_the_same() -> None:
    tree = description("crowd")
    tree["paths"]["/v2/videos"] = {"post": {**tree["paths"]["/videos"]["post"], "operationId": "createFilm2"}}
    assert draft(tree).task["roles"]["create"] == ["createFilm", "createFilm2"]
    other = {"$ref": "#/components/schemas/Chat"}
    tree["paths"]["/v2/videos"]["post"] = {
        **tree["paths"]["/v2/videos"]["post"],
        "requestBody": {"content": {"application/json": {"schema": other}}},
    }
    assert draft(tree).task["roles"]["create"] == ["createFilm"]
