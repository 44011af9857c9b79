"""Screentest as a program: in this process by `Run`, or started."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from click.testing import Result

SCREENTEST = [sys.executable, "-c", "from screentest_suites.cli import main; main()"]
"""Starts it, before its arguments."""

Run = Callable[..., Result]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")} | more


def serving(*arguments: str) -> Any:
    """A server as a subprocess: gives it and its URL once it has said how to try it; it is interrupted at the end."""
    import contextlib

    @contextlib.contextmanager
    def run() -> Iterator[tuple[subprocess.Popen[str], str]]:
        command = [*SCREENTEST, "serve", *arguments, "--port", "0"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        ) as server:
            assert server.stdout is not None
            banner = ""
            while "try: " not in banner and (line := server.stdout.readline()):
                banner += line
            match = re.search(r"http://\S+:\d+", banner)
            try:
                assert match, banner
                yield server, match[0]
            finally:
                server.send_signal(signal.SIGINT)
                server.communicate(timeout=6000)

    return run()
