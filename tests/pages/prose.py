"""The house style of pages: usual words and short sentences.

python -m tests.pages.prose [PAGE ...]
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.pages.blocks import FENCE, PAGES, ROOT

STYLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("house-style.toml").read_text("utf-8"))
MADE = "Made by tests/"
"""Pages with this comment are made from code and documents: their words are looked at, not their sentences."""


def complaints(text: str) -> Iterator[str]:
    """What the house style refuses in a page, each with its line."""
    whole = MADE not in text
    for line, kind, prose in passages(text):
        for word, better in STYLE["instead"].items():
            if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", prose, re.IGNORECASE):
                yield f"{line}: {word!r}: {better}"
        longest = STYLE["longest_in_table" if kind == "cell" else "longest"]
        for sentence in re.split(r"(?<=[.!?:;])\s+", prose):
            if whole and len(words := sentence.split()) > longest:
                yield f"{line}: a sentence of {len(words)} words, more than {longest}: {' '.join(words[:8])} ..."


def passages(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, `cell` or `text`, prose) of paragraphs, entries of lists and cells of tables; code and comments are left
    out."""
    text = FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = re.sub(r"<!--.*?-->", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    start, paragraph = 0, list[str]()
    for number, line in enumerate([*text.splitlines(), ""], 1):
        begins = re.match(r"\s*(?:[-*]|\d+\.|#+|===|>)\s", line)
        if paragraph and (begins or not line.strip() or line.startswith("|")):
            yield start, "text", _plain(" ".join(paragraph))
            paragraph = []
        if line.startswith("|"):
            yield from ((number, "cell", _plain(cell)) for cell in re.split(r"(?<!\\)\|", line.strip("|")))
        elif line.strip():
            start = start if paragraph else number
            paragraph.append(line.strip())


def _plain(markdown: str) -> str:
    """Without code, addresses and marks."""
    plain = re.sub(r"`[^`]*`", "CODE", markdown)
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", plain)
    return re.sub(r"https?://\S+|[*_#|]", "", plain)


def main(pages: list[Path]) -> int:
    """Prints what is found; returns how much."""
    found = [f"{page}:{each}" for page in pages for each in complaints(page.read_text("utf-8"))]
    print(*found, sep="\n")
    return len(found)


WRITTEN = [page for page in [*PAGES, ROOT / "CONTRIBUTING.md"] if page.name != "gateway-report.md"]
"""All but a report, which quotes what a server says."""

if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]] or WRITTEN) > 0)
