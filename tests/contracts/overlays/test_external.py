"""References to files beside a document."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contracts.overlays.conftest import PROVIDER, Write, line_of, overlay_text

from screentest_contracts import DocumentError, load_contract
from screentest_contracts.errors import Place
from screentest_contracts.lint import lint_file
from screentest_contracts.location import replaced, segments
from screentest_contracts.raw import external
from screentest_contracts.raw.loaded import Loaded, load

DURATION = "/components/schemas/Clip/properties/duration"
SHARED = """\
Seconds: {type: integer, minimum: 2, maximum: 9, default: 4}
Named: {$ref: "#/Seconds"}
Tree:
  type: object
  properties:
    leaves: {type: array, items: {$ref: "#/Tree"}}
"""


@pytest.fixture
def document(tmp_path: Path, small_tree: Callable[[], Any]) -> Callable[..., Path]:
    """Writes the small document with a value replaced, beside files with shared parts."""
    (tmp_path / "shared.yaml").write_text(SHARED)
    (tmp_path / "seconds.json").write_text('{"type": "integer", "minimum": 2, "maximum": 9, "default": 4}')

    def document(pointer: str, value: Any) -> Path:
        file = tmp_path / "acme.yaml"
        file.write_text(yaml.safe_dump(replaced(small_tree(), segments(pointer), value), sort_keys=False))
        return file

    return document


@pytest.mark.parametrize(
    "reference", ["./shared.yaml#/Seconds", "shared.yaml#/Named", "seconds.json", "seconds.json#", "./%73econds.json"]
)
def test_a_schema(document: Callable[..., Path], reference: str) -> None:
    contract = load_contract(document(DURATION, {"$ref": reference}))
    schema = contract.models["clip-1"].schema["properties"]["duration"]
    assert schema == {"type": "integer", "minimum": 2, "maximum": 9, "default": 4}


def test_what_stands_beside_a_reference_is_kept(document: Callable[..., Path]) -> None:
    contract = load_contract(document(DURATION, {"$ref": "shared.yaml#/Seconds", "x-mark": "assumed"}))
    assert contract.models["clip-1"].schema["properties"]["duration"]["x-mark"] == "assumed"


def parts(loaded: Loaded) -> dict[str, Any]:
    return {kind: sorted(each) for kind, each in loaded.value["components"].items()}


def test_parts_get_names_of_their_own(document: Callable[..., Path]) -> None:
    """One name for each part, whoever refers to it; the document's own names stay."""
    clip = {"$ref": "shared.yaml#/Clip"}
    file = document(
        "/components/schemas/Twins", {"properties": {"a": clip, "b": clip, "c": {"$ref": "more/shared.yaml#/Clip"}}}
    )
    (file.parent / "more").mkdir()
    for folder in (".", "more"):
        (file.parent / folder / "shared.yaml").write_text("Clip: {type: object}")
    loaded = load(file)
    assert parts(loaded)["schemas"] == ["Clip", "Twins", "shared.Clip", "shared.Clip_2"]
    twins = loaded.value["components"]["schemas"]["Twins"]["properties"]
    assert [each["$ref"].rpartition("/")[2] for each in twins.values()] == [
        "shared.Clip",
        "shared.Clip",
        "shared.Clip_2",
    ]


def test_a_schema_that_holds_itself(document: Callable[..., Path]) -> None:
    loaded = load(document("/components/schemas/Wood", {"$ref": "shared.yaml#/Tree"}))
    assert loaded.problems == ()
    tree = loaded.value["components"]["schemas"]["Tree"]
    assert tree["properties"]["leaves"]["items"] == {"$ref": "#/components/schemas/Tree"}


def test_files_that_refer_to_each_other(document: Callable[..., Path]) -> None:
    file = document("/components/schemas/Egg", {"$ref": "hen.yaml"})
    (file.parent / "hen.yaml").write_text(
        "properties: {egg: {$ref: 'egg.yaml'}, clip: {$ref: 'acme.yaml#/components/schemas/Clip'}}"
    )
    (file.parent / "egg.yaml").write_text("properties: {hen: {$ref: 'hen.yaml'}}")
    schemas = load(file).value["components"]["schemas"]
    assert schemas["Egg"] == {"$ref": "#/components/schemas/hen"}
    assert schemas["hen"]["properties"]["egg"] == {"$ref": "#/components/schemas/egg"}
    assert schemas["egg"]["properties"]["hen"] == {"$ref": "#/components/schemas/hen"}
    assert schemas["hen"]["properties"]["clip"] == {"$ref": "#/components/schemas/Clip"}


def test_other_parts_than_schemas(document: Callable[..., Path], small_tree: Callable[[], Any]) -> None:
    path = small_tree()["paths"]["/jobs"]
    file = document("/paths/~1jobs", {"$ref": "paths.yaml#/jobs"})
    answer = {"description": "an object", "content": {"application/json": {"schema": {"$ref": "#/Any"}}}}
    path["post"]["responses"]["200"] = {"$ref": "#/Answer"}
    path["post"]["parameters"] = [{"$ref": "#/Header"}]
    header = {"name": "X-Async", "in": "header", "required": True, "schema": {"type": "string", "enum": ["enable"]}}
    path["post"]["requestBody"] = {"$ref": "#/Body"}
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "acme.yaml#/components/schemas/Clip"}}},
    }
    named = {"jobs": path, "Answer": answer, "Any": {"type": "object"}, "Header": header, "Body": body}
    (file.parent / "paths.yaml").write_text(yaml.safe_dump(named))
    loaded = load(file)
    assert loaded.problems == ()
    kinds = parts(loaded)
    assert (kinds["responses"], kinds["parameters"], kinds["requestBodies"]) == (["Answer"], ["Header"], ["Body"])
    assert kinds["schemas"] == ["Any", "Clip"]
    assert load_contract(file).name == "acme"
    assert [each.severity.value for each in lint_file(str(file)).findings] == ["note"]


BROKEN = {
    "shared.yaml#/Secnds": ("leads nowhere", "what follows # is a JSON pointer"),
    "shared.yaml#Seconds": ("leads nowhere", "what follows # is a JSON pointer"),
    "shard.yaml": ("there is no such file", "did you mean shared.yaml?"),
    "../outside.yaml": ("leaves the document's folder", "files of its folder"),
    "/etc/hostname": ("leaves the document's folder", "files of its folder"),
    "https://example.com/a.yaml": ("is an address, and nothing is fetched", "save the file beside the document"),
    "file:///etc/hostname": ("is an address, and nothing is fetched", "save the file beside the document"),
}


@pytest.mark.parametrize("reference", BROKEN)
def test_references_that_cannot_be_followed(document: Callable[..., Path], reference: str) -> None:
    file = document(DURATION, {"$ref": reference})
    (file.parent.parent / "outside.yaml").write_text("{}")
    what, mend = BROKEN[reference]
    with pytest.raises(DocumentError) as caught:
        load_contract(file)
    [problem] = caught.value.problems
    assert (problem.pointer, what in problem.what, mend in problem.mend) == (DURATION, True, True)
    [found] = [each for each in lint_file(str(file)).findings if each.severity.value == "error"]
    assert (found.rule, found.pointer, what in found.message) == ("document.openapi", DURATION, True)


def test_a_broken_reference_of_a_base_is_told_there(write: Write) -> None:
    text = (write().parent / "acme.yaml").read_text().replace("{type: string, maxLength: 20}", '{$ref: "gone.yaml"}')
    base = write(name="acme.yaml", text=text)
    with pytest.raises(DocumentError) as caught:
        load_contract(write(PROVIDER))
    [problem] = caught.value.problems
    assert problem.place == Place(str(base), line_of(base, "gone.yaml"), 9)


def test_a_link_to_a_file_outside_is_not_followed(document: Callable[..., Path]) -> None:
    file = document(DURATION, {"$ref": "inside.yaml"})
    (file.parent.parent / "outside.yaml").write_text("{}")
    (file.parent / "inside.yaml").symlink_to(file.parent.parent / "outside.yaml")
    with pytest.raises(DocumentError, match="leaves the document's folder"):
        load_contract(file)


def test_a_path_that_leads_back_to_itself(document: Callable[..., Path]) -> None:
    file = document("/paths/~1jobs", {"$ref": "paths.yaml#/jobs"})
    callback = {"post": {"callbacks": {"done": {"{$request.body#/url}": {"$ref": "#/jobs"}}}}}
    (file.parent / "paths.yaml").write_text(yaml.safe_dump({"jobs": callback}))
    with pytest.raises(DocumentError, match="leads back to itself"):
        load_contract(file)


def test_paths_that_grow_beyond_all_bounds(document: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "MAX_NODES", 20_000)
    file = document("/paths/~1jobs", {"$ref": "paths.yaml#/p0"})
    items = {}
    for number in range(12):
        nine = {f"{{$request.body#/{each}}}": {"$ref": f"#/p{number + 1}"} for each in range(9)}
        items[f"p{number}"] = {"post": {"callbacks": {"done": nine}}}
    (file.parent / "paths.yaml").write_text(yaml.safe_dump({**items, "p12": {}}))
    with pytest.raises(DocumentError, match="more than 20000 nodes, references followed"):
        load_contract(file)


def test_problems_stand_in_the_file_that_has_them(document: Callable[..., Path]) -> None:
    file = document(DURATION, {"$ref": "shared.yaml#/Seconds"})
    (file.parent / "shared.yaml").write_text("# Shared.\nSeconds:\n  type: integer\n  minimum: two\n")
    with pytest.raises(DocumentError) as caught:
        load_contract(file)
    assert str(caught.value.problems[0]).startswith(
        f"{file.parent / 'shared.yaml'}:4:3: /components/schemas/Seconds/minimum: "
    )
    errors = [each for each in lint_file(str(file)).findings if each.severity.value == "error"]
    assert (errors[0].file, errors[0].line) == (str(file.parent / "shared.yaml"), 4)


def test_a_plain_description_is_linted_with_its_parts(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["mood"], "properties": {}, "additionalProperties": False}
    (tmp_path / "mood.json").write_text(json.dumps(schema, indent=1))
    file = tmp_path / "plain.yaml"
    content = "content: {application/json: {schema: {$ref: mood.json}}}"
    answers = "responses: {default: {description: done}}"
    file.write_text(
        "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n  /a:\n    post:\n"
        f"      requestBody: {{{content}}}\n      {answers}\n"
    )
    [found] = lint_file(str(file)).findings
    assert (found.rule, found.file, found.line) == ("schema.required-undefined", str(tmp_path / "mood.json"), 3)


def test_the_digest_follows_the_parts(document: Callable[..., Path]) -> None:
    file = document(DURATION, {"$ref": "shared.yaml#/Seconds"})
    before = load_contract(file).digest
    (file.parent / "shared.yaml").write_text(SHARED + "# more\n")
    assert load_contract(file).digest != before


def test_references_of_an_overlay_begin_at_the_overlay(write: Write) -> None:
    update = {"duration": {"$ref": "./seconds.yaml"}}
    away = {"target": "$.components.schemas.Clip.properties.duration", "remove": True}
    file = write(
        name="own/bold.yaml",
        text=overlay_text(
            PROVIDER, away, {"target": "$.components.schemas.Clip.properties", "update": update}, extends="../acme.yaml"
        ),
    )
    (file.parent / "seconds.yaml").write_text("{type: integer, maximum: 30}")
    assert load_contract(file).models["clip-1"].schema["properties"]["duration"]["maximum"] == 30
