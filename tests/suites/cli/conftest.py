"""What the tests of commands run, and the small document as a file."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from screentest_suites.cli import main
from tests.suites.cli.programs import Run


@pytest.fixture
def run() -> Run:
    """Runs a command in this process, without any keys in the environment but those given."""

    def invoke(*arguments: str, **environment: str) -> Result:
        clean = {name: None for name in os.environ if name.endswith("_API_KEY")}
        result = CliRunner().invoke(main, arguments, env={**clean, **environment}, prog_name="screentest")
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


@pytest.fixture
def small_file(tmp_path: Path, small_text: str) -> str:
    path = tmp_path / "acme.yaml"
    path.write_text(small_text)
    return str(path)
