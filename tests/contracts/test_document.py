"""Broken documents: each is refused with file, place and mend; nothing a document holds raises anything else."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screentest_contracts import DocumentError, UsageError, built_in, load_contract
from screentest_contracts.__main__ import main
from screentest_contracts.document import read_document
from screentest_contracts.location import MISSING, pointer_of, replaced, resolve, segments
from screentest_contracts.raw.files import MAX_BYTES, find_document
from screentest_openapi import HERE

Tree = dict[str, Any]


def refused(file: Path) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_contract(file)
    assert str(caught.value).startswith(f"{file}: not a usable provider document\n")
    return caught.value


def usable_or_refused(file: Path) -> bool:
    """Whether a document is read, or refused with a message that names the file."""
    try:
        load_contract(file)
    except UsageError as error:
        return str(file) in str(error)
    return True


# -- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "what"), [("absent.yaml", "No such file"), ("folder.yaml", "is a directory")])
def test_what_cannot_be_read(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(UsageError) as caught:
        load_contract(tmp_path / name)
    assert str(tmp_path / name) in caught.value.message
    assert what in caught.value.message
    assert caught.value.hint


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as handle:
        handle.truncate(10_000_000)
    assert MAX_BYTES < 10_000_000
    with pytest.raises(UsageError, match=r"huge\.yaml is larger than 8388608 bytes"):
        load_contract(file)


@pytest.mark.parametrize(
    ("name", "content", "what", "mend"),
    [
        ("a.yaml", b"openapi: 3.1.0\ninfo: \xff\xfe", "not UTF-8 at byte 21", "save it as UTF-8"),
        ("a.yaml", b"openapi: 3.1.0\ninfo: [1,\n", "line 3, column 1: the YAML breaks here", "mend the YAML"),
        ("a.yaml", b"openapi: 3.1.0\n  info: x\n", "line 2, column 7: the YAML breaks here", "mend the YAML"),
        (
            "a.yaml",
            b"openapi: 3.1.0\ninfo: x\nopenapi: 3.1.0\n",
            "line 3, column 1: duplicate key 'openapi'",
            "mend the YAML",
        ),
        ("a.yaml", b"openapi: 3.1.0\n200: a\n'200': b\n", "line 3, column 1: duplicate key '200'", "mend the YAML"),
        ("a.yaml", b"a: *nowhere\n", "line 1, column 4: no anchor &nowhere", "mend the YAML"),
        (
            "a.yaml",
            b"a: !!python/object/apply:os.system [ls]\n",
            "line 1, column 4: the tag tag:yaml.org,2002:python/object/apply:os.system is not for documents",
            "remove the tag",
        ),
        ("a.yaml", b"a: !!set {b, c}\n", "line 1, column 4: the tag tag:yaml.org,2002:set", "remove the tag"),
        ("a.yaml", b"a: !!int five\n", "line 1, column 4: 'five' cannot be read as int", "mend the YAML"),
        ("a.yaml", b"a: !!bool [x]\n", "line 1, column 4: a list or mapping cannot be read as bool", "mend the YAML"),
        ("a.yaml", b"a: !!map x\n", "line 1, column 4: 'x' cannot be read as map", "mend the YAML"),
        ("a.yaml", b"a: 1" + 5_000 * b"1", "line 1, column 4: '11111111111111111111' cannot be read as int", ""),
        ("a.yaml", b"a: 1\n---\nb: 2\n", "line 2, column 1: a second document begins here", "holds one document"),
        ("a.yaml", b"? [a, b]\n: 1\n", "a key must be a plain value", "mend the YAML"),
        ("a.yaml", b"a:\n  b\x01\n", "line 2, column 4: a character that YAML does not have: U+0001", "remove it"),
        ("a.yaml", b"<<: 5\n", "line 1, column 5: `<<` merges mappings only", "mend the YAML"),
        ("a.yaml", b"&a {b: *a}\n", "line 1, column 8: &a holds itself", "mend the YAML"),
        ("a.json", b'{"openapi": ', "line 1, column 13: the JSON breaks here", "mend the JSON"),
        ("a.json", b"{}}", "line 1, column 3: the JSON breaks here", "mend the JSON"),
        ("a.json", b"1" * 5_000, "a number is too long", "mend the JSON"),
        ("a.yaml", b"", "not an object", "a document starts with `openapi: 3.1.0`"),
        ("a.yaml", b"[1, 2]", "not an object", "a document starts with `openapi: 3.1.0`"),
        ("a.yaml", b"just text", "not an object", "a document starts with `openapi: 3.1.0`"),
        ("a.json", b"null", "not an object", "a document starts with `openapi: 3.1.0`"),
    ],
)
def test_what_is_no_document(tmp_path: Path, name: str, content: bytes, what: str, mend: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    message = str(refused(file))
    assert what in message
    assert mend in message


DEEP = "nested too deeply: more than 60 levels (is it a provider document?)"
DEPTHS = [61, 500, 1_001, 5_000, 100_000]
"""Around our own limit, those of the libraries (libyaml has one since 0.2.6) and that of Python."""


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a": ', "}"), ('[{"a": ', "}]")])
@pytest.mark.parametrize("name", ["deep.yaml", "deep.json"])
def test_deep_nesting(tmp_path: Path, name: str, opening: str, closing: str, closed: bool, depth: int) -> None:
    file = tmp_path / name
    file.write_text(opening * depth + ("1" + closing * depth if closed else ""))
    assert DEEP in str(refused(file))


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("opening", ["- ", "[\n", "{a:\n"])
def test_deep_nesting_of_blocks_and_lines(tmp_path: Path, opening: str, depth: int) -> None:
    file = tmp_path / "deep.yaml"
    file.write_text(opening * depth)
    assert DEEP in str(refused(file))


def test_deep_nesting_by_aliases(tmp_path: Path) -> None:
    file = tmp_path / "deep.yaml"
    file.write_text("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100)))
    assert DEEP in str(refused(file))


@pytest.mark.parametrize("name", ["deep.yaml", "deep.json"])
def test_brackets_in_texts_are_no_nesting(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(json.dumps({"openapi": "[{" * 500, "a": '\\"' + "[" * 500}))
    assert "`openapi` is '[{[{" in str(refused(file))


def test_the_other_loader_says_the_same(tmp_path: Path) -> None:
    """PyYAML comes with libyaml and without."""
    texts = [
        "[" * 5_000,
        "- " * 500,
        "a: [1,\n",
        "a:\n\t- 1\n",
        "a: *b\n",
        "a: !x 1\n",
        "&a [*a]\n",
        "a: 'b\n",
        "a: %\n",
    ]
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.yaml").write_text(text)
    files = [str(tmp_path / f"{number}.yaml") for number in range(len(texts))]
    said = {}
    for loader in ("CSafeLoader", "SafeLoader"):
        code = f"import sys, yaml; yaml.CSafeLoader = yaml.{loader}"
        code += "; from screentest_contracts.__main__ import main; main(sys.argv[1:])"
        told = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=True).stderr
        said[loader] = re.sub(r"breaks here \(.*?\) \(", "breaks here (", told)
    assert said["CSafeLoader"].count("not a usable provider document") == len(texts)
    assert said["CSafeLoader"] == said["SafeLoader"]


def test_a_bomb_of_aliases(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    file = tmp_path / "bomb.yaml"
    file.write_text("\n".join(["openapi: 3.1.0", "x-task: {}", *lines]))
    assert "too large" in str(refused(file))


@pytest.mark.parametrize("depth", [20, 50, 100, 300, 900])
def test_deep_nesting_within_a_document(tmp_path: Path, small_tree: Callable[[], Tree], depth: int) -> None:
    deep: Any = "end"
    for _ in range(depth):
        deep = {"items": deep}
    for at in (
        ("components", "schemas", "Deep"),
        ("x-task", "profiles", "default", "bodies", "RUN"),
        ("info", "x-deep"),
    ):
        file = tmp_path / "deep.json"
        file.write_text(json.dumps(replaced(small_tree(), at, deep)))
        assert usable_or_refused(file)


def test_words_and_dates_stay_text(tmp_path: Path) -> None:
    file = tmp_path / "words.yaml"
    text = (HERE / "evolink.yaml").read_text("utf-8") + "\nx-words: {on: on, yes: no, 200: 2026-11-21, t: true, n: ~}\n"
    file.write_text(text, "utf-8")
    words = read_document(file).raw["x-words"]
    assert words == {"on": "on", "yes": "no", "200": "2026-11-21", "t": True, "n": None}


def test_json_and_a_byte_order_mark_are_read(tmp_path: Path, small_tree: Callable[[], Tree]) -> None:
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(small_tree()), "utf-8-sig")
    assert load_contract(file).name == "acme"


# -- names ----------------------------------------------------------------------------------------------------------


def test_built_in_names_and_near_misses() -> None:
    for name in built_in():
        assert find_document(name).is_file()
        with pytest.raises(UsageError) as caught:
            find_document(name[:-1] + "q")
        assert caught.value.hint == f"did you mean {name}?"
    with pytest.raises(UsageError) as caught:
        find_document("zzzzzzzz")
    assert all(name in caught.value.hint for name in built_in())


@pytest.mark.parametrize("path", ["./here", "a/b", "x.yml", "x.JSON", "C:\\x"])
def test_paths_are_paths(path: str) -> None:
    assert find_document(path) == Path(path)


def test_the_command_line(tmp_path: Path, small_text: str, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(small_text)
    bad.write_text("x: [")
    assert main([str(good)]) == 0
    assert capsys.readouterr().out == "acme: 1 models, 8 operations\n"
    assert main([str(bad), str(good), "nosuch"]) == 2
    shown = capsys.readouterr()
    assert "acme: 1 models" in shown.out
    assert "bad.yaml: not a usable provider document" in shown.err
    assert "unknown provider 'nosuch'" in shown.err


# -- contents -------------------------------------------------------------------------------------------------------

X = "/x-task"
BROKEN: dict[str, tuple[str, Any, str, str, str]] = {
    # name: (where it is broken, by what, pointer of the problem, what is said, mend)
    "no x-task": ("/x-task", MISSING, "/", "no x-task extension", "`screentest schema document` prints it"),
    "no version": ("/openapi", MISSING, "/openapi", "`openapi` is missing", "write `openapi: 3.1.0`"),
    "old version": ("/openapi", "3.0.3", "/openapi", "`openapi` is '3.0.3'", "write `openapi: 3.1.0`"),
    "number as version": ("/openapi", 3.1, "/openapi", "`openapi` is 3.1", "write `openapi: 3.1.0`"),
    "openapi structure": ("/info/title", MISSING, "/info", '"title" is missing', "mend the OpenAPI part"),
    "responses of a wrong type": (
        "/paths/~1jobs/post/responses", 5, "/paths/~1jobs/post/responses", "5 must be an object",
        "mend the OpenAPI part",
    ),
    "unknown word of OpenAPI": (
        "/paths/~1jobs/post/sumary", "x", "/paths/~1jobs/post/sumary", '"sumary" is not known here',
        "mend the OpenAPI part",
    ),
    "operationId twice": (
        "/paths/~1jobs~1more/get", {"operationId": "make", "responses": {"200": {"description": "OK"}}},
        "/paths/~1jobs~1more/get/operationId",
        "the operationId 'make' is there twice", "an operationId of its own",
    ),
    "path parameter missing": (
        "/paths/~1jobs~1{one}~1{part}", {"get": {"responses": {"200": {"description": "OK"}}}},
        "/paths/~1jobs~1{one}~1{part}/get", "{one} of the path is not described", "as a parameter `in: path`",
    ),
    "parameter twice": (
        "/paths/~1jobs/post/parameters", [{"name": "a", "in": "query", "schema": {}}] * 2,
        "/paths/~1jobs/post/parameters/1",
        "the parameter 'a' is there twice", "remove one",
    ),
    "default of a wrong type": (
        "/components/schemas/Clip/properties/x", {"type": "string", "default": 5},
        "/components/schemas/Clip/properties/x/default",
        "5 must be a string", "mend either",
    ),
    "unknown word": (f"{X}/profles", {}, f"{X}/profles", '"profles" is not known here', "did you mean 'profiles'?"),
    "unknown word deeper": (
        f"{X}/link/exipry", {}, f"{X}/link/exipry", '"exipry" is not known', "did you mean 'expiry'?",
    ),
    "unknown word, nothing near": (
        f"{X}/provider/qqq", 1, f"{X}/provider/qqq", '"qqq" is', "known here: key, kind, name, title",
    ),
    "missing part": (f"{X}/lifecycle", MISSING, X, '"lifecycle" is missing', ""),
    "wrong type": (f"{X}/lifecycle/status", 5, f"{X}/lifecycle/status", "5 must be an array or a string", ""),
    "unknown class": (f"{X}/lifecycle/statuses/RUN/class", "busy", f"{X}/lifecycle/statuses/RUN/class", '"busy"', ""),
    "unknown mark": (f"{X}/mark", "sure", f"{X}/mark", '"sure" must be "documented"', ""),
    "bad regular expression": (
        f"{X}/id/forms/pattern", "job-(", f"{X}/id/forms/pattern", "pattern: no regular expression", "mend it",
    ),
    "bad hole": (f"{X}/link/make", "{{bse}}/x", f"{X}/link/make", "unknown hole 'bse'", "see Templates"),
    "bad hole in a body": (
        f"{X}/profiles/default/bodies/RUN", {"id": "{{id|upperr}}"},
        f"{X}/profiles/default/bodies/RUN/id", "unknown form 'upperr'", "see Templates",
    ),
    "bad hole in an error": (
        f"{X}/errors/0/readings/body", {"error": "{{now}}"}, f"{X}/errors/0/readings/body/error",
        "needs a form such as",
        "see Templates",
    ),
    "undeclared value": (f"{X}/values", {}, f"{X}/profiles/default/receipt/row", "no value 'row'", "x-task.values"),
    "unknown form of value": (f"{X}/values/row", "base61:4", f"{X}/values/row", '"base61:4" must match', ""),
    "dangling reference": (
        "/paths/~1jobs/post/requestBody/content/application~1json/schema/$ref", "#/components/schemas/Clop",
        "/paths/~1jobs/post/requestBody/content/application~1json/schema",
        "'#/components/schemas/Clop' leads nowhere", "every $ref must lead",
    ),
    "reference to a file": (
        "/components/schemas/Clip/properties/model", {"$ref": "models.yaml#/Model"},
        "/components/schemas/Clip/properties/model", "reference 'models.yaml#/Model': there is no such file",
        "paths begin at the file that has the reference",
    ),
    "reference to the web": (
        "/components/schemas/Clip/properties/model", {"$ref": "https://example.com/model.json"},
        "/components/schemas/Clip/properties/model", "is an address, and nothing is fetched", "save the file beside",
    ),
    "schema that holds itself": (
        "/components/schemas/Clip/properties/inner", {"$ref": "#/components/schemas/Clip"},
        f"{X}/models/clip-1/schema", "#/components/schemas/Clip holds itself, which only answers may", "type: object",
    ),
    "not a number": (f"{X}/profiles/default/typical", math.nan, f"{X}/profiles/default/typical", "not a finite", ""),
    "infinity": (f"{X}/prices", [{"amount": math.inf}], f"{X}/prices/0/amount", "not a finite number", "JSON has no"),
    "unknown operationId": (
        f"{X}/roles/query/1", "lookByHeart", f"{X}/roles/query/1", "no operationId 'lookByHeart'", "known: ",
    ),
    "operationId missing": (
        "/paths/~1jobs/post/operationId", MISSING, f"{X}/roles/create/0", "no operationId 'make'", "",
    ),
    "nothing carries the id": (
        f"{X}/id/parameter", "job", "/paths/~1jobs~1{task_id}/get", "no parameter 'job' carries the task's id",
        "id.parameter",
    ),
    "no body for a status": (
        f"{X}/profiles/default/bodies/RUN", MISSING, f"{X}/profiles/default/bodies",
        "no body for status 'RUN'", "write one",
    ),
    "body of no status": (
        f"{X}/profiles/default/bodies/WALK", {}, f"{X}/profiles/default/bodies/WALK", "'WALK' is no status", "known: ",
    ),
    "stage of no status": (
        f"{X}/profiles/default/stages/0/status", "WALK", f"{X}/profiles/default/stages/0/status", "'WALK' is no status",
        "known: ",
    ),
    "transition to nowhere": (
        f"{X}/lifecycle/transitions/WAIT/0", "WALK", f"{X}/lifecycle/transitions/WAIT/0", "'WALK' is no status", "",
    ),
    "presence at nothing": (
        f"{X}/presence", [{"at": "/id", "on": ["WALK"], "is": "present"}], f"{X}/presence/0/on/0",
        "'WALK' is no status", "",
    ),
    "no such schema": (
        f"{X}/models/clip-1/schema", "Clop", f"{X}/models/clip-1/schema", "no schema 'Clop'", "known: Clip",
    ),
    "no such profile": (
        f"{X}/models/clip-1/profile", "fast", f"{X}/models/clip-1/profile", "must name one of the profiles", "default",
    ),
    "no such operation": (
        f"{X}/models/clip-1/operation", "look", f"{X}/models/clip-1/operation", "'look' is not in roles.create", "",
    ),
    "base is not valid": (
        f"{X}/models/clip-1/base/duration", 99, f"{X}/models/clip-1/base/duration",
        "does not validate: 99 must be at most 9", "base must be valid",
    ),
    "base without a required member": (
        f"{X}/models/clip-1/base", {}, f"{X}/models/clip-1/base", '"model" is missing',
        "base must be valid",
    ),
    "unknown source": (f"{X}/source", ["A9"], f"{X}/source", "source 'A9' is not in x-task.sources", "add it there"),
    "unknown source deeper": (
        f"{X}/link/range_source", ["A9"], f"{X}/link/range_source", "source 'A9' is not", "add it there",
    ),
    "unknown mark of an outcome": (
        f"{X}/profiles/default/bodies/RUN", [{"when": {"a": "b"}, "body": {"id": "x"}, "mark": "sure"}],
        f"{X}/profiles/default/bodies/RUN/0", "mark 'sure' or source None is none", "marks: documented",
    ),
    "unknown setting": (
        f"{X}/errors/1/readings/0/when", {"color": "red"}, f"{X}/errors/1/readings/0/when/color",
        "names color: red, which is not a reading", "",
    ),
    "unknown reading": (
        f"{X}/errors/1/readings/0/when", {"colour": "green"}, f"{X}/errors/1/readings/0/when/colour",
        "colour: green, which is not a reading", "",
    ),
    "default is no reading": (
        f"{X}/settings/colour/default", "green", f"{X}/settings/colour/default", "'green' is no reading", "red",
    ),
    "no reading holds": (
        f"{X}/errors/1/readings", [{"when": {"colour": "blue"}, "status": 410}], f"{X}/errors/1/readings",
        "no reading holds under these settings", "add one without `when`",
    ),
    "no server": ("/servers", MISSING, "/servers", "no server", "the vendor's real address"),
    "list without a section": (f"{X}/list", MISSING, f"{X}/roles/list", "roles.list needs a `list` section", ""),
    "cancel without a section": (f"{X}/cancel", MISSING, f"{X}/roles/cancel",
        "roles.cancel needs a `cancel` section", ""),
    "nothing for a missing key": (
        f"{X}/errors/0", MISSING, f"{X}/errors", "nothing says how query answers missing-key", "add a row",
    ),
    "row for a role that is not there": (f"{X}/roles/cancel", MISSING, f"{X}/errors/1/on/3", "has no role cancel", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_documents(tmp_path: Path, small_tree: Callable[[], Tree], name: str) -> None:
    at, by, pointer, what, mend = BROKEN[name]
    tree = replaced(small_tree(), segments(at), by)
    for file in (tmp_path / "broken.json", tmp_path / "broken.yaml"):
        file.write_text(json.dumps(tree) if file.suffix == ".json" else yaml.safe_dump(tree))
        error = refused(file)
        found = [
            each for each in error.problems if each.pointer == (pointer if pointer != "/" else "") and what in each.what
        ]
        assert found, str(error)
        assert any(mend in each.mend for each in found)
        assert f"  {pointer}: " in str(error)
        assert "docs/" not in error.hint, "a file that nobody has who installed the package"
        assert "`screentest schema document`" in error.hint


def test_the_small_document_is_not_broken(tmp_path: Path, small_text: str, small_tree: Callable[[], Tree]) -> None:
    """Or the test above would prove nothing."""
    file = tmp_path / "acme.yaml"
    file.write_text(small_text)
    assert load_contract(file).document == small_tree()


def test_every_problem_is_named_and_long_lists_are_cut(tmp_path: Path, small_tree: Callable[[], Tree]) -> None:
    tree = replaced(replaced(small_tree(), segments(f"{X}/link/make"), "{{a}}"), segments(f"{X}/cancel/body"), "{{b}}")
    file = tmp_path / "two.json"
    file.write_text(json.dumps(tree))
    assert {problem.pointer for problem in refused(file).problems} == {f"{X}/link/make", f"{X}/cancel/body"}
    row = {"at": "/id", "on": ["WALK"], "is": "present"}
    file.write_text(json.dumps(replaced(small_tree(), segments(f"{X}/presence"), [row] * 50)))
    error = refused(file)
    assert len(error.problems) == 50
    assert "... and 30 more" in str(error)


# -- anything at all ------------------------------------------------------------------------------------------------

ANYTHING = st.sampled_from(
    [
        *(
            MISSING,
            None,
            True,
            0,
            -1,
            1e308,
            10**30,
            "",
            "x",
            "{{",
            "{{id}}",
            "/",
            "~json",
            "\ud800",
            [],
            [None],
            [[]],
            {},
        ),
        *({"body": 1}, {"$ref": "#/x-task"}, {"$ref": "#"}, {"$ref": 5}, {"~json": 1}, {"when": {"a": "b"}}, {"": ""}),
    ]
)


def places(node: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    items: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [at, *(place for key, value in items for place in places(value, (*at, str(key))))]


def spots() -> st.SearchStrategy[tuple[str, str]]:
    """(built-in name, JSON pointer) of every node of every built-in document."""
    return st.sampled_from(_spots())


@cache
def _spots() -> list[tuple[str, str]]:
    raws = {name: read_document(find_document(name), thorough=False).raw for name in built_in()}
    return [(name, pointer_of(place)) for name, raw in raws.items() for place in places(raw) if place]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.deferred(spots), ANYTHING | st.deferred(spots))
def test_no_change_of_a_document_breaks_us(
    tmp_path_factory: pytest.TempPathFactory, spot: tuple[str, str], value: Any
) -> None:
    """Any node deleted, replaced by anything, or replaced by any other node of a document (also its own ancestor)."""
    raw = read_document(find_document(spot[0]), thorough=False).raw
    if isinstance(value, tuple):
        value = resolve(read_document(find_document(value[0]), thorough=False).raw, segments(value[1]))
    file = tmp_path_factory.getbasetemp() / "mutated.json"
    file.write_text(json.dumps(replaced(raw, segments(spot[1]), value)))
    assert usable_or_refused(file)


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_break_us(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for name in ("any.yaml", "any.json"):
        file = tmp_path_factory.getbasetemp() / name
        file.write_bytes(data)
        with pytest.raises(DocumentError):
            load_contract(file)
