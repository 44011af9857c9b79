"""The checks of clients, a module for each group of requirements: whoever needs them imports this folder."""

from screentest_suites.clients.checks import callbacks, creating, ending, keys, waiting

__all__ = ["callbacks", "creating", "ending", "keys", "waiting"]
