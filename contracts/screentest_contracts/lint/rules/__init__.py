"""The rules of lint, one module per topic; importing this package registers all of them."""

from screentest_contracts.lint.rules import (
    aliases,
    calls,
    errors,
    facts,
    keywords,
    links,
    models,
    money,
    probes,
    ranges,
    recorded,
    samples,
    statuses,
    structure,
    times,
    unread,
)

__all__ = [
    "aliases",
    "calls",
    "errors",
    "facts",
    "keywords",
    "links",
    "models",
    "money",
    "probes",
    "ranges",
    "recorded",
    "samples",
    "statuses",
    "structure",
    "times",
    "unread",
]
