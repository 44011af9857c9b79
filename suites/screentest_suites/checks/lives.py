"""The life of a task that was told otherwise than by polls: held to what is judged of polls."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

from screentest_contracts.contract import Contract
from screentest_contracts.facts import Level
from screentest_contracts.requirements import Kind, Requirement, kinds, requirements
from screentest_suites.checks.registry import TRACE_CHECKS, Judgement, Violation
from screentest_suites.core.exchange import Trace
from screentest_suites.tasks.session import Session

BODY: Final[frozenset[Kind[Any]]] = frozenset(
    {
        kinds.QUERY_SCHEMA,
        kinds.QUERY_PROGRESS,
        kinds.QUERY_TIME,
        kinds.STATUS_KNOWN,
        kinds.STATUS_CASE,
        kinds.STATUS_TERMINAL,
        kinds.STATUS_COPY,
        kinds.DUPLICATE_MEMBERS_AGREE,
    }
)
"""What holds of each body that shows a task, and of two that show its end."""

LIFE: Final[frozenset[Kind[Any]]] = BODY | {
    kinds.STATUS_TRANSITIONS,
    kinds.IDENTITY_UNCHANGED,
    kinds.CREATED_MATCHES_RECEIPT,
    kinds.PRESENCE,
    kinds.FAILED_REASON,
    kinds.TIME_UNSET,
    kinds.QUERY_ECHO,
    kinds.QUERY_AMOUNT,
    kinds.QUEUE_POSITION,
    kinds.PROGRESS_MONOTONIC,
    kinds.COMPLETE_ONLY_AT_END,
    kinds.COMPLETE_AT_SUCCESS,
}
"""What holds of the bodies that show a task from its receipt on, in their order."""


def judge_life(
    session: Session, rests_on: Requirement, trace: Trace, polled: Trace, judged: Collection[Kind[Any]]
) -> Judgement:
    """The first violation of a requirement of these kinds that is as sure as the one that is judged by it. What polls
    break, too, those of the shared tasks or of this one (`polled`), is told of them, and not once more."""
    contract, held = session.contract, 0
    others = [polled, *session.traces()]
    names = {kind.name for kind in judged}
    for requirement in _requirements(contract):
        if requirement.kind in names and _LEVELS.index(requirement.level) <= _LEVELS.index(rests_on.level):
            check = TRACE_CHECKS[requirement.kind]
            judgement = check(contract, requirement, trace)
            if not isinstance(judgement, Violation):
                held += judgement
            elif not any(isinstance(check(contract, requirement, each), Violation) for each in others):
                return Violation(f"{judgement.seen} ({requirement.id})", judgement.expected, judgement.exchanges)
    return held


_LEVELS = list(Level)


@lru_cache(4)
def _requirements(contract: Contract) -> tuple[Requirement, ...]:
    return requirements(contract)
