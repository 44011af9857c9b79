"""The command line. Heavy modules are imported by the command that needs them: `serve` must start at once."""

from screentest_suites.cli import documents, mocks, runs
from screentest_suites.cli.group import main

__all__ = ["documents", "main", "mocks", "runs"]
