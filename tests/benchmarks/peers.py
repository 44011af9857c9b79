"""Other mock servers, as users of theirs have them from npm. One that cannot be had is left out.

Each is given what it needs for the two requests that are compared: Prism the document, WireMock and Mockoon stubs with
the answers of our mock.
"""

import contextlib
import json
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

Answers = Mapping[str, Mapping[str, Any]]
"""Body and headers by method, of a poll (GET) and a create (POST)."""

QUERY, CREATE = "/v1/tasks/", "/v1/videos/generations"


@dataclass(frozen=True)
class Peer:
    """A server from npm: `package` has `program`; `command` makes its command line from what was found, a port, a
    folder of its own, and the answers."""

    name: str
    package: str
    program: str
    command: Callable[[str, str, Path, Answers], list[str]]
    needs: str = "node"

    def find(self, place: Path | None, *, install: bool) -> str | None:
        """The program: on the path, else below `place`, where npm may `install` it; None: it cannot be had."""
        found = None if self.program.endswith(".jar") else shutil.which(self.program)
        if found is not None or place is None or shutil.which(self.needs) is None:
            return found
        npm, folder = shutil.which("npm"), place / self.name.lower()
        if install and npm is not None and not folder.exists():
            command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), self.package]
            with contextlib.suppress(subprocess.SubprocessError):
                subprocess.run(command, check=True, capture_output=True, timeout=300)
        pattern = self.program if self.program.endswith(".jar") else f".bin/{self.program}"
        return next((str(each) for each in sorted(folder.glob(f"node_modules/{pattern}"))), None)


def _prism(program: str, port: str, folder: Path, answers: Answers) -> list[str]:
    document = str(files("screentest_openapi") / "evolink.yaml")
    return [program, "mock", "-h", "127.0.0.1", "-p", port, document]


def _wiremock(jar: str, port: str, folder: Path, answers: Answers) -> list[str]:
    (folder / "mappings").mkdir(parents=True)
    for method, told in answers.items():
        at = {"urlPathPattern": f"{QUERY}.+"} if method == "GET" else {"urlPath": CREATE}
        stub = {
            "request": {"method": method, **at},
            "response": {"status": 200, "body": told["body"], "headers": {"Content-Type": "application/json"}},
        }
        (folder / "mappings" / f"{method}.json").write_text(json.dumps(stub))
    options = ("--bind-address", "127.0.0.1", "--root-dir", str(folder), "--max-request-journal-entries", "10000")
    return ["java", "-jar", jar, "--port", port, *options]


def _mockoon(program: str, port: str, folder: Path, answers: Answers) -> list[str]:
    folder.mkdir(parents=True)
    routes = [
        {
            "uuid": str(uuid.uuid4()),
            "type": "http",
            "method": method.lower(),
            "endpoint": f"{QUERY}:id".lstrip("/") if method == "GET" else CREATE.lstrip("/"),
            "responses": [
                {
                    "uuid": str(uuid.uuid4()),
                    "body": told["body"],
                    "statusCode": 200,
                    "headers": [{"key": "Content-Type", "value": "application/json"}],
                    "bodyType": "INLINE",
                    "disableTemplating": True,
                    "default": True,
                }
            ],
        }
        for method, told in answers.items()
    ]
    children = [{"type": "route", "uuid": route["uuid"]} for route in routes]
    environment = {"uuid": str(uuid.uuid4()), "name": "peer", "hostname": "127.0.0.1", "routes": routes}
    data = folder / "environment.json"
    data.write_text(json.dumps({**environment, "lastMigration": 33, "rootChildren": children}))
    return [program, "start", "--data", str(data), "--port", port, "--hostname", "127.0.0.1", "--repair", "-X"]


PEERS = (
    Peer("Prism", "@stoplight/prism-cli@5", "prism", _prism),
    Peer("WireMock", "wiremock@3", "wiremock/build/*.jar", _wiremock, "java"),
    Peer("Mockoon", "@mockoon/cli@9", "mockoon-cli", _mockoon),
)


def found_peers(place: Path | None, *, install: bool) -> Iterator[tuple[Peer, str]]:
    """The peers that can be had, each with its program."""
    for peer in PEERS:
        program = peer.find(place, install=install)
        if program is not None:
            yield peer, program
