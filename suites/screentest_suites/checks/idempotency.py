"""Creates that are repeated with an idempotency key. Like every task beside the shared one, none is paid for."""

from dataclasses import dataclass

from screentest_contracts.contract import Model, Role
from screentest_contracts.reading import task_id
from screentest_contracts.requirements import Requirement, kinds
from screentest_suites.checks.accounts import unusable
from screentest_suites.checks.answers import says_nothing
from screentest_suites.checks.registry import check
from screentest_suites.core.credential import GOOD, SECOND, Credential
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session


@dataclass(frozen=True)
class Pair:
    """A create that was accepted, and the answer to the same request with the same key."""

    model: Model
    key: str
    first: Exchange
    second: Exchange


@check(kinds.IDEMPOTENT)
def judge_same_task(session: Session, requirement: Requirement[None]) -> Finding:
    """Both answers name one task."""
    pair = _pair(session)
    return pair if isinstance(pair, Finding) else _same(session, pair.first, pair.second)


@check(kinds.IDEMPOTENT_OTHER_KEY)
def judge_other_key(session: Session, requirement: Requirement[None]) -> Finding:
    """With another key the same body makes another task."""
    pair = _pair(session)
    if isinstance(pair, Finding):
        return pair
    return _other(session, pair, _send(session, pair.model, session.fresh_key()), "another key")


@check(kinds.IDEMPOTENT_ACCOUNT)
def judge_account(session: Session, requirement: Requirement[None]) -> Finding:
    """With another account's key to the API, the same request makes another task."""
    if (missing := unusable(session, "second")) is not None:
        return missing
    pair = _pair(session)
    if isinstance(pair, Finding):
        return pair
    return _other(session, pair, _send(session, pair.model, pair.key, credential=SECOND), "another account")


@check(kinds.IDEMPOTENT_REPLAYED)
def judge_replayed(session: Session, requirement: Requirement[None]) -> Finding:
    """The repetition says what it is, and what it repeats does not."""
    pair, rule = _pair(session), session.contract.idempotency
    if isinstance(pair, Finding):
        return pair
    if rule is None or rule.replayed is None:
        return skipped(Skip.NOT_OBSERVED)
    name, value = rule.replayed
    first, second = pair.first.header(name), pair.second.header(name)
    wanted = f"{name}{f': {value}' if value else ''} in the second answer only"
    if not second or value not in (None, second):
        seen = f"no header {name}" if second is None else f"{name} is {second!r}"
        return failed(f"the second answer: {seen}", wanted, (pair.first, pair.second))
    if first == second:
        return failed(f"the first answer has {name}: {first} too", wanted, (pair.first, pair.second))
    return passed(2)


@check(kinds.IDEMPOTENT_LIFE)
def judge_life(session: Session, requirement: Requirement[None]) -> Finding:
    """Shortly before its end a key still stands for its task."""
    rule = session.contract.idempotency
    model = session.any_model()
    if session.target.steering is None or rule is None or rule.life is None:
        return skipped(Skip.NEEDS_CLOCK)
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    key = session.fresh_key()
    first = session.create(model, model.base, idempotency=key)
    session.target.sleep(rule.life * 0.9)
    return _same(session, first, _send(session, model, key))


def _pair(session: Session) -> Pair | Finding:
    """One for all of these requirements."""
    return session.once("idempotent", lambda: _make_pair(session))


def _make_pair(session: Session) -> Pair | Finding:
    model = session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    key = session.fresh_key()
    first = session.create(model, model.base, idempotency=key)
    if session.accepted(first):
        return Pair(model, key, first, _send(session, model, key))
    if says_nothing(first):
        return skipped(Skip.NOT_OBSERVED, "a create was not accepted")
    return failed(f"a create with a key was answered {first.status}", "accepted, as without one", (first,))


def _send(session: Session, model: Model, key: str, credential: Credential = GOOD) -> Exchange:
    """A create that is not counted among the run's tasks: it may be the same once more."""
    session.client.refuse_extra_tasks()
    sent = session.request(model.operations[0], body=model.base, credential=credential, idempotency=key)
    return session.send(Role.CREATE, sent, valid=True)


def _same(session: Session, first: Exchange, second: Exchange) -> Finding:
    if says_nothing(second):
        return skipped(Skip.NOT_OBSERVED, "a create was not accepted")
    wanted, both = "the first task's receipt again", (first, second)
    if not session.accepted(second):
        return failed(f"the second was answered {second.status}", wanted, both)
    ids = [task_id(session.contract, each.json) for each in both]
    return passed() if ids[0] == ids[1] else failed(f"two tasks, {ids[0]!r} and {ids[1]!r}", wanted, both)


def _other(session: Session, pair: Pair, exchange: Exchange, what: str) -> Finding:
    if not session.accepted(exchange):
        return skipped(Skip.NOT_OBSERVED, "a create was not accepted")
    name = task_id(session.contract, exchange.json)
    if name == task_id(session.contract, pair.first.json):
        return failed(f"{what} gives the same task, {name!r}", "a task of its own", (pair.first, exchange))
    return passed()
