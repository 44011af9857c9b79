"""What lint says of a document, and the registry of its rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from screentest_contracts.contract import Contract
from screentest_contracts.raw.document import RawDocument


class Severity(StrEnum):
    """How bad a finding is. Only errors make `screentest lint` fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule saw: where, what, and how to mend it when the rule's own advice does not fit."""

    pointer: str
    message: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect, gap or recorded contradiction of a document. Lines and columns count from 1.

    `reading`: what is taken to be meant, for a contradiction that the document itself records; `related`: further
    pointers that it concerns; `name`: its own name in the document.
    """

    rule: str
    severity: Severity
    file: str
    line: int
    column: int
    pointer: str
    message: str
    mend: str
    reading: str = ""
    related: tuple[str, ...] = ()
    name: str = ""


Check = Callable[[RawDocument], Iterator[Hit]]
ContractCheck = Callable[[Contract], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `needs_task`: it is about x-task, so it does not apply to a plain OpenAPI description.

    `of_contract`: what the rule sees in the contract of a document that can be used.
    """

    id: str
    severity: Severity
    about: str
    mend: str
    needs_task: bool
    check: Check | None
    of_contract: ContractCheck | None = None


RULES: Final[dict[str, Rule]] = {}
"""Every rule by its id."""


def rule(id: str, severity: Severity, about: str, mend: str, *, task: bool = False) -> Callable[[Check], Check]:  # noqa: A002
    """Registers a check under a stable id."""

    def register(check: Check) -> Check:
        RULES[id] = Rule(id, severity, about, mend, task, check)
        return check

    return register


def of_contract(id: str) -> Callable[[ContractCheck], ContractCheck]:  # noqa: A002
    """Registers what a rule that is there already sees in a contract."""

    def register(check: ContractCheck) -> ContractCheck:
        RULES[id] = replace(RULES[id], of_contract=check)
        return check

    return register


def stated(id: str, severity: Severity, about: str, mend: str = "") -> Rule:  # noqa: A002
    """Registers a rule whose findings come from elsewhere than a check of its own."""
    RULES[id] = Rule(id, severity, about, mend, False, None)
    return RULES[id]
