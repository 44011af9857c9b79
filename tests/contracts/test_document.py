"""Broken documents: each is refused with file, place and mend; nothing a document holds raises anything else."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.reading_documents import refused, usable_or_refused

from screentest_contracts import UsageError, built_in, load_contract
from screentest_contracts.__main__ import main
from screentest_contracts.document import read_document
from screentest_contracts.location import replaced
from screentest_contracts.raw.files import MAX_BYTES, find_document
from screentest_openapi import HERE

Tree = dict[str, Any]


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
