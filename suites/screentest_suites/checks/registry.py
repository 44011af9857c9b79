"""Which function judges which kind of requirement.

A *check* asks the session for what it needs and gives a finding. A *trace check* is a pure function of contract,
requirement and one trace: the same function judges a live task, a property-based one and a recording.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from screentest_contracts.contract import Contract
from screentest_contracts.requirements import Kind, Requirement
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding
from screentest_suites.tasks.session import Session

S = TypeVar("S")

Check = Callable[[Session, Requirement[S]], Finding]


@dataclass(frozen=True)
class Violation:
    """What a trace shows against a requirement."""

    seen: str
    expected: str = ""
    exchanges: tuple[Exchange, ...] = ()


Judgement = Violation | int
"""A violation, or how many observations held (0: the trace says nothing about the requirement)."""

TraceCheck = Callable[[Contract, Requirement[S], Trace], Judgement]

REGISTRY: dict[str, Check[Any]] = {}
TRACE_CHECKS: dict[str, TraceCheck[Any]] = {}


def check(*kinds: Kind[S]) -> Callable[[Check[S]], Check[S]]:
    """Registers a check for these kinds of requirement. Raises ValueError where a kind has one already."""

    def add(function: Check[S]) -> Check[S]:
        for kind in kinds:
            _refuse_second(kind)
            REGISTRY[kind.name] = function
        return function

    return add


def trace_check(*kinds: Kind[S]) -> Callable[[TraceCheck[S]], TraceCheck[S]]:
    """Registers a trace check for these kinds of requirement. Raises ValueError where a kind has one already."""

    def add(function: TraceCheck[S]) -> TraceCheck[S]:
        for kind in kinds:
            _refuse_second(kind)
            TRACE_CHECKS[kind.name] = function
        return function

    return add


def _refuse_second(kind: Kind[Any]) -> None:
    if kind.name in REGISTRY or kind.name in TRACE_CHECKS:
        raise ValueError(f"two checks for {kind.name}")
