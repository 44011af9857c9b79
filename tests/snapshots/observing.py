"""Commands run in folders of their own with an environment of their own; what they said goes into files."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from masking import Mask

LIMIT = 7200
"""Seconds after which a command is given up."""


@dataclass(frozen=True)
class Bench:
    """What all observations share: the command under observation, the documents, where files go."""

    screentest: Path
    documents: Mapping[str, Path]
    descriptions: Mapping[str, Path]
    into: Path
    version: str = ""
    jobs: int = 1

    def environment(self, home: str) -> dict[str, str]:
        """Nothing of the caller's: no CI, no keys, no colours, no options of pytest."""
        path = f"{self.screentest.parent}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin"
        common = {"PATH": path, "HOME": home, "COLUMNS": "200", "NO_COLOR": "1", "TZ": "UTC"}
        return {**common, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TMPDIR": home}


@dataclass
class Desk:
    """One observation: a fresh folder with copies of the documents, where its commands run one after another."""

    bench: Bench
    part: str
    folder: Path
    home: Path
    start: float = field(default_factory=time.time)
    served: bool = False

    def say(self, name: str, *command: str, keep: bool = True, unordered: bool = False, **variables: str) -> str:
        """Run `screentest COMMAND`, keep exit status and words as NAME, and give what it printed."""
        return self.run(name, "screentest", *command, keep=keep, unordered=unordered, **variables)

    def run(
        self, name: str, program: str, *command: str, keep: bool = True, unordered: bool = False, **variables: str
    ) -> str:
        """Run a program that lies beside the command under observation; UNORDERED: its lines come in any order."""
        done = subprocess.run(
            [str(self.bench.screentest.parent / program), *command],
            cwd=self.folder,
            env={**self.bench.environment(str(self.home)), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT,
            check=False,
        )
        if done.returncode < 0:
            raise RuntimeError(f"{program} {' '.join(command)} was killed by signal {-done.returncode}")
        if unordered:
            done.stdout = "".join(sorted(done.stdout.splitlines(keepends=True)))
        if keep:
            self._keep(name, [program, *command], variables, done)
        return done.stdout

    def _keep(
        self, name: str, command: list[str], given: Mapping[str, str], done: "subprocess.CompletedProcess[str]"
    ) -> None:
        printed = done.stdout
        if printed[:1] in ("{", "["):
            try:
                self.write(f"{name}.json", json.loads(printed))
                printed = "(JSON, kept beside)\n"
            except ValueError:
                pass
        shown = " ".join([*(f"{key}={value}" for key, value in given.items()), *command])
        parts = [f"$ {shown}", f"exit status {done.returncode}"]
        parts += [
            f"--- {title}\n{text.rstrip()}" for title, text in (("stdout", printed), ("stderr", done.stderr)) if text
        ]
        self.write(f"{name}.txt", "\n".join(parts) + "\n")

    def write(self, name: str, content: Any) -> None:
        """Keep text, or a value as JSON, without what changes by itself."""
        mask = self.mask()
        text = (
            mask(content) if isinstance(content, str) else json.dumps(mask.value(content), indent=1, ensure_ascii=False)
        )
        path = self.bench.into / self.part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")

    def keep_file(self, name: str, path: str, change: Callable[[Any], Any] = lambda value: value) -> None:
        """Keep a file that a command wrote; CHANGE takes a JSON value."""
        file = self.folder / path
        if not file.exists():
            self.write(f"{name}{file.suffix}", "(was not written)\n")
        elif file.suffix == ".json":
            self.write(f"{name}.json", change(json.loads(file.read_text(encoding="utf-8"))))
        else:
            self.write(f"{name}{file.suffix}", file.read_text(encoding="utf-8"))

    def mask(self) -> Mask:
        """A served mock writes of the days ahead, too: when links and tasks end."""
        ahead = 3 * 86_400 if self.served else 0
        places = {str(self.folder): "<here>", str(self.home): "<home>"}
        return Mask(self.start, time.time() + ahead, self.bench.version, places, self.served)

    @contextmanager
    def serving(self, *options: str) -> Iterator[str]:
        """The address of a served mock; afterwards its words are kept in the folder, not among what was observed."""
        self.served = True
        command = [str(self.bench.screentest), "serve", *options, "--port", "0"]
        said = self.folder / "serve.out"
        with said.open("w", encoding="utf-8") as out:
            child = subprocess.Popen(
                command, cwd=self.folder, env=self.bench.environment(str(self.home)), stdout=out, stderr=out
            )
        try:
            yield _address(child, said)
        finally:
            _stop(child)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:  # seen once, on a busy machine; no reason to lose what was observed
        print("warning: `screentest serve` did not end within 30 s of SIGTERM and was killed", flush=True)
        child.kill()
        child.wait()


def _address(child: "subprocess.Popen[bytes]", said: Path) -> str:
    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:\d+", said.read_text(encoding="utf-8")):
            return found[0]
        if child.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"serve did not start: {said.read_text(encoding='utf-8')}")


def ask(url: str, body: object = None, **headers: str) -> Any:
    """The JSON answer to a request."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json", **headers})
    with urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


@contextmanager
def desk(bench: Bench, part: str) -> Iterator[Desk]:
    """A desk, cleared afterwards."""
    with tempfile.TemporaryDirectory(prefix="snapshot-") as base:
        folder, home = Path(base, "here"), Path(base, "home")
        folder.mkdir()
        home.mkdir()
        for name, path in {**bench.documents, **bench.descriptions}.items():
            (folder / f"{name}.yaml").write_bytes(path.read_bytes())
        yield Desk(bench, part, folder, home)


def beside_interpreter() -> Path:
    """The console script of the environment that runs this tool."""
    return Path(sys.executable).parent / "screentest"
