"""What only the forge or a container's build reads is checked here: workflows, forms, the image, the compose file."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

SCHEMAS = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "vendor.github-actions": ".github/actions/*/action.yml",
    "vendor.github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "vendor.github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "vendor.compose-spec": "compose.yaml",
}


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_forge_understands_it(schema: str) -> None:
    tool = TOOLS / "check-jsonschema"
    if not tool.exists():
        pytest.skip("check-jsonschema is not installed: --group dev has it")
    files = sorted(ROOT.glob(SCHEMAS[schema]))
    assert files
    result = subprocess.run([tool, "--builtin-schema", schema, *files], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_dockerfile_is_sound() -> None:
    tool = TOOLS / "hadolint"
    if not tool.exists():
        pytest.skip("hadolint is not installed: --group dev has it, on Linux")
    result = subprocess.run([tool, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_image_is_built_from_what_the_wheel_needs(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the build backend is not installed in this environment")
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if line.startswith("!"):
            source, copy = ROOT / line[1:], tmp_path / line[1:]
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.yaml"))
            else:
                shutil.copy(source, copy)
    build = "from hatchling.build import build_wheel; print(build_wheel('.'))"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert list(tmp_path.glob("*.whl"))


def test_the_image_runs_as_nobody() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users
    assert re.fullmatch(r"USER [1-9]\d*", users[-1])
    assert any(line.startswith("HEALTHCHECK ") for line in lines)


def test_the_commands_of_image_and_compose_file_are_commands() -> None:
    from screentest_suites.cli.group import main

    serve = main.get_command(None, "serve")  # type: ignore[arg-type]
    assert serve is not None
    text = (ROOT / "Dockerfile").read_text("utf-8")
    (image,) = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
    for words in (yaml.safe_load(image), read("compose.yaml")["services"]["mock"]["command"]):
        assert words[0] == "serve"
        serve.make_context("serve", list(words[1:]))


def test_every_python_that_is_promised_is_tried() -> None:
    tried = set(read(".github/workflows/ci.yml")["jobs"]["checks"]["strategy"]["matrix"]["python"])
    told = {text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)}
    assert tried == told
    assert all(version in SpecifierSet(PROJECT["requires-python"]) for version in tried)


def test_actions_are_named_with_a_version() -> None:
    files = [*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob(".github/actions/*/action.yml")]
    used = [name for file in files for name in re.findall(r"uses: (\S+)", file.read_text("utf-8"))]
    assert len(used) > 20
    assert not [name for name in used if not re.fullmatch(r"\./\S+|[\w.-]+/[\w./-]+@(v\d[\w.]*|release/v\d+)", name)]


@pytest.mark.parametrize("form", sorted(ROOT.glob(".github/ISSUE_TEMPLATE/[!c]*.yml")), ids=lambda file: file.stem)
def test_forms_ask_for_the_version_and_a_recording(form: Path) -> None:
    fields = {each["id"]: each for each in yaml.safe_load(form.read_text("utf-8"))["body"] if "id" in each}
    assert "`screentest --version`" in fields["version"]["attributes"]["description"]
    assert fields["version"]["validations"]["required"] is True
    assert "--record DIR" in fields["recording"]["attributes"]["description"]
