"""Keeps what a commit says to its users, and tells row by row what another commit says otherwise.

    python tests/snapshots/snapshot.py take DIR [--screentest BIN/screentest] [--only PART,...] [--jobs N]
    python tests/snapshots/snapshot.py compare OLD NEW [--accept FILE] [--only PART,...]

`take` runs the installed command `screentest` (the one beside this interpreter, or another checkout's) as a user
would, and imports nothing of ours, so it works whatever the code looks like inside. DIR holds one folder per part,
one file per observation. Every command runs in a fresh folder, without the caller's environment. What changes by
itself is masked; `masking.py` says what and why. The documents are found below --documents-root (`tests/`).

`compare` exits with 1 when a row differs that FILE does not name, or when FILE names one that no longer differs.
FILE is a YAML list; `*` stands for anything; `was` and `is` may be left out:

    - file: check/evolink.report.json
      row: requirements > evolink create.seed.* > reason
      was: ""
      is: "*not observed*"
      reason: the changelog, or the fault that was mended
"""

import argparse
import sys
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # its neighbours are scripts, not a package

import observations
from combined import report
from comparing import compare
from observing import Bench, beside_interpreter, desk

PARTS = {
    "help": observations.helps,
    "lists": observations.lists,
    "requirements": observations.requirements,
    "lint": observations.lint,
    "compare": observations.compare,
    "plan": observations.plan,
    "init": observations.init,
    "misuse": observations.misuse,
    "check": observations.check,
    "report": report,
    "pytest": observations.tests,
    "recording": observations.recording,
    "serve": observations.serve,
    "selfcheck": observations.selfcheck,  # takes all processes itself, so it comes last, alone
}


def documents(root: Path, folder: str) -> dict[str, Path]:
    """Name and path of the documents in folders of a name, wherever they are below ROOT."""
    return {path.stem: path for path in sorted(root.rglob(f"{folder}/*.yaml"))}


def take(bench: Bench, parts: Collection[str]) -> int:
    """Observe, and say how far it is; 1 when an observation could not be made."""
    with desk(bench, "") as first:
        version = first.say("", "--version", keep=False).split()[-1]
    bench = replace(bench, version=version)
    jobs = [(part, name, job) for part in PARTS if part in parts for name, job in PARTS[part](bench)]
    spent = dict.fromkeys(parts, 0.0)
    failed = 0

    def run(part: str, name: str, job: observations.Job) -> tuple[str, str, float]:
        begun = time.monotonic()
        with desk(bench, part) as place:
            job(place)
        return part, name, time.monotonic() - begun

    for alone in (False, True):
        chosen = [row for row in jobs if (row[0] == "selfcheck") is alone]
        with ThreadPoolExecutor(1 if alone else bench.jobs) as pool:
            running = {pool.submit(run, *row): row for row in chosen}
            for number, future in enumerate(as_completed(running), 1):
                part, name, _ = running[future]
                try:
                    seconds = future.result()[2]
                    spent[part] += seconds
                    print(f"[{number}/{len(chosen)}] {part}: {name} {seconds:.1f} s", flush=True)
                except Exception as problem:
                    failed += 1
                    print(f"[{number}/{len(chosen)}] {part}: {name} FAILED: {problem!r}", flush=True)
    print("seconds: " + ", ".join(f"{part} {spent[part]:.0f}" for part in PARTS if part in spent))
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    taking = verbs.add_parser("take", help="observe a checkout")
    taking.add_argument("into", type=Path, metavar="DIR")
    taking.add_argument("--screentest", type=Path, default=beside_interpreter(), metavar="PATH")
    taking.add_argument("--documents-root", type=Path, default=Path(__file__).parents[1], metavar="PATH")
    taking.add_argument("--jobs", type=int, default=2, metavar="N")
    comparing = verbs.add_parser("compare", help="tell what differs")
    comparing.add_argument("old", type=Path)
    comparing.add_argument("new", type=Path)
    comparing.add_argument("--accept", type=Path, metavar="FILE")
    for verb in (taking, comparing):
        verb.add_argument("--only", default=",".join(PARTS), metavar="PART,...", help=f"of: {', '.join(PARTS)}")
    options = parser.parse_args(arguments)
    parts = options.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if options.verb == "compare":
        return compare(options.old, options.new, options.accept, parts)
    if not options.screentest.exists():
        parser.error(f"there is no {options.screentest}")
    if there := [part for part in parts if (options.into / part).exists()]:
        parser.error(f"{options.into} has {', '.join(there)} already; remove that first")  # nothing old may stay
    root = options.documents_root
    found = documents(root, "documents"), documents(root, "descriptions")
    return take(Bench(options.screentest.absolute(), *found, options.into.absolute(), jobs=options.jobs), parts)


if __name__ == "__main__":
    sys.exit(main())
