"""The list, looked at for each task that has ended while others are made: none is lost, each is shown as it is."""

from typing import Any

from screentest_contracts.contract import ListRule, Role
from screentest_contracts.reading import id_text
from screentest_contracts.requirements import kinds
from screentest_suites.checks.lists import difference
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding, Result, failed, passed
from screentest_suites.load.judged import is_no_fault
from screentest_suites.load.promises import of_kind
from screentest_suites.tasks.session import Session

MOST = 20_000
"""Tasks whose time is remembered, the newest: more than any list shows."""


class Newest:
    """When the last tasks of this process were made."""

    def __init__(self) -> None:
        self._made: dict[str, float] = {}

    def note(self, trace: Trace) -> None:
        """Remembers a task that has just been made."""
        self._made[trace.task_id] = trace.created.received_at
        if len(self._made) > MOST:
            del self._made[next(iter(self._made))]

    def is_older(self, identity: str, trace: Trace) -> bool:
        """Whether a task had certainly been made before this one was asked for."""
        return self._made.get(identity, trace.created.sent_at) < trace.created.sent_at


def list_findings(session: Session, trace: Trace, newest: Newest) -> dict[str, Finding]:
    """What the list shows of a task that has ended, by the ids of requirements. It may be a moment behind: what it
    lacks it is asked for once more. Raises NotObservedError."""
    rule = session.contract.listing
    if rule is None or not trace.ended or Role.LIST not in session.contract.roles:
        return {}
    found = _look(session, rule, trace, newest)
    if any(finding.result is Result.FAILED for finding in found.values()):
        session.target.sleep(session.client.pace.interval)
        found = _look(session, rule, trace, newest)
    return {name: finding for name, finding in found.items() if name}


def _look(session: Session, rule: ListRule, trace: Trace, newest: Newest) -> dict[str, Finding]:
    contract, operation = session.contract, session.contract.roles[Role.LIST][0]
    answer = session.send(Role.LIST, session.request(operation, query=rule.longest, task=trace.task_id))
    answered, contains, items = (
        of_kind(contract, kind) for kind in (kinds.LIST_STATUS_CODE, kinds.LIST_CONTAINS, kinds.LIST_ITEMS)
    )
    if answer.error or answer.status not in contract.success[Role.LIST].statuses:
        if is_no_fault(contract, Role.LIST, answer):
            return {}
        return {answered: failed(answer.error or f"answered {answer.status}", "the list", [answer])}
    found = {answered: passed()}
    shown = _by_id(rule, answer)
    if trace.task_id in shown:
        wrong = difference(contract, trace, shown[trace.task_id])
        query = trace.polls[-1].exchange
        found[items] = failed(wrong, "what its query showed", [query, answer]) if wrong else passed()
        found[contains] = passed()
    elif not session.options.metered and not _is_pushed_out(rule, trace, answer, shown, newest):
        seen = f"the task {trace.task_id!r}, which has just ended, is not among {len(shown)} listed"
        found[contains] = failed(seen, trace.task_id, [trace.created, answer])
    return found


def _by_id(rule: ListRule, answer: Exchange) -> dict[str, Any]:
    items = rule.items.find(answer.json)
    pairs = [(id_text(rule.id_at.find(item)), item) for item in items] if isinstance(items, list) else []
    return {identity: item for identity, item in pairs if identity is not None}


def _is_pushed_out(rule: ListRule, trace: Trace, answer: Exchange, shown: dict[str, Any], newest: Newest) -> bool:
    """Whether a task may be missing because newer ones fill the list: it is full, and shows none that we know to be
    older."""
    size = rule.maximum if rule.longest and rule.longest in answer.sent.url else rule.default
    return len(shown) >= size and not any(newest.is_older(identity, trace) for identity in shown)
