"""The code blocks of a page, and what a page says about running them.

A block with a `title` is a file: it is written into the page's folder, and a further block of that title is appended. A
`console` block has commands, each after `$ `; the other lines are what the command before them prints (`...` stands for
anything). A comment before a block says what differs from "run it, and it exits with 0":

    <!-- run: exit=1 -->                    it exits with 1
    <!-- run: background -->                it runs until the page ends: a server
    <!-- run: slow -->                      only the tests marked `slow` run it
    <!-- run: not, it needs a key -->       it is not run, for this reason; its options are still looked at
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(
    r"^(?:[ ]*<!-- run: (?P<run>.*?) -->\n)?"
    r"(?P<indent>[ ]*)```(?P<language>[\w-]*)(?P<attributes>[^\n]*)\n"
    r"(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
"""Every page of the site, and the one that is shown beside the source."""


@dataclass(frozen=True)
class Command:
    """A line of a `console` block, and what the page says that it prints."""

    line: str
    output: str = ""


@dataclass(frozen=True)
class Block:
    """A fenced block. `line` counts from 1; `title` is the name of a file, or empty."""

    line: int
    language: str
    title: str
    text: str
    exit: int = 0
    background: bool = False
    slow: bool = False
    reason: str = ""

    @property
    def runs(self) -> bool:
        """Whether it is run at all."""
        return not self.reason

    @property
    def commands(self) -> list[Command]:
        """The commands of a `console` block."""
        found = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        lines = [re.fullmatch(r"((?:[^\n]*\\\n)*[^\n]*)\n?(.*)", text, re.DOTALL) for text in found]
        return [Command(re.sub(r"\\\n\s*", "", match[1]), match[2]) for match in lines if match]


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order. Raises ValueError for a comment that nobody understands."""
    text = page.read_text("utf-8")
    for match in FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', match["attributes"])
        yield Block(
            text[: match.start()].count("\n") + 1,
            match["language"],
            title[1] if title else "",
            textwrap.dedent(match["text"]),
            **_notes(match["run"] or ""),
        )


def _notes(comment: str) -> dict[str, int | bool | str]:
    word, _, reason = comment.partition(", ")
    if word == "not" and reason:
        return {"reason": reason}
    if word in ("background", "slow"):
        return {word: True}
    if word.startswith("exit="):
        return {"exit": int(word.removeprefix("exit="))}
    if comment:
        raise ValueError(f"what is {comment!r}?")
    return {}
