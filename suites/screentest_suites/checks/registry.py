"""Which function judges which kind of requirement.

A *check* asks the session for what it needs and gives a finding. A *trace check* is a pure function of contract,
requirement and one trace: the same function judges a live task, a property-based one and a recording.
"""

from collections.abc import Callable
from dataclasses import dataclass

from screentest_contracts.contract import Contract
from screentest_contracts.requirements import Requirement
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding
from screentest_suites.tasks.session import Session

Check = Callable[[Session, Requirement], Finding]


@dataclass(frozen=True)
class Violation:
    """What a trace shows against a requirement."""

    seen: str
    expected: str = ""
    exchanges: tuple[Exchange, ...] = ()


Judgement = Violation | int
"""A violation, or how many observations held (0: the trace says nothing about the requirement)."""

TraceCheck = Callable[[Contract, Requirement, Trace], Judgement]

REGISTRY: dict[str, Check] = {}
TRACE_CHECKS: dict[str, TraceCheck] = {}


def check(*kinds: str) -> Callable[[Check], Check]:
    """Registers a check for these kinds of requirement."""

    def add(function: Check) -> Check:
        for kind in kinds:
            if kind in REGISTRY or kind in TRACE_CHECKS:
                raise ValueError(f"two checks for {kind}")
            REGISTRY[kind] = function
        return function

    return add


def trace_check(*kinds: str) -> Callable[[TraceCheck], TraceCheck]:
    """Registers a trace check for these kinds of requirement."""

    def add(function: TraceCheck) -> TraceCheck:
        for kind in kinds:
            if kind in REGISTRY or kind in TRACE_CHECKS:
                raise ValueError(f"two checks for {kind}")
            TRACE_CHECKS[kind] = function
        return function

    return add
