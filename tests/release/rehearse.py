"""A release, rehearsed: `python tests/release/rehearse.py DIST` leaves wheel, sdist and bill of materials.

They are built twice, to the same bytes, and the wheel from the sdist; checked; and the wheel is run in each way that
users have: installed, by uvx, by pipx, as a zipapp. `nox -s release` brings the tools. Ten minutes at the most.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
MOMENT = subprocess.run(
    ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.strip()
"""Of the last commit: the date of every file in what is built."""


def run(*command: str | Path, cwd: Path = ROOT, **variables: str | Path) -> None:
    """Runs a command, shown on standard error; a failure ends the rehearsal."""
    words = [str(word) for word in command]
    print("$", " ".join(words), file=sys.stderr, flush=True)
    more = {name: str(value) for name, value in variables.items()}
    subprocess.run(words, cwd=cwd, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": MOMENT, **more})


def build(folder: Path) -> dict[str, str]:
    """The sdist, and the wheel built from it: their digests by name."""
    run(TOOLS / "python", "-m", "build", "--outdir", folder, ".")
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def try_it(*command: str | Path, cwd: Path, **variables: str | Path) -> None:
    """Runs `screentest` by some command: its version, and the suites on a mock, which need all of its data."""
    run(*command, "--version", cwd=cwd, **variables)
    run(*command, "check", "newapi", cwd=cwd, **variables)


def rehearse(dist: Path, scratch: Path) -> None:
    """All of it, with what is thrown away in `scratch`."""
    first, second = build(dist), build(scratch / "again")
    run(TOOLS / "python", "-m", "build", "--wheel", "--outdir", scratch / "tree", ".")
    (wheel,) = dist.glob("*.whl")
    if first != second or (scratch / "tree" / wheel.name).read_bytes() != wheel.read_bytes():
        raise SystemExit(f"not reproducible: {first}, {second}")
    for name, digest in first.items():
        print(f"{digest}  {name}")
    run(TOOLS / "twine", "check", "--strict", *dist.iterdir())
    run(TOOLS / "check-wheel-contents", wheel)

    environment = scratch / "venv"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel)
    bill = ("--output-reproducible", "--pyproject", ROOT / "pyproject.toml", "--mc-type", "application")
    run(TOOLS / "cyclonedx-py", "environment", *bill, "--output-file", dist / f"{wheel.stem}.cdx.json", python)
    try_it(environment / "bin" / "screentest", cwd=scratch)

    try_it(TOOLS / "uvx", "--from", wheel, "screentest", cwd=scratch, UV_TOOL_DIR=scratch / "uv")
    homes = {"PIPX_HOME": scratch / "pipx", "PIPX_BIN_DIR": scratch / "bin"}
    run(TOOLS / "pipx", "install", "--quiet", wheel, **homes)
    try_it(scratch / "bin" / "screentest", cwd=scratch)
    archive = scratch / "screentest.pyz"
    run(TOOLS / "shiv", "--console-script", "screentest", "--output-file", archive, wheel)
    try_it(sys.executable, archive, cwd=scratch, SHIV_ROOT=scratch / "shiv")


if __name__ == "__main__":
    target = Path(sys.argv[1]).absolute()
    if target.exists():
        shutil.rmtree(target)
    with tempfile.TemporaryDirectory() as folder:
        rehearse(target, Path(folder))
