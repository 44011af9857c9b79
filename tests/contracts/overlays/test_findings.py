"""`screentest lint` of an overlay: what is told, and the file and line of each finding."""

import json
from pathlib import Path

from click.testing import CliRunner
from tests.contracts.overlays.conftest import BAD, MORE, PROVIDER, Write, line_of

from screentest_contracts.lint import Finding, Severity, lint_file
from screentest_contracts.lint.sarif import sarif_form
from screentest_suites.cli import main


def findings(file: Path) -> list[Finding]:
    return [each for each in lint_file(str(file)).findings if each.severity is not Severity.NOTE]


def test_lint_says_nothing_of_a_sound_overlay(write: Write) -> None:
    report = lint_file(str(write(PROVIDER, MORE)))
    assert [(each.severity, Path(each.file).name) for each in report.findings] == [(Severity.NOTE, "acme.yaml")]
    assert report.contract is not None


def test_lint_tells_of_both_files(write: Write) -> None:
    unread = {"target": "$['x-task']", "update": {"units": {"beans": {"per": 2, "currency": "USD"}}}}
    file = write(PROVIDER, unread)
    base = file.parent / "acme.yaml"
    base.write_text(base.read_text().replace("  values: {row", "  values: {spare: uuid, row"))
    found = {each.pointer: (Path(each.file).name, each.line) for each in findings(file)}
    assert found["/x-task/units/beans"] == ("bold.yaml", 6)
    assert found["/x-task/values/spare"] == ("acme.yaml", line_of(base, "values: {spare"))


def test_lint_tells_of_actions_and_is_an_error(write: Write) -> None:
    file = write(PROVIDER, {"target": "$.servers[3]", "remove": True})
    result = CliRunner().invoke(main, ["lint", str(file)])
    assert result.exit_code == 1
    assert f"{file}:6:6: error document.overlay: `$.servers[3]` matches nothing" in result.output


def test_forms_of_lint_name_the_file_of_each_finding(write: Write) -> None:
    file = write(PROVIDER, BAD)
    base = file.parent / "acme.yaml"
    places = [
        each["locations"][0]["physicalLocation"] for each in sarif_form([lint_file(str(file))])["runs"][0]["results"]
    ]
    assert [(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in places] == [
        (file.as_uri(), 6),
        (base.as_uri(), line_of(base, "colour:")),
    ]
    made = json.loads(CliRunner().invoke(main, ["lint", "--format", "json", str(file)]).output)
    assert [each["file"] for each in made["files"][0]["findings"]] == [str(file), str(base)]


def test_an_overlay_that_keeps_the_name(write: Write) -> None:
    file = write(MORE)
    [found] = findings(file)
    assert (found.rule, found.severity, found.file, found.line) == ("overlay.provider", Severity.WARNING, str(file), 3)
    assert "keeps the name of its base, acme" in found.message
    result = CliRunner().invoke(main, ["compare", str(file.parent / "acme.yaml"), str(file)])
    assert result.exit_code == 2
    assert "an overlay renames its provider by updating $['x-task'].provider" in result.output


def test_an_overlay_that_sends_the_bases_key_elsewhere(write: Write) -> None:
    server = {"target": "$.servers[0]", "update": {"url": "https://api.bold.example"}}
    name = {"target": "$['x-task'].provider", "update": {"name": "bold"}}
    [found] = findings(write(name, server))
    assert "gets the key of the base's: ACME_API_KEY" in found.message
    assert findings(write(PROVIDER, server)) == []


def test_an_overlay_that_is_still_called_an_original(write: Write, small_text: str) -> None:
    server = {"target": "$.servers[0]", "update": {"url": "https://api.bold.example"}}
    file = write(PROVIDER, server)
    kind = small_text.replace("key: ACME_API_KEY}", "key: ACME_API_KEY, kind: original}")
    (file.parent / "acme.yaml").write_text(kind)
    [found] = findings(file)
    assert (found.rule, "still called an original" in found.message) == ("overlay.provider", True)
    gateway = {"target": "$['x-task'].provider", "update": {"kind": "gateway"}}
    assert findings(write(PROVIDER, gateway, server)) == []
