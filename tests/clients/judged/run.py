"""Real client libraries judged by `screentest client`: docs/client-libraries.md. `nox -s judged`.

    python -m tests.clients.judged.run FOLDER [LIBRARY...]

Runs each script of `scripts/` in every situation, or those of some libraries, and keeps the reports in FOLDER, with all
of them side by side in `side-by-side.html`. Where FOLDER has the reports on all, it writes the page anew. Each
requirement that a library breaks has been looked at by hand: `findings.toml` says whether that is true of the library
or of our script. One that does not stand there ends this program with 1. Everything runs on 127.0.0.1.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.clients.judged.page import PAGE, Finding, page, read_findings, unexplained
from tests.clients.libraries import LIBRARIES, Library

SCRIPTS = Path(__file__).parent / "scripts"
SCREENTEST = [sys.executable, "-c", "from screentest_suites.cli import main; main()"]
JUDGED = ("openai", "dashscope", "volcengine-ark-runtime", "replicate", "fal-client", "runwayml", "lumaai")
"""`google-genai` is not among them: from 3.0 on it sends no create."""

BROKEN = 2
"""Exit statuses from which on there is no verdict."""


def main(folder: Path, names: Iterable[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name in tuple(names) or JUDGED:
        _judge(LIBRARIES[name], folder / f"{name}.json")
    return write(folder)


def write(folder: Path) -> int:
    """Writes what the reports in a folder make; 1 where nobody has looked at something by hand."""
    files = {name: file for name in JUDGED if (file := folder / f"{name}.json").exists()}
    beside = ["report", *map(str, files.values()), "--output", str(folder / "side-by-side.html")]
    subprocess.run([*SCREENTEST, *beside], check=True)
    reports = {name: json.loads(file.read_text("utf-8")) for name, file in files.items()}
    findings = read_findings()
    if len(reports) == len(JUDGED):
        PAGE.write_text(page(reports, {name: LIBRARIES[name] for name in reports}, findings), encoding="utf-8")
    return _tell(reports, findings)


def _judge(library: Library, report: Path) -> None:
    """Writes the report on a library. Raises RuntimeError where there is none."""
    script = SCRIPTS / f"with_{library.document}.py"
    options = [library.document, *(["--tls"] if library.tls else []), "--report", str(report)]
    command = [*SCREENTEST, "client", *options, "--name", f"{library.name} {library.version}", "--"]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run([*command, sys.executable, str(script)], env=environment, check=False)
    if done.returncode >= BROKEN:
        raise RuntimeError(f"no verdict on {library.name}: exit status {done.returncode}")


def _tell(reports: Mapping[str, dict[str, Any]], findings: Mapping[str, Mapping[str, Finding]]) -> int:
    """Prints what nobody has looked at, and what was not seen again; 1 where there is any of the former."""
    missing = [f"{name}: {row}" for name, report in reports.items() for row in unexplained(report, findings[name])]
    for line in missing:
        print("look at it by hand:", line)
    for name, report in reports.items():
        broken = {row["id"] for row in report["requirements"] if row["verdict"] == "failed"}
        for gone in findings[name].keys() - broken:
            print("not seen this time:", f"{name}: {gone}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
