"""The command line. Heavy modules are imported by the command that needs them: `serve` must start at once."""

from screentest_suites.cli import documents, load, mocks, runs
from screentest_suites.cli.group import main

__all__ = ["documents", "load", "main", "mocks", "runs"]
