"""What requirements are about: the value that a check is given beside the contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from screentest_contracts.contract import Constraint, Copy, ErrorRow, Failure, Role


@dataclass(frozen=True, slots=True)
class Case:
    """One constraint of one model."""

    model: str
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class Cases:
    """The same constraint of several models."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Some models of the contract."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedFailure:
    """A reason for which a task fails whose request asks for it."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class AssetName:
    """A further file of a task, by its name in the document."""

    asset: str


@dataclass(frozen=True, slots=True)
class StatusNames:
    """Some statuses of the lifecycle."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class OperationName:
    """An operation of the contract, by its id."""

    operation: str


@dataclass(frozen=True, slots=True)
class AliasOfCreate:
    """Another create operation, by its id. `documented`: compared in what is documented (MUST); else in the rest."""

    operation: str
    documented: bool


@dataclass(frozen=True, slots=True)
class OperationAddress:
    """A place in a receipt (a JSON pointer, or `header:<name>`) that holds the address of an operation."""

    pointer: str
    operation: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an answer."""

    pointer: str


@dataclass(frozen=True, slots=True)
class Members:
    """Members of an answer, of which one is enough."""

    pointers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberValue:
    """A member of an answer that holds a value of the task or of an uploaded file: `id`, `duration`, `created`, ..."""

    pointer: str
    value: str


@dataclass(frozen=True, slots=True)
class DuplicateMembers:
    """Members of one answer that hold the same value of the task."""

    value: str
    pointers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusCopies:
    """The nested copy of the status at one place, by the profile whose answers have it."""

    by_profile: Mapping[str, Copy]


@dataclass(frozen=True, slots=True)
class OneRole:
    """The calls of one role. The result's address counts as `content`, whoever shows it."""

    role: Role


@dataclass(frozen=True, slots=True)
class RoleHeader:
    """A header of the answers to a role."""

    role: Role
    header: str


@dataclass(frozen=True, slots=True)
class ParameterName:
    """A parameter of query or path of a role's first operation."""

    role: Role
    parameter: str


@dataclass(frozen=True, slots=True)
class ParameterCase:
    """One constraint of such a parameter; the first part of its path is the parameter's name."""

    role: Role
    parameter: str
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class HeaderCase:
    """A header of a create that some values need: with it (`accept`), or without it."""

    operation: str
    header: str
    accept: bool


@dataclass(frozen=True, slots=True)
class StatedDigest:
    """Where the digest of the file stands: at a pointer of the answer that shows success, or in this header of a
    download. `make` is the text there, with a hole `file_digest`."""

    pointer: str
    header: str
    make: str


@dataclass(frozen=True, slots=True)
class AnswerId:
    """Where an answer to a role shows its own id: in a member and in a header."""

    role: Role
    pointer: str
    header: str


@dataclass(frozen=True, slots=True)
class ShownMembers:
    """Members of the answers to one role that the document shows."""

    role: Role
    pointers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """A condition on one role. `weak`: the words of its bodies that a requirement of their own judges."""

    role: Role
    row: ErrorRow
    weak: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """Words of a refusal, by their pointers, that are less sure than the rest of its body."""

    case: ErrorCase
    pointers: frozenset[str]


@dataclass(frozen=True, slots=True)
class ErrorSchema:
    """HTTP statuses of refusals, and the conditions that are answered with one of them; all on one role."""

    statuses: tuple[int, ...]
    cases: tuple[ErrorCase, ...]


@dataclass(frozen=True, slots=True)
class TokenCase:
    """A flaw of a token (`tokens.FLAWS`) in a call of one role."""

    role: Role
    flaw: str


class Aspect(StrEnum):
    """What of a delivered video can be compared with the request."""

    DURATION = "duration"
    RATIO = "ratio"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class AspectDefaults:
    """What models deliver when a request does not say, by the model's name."""

    aspect: Aspect
    by_model: Mapping[str, Any]
