"""What is judged under load beside the traces: what only many tasks at once can show."""

from functools import lru_cache

from screentest_contracts.contract import Contract, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.requirements import Builder, Kind, Requirement, kinds, requirements
from screentest_suites.checks import TRACE_CHECKS

RESULT_OWN = "load.result.own"
"""No two tasks show the same result."""

RETRY_AFTER = "load.retry-after"
"""An answer 429 says when to ask again."""

_RESULT_OWN = Kind("load-result-own", type(None), "that no two tasks show one result's address")
_RETRY_AFTER = Kind("load-retry-after", type(None), "that 429 comes with Retry-After")

ON_RESULTS = frozenset(
    kind.name
    for kind in (
        kinds.RESULT_LINK,
        kinds.RESULT_FETCH,
        kinds.RESULT_PLAYABLE,
        kinds.RESULT_MEDIA_TYPE,
        kinds.RESULT_ECHO,
        kinds.RESULT_DEFAULT,
        kinds.RESULT_STATUS_CODE,
        kinds.RESULT_SCHEMA,
        kinds.RESULT_PRESENCE,
        kinds.RESULT_MEMBER,
    )
)
"""Kinds of requirements whose checks only look at a download and at the answer that led to it."""

ON_CALLBACKS = frozenset(
    kind.name for kind in (kinds.CALLBACK_DELIVERED, kinds.CALLBACK_METHOD, kinds.CALLBACK_ONCE, kinds.CALLBACK_BODY)
)
"""Kinds of requirements whose checks only look at what has arrived for a task."""

_OF_MANY = frozenset(
    kind.name
    for kind in (kinds.CREATE_ACCEPTED, kinds.ID_UNIQUE, kinds.LIST_STATUS_CODE, kinds.LIST_CONTAINS, kinds.LIST_ITEMS)
)


@lru_cache(8)
def promises(contract: Contract) -> tuple[Requirement, ...]:
    """The requirements that are judged under load, in their order."""
    known = ON_RESULTS | ON_CALLBACKS | _OF_MANY
    found = [
        each
        for each in requirements(contract)
        if each.untestable is None and (each.kind in TRACE_CHECKS or each.kind in known)
    ]
    builder = Builder(contract)
    link = next((each.fact for each in found if each.kind == kinds.RESULT_LINK.name), Fact(Mark.ASSUMED))
    builder.add(RESULT_OWN, _RESULT_OWN, "result", link, "No two tasks show the same result's address.")
    text = "An answer 429 says in Retry-After when to ask again (RFC 6585, 4)."
    builder.add(RETRY_AFTER, _RETRY_AFTER, "errors", _retry_after(contract), text)
    return (*found, *builder.requirements.values())


def _retry_after(contract: Contract) -> Fact:
    """How sure it is that 429 comes with Retry-After: as the document has it, else nobody promises it."""
    facts = [
        reading.headers_fact
        for role in (Role.CREATE, Role.QUERY, Role.LIST)
        for row in contract.errors.get((role, "rate-limited"), ())
        for reading in row.readings
        if "retry-after" in {name.lower() for name in reading.headers}
    ]
    return min(facts, key=lambda fact: fact.mark.rank, default=Fact(Mark.ASSUMED))


def of_kind(contract: Contract, kind: Kind[None]) -> str:
    """The id of the requirement of a kind of which a contract has one at the most; "" where it has none."""
    return next((each.id for each in promises(contract) if each.kind == kind.name), "")
