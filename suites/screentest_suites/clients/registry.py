"""Which function judges which kind of requirement of clients, and what the situations say together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from screentest_contracts.contract import Contract
from screentest_contracts.redact import Redactor
from screentest_contracts.requirements import Kind, Requirement, Situations
from screentest_contracts.wording import listing
from screentest_mockserver.wire.journal import Entry
from screentest_suites.clients.seen import ClientRun
from screentest_suites.clients.situations import unfit
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import Evidence, Finding, Result, Skip, passed, skipped


@dataclass(frozen=True)
class Broken:
    """What a situation shows against a requirement: what was seen, what was expected, the requests that show it, the
    first bad one first."""

    seen: str
    expected: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Unseen:
    """Why a situation says nothing of a requirement."""

    why: str


Said = Broken | Unseen | int
"""A breach, why there is nothing to say, or how many observations held."""

ClientCheck = Callable[[Contract, Requirement[Situations], ClientRun], Said]

AcrossCheck = Callable[[Contract, Requirement[Situations], Sequence[ClientRun]], Said]

CHECKS: dict[str, ClientCheck] = {}
ACROSS: dict[str, AcrossCheck] = {}
"""Checks that look at several situations at once."""


def client_check(kind: Kind[Situations]) -> Callable[[ClientCheck], ClientCheck]:
    """Registers the check of a kind: a function of contract, requirement and one situation."""

    def add(function: ClientCheck) -> ClientCheck:
        if kind.name in CHECKS:
            raise ValueError(f"two checks for {kind.name}")
        CHECKS[kind.name] = function
        return function

    return add


def across(kind: Kind[Situations]) -> Callable[[AcrossCheck], AcrossCheck]:
    """Registers the check of a kind that needs several situations."""

    def add(function: AcrossCheck) -> AcrossCheck:
        ACROSS[kind.name] = function
        return function

    return add


def judge(contract: Contract, requirement: Requirement[Situations], runs: Iterable[ClientRun]) -> Finding:
    """What the situations say of a requirement together."""
    held, broken, unseen = 0, list[Evidence](), list[str]()
    fit = [run for run in runs if requirement.subject.fits(run.situation)]
    wide = ACROSS.get(requirement.kind)
    said_by = (
        [(fit[0], wide(contract, requirement, fit))]
        if wide is not None and fit
        else [(run, CHECKS[requirement.kind](contract, requirement, run)) for run in fit]
    )
    for run, said in said_by:
        if isinstance(said, Broken):
            broken.append(_evidence(run, said))
        elif isinstance(said, Unseen):
            unseen.append(f"{run.situation}: {said.why}")
        else:
            held += said
    if broken:
        return Finding(Result.FAILED, broken[0].seen, tuple(broken[:5]), held + len(broken))
    if held:
        return passed(held)
    return skipped(Skip.NOT_OBSERVED, unseen[0] if unseen else _untried(contract, requirement))


def _untried(contract: Contract, requirement: Requirement[Situations]) -> str:
    """Why nothing could be seen where none of a requirement's situations was tried."""
    names = [name for name in requirement.subject.names if not unfit(contract, name)]
    if not names:
        return "this document has no situation that shows it"
    return f"it is seen in the situation {listing(names, 'or')}, which was not tried"


def _evidence(run: ClientRun, said: Broken) -> Evidence:
    exchanges = tuple(exchange_of(run, entry) for entry in reversed(said.entries[:6]))  # reports show the last one
    return Evidence(f"{run.situation}: {said.seen}", said.expected, exchanges, run.again)


def exchange_of(run: ClientRun, entry: Entry) -> Exchange:
    """A request of a client as reports show exchanges; what the answer said stands in a header of ours."""
    base = f"{entry.scheme or 'http'}://{entry.host or run.origin}"
    url = f"{base}{entry.path}{'?' + entry.query if entry.query else ''}"
    sent = SentRequest(entry.method, url, entry.headers, entry.body or None)
    told: list[tuple[str, str]] = [("x-screentest-said", entry.said)] if entry.said else []
    if entry.waits is not None:
        told.append(("retry-after", f"{entry.waits:g}"))
    if entry.keys:
        told.append(("x-screentest-keys", ", ".join(f"{place}: {whose}" for place, whose in entry.keys)))
    error = "" if entry.status else "the connection was dropped on purpose"
    return Exchange(sent, entry.status, tuple(told), b"", entry.at, entry.at + entry.delay, error)


def redactor(keys: Iterable[str]) -> Redactor:
    """Knows the keys of a mock."""
    return Redactor(keys)
