"""The files for CI on docs/ci.md and docs/watch-a-vendor.md are what GitHub, GitLab and Jenkins read."""

import subprocess
import sys
from pathlib import Path

import pytest
import tree_sitter_groovy
from tree_sitter import Language, Parser

from tests.pages.blocks import ROOT, Block, blocks

SCHEMAS = {".github/workflows/": "vendor.github-workflows", ".gitlab-ci.yml": "vendor.gitlab-ci"}
FILES = [
    pytest.param(block, schema, id=block.title)
    for page in ("ci.md", "watch-a-vendor.md")
    for block in blocks(ROOT / "docs" / page)
    for start, schema in SCHEMAS.items()
    if block.title.startswith(start)
]


def lint(text: str, schema: str, folder: Path) -> int:
    """The exit status of check-jsonschema, which has the schemas with it."""
    file = folder / "ci.yml"
    file.write_text(text, "utf-8")
    command = ["check_jsonschema", "--builtin-schema", schema, "--no-cache", str(file)]
    return subprocess.run([sys.executable, "-m", *command], check=False, capture_output=True).returncode


def test_there_is_a_file_for_each() -> None:
    assert len(FILES) == 3


@pytest.mark.parametrize(("block", "schema"), FILES)
def test_the_schema_takes_the_file(block: Block, schema: str, tmp_path: Path) -> None:
    assert lint(block.text, schema, tmp_path) == 0
    assert lint(block.text.replace("conformance:", "conformance: 1 #").replace("jobs:", "job:"), schema, tmp_path) == 1


def groovy_error(text: str) -> bool:
    """Whether a Groovy file cannot be read."""
    return Parser(Language(tree_sitter_groovy.language())).parse(text.encode()).root_node.has_error


def test_the_jenkinsfile_is_groovy() -> None:
    [text] = [block.text for block in blocks(ROOT / "docs" / "ci.md") if block.title == "Jenkinsfile"]
    assert not groovy_error(text)
    assert groovy_error(text.replace("}", "", 1))
