"""`screentest init` on real descriptions: what it chooses, what lint says of the draft, what a faithful server fails.

    python -m tests.descriptions.run FOLDER [NAME ...] [-v]

FOLDER holds OpenAPI files (YAML or JSON). `FOLDER/options.json` may give options by file name without its ending:
`{"name": {"create": "POST /videos"}}`. Prints one row per file; exit status 1 where a draft has findings beside notes
or a faithful server fails a MUST; `-v` tells all that it fails, on stderr.
"""

import json
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from tests.descriptions.faithful import KEY, Faithful
from tests.witnesses.common import running

from screentest_contracts import UsageError, load_contract
from screentest_contracts.drafting import Draft, Named, draft_file
from screentest_contracts.lint import lint_file
from screentest_contracts.raw.nodes import server_urls
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.requests.unshown import not_alone
from screentest_suites.targets.http import HttpTarget

OPTIONS = Options(examples=3, poll_interval=0.05, task_timeout=20)
MODELS = 2
"""How many models of a draft are judged: all are made the same way."""
ENDINGS = (".yaml", ".yml", ".json")


def _as_written(file: Path, method: str, path: str) -> str:
    """An operation as the file writes it: `<id>` may stand there for `{id}`."""
    paths = description(file)["paths"]
    own = next(each for each in paths if each.replace("<", "{").replace(">", "}") == path)
    return f"{method.upper()} {own}"


def description(file: Path) -> Any:
    """The data of a file, without Screentest's own reader."""
    text = file.read_text(encoding="utf-8-sig")
    return (
        json.loads(text)
        if text.lstrip().startswith("{")
        else yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    )


def judged(file: Path, made: Draft, draft: Path) -> list[Verdict]:
    """The verdicts on a faithful server of the description, by the draft."""
    contract = load_contract(draft)
    create, query = (_as_written(file, call.method, call.path) for call in (made.choice.create, made.choice.query))
    with running(Faithful(description(file), create, query).app()) as url:
        options = replace(OPTIONS, models=tuple(contract.models)[:MODELS])
        base = re.sub(r"^https?://[^/]*", "", next(iter(server_urls(contract.document)), "")).rstrip("/")
        target = HttpTarget(url + base, {"good": KEY})
        try:
            return list(Judge(contract, target, options).verdicts())
        finally:
            target.close()


def says_nothing(made: Draft) -> bool:
    """Whether the description leaves open what a receipt or a task looks like."""
    unknown = ("no schema says where the receipt holds", "no schema says where an answer holds the status")
    return any(each.startswith(unknown) for each in made.left)


def row(file: Path, options: dict[str, str]) -> tuple[list[str], bool]:
    """The row of one file, and whether all is well."""
    begun = time.process_time()
    try:
        made = draft_file(str(file), Named(**options))
    except UsageError as error:
        return [file.stem, str(file.stat().st_size), f"none: {error}"], False
    took = time.process_time() - begun
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.yaml"
        draft.write_text(made.text, encoding="utf-8")
        severe = Counter(f"{each.severity} {each.rule}" for each in lint_file(str(draft), not_alone).findings)
        loud = {name: count for name, count in severe.items() if not name.startswith("note")}
        silent = says_nothing(made)
        verdicts = [] if silent or any(name.startswith("error") for name in loud) else judged(file, made, draft)
    for each in verdicts if "-v" in sys.argv else ():
        if each.result in (Result.FAILED, Result.ERROR):
            print(each.requirement.level, each.id, each.finding, file=sys.stderr)
    failed = [each for each in verdicts if each.result in (Result.FAILED, Result.ERROR)]
    musts = [
        each.requirement.id for each in failed if str(each.requirement.level) == "MUST" or each.result is Result.ERROR
    ]
    notes = [each.requirement.id for each in failed if each.requirement.id not in musts]
    passed = [each for each in verdicts if each.result is Result.PASSED]
    binding = sum(str(each.requirement.level) == "MUST" for each in passed)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    cells = [
        file.stem,
        f"{file.stat().st_size / 1000:.0f} kB, {took:.1f} s of CPU, {memory} MB",
        str(made.choice),
        str(made.choice.runner_up),
        f"lint: {loud or 'notes only'}",
        f"{len(passed)} passed ({binding} MUST), MUST failed: {musts or 'none'}; others: {notes}",
    ]
    if silent:
        cells[-1] = "the description has no schema of an answer: nothing to be faithful to"
    return cells, not loud and not musts and (bool(verdicts) or silent)


def main(folder: str, *names: str) -> int:
    options_file = Path(folder, "options.json")
    options = json.loads(options_file.read_text()) if options_file.exists() else {}
    good = True
    for file in sorted(Path(folder).iterdir()):
        if file.suffix in ENDINGS and file != options_file and (not names or file.stem in names):
            cells, well = row(file, options.get(file.stem, {}))
            print("| " + " | ".join([*cells, "ok" if well else "NOT OK"]) + " |", flush=True)
            good = good and well
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*(word for word in sys.argv[1:] if word != "-v")))
