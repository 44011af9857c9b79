"""The built-in documents that a dear test takes, one that is repeated for each provider."""

from functools import cache

from screentest_contracts import load_contract

FEW = ("evolink", "newapi", "nexusflow", "tokenbay", "tokenhot")
"""For whole runs, alone, over the wire, or for each deviation. Between them these have nearly every word of the
vocabulary; what is cheap takes `built_in()`, and so do `screentest check` and `screentest selfcheck`."""

known = cache(load_contract)
"""A contract that is loaded once, for what is collected of each document. Tests that change or count get their own."""
