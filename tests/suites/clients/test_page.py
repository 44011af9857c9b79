"""The clients on the page docs/judge-your-client.md work, in Python, JavaScript and shell, and no MUST accuses them."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.pages.blocks import blocks

from screentest_suites.cli import main

FILE = Path(__file__).parents[3] / "docs" / "judge-your-client.md"
PAGE = FILE.read_text("utf-8")
ENDINGS = {"python": "py", "javascript": "mjs", "bash": "sh"}
INTERPRETERS = {"python": sys.executable, "javascript": shutil.which("node"), "bash": shutil.which("bash")}


def code(language: str) -> str:
    [text] = [each.text for each in blocks(FILE) if each.language == language and each.title.startswith("client.")]
    return text


@pytest.mark.parametrize("language", INTERPRETERS)
def test_the_client_of_the_page(language: str, tmp_path: Path) -> None:
    interpreter = INTERPRETERS[language]
    if interpreter is None or (language == "bash" and shutil.which("curl") is None):
        pytest.skip(f"there is no {language} here")
    client, report = tmp_path / f"client.{ENDINGS[language]}", tmp_path / "report.json"
    client.write_text(code(language))
    names = ["success", "failure", "refuse-create:insufficient-balance", "elsewhere-result"]
    chosen = [word for name in names for word in ("--scenario", name)]
    found = CliRunner().invoke(
        main,
        ["client", "nexusflow", "--speed", "150", *chosen, "--report", str(report), "--", interpreter, str(client)],
    )
    assert found.exit_code == 0, found.output
    rows = {row["id"]: row["verdict"] for row in json.loads(report.read_text())["requirements"]}
    for name in ("client.end.video", "client.end.failed", "client.key.elsewhere", "client.create.once"):
        assert rows[name] == "passed", (name, found.output)
    assert [name for name, verdict in rows.items() if verdict in ("failed", "error")] == []


def test_every_variable_is_on_the_page(tmp_path: Path) -> None:
    from screentest_contracts import load_contract
    from screentest_suites.clients.situations import Wish, model_for
    from screentest_suites.clients.staging import MARK, stage

    contract = load_contract("nexusflow")
    with stage(contract, "success", Wish(model_for(contract, None), "a boat", 100.0), tmp_path) as staged:
        given = {name for name in staged.environment if name.startswith("SCREENTEST_")} - {MARK}
    missing = {name for name in given if f"`{name}`" not in PAGE}
    assert missing == set()
