"""What the tasks of a run may have cost: which they are, how they end, and what the document asks for each."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from screentest_contracts.contract import Contract, Model, Role, StatusClass
from screentest_contracts.reading import CallOutcome, judge_call, task_id
from screentest_suites.checks.echoes import prices_of
from screentest_suites.core.credential import is_good_account
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.tasks.records import NEVER_ENDED
from screentest_suites.tasks.session import Session


def creates_beside(session: Session, own: Trace | None) -> dict[str, Exchange]:
    """The creates of this run that were accepted for the good account, without one's own, by the task's id."""
    seen = session.client.seen.copy()
    made = [each for role, each in seen if role is Role.CREATE and is_good_account(each.sent.credential)]
    named = {str(task_id(session.contract, each.json)): each for each in made if session.accepted(each)}
    return {name: each for name, each in named.items() if own is None or name != own.task_id}


def without_end(session: Session, made: Iterable[str]) -> list[str]:
    """Those of which nobody knows how they ended."""
    return [each for each in made if session.records.ends.get(each, ("", ""))[1] in ("", NEVER_ENDED)]


def await_ends(session: Session, made: Mapping[str, Exchange]) -> None:
    """Asks for tasks until they have ended, are unknown, or the time-out for one is over."""
    contract, query = session.contract, session.contract.roles[Role.QUERY][0]
    deadline, names = session.target.now() + session.client.pace.timeout, list(made)

    def goes_on(name: str) -> bool:
        answer = session.send(Role.QUERY, session.request(query, task=name))
        if judge_call(contract, Role.QUERY, answer.status, answer.json) is CallOutcome.REFUSED:
            return False
        status = status_in(contract, answer)
        if status is not None and status.status_class.terminal:
            model, body = _asked(contract, made[name])
            trace = Trace(model.name if model is not None else "", body, made[name], name)
            session.records.note_end(trace, status.status_class.value)
            return False
        return True

    while names and session.target.now() < deadline:
        going = session.in_parallel(goes_on, names)
        names = [name for name, still in zip(names, going, strict=True) if still]
        if names:
            session.target.sleep(session.client.pace.interval)


def may_cost(session: Session, name: str) -> bool:
    """Whether a task may have cost its price: it was not seen to end without a video."""
    return session.records.ends.get(name, ("", ""))[1] in ("", NEVER_ENDED, StatusClass.SUCCEEDED)


def most_due(contract: Contract, create: Exchange) -> float:
    """The most that a create can cost by the document; infinite where that is not known."""
    model, body = _asked(contract, create)
    return max([] if model is None else prices_due(contract, model, body), default=math.inf)


def _asked(contract: Contract, create: Exchange) -> tuple[Model | None, Any]:
    """The model and the body of a create; None for a form."""
    try:
        body = orjson.loads(create.sent.body or b"")
    except orjson.JSONDecodeError:
        return None, None
    operation = contract.operations[create.sent.operation]
    return contract.model_of(operation, body) if isinstance(body, dict) else None, body


def prices_due(contract: Contract, model: Model, body: Any) -> list[float]:
    """What a request costs by the document: in the unit of its prices, or in real money."""
    prices = prices_of(contract, model, body)
    worth = {1.0, *(each.cost / each.amount for each in contract.prices if each.amount)}
    return sorted({round(price * each, 6) for price in prices for each in worth})
