"""Judges hostile servers with the options that a user has who gives none, and prints how long that takes.

    python -m tests.hostile.defaults [NAME...]

Exit status 1 for a run that takes longer than a minute, or more memory than it may.
"""

import sys

from tests.hostile.behaviours import TABLE, Row, long_file
from tests.hostile.runner import Outcome, check
from tests.hostile.server import running

MOST_SECONDS, MOST_PEAK = 60.0, 400.0


SLOW = {"answers after 5 seconds": 5.0, "answers after 2 seconds": 2.0}
NAMES = (
    *("accepts and never reads", "a byte a second", "headers without end", "headers that trickle"),
    *("interim answers without end", "chunks without end", "chunks that trickle", "announces more than it sends"),
    *("a list that trickles", "a file that trickles", "a file without end", "Retry-After: 99999999"),
    *("Retry-After: a far date", "Retry-After of polls", "a status of a megabyte", "200 000 members"),
)


def run(name: str) -> Outcome:
    """One behaviour of the table, or one of those that are for this page only."""
    if name in SLOW:
        with running(lambda call: None, delay=SLOW[name]) as (url, _):
            return check(url)
    row = Row("file", long_file(1024)) if name == "a file of a gigabyte" else TABLE[name]
    with running(row.behaviour, reads=row.reads) as (url, _):
        return check(url)


ALL = (*NAMES, "answers after 5 seconds", "a file of a gigabyte", "answers after 2 seconds")


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in (*TABLE, *ALL)]
    if unknown:
        print(f"no such behaviour: {', '.join(unknown)}; known: {', '.join(sorted({*TABLE, *ALL}))}", file=sys.stderr)
        return 2
    bad = 0
    for name in names or ALL:
        found = run(name)
        whole = name == "answers after 2 seconds"
        late = len(found.late)
        wrong = bool(found.errors) or found.peak > MOST_PEAK or (late if whole else found.seconds > MOST_SECONDS)
        bad += bool(wrong)
        failed = sum(verdict == "failed" for verdict, _ in found.verdicts.values())
        print(
            f"{'WRONG ' if wrong else ''}{name}: {found.seconds:.0f} s, {found.peak:.0f} MB, "
            f"{failed} failed, {late} out of time, {len(found.errors)} errors",
            flush=True,
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
