"""The pages about the vocabulary: the reference is that of the schema, every example is one, every member is told."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.pages.blocks import blocks

import screentest
from screentest_contracts.complaints import complaints
from screentest_contracts.document import task_schema
from screentest_contracts.lint import Severity, lint_file
from screentest_contracts.raw.origins import Origin, Source
from screentest_contracts.raw.overlay import Traced
from screentest_contracts.raw.rows import spread
from screentest_contracts.raw.text import parse
from screentest_contracts.template.holes import parse_hole
from screentest_suites.requests.probes import probes

PAGE = Path(__file__).parents[2] / "docs" / "documents.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = {
    f"line {TEXT[: found.start()].count(chr(10)) + 1}": found[1]
    for found in re.finditer(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
}
"""The text of every example, by the line of its fence."""
OVERLAYS = [name for name, text in BLOCKS.items() if text.startswith("overlay:")]
SKELETON = [name for name, text in BLOCKS.items() if text.startswith("x-task:")]
PARTS = [name for name in BLOCKS if name not in (*OVERLAYS, *SKELETON)]
OF_OPENAPI = {"components", "securitySchemes"}
INSIDE = {"signature": "callback", "handshake": "callback"}
"""Examples that stand inside of a member of x-task, by that member."""
OTHER_HOLES = {"signature", "securitySchemes", "wait", "client"}
PARTIAL = {"roles"}
"""Members of which an example shows a part."""


def test_the_page_has_examples_of_each_sort() -> None:
    assert len(OVERLAYS) > 1
    assert len(SKELETON) == 1
    assert len(PARTS) > 15


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_is_a_sound_document(tmp_path: Path, name: str) -> None:
    report = lint_file(str(written(tmp_path, name)))
    assert {each.severity for each in report.findings} == {Severity.NOTE}
    assert report.contract is not None


def test_the_gateway_of_the_tutorial_is_kept_by_its_own_mock(tmp_path: Path) -> None:
    [text] = [each.text for each in blocks(PAGE.with_name("describe-a-gateway.md")) if each.title == "meadow.yaml"]
    file = tmp_path / "meadow.yaml"
    file.write_text(text, encoding="utf-8")
    assert {each.severity for each in lint_file(str(file)).findings} == {Severity.NOTE}
    judgement = screentest.judge(file, options=screentest.Options(examples=2))
    assert [verdict.requirement.id for verdict in judgement.broken] == []
    results = {verdict.requirement.id: verdict.result for verdict in judgement.verdicts}
    assert results["create.prompt.max-length"] is screentest.Result.PASSED  # its own limit
    assert results["query.retention"] is screentest.Result.PASSED  # what its base does not have


def written(folder: Path, name: str) -> Path:
    file = folder / "page.yaml"
    file.write_text(BLOCKS[name], encoding="utf-8")
    return file


def data_of(name: str) -> dict[str, Any]:
    block = parse(PAGE, BLOCKS[name].encode())
    assert isinstance(block, dict)
    return block


def test_the_skeleton_has_every_member_of_x_task() -> None:
    assert data_of(SKELETON[0])["x-task"].keys() == task_schema()["properties"].keys()


@pytest.mark.parametrize("name", PARTS)
def test_an_example_is_what_the_schema_allows(name: str) -> None:
    block = data_of(name)
    for word in OF_OPENAPI & block.keys():
        assert list(told({"$ref": "#/$defs/words"}, list(objects(block.pop(word))))) == []
    for word, outer in INSIDE.items():
        if word in block:
            block[outer] = {"url": "/callback_url", "on": ["succeeded"], word: block.pop(word)}
    origin = Origin(Source(PAGE, b""))
    whole = spread(Traced({"x-task": block}, origin)).value["x-task"]
    schemas = task_schema()["properties"]
    assert whole.keys() <= schemas.keys()
    for word, value in whole.items():
        schema = {**schemas[word], "required": []} if word in PARTIAL else schemas[word]
        assert list(told(schema, [value])) == [], word


@pytest.mark.parametrize("name", PARTS)
def test_the_holes_of_an_example_exist(name: str) -> None:
    block = data_of(name)
    for text in texts(block) if not block.keys() & OTHER_HOLES else ():
        assert all(parse_hole(hole) for hole in re.findall(r"\{\{.*?\}\}", text))


def test_what_is_said_of_the_probes_of_an_example_is_so(small_tree: Any, load_tree: Any) -> None:
    [text] = [text for text in BLOCKS.values() if text.startswith("components:")]
    [said] = re.findall(r"# sent: (\{.*\}), and with (\d+)$", text, re.MULTILINE)
    tree = small_tree()
    shown = parse(PAGE, text.encode())["components"]["schemas"]["Clip"]
    tree["components"]["schemas"]["Clip"]["properties"] |= shown["properties"]
    model = load_tree(tree).models["clip-1"]
    [limit] = [each for each in model.constraints if each.name == "speech.volume" and each.kind == "maximum"]
    sent = {
        accept: [probe.body for probe in probes(model, limit) if probe.accept is accept] for accept in (True, False)
    }
    refused = parse(PAGE, said[0].encode())
    assert refused in sent[False]
    assert {**refused, "speech": {**refused["speech"], "volume": int(said[1])}} in sent[True]


def told(schema: dict[str, Any], values: list[Any]) -> Iterator[str]:
    validator = jsonschema_rs.Draft202012Validator({"$defs": task_schema()["$defs"], **schema})
    for value in values:
        for error in validator.iter_errors(value):
            for place, words in complaints(error):
                here: Any = value
                for part in place:  # `{...}` stands for more
                    here = here[int(part)] if isinstance(here, list) else here.get(part, {})
                if here != {"...": None} and place[-1:] != ("...",):
                    yield f"{'/'.join(place)}: {words}"


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from objects(value)


def texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from texts(value)


def test_the_table_of_topics_leads_somewhere() -> None:
    titles = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    named = set(re.findall(r"\]\(#([^)]+)\)", TEXT))
    assert len(named) > 15
    assert named - titles == set()


def test_every_member_of_x_task_is_taught() -> None:
    assert [name for name in task_schema()["properties"] if not re.search(rf"\b{name}\b", TEXT)] == []
