"""Where the facts come from, how their readings are chosen, and facts that only have a name."""

from collections.abc import Mapping
from dataclasses import dataclass

from screentest_contracts.facts import Fact


@dataclass(frozen=True, slots=True)
class Source:
    """One page that facts come from."""

    key: str
    title: str
    url: str
    read: str


HTTP = Source("RFC9110", "HTTP Semantics (RFC 9110)", "https://www.rfc-editor.org/rfc/rfc9110.html", "2026-11-30")
"""What holds for every vendor that speaks HTTP. Each contract has it among its sources."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A named choice between documented readings; `chosen` is what the mock does."""

    name: str
    statement: str
    readings: Mapping[str, str]
    chosen: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Promise:
    """A documented fact judged by name."""

    name: str
    statement: str | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Unobservable:
    """A documented fact that no outside check can see, and why."""

    statement: str
    reason: str
    fact: Fact
