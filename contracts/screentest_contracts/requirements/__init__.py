"""What a provider can be held to: one requirement per fact that can be observed from outside.

Ids are slugs of ours, stable for ever. The level follows the mark of the fact (`facts.Mark.level`). Which check judges
a requirement is decided by its kind (`kinds`); what it is about stands in `subject`, whose type the kind tells
(`subjects`). Other packages add requirements of their own by a `Kind` and a derivation (`add_derivation`).
"""

from screentest_contracts.requirements.derivations import (
    Derivation,
    add_derivation,
    derivations,
    remove_derivation,
    requirements,
)
from screentest_contracts.requirements.kinds import Kind
from screentest_contracts.requirements.model import SUITES, Builder, Requirement
from screentest_contracts.requirements.subjects import (
    AliasOfCreate,
    AnswerId,
    Aspect,
    AspectDefaults,
    Case,
    Cases,
    DuplicateMembers,
    ErrorCase,
    ErrorSchema,
    Member,
    Members,
    MemberValue,
    ModelNames,
    OperationAddress,
    OperationName,
    RoleHeader,
    StatusCopies,
    TokenCase,
)

__all__ = [
    "SUITES",
    "AliasOfCreate",
    "AnswerId",
    "Aspect",
    "AspectDefaults",
    "Builder",
    "Case",
    "Cases",
    "Derivation",
    "DuplicateMembers",
    "ErrorCase",
    "ErrorSchema",
    "Kind",
    "Member",
    "MemberValue",
    "Members",
    "ModelNames",
    "OperationAddress",
    "OperationName",
    "Requirement",
    "RoleHeader",
    "StatusCopies",
    "TokenCase",
    "add_derivation",
    "derivations",
    "remove_derivation",
    "requirements",
]
