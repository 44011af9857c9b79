"""Warnings about what is written in a document and has no effect: each rule fires, and not on what is right."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from screentest_contracts.lint import Finding, Severity, lint_file
from screentest_contracts.location import replaced, segments

PLAIN = Path(__file__).parents[1] / "descriptions" / "lantern.yaml"
Tree = dict[str, Any]
ANSWER_200 = {"description": "d", "content": {"application/json": {"schema": {"type": "object"}}}}
CLIP = {"schema": "Clip", "base": {"model": "clip-1"}}
PRICE = {"models": ["clip-1"], "per": "video", "amount": 1, "currency": "USD"}

CLIP_SCHEMA = "/components/schemas/Clip"
BODY = "/paths/~1jobs/post/requestBody/content/application~1json/schema"
CLIP_OR_JOB = {"oneOf": [{"$ref": "#/components/schemas/Clip"}, {"$ref": "#/components/schemas/Job"}]}
TOLD: dict[str, Any] = {"told_by": {"required": ["image"]}}
"""What makes an entry a mode of its own."""

FIRES: dict[str, list[tuple[str, Any, str]]] = {
    "parameter.header-of-http": [
        ("/paths/~1jobs/post/parameters/1", {"name": "Content-Type", "in": "header", "schema": {"type": "string"}},
         "/paths/~1jobs/post/parameters/1"),
        ("/paths/~1jobs~1{task_id}/parameters/1", {"name": "authorization", "in": "header", "schema": {}},
         "/paths/~1jobs~1{task_id}/parameters/1")],
    "error.hole": [("/x-task/errors/0/readings/body/error/message", "For {{request:/model}}",
                    "/x-task/errors/0/readings/body/error/message"),
                   ("/x-task/errors/3/readings/headers", {"X-Task": "{{id}}"},
                    "/x-task/errors/3/readings/headers/X-Task")],
    "operation.no-role": [("/paths/~1more", {"get": {"operationId": "more", "responses": {"200": ANSWER_200}}},
                           "/paths/~1more/get"),
                          ("/x-task/roles/query", ["look", "lookByQuery"], "/paths/~1look/post")],
    "server.variables": [("/servers", [{"url": "https://{region}.acme.example", "variables": {
                            "region": {"default": "eu"}}}], "/servers/0/url"),
                         ("/servers/1", {"url": "https://acme.example/{version}", "variables": {
                             "version": {"default": "v1"}}}, "/servers/1/url")],
    "model.name": [("/x-task/models", {"clip-one": CLIP}, "/x-task/models/clip-one"),
                   ("/x-task/models/other", CLIP, "/x-task/models/other")],
    "ending.refusal": [("/x-task/delete", {"from": ["succeeded"], "cancels": ["queued"]}, "/x-task/delete"),
                       ("/x-task/delete", [{"from": ["succeeded"]}], "/x-task/delete/0")],
    "model.two-schemas": [("/x-task/models/again", {**CLIP, "schema": "Other"}, "/x-task/models/again/schema")],
    "model.unused-schema": [(BODY, CLIP_OR_JOB, f"{BODY}/oneOf/1"),
                            (BODY, {"allOf": [CLIP_OR_JOB]}, f"{BODY}/allOf/0/oneOf/1"),
                            (BODY, {"oneOf": [{"$ref": "#/components/schemas/Clip"}], "discriminator": {
                                "propertyName": "model", "mapping": {"clip-1": "Clip", "job-1": "Job"}}},
                             f"{BODY}/discriminator/mapping/job-1")],
    "model.earlier": [("/x-task/models/clip-1/earlier", {"at": "/prompt", "models": ["clip-1"]},
                       "/x-task/models/clip-1/earlier"),
                      ("/x-task/profiles/default/receipt/after", "{{earlier||null}}",
                       "/x-task/profiles/default/receipt/after")],
    "marks.keyword": [(f"{CLIP_SCHEMA}/x-marks", {"maximum": "assumed"}, f"{CLIP_SCHEMA}/x-marks/maximum"),
                      (f"{CLIP_SCHEMA}/properties/model/x-marks", {"type": {"accept": "assumed"}},
                       f"{CLIP_SCHEMA}/properties/model/x-marks/type")],
    "field.unread": [("/x-task/values/column", "hex:4", "/x-task/values/column"),
                     ("/x-task/units", {"points": {"per": 10, "currency": "USD"}}, "/x-task/units/points"),
                     ("/x-task/profiles/default/views", {"all2": {}}, "/x-task/profiles/default/views/all2")],
    "row.unobservable": [("/x-task/presence", [{"at": "/id", "on": ["all", "expired"], "is": "present"}],
                          "/x-task/presence/0/on/1"),
                         ("/x-task/presence", [{"at": "/id", "on": "expired", "is": "present"}],
                          "/x-task/presence/0/on"),
                         ("/x-task/presence", [{"at": "/id", "on": "all", "is": "present", "profile": "slow"}],
                          "/x-task/presence/0/profile"),
                         ("/x-task/presence", [{"at": "/id", "on": "all", "is": "present", "operation": "make"}],
                          "/x-task/presence/0/operation"),
                         ("/x-task/prices", [{**PRICE, "models": ["clip-*", "film-*"]}], "/x-task/prices/0/models/1"),
                         ("/x-task/prices", [{**PRICE, "when": {"/sound": True}}], "/x-task/prices/0/when/~1sound"),
                         ("/x-task/errors/2/for", ["/prompt", "/mood"], "/x-task/errors/2/for/1"),
                         ("/x-task/errors/3/on", ["result", "cancel"], "/x-task/errors/3/on/1"),
                         ("/x-task/errors/4/on", ["cancel", "content"], "/x-task/errors/4/on/1")],
}  # fmt: skip

SOUND: dict[str, list[tuple[str, Any]]] = {
    "parameter.header-of-http": [
        ("/paths/~1jobs/post/parameters", [{"name": "Accept-Language", "in": "header", "schema": {"type": "string"}}]),
        ("/paths/~1jobs/get/parameters", [{"name": "accept", "in": "query", "schema": {"type": "string"}}])],
    "error.hole": [("/x-task/errors/1/readings/0/body/error/message", "No job {{task_id}}, it is {{now|iso}}."),
                   ("/x-task/errors/5", {"condition": "failed-task", "on": ["result"], "readings": {
                       "status": 422, "body": {"error": {"message": "{{reason}}"}}}})],
    "operation.no-role": [("/x-task/roles/query", ["lookByBody", "lookByQuery", "look"])],
    "server.variables": [("/servers/1", {"url": "https://eu.acme.example"})],
    "model.name": [("/x-task/request/model", None), ("/x-task/models/again", {**CLIP, **TOLD}),
                   ("/x-task/models/clip-one", {**CLIP, "names": "^clip-[0-9]+$"})],
    "ending.refusal": [("/x-task/cancel/deletes", ["failed"])],
    "model.two-schemas": [("/x-task/models/again", CLIP), ("/x-task/models/again", {**CLIP, **TOLD})],
    "model.unused-schema": [(BODY, {"oneOf": [{"$ref": "#/components/schemas/Clip"}, {"type": "object"}]}),
                            (BODY, {"anyOf": [{"$ref": "#/components/schemas/Clip"}], "discriminator": {
                                "propertyName": "model", "mapping": {"clip-1": "Clip"}}})],
    "marks.keyword": [(f"{CLIP_SCHEMA}/properties/model/x-marks", {"const": {"accept": "assumed"}}),
                      (f"{CLIP_SCHEMA}/properties/model/x-marks", {"required": {"refuse": "assumed"}})],
    "field.unread": [("/x-task/prices", [PRICE]),
                     ("/x-task/units", {"USD": {"per": 10, "currency": "EUR"}, })],
    "row.unobservable": [("/x-task/presence", [{"at": "/id", "on": ["receipt", "all"], "is": "present"}]),
                         ("/x-task/prices", [{**PRICE, "models": ["clip-*"]}]),
                         ("/x-task/errors/6", {"condition": "invalid-body", "on": ["create"], "for": ["/prompt"],
                                              "readings": {"status": 400}}),
                         ("/x-task/errors/4/on", ["cancel", "query"]),
                         ("/x-task/errors/6", {"condition": "bad-range", "readings": {"status": 416}})],
}  # fmt: skip
"""What a rule must not take for a fault."""


def findings(tmp_path: Path, tree: Tree, pointer: str, value: Any, rule: str) -> list[Finding]:
    """What a rule and the structure have to say of a changed document."""
    file = tmp_path / "document.yaml"
    file.write_text(json.dumps(replaced(tree, segments(pointer), value)))  # JSON is YAML
    return [each for each in lint_file(str(file)).findings if each.rule in (rule, "document.structure")]


def cases(table: dict[str, list[Any]]) -> list[Any]:
    return [pytest.param(rule, *case, id=f"{rule}-{i}") for rule, rows in table.items() for i, case in enumerate(rows)]


@pytest.mark.parametrize(("rule", "pointer", "value", "place"), cases(FIRES))
def test_a_rule_warns(
    tmp_path: Path, small_tree: Callable[[], Tree], rule: str, pointer: str, value: Any, place: str
) -> None:
    found = [each for each in findings(tmp_path, small_tree(), pointer, value, rule) if each.rule == rule]
    assert [(each.pointer, each.severity) for each in found] == [(place, Severity.WARNING)]
    assert found[0].message
    assert found[0].mend


@pytest.mark.parametrize(("rule", "pointer", "value"), cases(SOUND))
def test_a_rule_says_nothing_of_what_is_right(
    tmp_path: Path, small_tree: Callable[[], Tree], rule: str, pointer: str, value: Any
) -> None:
    tree = small_tree()
    tree["x-task"]["prices"] = [PRICE]
    assert [str(each) for each in findings(tmp_path, tree, pointer, value, rule)] == []


def test_a_plain_description_has_no_headers_of_http_as_parameters_either(tmp_path: Path) -> None:
    at, rule = "/paths/~1renders/post/parameters", "parameter.header-of-http"
    parameter = {"name": "accept", "in": "header", "schema": {"type": "string"}}
    found = findings(tmp_path, yaml.safe_load(PLAIN.read_text()), at, [parameter], rule)
    assert [each.pointer for each in found] == [f"{at}/0"]


REMOVES = """\
overlay: 1.1.0
info: {title: Reseller, version: "1"}
extends: newapi
actions:
  - target: $['x-task'].models['viduq1']
    remove: true
"""
ITS_CHOICE = """\
  - target: >-
      $.paths[*].post.requestBody.content['application/json'].schema.oneOf[?@['$ref'] == '#/components/schemas/Vidu']
    remove: true
"""


def test_an_overlay_leaves_no_choice_of_a_model_that_it_removes(tmp_path: Path) -> None:
    file = tmp_path / "reseller.yaml"
    file.write_text(REMOVES)
    found = [each for each in lint_file(str(file)).findings if each.rule == "model.unused-schema"]
    assert {each.pointer.rpartition("/schema/")[2] for each in found} == {"oneOf/1"}
    lines = Path(found[0].file).read_text("utf-8").splitlines()
    assert all(
        lines[each.line - 1][each.column - 1 :].startswith('{$ref: "#/components/schemas/Vidu"') for each in found
    )
    file.write_text(REMOVES + ITS_CHOICE)
    assert [each for each in lint_file(str(file)).findings if each.rule == "model.unused-schema"] == []


def test_a_choice_that_is_made_of_a_models_schema_is_used(tmp_path: Path, small_tree: Callable[[], Tree]) -> None:
    tree = small_tree()
    tree["components"]["schemas"]["Wide"] = {"allOf": [{"$ref": "#/components/schemas/Clip"}, {"maxProperties": 9}]}
    tree["components"]["schemas"]["Round"] = {"oneOf": [{"$ref": "#/components/schemas/Round"}]}
    names = ("Wide", "Round")
    body = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}
    found = findings(tmp_path, tree, BODY, body, "model.unused-schema")
    assert [each.pointer for each in found] == [f"{BODY}/oneOf/1"]
