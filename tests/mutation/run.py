"""Mutation testing with cosmic-ray: breaks our code in small ways, one at a time, and counts what the tests notice.

`python tests/mutation/run.py [MODULE...] [--sample N] [--keep DIR [--again]]`. Modules, tests and samples stand under
`[tool.mutate]` in pyproject.toml. Everything happens in a copy of the tree: cosmic-ray makes and runs the mutants, this
script samples them evenly, leaves out annotations and what does not compile (no test has a part in those), and adds up.
"""

import argparse
import ast
import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

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


def compiles(text: str, item: WorkItem) -> bool:
    """Whether a mutant is Python at all: one that is not is noticed by no test's merit."""
    (at,) = item.mutations
    operator = get_operator(at.operator_name)(**at.operator_args)
    mutant = mutate_code(text.encode(), operator, at.occurrence)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # `is` with a literal
            compile(mutant or b"(", "mutant", "exec")
    except (SyntaxError, SyntaxWarning):
        return False
    return True


def meant(session: WorkDB, text: str) -> list[str]:
    """The jobs that change more than an annotation, in the order of the text."""
    spans, found = list(annotations(text)), []
    for item in session.work_items:
        (at,) = item.mutations
        if not any(start <= at.start_pos < end for start, end in spans):
            found.append(((at.start_pos, at.operator_name, at.occurrence), item.job_id))
    return [job for _, job in sorted(found)]


def thin(session: WorkDB, text: str, jobs: list[str], sample: int) -> None:
    """Leaves an even sample of the jobs to be run, and of these what compiles."""
    step = max(len(jobs) / sample, 1.0)
    chosen = {jobs[int(index * step)] for index in range(min(sample, len(jobs)))}
    done = {job for job, result in session.results if result.worker_outcome is not WorkerOutcome.SKIPPED}
    for item in list(session.work_items):
        if item.job_id not in (done or chosen) or not compiles(text, item):
            session.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def revive(session: Path) -> None:
    """Takes back the verdict on survivors and on what took too long: they are run again."""
    with contextlib.closing(sqlite3.connect(session)) as database:
        database.execute("DELETE FROM work_results WHERE test_outcome = 'SURVIVED' OR output = 'timeout'")
        database.commit()


def mutate(
    module: str, tests: str, sample: int, timeout: float, tree: Path, out: Path, *, again: bool
) -> tuple[int, int, int, int]:
    """Runs a module's mutants and gives (killed, of these by time-out, run, all); survivors go to a file."""
    slug = module.replace("/", "-").removesuffix(".py")
    config, session = out / f"{slug}.toml", out / f"{slug}.sqlite"
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
    text = (tree / module).read_text()
    if not (again and session.exists()):
        session.unlink(missing_ok=True)
        subprocess.run([*tool, "init", str(config), str(session)], **options)
    with use_db(session, WorkDB.Mode.open) as database:
        jobs = meant(database, text)
        thin(database, text, jobs, sample)
    revive(session)
    subprocess.run([*tool, "exec", str(config), str(session)], **options)
    killed, slow, alive = 0, 0, []
    with use_db(session, WorkDB.Mode.open) as database:
        for _, result in database.results:
            if result.worker_outcome is WorkerOutcome.SKIPPED:
                continue
            if result.test_outcome is TestOutcome.SURVIVED:
                alive.append(result.diff or "")
            else:
                killed += 1
                slow += result.output == "timeout"
    (out / f"{slug}.survivors.diff").write_text("\n".join(alive))
    return killed, slow, killed + len(alive), len(jobs)


def main() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutate"]
    parser = argparse.ArgumentParser(description="Mutation testing of what judges others.")
    parser.add_argument("modules", nargs="*", help="modules whose path contains one of these; default: all")
    parser.add_argument("--sample", type=int, help="mutants per module, evenly spread")
    parser.add_argument("--again", action="store_true", help="only what survived in --keep (same code, better tests)")
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
            killed, slow, count, whole = mutate(
                row["module"], row["tests"], sample, settings["timeout"], tree, out, again=chosen.again
            )
            print(f"{row['module']}: {killed} of {count} killed ({slow} by time-out), sampled from {whole}", flush=True)
            for line in (
                (out / f"{row['module'].replace('/', '-').removesuffix('.py')}.survivors.diff").read_text().splitlines()
            ):
                if not chosen.keep:
                    print(f"    {line}")


if __name__ == "__main__":
    main()
