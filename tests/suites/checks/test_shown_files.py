"""What tells of an uploaded file: asked for once, compared with what its upload told, refused to others."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, DocumentError, Role
from screentest_suites.core.verdicts import NotObservedError, Result
from screentest_suites.requests.builder import upload_of
from tests.suites.checks.findings import failure, passed

GONE = {"error": {"code": "gone", "message": "{{text:No such file.}}"}}
SCHEMA = {"type": "object", "required": ["name"], "properties": {"at": {"type": "integer"}}}


def files(tree: Any) -> None:
    """The small document with uploads, of which a call with `?name=` tells."""
    answers = {"default": {"description": "any", "content": {"application/json": {"schema": SCHEMA}}}}
    picture = {"type": "object", "properties": {"picture": {"type": "string", "contentMediaType": "image/png"}}}
    tree["paths"]["/files"] = {
        "post": {
            "operationId": "send",
            "requestBody": {"content": {"multipart/form-data": {"schema": picture}}},
            "responses": answers,
        },
        "get": {
            "operationId": "tell",
            "parameters": [{"name": "name", "in": "query", "required": True, "schema": {"type": "string"}}],
            "responses": answers,
        },
    }
    task = tree["x-task"]
    task["roles"] |= {"upload": ["send"], "file": ["tell"]}
    task["upload"] = {
        "body": {"name": "{{file}}", "at": "{{created|epoch-s}}"},
        "gives": "/name",
        "life": 3600,
        "read": {"parameter": "name", "body": {"name": "{{answer:/name}}", "at": "{{answer:/at}}"}},
    }
    task["errors"] += [
        {"condition": "unknown-file", "on": ["file"], "readings": {"status": 404, "body": GONE}},
        {"condition": "foreign-file", "on": ["file"], "readings": {"status": 403, "body": GONE}},
    ]


JUDGED = (
    *("file.there", "file.read", "file.schema", "file.name.told", "file.at.told"),
    *("error.file.unknown-file", "auth.file.foreign-file", "auth.file.missing-key", "error.file.unknown-file.body"),
)


def test_a_file_is_asked_for_once_for_all_that_is_said_of_it(bench: Any) -> None:
    made = bench(files)
    for name in JUDGED:
        passed(made.judge(name))
    asked = [each for each in made.wire.log if each.sent.operation == "tell" and each.status == 200]
    (uploaded,) = [each for each in made.wire.log if each.sent.operation == "send" and each.status == 200]
    assert len(asked) == 1
    assert asked[0].sent.url.endswith(f"/files?name={uploaded.json['name']}")
    assert asked[0].json == uploaded.json


@pytest.mark.parametrize(
    ("name", "changes", "seen"),
    [
        ("file.read", {"status": 500}, "answered 500"),
        ("file.schema", {"body": {"at": 7}}, 'body: "name" is missing'),
        ("file.name.told", {"body": {"name": "x", "at": 7}}, "/name is 'x'"),
        ("file.at.told", {"body": {"name": "x"}}, "/at is missing"),
        ("error.file.unknown-file", {"status": 200}, "answered 200"),
        ("auth.file.foreign-file", {"status": 200}, "answered 200"),
    ],
)
def test_what_is_said_of_other_answers(bench: Any, tools: Any, name: str, changes: Any, seen: str) -> None:
    assert seen in failure(bench(files, alter=tools.on("tell", **changes)).judge(name))[0]


def test_nothing_is_uploaded_for_it_where_tasks_cost_money(bench: Any) -> None:
    made = bench(files, remote=True, metered=True)
    for name in ("file.read", "file.schema", "file.at.told"):
        with pytest.raises(NotObservedError, match="no create needed a file"):
            made.judge(name)
    assert not {"send", "tell"} & {each.sent.operation for each in made.wire.log}


def test_any_reference_does_for_who_has_no_key(bench: Any) -> None:
    made = bench(files, remote=True, metered=True)
    assert made.judge("auth.file.missing-key").result is Result.PASSED
    (answer,) = [each for each in made.wire.log if each.sent.operation == "tell"]
    assert answer.sent.url.endswith("?name=no-such-file-0000")


def test_the_mock_tells_of_a_file_to_its_owner_until_its_time_is_up(
    variant: Callable[..., Contract], caller: Callable[..., Any]
) -> None:
    client = caller(variant(files))
    media, content = upload_of(client.contract)
    told = client.send("POST", "/files", content, headers=[(b"content-type", media.encode())])
    address = f"/files?name={orjson.loads(told.body)['name']}"
    client.clock.advance(3600)
    assert client.send("GET", address).body == told.body
    assert client.send("GET", address, key=client.mock.facts.keys["second"]).status == 403
    client.clock.advance(1)
    assert client.send("GET", address).status == 404


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda task: task["upload"].pop("read"), "roles.file and `upload.read` need each other"),
        (lambda task: task["roles"].pop("file"), "roles.file and `upload.read` need each other"),
        (lambda task: task["upload"]["read"].pop("parameter"), "no parameter 'file_id' carries the file's reference"),
        (lambda task: task["upload"]["read"].update(body={"a": "{{answer:/b}}"}), "holds nothing at /b"),
        (lambda task: task["upload"]["read"].update(body={"a": "{{size}}"}), "{{size}} has no value here"),
        (lambda task: task["upload"].update(body={"name": "{{answer:/name}}"}), "belongs into /x-task/upload/form or"),
    ],
)
def test_what_cannot_be_told(variant: Callable[..., Contract], change: Callable[[Any], Any], problem: str) -> None:
    with pytest.raises(DocumentError) as caught:
        variant(files, lambda tree: change(tree["x-task"]) and None)
    assert problem in str(caught.value)


def test_roles_of_openai(bench: Any) -> None:
    """A character: what it is called comes back, too."""
    made = bench("openai")
    assert made.contract.operation(Role.FILE).path == "/v1/videos/characters/{character_id}"
    assert passed(made.judge("file.name.told")) == 1
