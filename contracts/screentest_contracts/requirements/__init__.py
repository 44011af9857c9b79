"""What a provider can be held to: one requirement per fact that can be observed from outside.

Ids are slugs of ours, stable for ever. The level follows the mark of the fact (`facts.Mark.level`). Which check judges
a requirement is decided by its kind (`kinds`); what it is about stands in `subject`, whose type the kind tells
(`subjects`). Other packages add requirements of their own by a `Kind` and a derivation (`add_derivation`).
"""

from screentest_contracts.requirements.client_kinds import Situations
from screentest_contracts.requirements.clients import client_requirements, situations
from screentest_contracts.requirements.derivations import (
    Derivation,
    add_derivation,
    derivations,
    remove_derivation,
    requirements,
)
from screentest_contracts.requirements.kinds import Kind
from screentest_contracts.requirements.model import BASICS, CLIENT_SUITES, ENCODING, SUITES, Builder, Requirement
from screentest_contracts.requirements.receivers import receiver_requirements
from screentest_contracts.requirements.shown_members import due_members
from screentest_contracts.requirements.subjects import (
    AliasOfCreate,
    AnswerId,
    AskedFailure,
    Aspect,
    AspectDefaults,
    AssetName,
    Case,
    Cases,
    DuplicateMembers,
    ErrorCase,
    ErrorSchema,
    ErrorWords,
    HeaderCase,
    Member,
    Members,
    MemberValue,
    ModelNames,
    OneRole,
    OperationAddress,
    OperationName,
    ParameterCase,
    ParameterName,
    RoleHeader,
    ShownMembers,
    StatedDigest,
    StatusCopies,
    StatusNames,
    TokenCase,
)
from screentest_contracts.requirements.why import WHY

__all__ = [
    "BASICS",
    "CLIENT_SUITES",
    "ENCODING",
    "SUITES",
    "WHY",
    "AliasOfCreate",
    "AnswerId",
    "AskedFailure",
    "Aspect",
    "AspectDefaults",
    "AssetName",
    "Builder",
    "Case",
    "Cases",
    "Derivation",
    "DuplicateMembers",
    "ErrorCase",
    "ErrorSchema",
    "ErrorWords",
    "HeaderCase",
    "Kind",
    "Member",
    "MemberValue",
    "Members",
    "ModelNames",
    "OneRole",
    "OperationAddress",
    "OperationName",
    "ParameterCase",
    "ParameterName",
    "Requirement",
    "RoleHeader",
    "ShownMembers",
    "Situations",
    "StatedDigest",
    "StatusCopies",
    "StatusNames",
    "TokenCase",
    "add_derivation",
    "client_requirements",
    "derivations",
    "due_members",
    "receiver_requirements",
    "remove_derivation",
    "requirements",
    "situations",
]
