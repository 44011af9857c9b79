"""The rules of lint, one module per topic; importing this package registers all of them."""

from screentest_contracts.lint.rules import (
    aliases,
    errors,
    facts,
    keywords,
    links,
    probes,
    ranges,
    recorded,
    samples,
    statuses,
    structure,
    times,
)

__all__ = [
    "aliases",
    "errors",
    "facts",
    "keywords",
    "links",
    "probes",
    "ranges",
    "recorded",
    "samples",
    "statuses",
    "structure",
    "times",
]
