"""What is only read: the answers themselves, and whether a list of models is whole."""

from typing import Any

from screentest_contracts.contract import Resource, Role
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.requirements import OneRole, Requirement, kinds
from screentest_suites.checks.registry import check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session


def read(session: Session, role: Role) -> Exchange:
    """The answer now."""
    return session.send(role, session.request(session.contract.roles[role][0]))


def read_once(session: Session, role: Role) -> Exchange:
    """The first answer of the run."""
    known: dict[Role, Exchange] = session.memory.setdefault("resources", {})
    if role not in known:
        known[role] = read(session, role)
    return known[role]


@check(kinds.RESOURCE_STATUS_CODE)
def judge_status(session: Session, requirement: Requirement[OneRole]) -> Finding:
    """It is answered, as a success is."""
    role = requirement.subject.role
    exchange, success = read_once(session, role), session.contract.success[role]
    if not success.holds(exchange.status, exchange.json):
        return failed(exchange.error or f"answered {exchange.status}", f"answered {success.made}", (exchange,))
    return passed()


@check(kinds.RESOURCE_SCHEMA)
def judge_schema(session: Session, requirement: Requirement[OneRole]) -> Finding:
    """The answer is the documented one."""
    role = requirement.subject.role
    violation = schema_violation(session.contract.roles[role][0], read_once(session, role))
    return failed(violation.seen, violation.expected, violation.exchanges) if violation else passed()


@check(kinds.MODELS_LISTED)
def judge_listed(session: Session, requirement: Requirement[None]) -> Finding:
    """No model is left out of which a create is accepted. Modes share a name; of an open set none must be there."""
    rule, exchange = session.contract.resources[Role.MODELS], read_once(session, Role.MODELS)
    items = rule.items.find(exchange.json)
    if not isinstance(items, list):
        return failed(f"there is no list at {rule.items}", "the models", (exchange,))
    if _is_part(rule, exchange.json, len(items)):
        return skipped(Skip.NOT_OBSERVED, "the list goes on on further pages")
    names = {str(value) for item in items if (value := rule.name_at.find(item)) is not MISSING}
    missing = [each for each in session.models if each.names is None and not names & {each.wire, each.upstream}]
    for model in missing:
        if session.accepts_base_request(model):
            return failed(f"{model.wire} is not listed, and can be used", "every model of the document", (exchange,))
    if missing:
        return skipped(Skip.NOT_OBSERVED, f"{missing[0].wire} is not listed, and was not accepted either")
    return passed(len(session.models))


def _is_part(rule: Resource, body: Any, shown: int) -> bool:
    """Whether a list says that there is more than it shows."""
    for slot in rule.body.slots_named("has_more", "next_cursor", "total"):
        value = resolve(body, segments(slot.pointer))
        if slot.hole.name == "total":
            if isinstance(value, int) and value > shown:
                return True
        elif value is not MISSING and value:
            return True
    return False
