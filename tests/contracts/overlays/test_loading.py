"""An overlay is read with what it extends; every place that is told is that of the file where the value stands."""

import json
import shutil
from hashlib import sha256
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.overlays.conftest import BAD, MORE, PROVIDER, Write, line_of, overlay_text

from screentest_contracts import DocumentError, UsageError, extensions, load_contract
from screentest_contracts.comparison import compare_all
from screentest_contracts.raw.files import find_document


def refused(file: Path) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_contract(file)
    return caught.value


def told(file: Path) -> list[str]:
    """What is wrong, each with file, line and column."""
    return [str(problem).replace(f"{file.parent}/", "") for problem in refused(file).problems]


# -- what may be extended --------------------------------------------------------------------------------------------


def test_a_file_beside_it(write: Write) -> None:
    file = write(PROVIDER, MORE)
    contract = load_contract(file)
    assert (contract.name, contract.title, contract.key_variable, contract.file) == (
        "bold",
        "Bold",
        "BOLD_API_KEY",
        file,
    )
    duration = contract.models["clip-1"].schema["properties"]["duration"]
    assert duration == {"type": "integer", "minimum": 2, "maximum": 12, "default": 4}


def test_a_built_in_document(tmp_path: Path) -> None:
    file = tmp_path / "bold.yaml"
    file.write_text(overlay_text(PROVIDER, extends="evolink"))
    assert set(load_contract(file).models) == set(load_contract("evolink").models)


def test_an_overlay_beside_a_built_in_name_extends_the_built_in(tmp_path: Path) -> None:
    file = tmp_path / "evolink.yaml"
    file.write_text(overlay_text(PROVIDER, extends="evolink"))
    assert load_contract(file).name == "bold"


def test_an_installed_document(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("lantern", "acme_package:DOCUMENT", extensions.PROVIDERS)
    base = write(name="acme.yaml", text=(write().parent / "acme.yaml").read_text())
    monkeypatch.setattr(extensions, "_entry_points", lambda group: [entry])
    monkeypatch.setattr(extensions, "_load", lambda entry: base)
    extensions.installed_documents.cache_clear()
    try:
        assert load_contract(write(PROVIDER, extends="lantern")).name == "bold"
    finally:
        extensions.installed_documents.cache_clear()


def test_an_overlay_of_an_overlay(write: Write) -> None:
    write(PROVIDER, MORE)
    again = {"target": "$['x-task'].provider", "update": {"name": "bolder"}}
    contract = load_contract(write(again, name="bolder.yaml", extends="bold.yaml"))
    assert (contract.name, contract.title) == ("bolder", "Bold")
    assert contract.models["clip-1"].schema["properties"]["duration"]["maximum"] == 12


def test_a_plain_description_gets_its_x_task(write: Write, small_tree: Any) -> None:
    tree = small_tree()
    task = tree.pop("x-task")
    write(name="plain.json", text=json.dumps(tree))
    assert load_contract(write({"target": "$", "update": {"x-task": task}}, extends="plain.json")).name == "acme"


def test_a_name_with_spaces(write: Write) -> None:
    shutil.copy(write(PROVIDER).parent / "acme.yaml", write().parent / "a base.yaml")
    assert load_contract(write(PROVIDER, extends="./a%20base.yaml")).name == "bold"


# -- the digest ------------------------------------------------------------------------------------------------------


def test_the_digest_is_that_of_all_files(write: Write) -> None:
    file = write(PROVIDER)
    base = file.parent / "acme.yaml"
    first = load_contract(file).digest
    assert load_contract(base).digest == sha256(base.read_bytes()).hexdigest()
    base.write_text(base.read_text() + "# changed\n")
    second = load_contract(file).digest
    file.write_text(file.read_text() + "# changed\n")
    assert len({first, second, load_contract(file).digest}) == 3


# -- what cannot be extended -----------------------------------------------------------------------------------------

EXTENDS = {
    "./acne.yaml": ("there is no file './acne.yaml'", "did you mean acme.yaml?"),
    "evolinc": ("there is no document 'evolinc'", "did you mean evolink?"),
    "https://example.com/acme.yaml": ("is an address, and nothing is fetched", "save the document beside the overlay"),
    "//example.com/acme.yaml": ("is an address, and nothing is fetched", "save the document beside the overlay"),
    "bold.yaml": ("the overlays extend each other: bold.yaml -> bold.yaml", "extend a whole document"),
    "notes.yaml": ("'notes.yaml' is neither an OpenAPI document nor an overlay", "it begins with `openapi: 3.1.0`"),
}


@pytest.mark.parametrize("extends", EXTENDS)
def test_bases_that_are_none(write: Write, extends: str) -> None:
    write(name="notes.yaml", text="{a: 1}")
    what, mend = EXTENDS[extends]
    [problem] = told(write(PROVIDER, extends=extends))
    assert problem.startswith("bold.yaml:3:1: /extends: ")
    assert what in problem
    assert mend in problem


def test_a_circle_of_overlays(write: Write) -> None:
    write(PROVIDER, name="one.yaml", extends="two.yaml")
    [problem] = told(write(PROVIDER, name="two.yaml", extends="one.yaml"))
    assert problem.startswith(
        "one.yaml:3:1: /extends: the overlays extend each other: two.yaml -> one.yaml -> two.yaml"
    )


def test_a_base_that_is_no_yaml_names_its_own_file(write: Write) -> None:
    write(name="torn.yaml", text="a: [")
    assert refused(write(PROVIDER, extends="torn.yaml")).file.endswith("torn.yaml")


STRUCTURE = {
    "version": ("overlay: 2.0.0", "bold.yaml:1:1: /overlay: ", "write `overlay: 1.1.0`"),
    "number": ("overlay: 1.1", "bold.yaml:1:1: /overlay: ", "write `overlay: 1.1.0`"),
    "unknown member": ("overlay: 1.1.0\nextend: acme", "bold.yaml:2:1: /extend: ", "did you mean extends?"),
    "infinity": ("overlay: 1.1.0\nx-a: .inf", "bold.yaml:2:1: /x-a: not a finite number", ""),
}


@pytest.mark.parametrize("name", STRUCTURE)
def test_overlays_that_are_none(write: Write, name: str) -> None:
    head, place, mend = STRUCTURE[name]
    [problem] = told(write(text=overlay_text(PROVIDER).replace("overlay: 1.1.0", head)))
    assert problem.startswith(place)
    assert mend in problem


def test_what_an_overlay_must_have(write: Write) -> None:
    problems = told(write(text="overlay: 1.0.0\ninfo: {}\nactions: []\n"))
    assert len(problems) == 4
    assert all(any(word in each for each in problems) for word in ("extends", "title", "version", "actions"))


def test_a_misspelt_member_of_an_action(write: Write) -> None:
    [problem] = told(write({"target": "$", "updat": {}}))
    assert problem.startswith("bold.yaml:5:17: /actions/0/updat: ")
    assert "did you mean update?" in problem


# -- places ----------------------------------------------------------------------------------------------------------


def test_an_action_that_matches_nothing_is_told_at_its_target(write: Write) -> None:
    file = write(PROVIDER, {"target": "$['x-task'].model", "update": {}}, {"target": "$.nowhere", "remove": True})
    assert [each.partition(": `")[0] for each in told(file)] == [
        "bold.yaml:6:6: /actions/1/target",
        "bold.yaml:7:6: /actions/2/target",
    ]


def test_a_problem_of_the_whole_stands_where_its_value_does(write: Write) -> None:
    file = write(PROVIDER, BAD)
    [problem] = told(file)
    column = file.read_text().splitlines()[5].index("class") + 1
    assert problem.startswith(f"bold.yaml:6:{column}: /x-task/lifecycle/statuses/RUN/class: ")


def test_a_problem_that_the_compiler_finds(write: Write) -> None:
    base = write().parent / "acme.yaml"
    [problem] = told(
        write(PROVIDER, {"target": "$.components.schemas.Clip.properties.model", "update": {"const": "clip-2"}})
    )
    assert problem.startswith(f"acme.yaml:{line_of(base, '  models: {clip-1')}:")
    assert "/x-task/models/clip-1/base/model" in problem


def test_a_reference_that_an_action_broke_is_told_where_it_stands(write: Write) -> None:
    base = write().parent / "acme.yaml"
    [problem] = told(write(PROVIDER, {"target": "$.components.schemas.Clip", "remove": True}))
    assert problem.startswith(f"acme.yaml:{line_of(base, 'requestBody: {required: true')}:")
    assert "leads nowhere" in problem


def test_a_single_file_needs_no_places(write: Write) -> None:
    file = write(
        name="broken.yaml", text=(write().parent / "acme.yaml").read_text().replace("class: running", "class: x")
    )
    assert [problem.place for problem in refused(file).problems] == [None]


# -- as any document -------------------------------------------------------------------------------------------------


def test_compare_tells_the_changes(write: Write) -> None:
    file = write(PROVIDER, MORE, {"target": "$.servers[0]", "update": {"url": "https://api.bold.example"}})
    [comparison] = compare_all([load_contract(file.parent / "acme.yaml"), load_contract(file)])
    assert {each.topic for each in comparison.differences} == {"address", "key", "request"}


def test_compare_keeps_a_model_to_the_one_of_its_name(tmp_path: Path) -> None:
    """Where several there are of the same kin."""
    home = load_contract("tokenhot")
    twins = {name: Path(name) for name in home.models}
    file = tmp_path / "bold.yaml"
    file.write_text(overlay_text(PROVIDER, extends="tokenhot"))
    [comparison] = compare_all([home, load_contract(file)])
    assert [(each.home.name, each.other and each.other.name) for each in comparison.pairs] == [(n, n) for n in twins]


def test_find_document_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "acme").write_text("")
    assert find_document("acme", tmp_path) == tmp_path / "acme"
    with pytest.raises(UsageError):
        find_document("acme")
