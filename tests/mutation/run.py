"""Mutation testing with cosmic-ray: breaks our code in small ways, one at a time, and counts what the tests notice.

`python tests/mutation/run.py [MODULE...] [--sample N] [--keep DIR]`. Modules, tests and samples: `[tool.mutate]` in
pyproject.toml. Everything happens in a copy of the tree; cosmic-ray makes and runs the mutants, this script only
samples them evenly, leaves out annotations (never evaluated: no mutant of them means anything), and adds up.
"""

import argparse
import ast
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("openapi", "contracts", "mockserver", "suites")
Span = tuple[tuple[int, int], tuple[int, int]]


def copy_tree(to: Path) -> None:
    """The files git knows, or would know: no byte code, which could be taken for a mutant's."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes((ROOT / name).read_bytes())


def environment(tree: Path) -> dict[str, str]:
    """The copy's packages come before installed ones."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(tree / folder) for folder in FOLDERS),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def annotations(text: str) -> Iterator[Span]:
    """Where annotations stand: (line, column) of both ends."""
    for node in ast.walk(ast.parse(text)):
        found = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for each in found:
            if isinstance(each, ast.expr):
                assert each.end_lineno is not None
                assert each.end_col_offset is not None
                yield (each.lineno, each.col_offset), (each.end_lineno, each.end_col_offset)


def thin(session: WorkDB, text: str, sample: int) -> tuple[int, int]:
    """Leaves an even sample to be run and gives (N, M): how many of how many."""
    spans = list(annotations(text))
    every = list(session.work_items)
    meant = []
    for item in every:
        (at,) = item.mutations
        if not any(start <= at.start_pos < end for start, end in spans):
            meant.append(((at.start_pos, at.operator_name, at.occurrence), item.job_id))
    meant.sort(key=lambda each: each[0])
    step = max(len(meant) / sample, 1.0)
    chosen = {meant[int(index * step)][1] for index in range(min(sample, len(meant)))}
    for item in every:
        if item.job_id not in chosen:
            session.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    return len(chosen), len(meant)


def mutate(module: str, tests: str, sample: int, timeout: float, tree: Path, out: Path) -> tuple[int, int, int]:
    """Runs a module's mutants and gives (killed, run, all); survivors go to a file."""
    slug = module.replace("/", "-").removesuffix(".py")
    config, session = out / f"{slug}.toml", out / f"{slug}.sqlite"
    session.unlink(missing_ok=True)
    python = sys.executable
    command = tests.replace("pytest", f"{python} -m pytest -x -q -p no:cacheprovider").replace(
        "matrix", f"{python} -m tests.mutation.matrix"
    )
    config.write_text(
        f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = {timeout}\nexcluded-modules = []\n'
        f"test-command = '''sh -c \"{command}\"'''\n"
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    options = {"cwd": tree, "env": environment(tree), "check": True}
    tool = [str(Path(python).parent / "cosmic-ray")]
    name = module.split("/", 1)[1].removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    shown = subprocess.run(
        [python, "-c", f"import {name} as it; print(it.__file__)"], capture_output=True, text=True, **options
    ).stdout.strip()
    assert Path(shown) == (tree / module).resolve(), f"the tests would not see the mutants: {shown}"
    subprocess.run([*tool, "baseline", str(config)], **options)  # unbroken code passes
    subprocess.run([*tool, "init", str(config), str(session)], **options)
    with use_db(session, WorkDB.Mode.open) as database:
        count, whole = thin(database, (tree / module).read_text(), sample)
    subprocess.run([*tool, "exec", str(config), str(session)], **options)
    killed, alive = 0, []
    with use_db(session, WorkDB.Mode.open) as database:
        for _, result in database.results:
            if result.worker_outcome is WorkerOutcome.SKIPPED:
                continue
            if result.test_outcome is TestOutcome.SURVIVED:
                alive.append(result.diff or "")
            else:
                killed += 1
    (out / f"{slug}.survivors.diff").write_text("\n".join(alive))
    return killed, count, whole


def main() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutate"]
    parser = argparse.ArgumentParser(description="Mutation testing of what judges others.")
    parser.add_argument("modules", nargs="*", help="modules whose path contains one of these; default: all")
    parser.add_argument("--sample", type=int, help="mutants per module, evenly spread")
    parser.add_argument("--keep", type=Path, help="where sessions and survivors go")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutate-") as scratch:
        tree = Path(scratch).resolve() / "tree"
        out = (chosen.keep or Path(scratch) / "out").resolve()
        out.mkdir(parents=True, exist_ok=True)
        copy_tree(tree)
        for row in settings["modules"]:
            if chosen.modules and not any(each in row["module"] for each in chosen.modules):
                continue
            sample = chosen.sample or row.get("sample", settings["sample"])
            killed, count, whole = mutate(row["module"], row["tests"], sample, settings["timeout"], tree, out)
            print(f"{row['module']}: {killed} of {count} killed, sampled from {whole}", flush=True)
            for line in (
                (out / f"{row['module'].replace('/', '-').removesuffix('.py')}.survivors.diff").read_text().splitlines()
            ):
                if not chosen.keep:
                    print(f"    {line}")


if __name__ == "__main__":
    main()
