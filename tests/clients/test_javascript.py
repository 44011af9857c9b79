"""Client libraries of npm, run by Node against a served mock. `nox -s clients` installs them into a temporary folder,
which SCREENTEST_NODE_MODULES names."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.asking import asked, first_model
from tests.clients.libraries import LIBRARIES
from tests.clients.served import Served, plays, serving

MODULES = os.environ.get("SCREENTEST_NODE_MODULES", "")
SCRIPTS = Path(__file__).parent / "javascript"
PACE = ("--speed", "300")
LIMIT = 120
"""Seconds that a script may take: it takes one."""


NODE = shutil.which("node")


def installed(package: str) -> pytest.MarkDecorator:
    there = NODE is not None and (Path(MODULES or "nowhere") / package).is_dir()
    return pytest.mark.skipif(not there, reason=f"there is no Node, or no {package} in SCREENTEST_NODE_MODULES")


def run(package: str, served: Served, file: Path, *more: str) -> Any:
    """What the script of a package prints."""
    script = SCRIPTS / f"{package.strip('@').replace('/', '-')}.mjs"
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": served.ca_file, "NO_PROXY": "127.0.0.1"}
    command = [str(NODE), str(script), served.url, served.key, str(file), *more]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@installed("openai")
def test_openai(tmp_path: Path) -> None:
    file = tmp_path / "video.mp4"
    with serving("openai", options=PACE) as served:
        said = run("openai", served, file)
        assert said["status"] == "completed"
        assert said["listed"] == [said["id"]]
        assert said["refusal"] == {"status": 401, "code": "invalid_api_key", "known": True}
        assert said["deleted"] is True
        assert served.tasks == []
    assert plays(file.read_bytes()) == 4


@installed("@fal-ai/client")
def test_fal(tmp_path: Path) -> None:
    library, file = LIBRARIES["fal-client"], tmp_path / "video.mp4"
    endpoint = first_model(library).operations[0].path.strip("/")
    with serving(library.document, tls=True, options=PACE) as served:
        said = run("@fal-ai/client", served, file, endpoint, json.dumps(asked(library)))
        assert said["seen"][-1] == "COMPLETED"
        assert set(said["seen"]) <= {"IN_QUEUE", "IN_PROGRESS", "COMPLETED"}
        assert said["refusal"] == {"status": 401, "name": "ApiError"}
        assert served.tasks == [said["id"]]
    assert plays(file.read_bytes()) > 0
