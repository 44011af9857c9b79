"""docs/clients.md: what each client library did at each step, written by the tests of this folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.clients.libraries import LIBRARIES, STEPS

PAGE = Path(__file__).parents[2] / "docs/clients.md"
HEAD = """\
# Real client libraries

Vendors publish client libraries. Each of these lives the whole life of a task against `screentest serve` in another
process, written as its users write it. The objects that a library returns are held to the types that it declares.
`nox -s clients` runs the libraries and writes this page; every week they run with their newest versions. From npm,
`openai` and `@fal-ai/client` create, follow and download a video, too, if Node.js is there.
"""


class Cell(NamedTuple):
    """What a library did at a step: the outcome of its test, and what the test told of it."""

    name: str
    step: str
    outcome: str
    told: str


def write_page(cells: Iterable[Cell]) -> None:
    """Writes the page. Raises AssertionError where a library that is not installed, or a step without test, would be
    left out."""
    found = {(cell.name, cell.step): cell for cell in cells}
    wanted = {(name, step) for name, library in LIBRARIES.items() for step in STEPS if step not in library.lacks}
    assert not wanted - found.keys(), f"not run: {sorted(wanted - found.keys())}"
    PAGE.write_text("\n".join([HEAD, *_table(found), *_details(found)]) + "\n", encoding="utf-8")


def _table(found: dict[tuple[str, str], Cell]) -> list[str]:
    lines = [
        "| step | " + " | ".join(f"`{name}` {library.version}" for name, library in LIBRARIES.items()) + " |",
        "|---" * (len(LIBRARIES) + 1) + "|",
    ]
    for step, about in STEPS.items():
        words = (_word(found.get((name, step))) for name in LIBRARIES)
        lines.append(f"| **{step}**: {about} | " + " | ".join(words) + " |")
    return lines


def _word(cell: Cell | None) -> str:
    return "-" if cell is None else {"passed": "ok"}.get(cell.outcome, f"**{cell.outcome}**")


def _details(found: dict[tuple[str, str], Cell]) -> list[str]:
    lines = ["", "What each library does, and what it lacks (-):"]
    for name, library in LIBRARIES.items():
        lines += ["", f"## {name}", "", f"Against the document `{library.document}`{', over TLS' * library.tls}.", ""]
        for step in STEPS:
            cell = found.get((name, step))
            words = library.lacks[step] if cell is None else cell.told
            if words:
                lines.append(f"- {step}: {words}")
    return lines
