"""Why a requirement has its level, and what the mock does to show it, in words: of servers, clients and receivers."""

from collections.abc import Iterator
from typing import Any

from screentest_contracts.contract import HTTP, Contract
from screentest_contracts.facts import Level, Mark
from screentest_contracts.requirements import Requirement, Situations
from screentest_mockserver.behaviours.variations import VARIATIONS
from screentest_mockserver.tasks.scenarios import SCENARIOS
from screentest_suites.clients.situations import unfit

RECEIVERS = "client.receiver"
"""The suite of what receivers of callbacks are held to."""

_MARKS = {
    Mark.DOCUMENTED: "the vendor documents it",
    Mark.RECOMMENDED: "the vendor recommends it",
    Mark.DERIVED: "it follows from the software, an upstream, or a sample",
    Mark.ASSUMED: "nobody states it",
}
_HTTP = {Mark.DOCUMENTED: "HTTP demands it", Mark.RECOMMENDED: "HTTP recommends it"}
_COMMAND = "the contract between `screentest client` and the command asks for it (docs/judge-your-client.md)"
_FAILING = {
    Level.MUST: "a {} that breaks it fails a run",
    Level.SHOULD: "a {} that breaks it is told, and fails a run only with --level SHOULD",
    Level.NOTE: "a {} that breaks it is told, and fails a run only with --level NOTE",
}


def level_told(requirement: Requirement[Any]) -> str:
    """Why a requirement has its level, and what follows from that."""
    fact, subject = requirement.fact, "server"
    reason = _MARKS[fact.mark]
    if fact.source == (HTTP.key,):
        reason = _HTTP.get(fact.mark, reason)
    if isinstance(requirement.subject, Situations):
        subject = "receiver" if requirement.suite == RECEIVERS else "client"
        if fact.mark is Mark.DOCUMENTED and not fact.source:
            reason = _COMMAND
    if requirement.untestable is not None:
        return f"{requirement.level}, since no outside check can see it"
    return f"{requirement.level}, since {reason}: {_FAILING[requirement.level].format(subject)}"


def shown_in(contract: Contract, requirement: Requirement[Any]) -> list[str]:
    """The situations of a document that show a requirement of clients, or the deliveries that show one of receivers;
    `*` for every one."""
    subject = requirement.subject
    if not isinstance(subject, Situations):
        return []
    names = list(subject.names)
    receives = requirement.suite == RECEIVERS
    return names if receives or "*" in names else [name for name in names if not unfit(contract, name)]


def situations_told(contract: Contract, requirement: Requirement[Any]) -> Iterator[str]:
    """A line for each of these situations, with what the mock does; nothing where that needs no words."""
    if not isinstance(requirement.subject, Situations) or requirement.suite == RECEIVERS:
        return
    names = shown_in(contract, requirement)
    if not names:
        yield "none that this document has, so it is skipped"
    for name in names:
        if name == "*":
            yield "all"
        else:
            head = name.partition(":")[0]
            yield f"{name}: {VARIATIONS[head].about if head in VARIATIONS else SCENARIOS[head]}"
