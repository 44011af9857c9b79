"""Mistakes that end a run in a way of their own."""

from screentest_contracts.errors import UsageError


class TargetUnreachableError(UsageError):
    """The target does not answer at all: exit status 3."""
