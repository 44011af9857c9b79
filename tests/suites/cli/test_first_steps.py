"""What leads on: the first page, help, mistakes in a command line, completion, and the forms of tables."""

import json
import re

import click
import pytest

from screentest_contracts.requirements import (
    CLIENT_SUITES,
    SUITES,
    WHY,
    client_requirements,
    receiver_requirements,
)
from screentest_suites.cli import main
from screentest_suites.cli.forms import FormOption
from screentest_suites.cli.program import TOPICS
from screentest_suites.cli.reasons import level_told, shown_in, situations_told
from screentest_suites.clients.situations import fitting
from tests.providers import known
from tests.suites.cli.programs import Run

# -- the first page and mistakes -----------------------------------------------------------------------------------


def test_without_a_command_there_is_a_first_page_whose_commands_exist(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    named = set(re.findall(r"screentest (\w+)", result.stdout))
    assert named >= {"check", "serve", "client", "init", "providers"}
    assert named <= set(main.commands)


def test_help_lists_every_command_once_and_whole(run: Run) -> None:
    lines = run("--help", COLUMNS="80").stdout.splitlines()
    shown = [line.split()[0] for line in lines if re.match(r"  [a-z]+ {2,}\w", line)]
    assert sorted(shown) == sorted(main.commands)
    assert not [line for line in lines[1:] if line.endswith("...")]
    assert {name for names in TOPICS.values() for name in names} - {"load"} <= set(main.commands)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chek"], ("no command 'chek'", "did you mean check?", "screentest --help")),
        (["wobble"], ("no command 'wobble'", "screentest --help")),
        (["evolink"], ("evolink is a provider", "screentest check evolink")),
        (["check", "--tarjet", "x"], ("no option --tarjet", "did you mean --target?", "screentest check --help")),
        (["check", "--seed", "x"], ("--seed cannot take this value", "screentest check --help")),
        (["check", "--seed"], ("--seed is not complete",)),
        (["check", "evolnk"], ("unknown provider 'evolnk'", "did you mean evolink?")),
        (["check", "evolink", "--model", "happyhorse-1.0-text-to-vido"], ("no model", "did you mean happyhorse")),
        (["client"], ("screentest client needs PROVIDER", "screentest client [OPTIONS] PROVIDER")),
        (["providers", "x"], ("screentest providers cannot be used like this", "screentest providers --help")),
        (["init"], ("init needs an OpenAPI file", "screentest init openapi.yaml")),
        (["explain", "query.statu.known", "evolink"], ("no requirement", "did you mean query.status.known")),
        (["explain", "*wobble*", "evolink"], ("no requirement fits", "screentest requirements")),
    ],
)
def test_a_mistake_is_told_with_what_to_do_next(words: list[str], told: tuple[str, ...], run: Run) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert "\nhint: " in result.stderr
    for each in told:
        assert each in result.stderr


# -- tables ----------------------------------------------------------------------------------------------------------


def commands_with_forms() -> list[str]:
    return sorted(name for name, command in main.commands.items() if form_of(command) is not None)


def form_of(command: click.Command) -> FormOption | None:
    return next((each for each in command.params if isinstance(each, FormOption)), None)


@pytest.mark.parametrize("name", commands_with_forms())
def test_help_promises_the_members_of_the_json_form(name: str, run: Run) -> None:
    form = form_of(main.commands[name])
    assert form is not None
    shown = " ".join(run(name, "--help").stdout.split())
    assert ", ".join(form.fields) in shown
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", field) for field in form.fields)
    assert "--quiet" in shown


@pytest.mark.parametrize(
    "words",
    [
        ["providers"],
        ["scenarios"],
        ["deviations", "DOCUMENT"],
        ["variations", "DOCUMENT"],
        ["requirements", "DOCUMENT"],
        ["requirements", "DOCUMENT", "--clients"],
        ["explain", "query.there", "DOCUMENT"],
        ["lint", "DOCUMENT"],
        ["plan", "DOCUMENT", "--examples", "2"],
        ["check", "DOCUMENT", "--examples", "2"],
    ],
    ids=lambda words: " ".join(words[:1] + words[2:3]),
)
def test_the_json_form_has_the_members_that_help_promises(words: list[str], small_file: str, run: Run) -> None:
    result = run(*(small_file if word == "DOCUMENT" else word for word in words), "--format", "json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    form = form_of(main.commands[words[0]])
    assert form is not None
    for each in found if isinstance(found, list) else [found]:
        assert set(each) == set(form.fields)


def test_quiet_lists_are_names_alone(small_file: str, run: Run) -> None:
    rows = json.loads(run("requirements", small_file, "--format", "json").stdout)
    assert run("requirements", small_file, "--quiet").stdout.splitlines() == [row["id"] for row in rows]


def test_without_a_terminal_each_row_is_a_line_that_nothing_colours(small_file: str, run: Run) -> None:
    for colour in ({}, {"NO_COLOR": "1"}):
        lines = run("requirements", small_file, **colour).stdout.splitlines()
        rows = json.loads(run("requirements", small_file, "--format", "json").stdout)
        assert [line.split()[0] for line in lines] == ["id", *(row["id"] for row in rows)]
        assert not [line for line in lines if "\x1b" in line or line.endswith(" ")]


@pytest.mark.parametrize("columns", [40, 80])
def test_a_narrow_terminal_shows_all_of_it_within_its_width(columns: int, run: Run) -> None:
    terminal = {"FORCE_COLOR": "1", "COLUMNS": str(columns), "TERM": "xterm"}
    shown = click.unstyle(run("providers", **terminal).stdout)
    assert all(len(line.rstrip()) <= columns for line in shown.splitlines())
    together = "".join(shown.split())
    for name in ("evolink", "EVOLINK_API_KEY", "dashscope"):
        assert name in together


def test_no_color_is_obeyed_on_a_terminal(run: Run) -> None:
    coloured = run("providers", FORCE_COLOR="1", TERM="xterm-256color").stdout
    plain = run("providers", FORCE_COLOR="1", NO_COLOR="1", TERM="xterm-256color").stdout
    assert "\x1b[" in coloured
    assert not re.search(r"\x1b\[[\d;]*3\d", plain), "bold is no colour"


# -- explain ---------------------------------------------------------------------------------------------------------


def test_a_requirement_is_explained_with_an_example_of_it_kept_and_broken(small_file: str, run: Run) -> None:
    found = json.loads(run("explain", "query.status.known", small_file, "--format", "json").stdout)
    assert found["deviations"]
    assert found["broken"]["seen"].startswith("the status is ")
    assert found["kept"]["judged"] > 0
    assert found["kept"]["answer"].startswith("200 ")
    assert found["kept"]["answer"] != found["broken"]["answer"]
    alone, served, again = found["reproduce"]
    assert alone == f"pytest --provider {small_file} -k query.status.known"
    assert any(served == f"screentest serve {small_file} --deviation {name}" for name in found["deviations"])
    assert again.startswith("ACME_API_KEY=sk-screentest pytest ")
    shown = run("explain", "acme:query.status.known", small_file)
    assert shown.exit_code == 2, "a qualified id stands alone"
    text = run("explain", "query.status.known", small_file).stdout
    for heading in ("why:", "is sent:", "cannot see:", "example, kept:", "example, broken:", "to see it:"):
        assert heading in text


def test_every_suite_says_why_it_matters() -> None:
    assert list(WHY) == [*SUITES, *CLIENT_SUITES]


def test_what_no_check_can_see_is_explained_without_an_example(run: Run) -> None:
    found = json.loads(run("explain", "unobservable.1", "evolink", "--format", "json").stdout)
    assert found["untestable"]
    assert (found["kept"], found["broken"], found["reproduce"]) == (None, None, [])


def test_requirements_of_clients_are_explained_by_their_situations(small_file: str, run: Run) -> None:
    listed = json.loads(run("explain", "client.*", small_file, "--format", "json").stdout)
    assert listed
    found = json.loads(run("explain", listed[0]["id"], small_file, "--format", "json").stdout)
    assert found["situations"]
    assert found["reproduce"][0].startswith(f"screentest client {small_file}")


@pytest.mark.parametrize("provider", ["evolink", "fal", "openai"])
def test_clients_are_held_to_what_the_document_has_and_are_no_servers(provider: str) -> None:
    contract = known(provider)
    fit = {"*", *fitting(contract)}
    for each in client_requirements(contract):
        assert set(shown_in(contract, each)) <= fit
        assert list(situations_told(contract, each))
        assert " a client that breaks it " in level_told(each)
        assert "command" in level_told(each) or each.fact.source or each.level == "NOTE"
    for each in receiver_requirements(contract):
        assert " a receiver that breaks it " in level_told(each)


def test_a_requirement_of_clients_is_explained_as_one(run: Run) -> None:
    told = run("explain", "client.create.once", "evolink").stdout
    assert "asks for it (docs/judge-your-client.md): a client that breaks it fails a run" in told
    assert "  immediate: a task has ended by the first poll" in told
    assert "expired" not in told  # evolink has no such end
    assert "the vendor recommends it: a client" in run("explain", "client.poll.floor", "evolink").stdout


# -- schema, completion --------------------------------------------------------------------------------------------


def test_the_schema_of_documents_takes_built_in_ones_and_refuses_a_wrong_word(run: Run) -> None:
    import jsonschema_rs

    from screentest_contracts.raw.files import find_document
    from screentest_contracts.raw.loaded import load

    schema = json.loads(run("schema").stdout)
    assert schema["$id"] == "urn:screentest:document:1"
    validator = jsonschema_rs.validator_for(schema)
    value = load(find_document("evolink")).value
    assert validator.is_valid(value)
    assert isinstance(value, dict)
    assert not validator.is_valid({**value, "x-task": {**value["x-task"], "wobble": 1}})
    assert schema["$defs"]["x-task"]["properties"]["provider"]["description"], "what an editor shows"
    for name in ("x-task", "overlay", "report", "recording"):
        assert "$schema" in json.loads(run("schema", name).stdout)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, run: Run) -> None:
    assert "_SCREENTEST_COMPLETE" in run("completion", shell).stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("screentest che", "check"),
        ("screentest check evol", "evolink"),
        ("screentest explain query.status.kn", "query.status.known"),
        ("screentest serve --scenario fail", "failure"),
        ("screentest serve --deviation goes-b", "goes-backwards"),
    ],
)
def test_words_are_completed(words: str, found: str, run: Run) -> None:
    count = len(words.split()) - 1
    result = run(_SCREENTEST_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(count))
    assert f"plain,{found}" in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("requirement", "name", "begins"),
    [
        ("error.create.unavailable", "newapi", "503 x-oneapi-request-id: "),
        ("error.create.rate-limited", "ark", "429 retry-after: 2 {"),
        ("error.create.rate-limited.headers", "ark", "429 retry-after: 2 {"),
    ],
)
def test_a_kept_example_is_an_answer_that_the_requirement_speaks_of(
    requirement: str, name: str, begins: str, run: Run
) -> None:
    found = json.loads(run("explain", requirement, name, "--format", "json").stdout)
    assert found["kept"]["answer"].startswith(begins)


def test_a_kept_example_without_an_answer_says_so(run: Run) -> None:
    text = run("explain", "result.link.life", "newapi").stdout
    assert "example, kept: our mock, in 1 observation, which no single answer shows" in text


def test_requirements_of_one_level_are_listed_alone(small_file: str, run: Run) -> None:
    every = json.loads(run("requirements", small_file, "--format", "json").stdout)
    found = json.loads(run("requirements", small_file, "--level", "must", "--format", "json").stdout)
    assert found == [each for each in every if each["level"] == "MUST"]
    assert len(found) < len(every)


def test_a_long_cell_makes_no_other_row_wide(small_file: str, run: Run) -> None:
    rows = json.loads(run("requirements", small_file, "--format", "json").stdout)
    lines = run("requirements", small_file).stdout.splitlines()[1:]
    short = min(range(len(rows)), key=lambda index: len(rows[index]["statement"]))
    assert len(lines[short]) < 200
