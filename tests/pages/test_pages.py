"""Every command and snippet of the site and of README is run, or says why not."""

import json
import shlex
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from screentest_suites.cli import main
from screentest_suites.cli.group import CONTEXT
from tests.pages.blocks import PAGES, ROOT, Block, Command, blocks
from tests.pages.reference import FOLDER
from tests.pages.running import Reader

LANGUAGES = {"console", "python", "javascript", "bash", "yaml", "json", "toml", "groovy", "text", "mermaid"}
READ = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
LONG = {
    *("baselines.md", "choose-a-vendor.md", "extending.md", "failures.md", "https.md", "judge-your-client.md"),
    *("judge-your-gateway.md", "proof.md", "recordings.md", "watch-a-vendor.md"),
}
"""Pages that judge several servers or clients: only the tests marked `slow` follow them."""
ELSEWHERE = {"documents.md"}
"""Pages whose examples of documents are parts, which tests/vocabulary holds to the schema."""


def named(page: Path) -> str:
    return str(page.relative_to(ROOT)).removeprefix("docs/")


def every(*, slow: bool) -> list[pytest.param]:
    """The pages with something to run: those that run at once or, with `slow`, those of which some takes long."""
    found = []
    for page in PAGES:
        runs = [block for block in blocks(page) if block.runs and (block.title or block.language == "console")]
        if slow:
            chosen = page.name in LONG or any(block.slow for block in runs)
        else:
            chosen = page.name not in LONG and bool(runs)
        if chosen:
            found.append(pytest.param(page, id=named(page), marks=[pytest.mark.slow] if slow else []))
    return found


@pytest.mark.parametrize("page", every(slow=False))
def test_a_reader_who_follows_the_page_sees_what_it_says(page: Path, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        for block in blocks(page):
            if block.runs and not block.slow:
                reader.follow(block)


@pytest.mark.parametrize("page", every(slow=True))
def test_the_page_as_a_whole(page: Path, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        for block in blocks(page):
            if block.runs:
                reader.follow(block)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_block_is_left_out(page: Path) -> None:
    """A block is run, is read, or is plain text without commands."""
    for block in blocks(page):
        place = f"line {block.line}"
        assert block.language in LANGUAGES, place
        made = page.is_relative_to(FOLDER)  # which has the usage of commands, as click writes it
        assert made or block.language != "text" or "screentest " not in block.text, f"{place}: a command is `console`"
        assert block.language != "console" or block.text.startswith("$ "), place
        if block.language in ("python", "javascript", "bash"):
            assert block.title or ">>> " in block.text, f"{place}: which file is this?"
        if block.language in READ and page.name not in ELSEWHERE:
            READ[block.language](block.text)


COMMANDS = [
    pytest.param(command, id=f"{named(page)}:{block.line}")
    for page in PAGES
    for block in blocks(page)
    if block.language == "console"
    for command in block.commands
]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_of_a_command_exist(command: Command) -> None:
    """Also where it is not run."""
    words = [word for word in shlex.split(command.line, comments=True) if "=" not in word or word.startswith("-")]
    if words[:1] != ["screentest"] or "|" in words:
        return
    parse(main, words[1:])


def parse(command: click.Command, words: list[str]) -> None:
    """Raises click.UsageError for a command or an option that does not exist."""
    with click.Context(command, info_name="screentest", **CONTEXT) as context:
        values, rest, _ = command.make_parser(context).parse_args(list(words))
        if isinstance(command, click.Group) and rest and not values.get("version"):
            found = command.get_command(context, rest[0])
            assert found is not None, rest[0]
            parse(found, rest[1:])


def test_what_is_not_run_is_told() -> None:
    with pytest.raises(click.NoSuchOption):
        parse(main, ["check", "--no-such-option"])


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (Block(1, "console", "", "$ screentest providers\nno such provider\n"), "does not print"),
        (Block(1, "console", "", "$ screentest show nothing\n"), "exits with 2"),
        (Block(1, "console", "", "$ false\n"), "exits with 1"),
        (Block(1, "console", "", "$ screentest serve nothing\n", background=True), "has ended"),
    ],
    ids=["output", "status", "shell", "server"],
)
def test_what_a_page_says_wrongly_is_seen(block: Block, told: str, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader, pytest.raises(AssertionError, match=told):
        reader.follow(block)
