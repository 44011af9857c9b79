"""Which function judges which kind of requirement.

A *check* asks the session for what it needs and gives a finding. A *trace check* is a pure function of contract,
requirement and one trace: the same function judges a live task, a property-based one and a recording.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from screentest_contracts.contract import Contract
from screentest_contracts.requirements import Kind, Requirement
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding, Result, passed
from screentest_suites.tasks.session import Session

S = TypeVar("S")

Check = Callable[[Session, Requirement[S]], Finding]


@dataclass(frozen=True)
class Violation:
    """What a trace shows against a requirement.

    >>> import screentest
    >>> violation = screentest.Violation("progress fell from 60 to 40", "progress never falls")
    >>> violation.seen, violation.expected
    ('progress fell from 60 to 40', 'progress never falls')
    """

    seen: str
    expected: str = ""
    exchanges: tuple[Exchange, ...] = ()


Judgement = Violation | int
"""A violation, or how many observations held (0: the trace says nothing about the requirement)."""


class Held(int):
    """How many observations held of a value that a server can show without having read the request, such as a default:
    a run in which all traces asked for the same one has seen little."""

    value: str

    def __new__(cls, count: int, value: object) -> "Held":
        made = super().__new__(cls, count)
        made.value = str(value)
        return made


TraceCheck = Callable[[Contract, Requirement[S], Trace], Judgement]


def held(judged: Iterable[int]) -> Finding:
    """What passed in so many observations each; on weak evidence where all are of one value (see `Held`)."""
    judged = [each for each in judged if each]
    values = {each.value if isinstance(each, Held) else None for each in judged}
    if len(values) > 1 or None in values:
        return passed(sum(judged))
    reason = f"evidence: weak: nothing but {values.pop()} was asked for"
    return Finding(Result.PASSED, reason, judged=sum(judged), weak=True)


REGISTRY: dict[str, Check[Any]] = {}
TRACE_CHECKS: dict[str, TraceCheck[Any]] = {}
UNSEEN: dict[str, str] = {}
"""What no trace showed where a trace check has judged nothing, by kind."""


def check(*kinds: Kind[S]) -> Callable[[Check[S]], Check[S]]:
    """Registers a check for these kinds of requirement. Raises ValueError where a kind has one already.

    A check is given the session and the requirement, and returns a `Finding`: `passed`, `failed` or `skipped`.

    >>> import screentest
    >>> KNOWN = screentest.Kind("acme-known", type(None), "that a new task is known at once")
    >>> @screentest.check(KNOWN)
    ... def judge_known(session: screentest.Session, requirement: screentest.Requirement[None]) -> screentest.Finding:
    ...     traces = session.ensure_base_tasks()
    ...     if not traces:
    ...         return screentest.skipped(screentest.Skip.NOT_OBSERVED, "no task was created")
    ...     exchange = session.poll(traces[0])
    ...     return screentest.passed() if exchange.status == 200 else screentest.failed("no task", "200", [exchange])
    >>> contract = screentest.load_contract("acme.yaml")
    >>> fact, text = screentest.Fact(screentest.Mark.DOCUMENTED), "A new task is known at once."
    >>> made = screentest.Requirement("query.acme.known", KNOWN.name, "polling", fact.mark.level, text, fact, None)
    >>> session = screentest.Session(contract, screentest.EmbeddedTarget(contract))
    >>> judge_known(session, made).result
    <Result.PASSED: 'passed'>
    """

    def add(function: Check[S]) -> Check[S]:
        for kind in kinds:
            _refuse_second(kind)
            REGISTRY[kind.name] = function
        return function

    return add


def trace_check(*kinds: Kind[S], unseen: str = "") -> Callable[[TraceCheck[S]], TraceCheck[S]]:
    """Registers a trace check for these kinds of requirement. Raises ValueError where a kind has one already.

    It is given contract, requirement and the trace of a task, asks nothing itself, and returns a `Violation` or how
    many observations held; 0: the trace says nothing. `unseen` tells users what no trace of a run has shown then.

    >>> import screentest
    >>> SIZE = screentest.Kind("acme-most-bytes", int, "how many bytes a query's answer may have")
    >>> @screentest.trace_check(SIZE)
    ... def judge_size(
    ...     contract: screentest.Contract, requirement: screentest.Requirement[int], trace: screentest.Trace
    ... ) -> screentest.Violation | int:
    ...     for poll in trace.polls:
    ...         if poll.exchange.size > requirement.subject:
    ...             return screentest.Violation(f"{poll.exchange.size} bytes", exchanges=(poll.exchange,))
    ...     return len(trace.polls)
    >>> contract = screentest.load_contract("acme.yaml")
    >>> fact, text = screentest.Fact(screentest.Mark.DOCUMENTED), "An answer has at most 20 bytes."
    >>> made = screentest.Requirement("query.acme.size", SIZE.name, "polling", fact.mark.level, text, fact, 20)
    >>> session = screentest.Session(contract, screentest.EmbeddedTarget(contract))
    >>> trace = session.follow(session.ensure_base_tasks()[0])
    >>> isinstance(judge_size(contract, made, trace), screentest.Violation)
    True
    """

    def add(function: TraceCheck[S]) -> TraceCheck[S]:
        for kind in kinds:
            _refuse_second(kind)
            TRACE_CHECKS[kind.name] = function
            UNSEEN[kind.name] = unseen
        return function

    return add


def _refuse_second(kind: Kind[Any]) -> None:
    if kind.name in REGISTRY or kind.name in TRACE_CHECKS:
        raise ValueError(f"two checks for {kind.name}")
