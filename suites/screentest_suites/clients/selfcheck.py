"""Proof of the checks of clients: the reference client breaks nothing, and every faulty one is noticed by name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from screentest_contracts.contract import Contract
from screentest_contracts.requirements import client_requirements
from screentest_suites.clients import (
    faults_creating,
    faults_ending,
    faults_fetching,
    faults_keys,
    faults_listening,
    faults_reading,
    faults_resuming,
    faults_waiting,
)
from screentest_suites.clients.faults import FAULTS, Fault
from screentest_suites.clients.judging import judge_client
from screentest_suites.clients.reference import ReferenceClient
from screentest_suites.clients.situations import fitting
from screentest_suites.clients.trying import try_client
from screentest_suites.core.verdicts import Result

__all__ = [
    "ClientProof",
    "faults_creating",
    "faults_ending",
    "faults_fetching",
    "faults_keys",
    "faults_listening",
    "faults_reading",
    "faults_resuming",
    "faults_waiting",
    "fitting_faults",
    "prove",
    "telling",
]


@dataclass(frozen=True)
class ClientProof:
    """What became of a client: the requirements that noticed, those that were to, and the MUSTs that accuse it of what
    it does not do. `fault` is empty for the reference client."""

    provider: str
    fault: str
    noticed: tuple[str, ...]
    wrongly: tuple[str, ...]
    caught: bool

    @property
    def ok(self) -> bool:
        """Whether all is as it should be."""
        return self.caught and not self.wrongly


def fitting_faults(contract: Contract, only: Iterable[str] = ()) -> list[Fault]:
    """The faults that a client of a document can have, and that some situation of it can show."""
    chosen, shown = set(only), {*fitting(contract), "*"}
    return [
        each
        for each in FAULTS.values()
        if each.applies(contract) and (not chosen or each.name in chosen) and _names(contract, each) & shown
    ]


def telling(contract: Contract, fault: Fault) -> tuple[str, ...]:
    """The situations by which a fault must be noticed, and the plain ones: enough to see whether it is."""
    names = _names(contract, fault)
    names.update(_EVERYWHERE if "*" in names else ())
    return tuple(name for name in fitting(contract) if name in _PLAIN or name in names)


def _names(contract: Contract, fault: Fault) -> set[str]:
    """The situations of the requirements that must notice a fault."""
    wanted = [each.subject for each in client_requirements(contract) if _is_one(each.id, fault.catches)]
    return {name for each in wanted for name in each.names}


_PLAIN = ("success", "immediate", "failure")
_EVERYWHERE = ("elsewhere-result", "redirected-result")
"""Situations in which something may be seen that is looked for everywhere."""


def prove(
    contract: Contract,
    fault: Fault | None = None,
    only: Iterable[str] = (),
    client: type[ReferenceClient] = ReferenceClient,
) -> ClientProof:
    """Judges a client that keeps every rule, or a faulty one, in all situations, or in `only` some."""
    runs = try_client(contract, client if fault is None else fault.client, only)
    broken = [each for each in judge_client(contract, runs) if each.result is Result.FAILED]
    names = tuple(each.requirement.id for each in broken)
    if fault is None:
        return ClientProof(contract.name, "", (), names, True)
    related = (*fault.catches, *fault.also)
    wrongly = [each.requirement.id for each in broken if each.fails_run and not _is_one(each.requirement.id, related)]
    caught = tuple(name for name in names if _is_one(name, fault.catches))
    return ClientProof(contract.name, fault.name, names, tuple(wrongly), bool(caught))


def _is_one(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
