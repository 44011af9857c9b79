"""Runs the blocks of a page in one folder, as a reader does who follows it from top to bottom."""

import contextlib
import doctest
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from click.testing import CliRunner

from screentest_suites.cli import main
from tests.pages.blocks import Block, Command

PORT = re.compile(r"\b8\d{3}\b")
"""What pages take for ports: readers have them free, tests need not."""
READY = "Ctrl-C stops it"
"""What our servers print when everything is in its place; they listen before that."""
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
LIMIT = 300.0
"""Seconds after which a command that has not ended is taken for one that never ends."""


class Reader:
    """Follows a page. Commands of ours run in this process, which saves a start each; all others in a shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
        self.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.ports: dict[str, int] = {}
        self.files: dict[str, str] = {}
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.stack.enter_context(contextlib.chdir(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def follow(self, block: Block) -> None:
        """Does what a block asks for. Raises AssertionError where it does not do what the page says."""
        if block.title:
            file = self.folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            before = self.files.get(block.title)
            text = self.moved(block.text) if before is None else f"{before}\n\n{self.moved(block.text)}"
            self.files[block.title] = text
            file.write_text(text, "utf-8")
        elif block.language == "console":
            for command in block.commands:
                if block.background:
                    self.start(command)
                else:
                    self.run(command, block.exit)

    def moved(self, text: str) -> str:
        """The same text with ports that nobody else on this machine has."""
        return PORT.sub(lambda found: str(self.port(found[0])), text)

    def port(self, named: str) -> int:
        if named not in self.ports:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.ports[named] = free.getsockname()[1]
        return self.ports[named]

    def start(self, command: Command) -> None:
        """Starts a server, and waits until it listens."""
        line, named = self.moved(command.line), PORT.search(command.line)
        listens = self.port(named[0] if named else "8080")
        if named is None:
            line += f" --port {listens}"
        log = (self.folder / f"server-{listens}.log").open("w")
        self.stack.callback(log.close)
        server = subprocess.Popen(["bash", "-c", f"exec {line}"], env=self.environment, stdout=log, stderr=log)
        self.stack.callback(server.wait)
        self.stack.callback(server.terminate)
        until = time.monotonic() + LIMIT
        while True:
            assert server.poll() is None, f"`{command.line}` has ended: {Path(log.name).read_text('utf-8')}"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", listens), timeout=1):
                if READY in Path(log.name).read_text("utf-8") or not line.startswith("screentest"):
                    return
            assert time.monotonic() < until, f"`{command.line}` does not listen"
            time.sleep(0.05)

    def run(self, command: Command, status: int) -> None:
        line = self.moved(command.line)
        if found := re.fullmatch(r"export (\w+)=(.*)", line):
            self.environment[found[1]] = shlex.split(found[2])[0]
            return
        words = shlex.split(line, comments=True)
        if words[0] == "screentest" and words[1] != "--plugin" and not set("|<>;&$") & set(line):
            result = CliRunner().invoke(
                main, words[1:], prog_name="screentest", env=self.environment, terminal_width=100
            )
            ended, told = result.exit_code, result.output
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
        else:
            shell = ["bash", "-euo", "pipefail", "-c", line]
            done = subprocess.run(
                shell, env=self.environment, capture_output=True, text=True, check=False, timeout=LIMIT
            )
            ended, told = done.returncode, done.stdout + done.stderr
        assert ended == status, f"`{command.line}` exits with {ended}:\n{told}"
        if command.output.strip():
            same = doctest.OutputChecker().check_output(f"...{command.output.strip()}...", told, SAME)
            assert same, f"`{command.line}` does not print\n{command.output}\nbut\n{told}"
