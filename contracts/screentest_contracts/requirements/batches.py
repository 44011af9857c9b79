"""Requirements on queries for several tasks at once."""

from screentest_contracts.contract import Role
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import schema_fact
from screentest_contracts.requirements.model import CREATE, QUERY, STATUS, Builder, there

_SUITE = "polling"
_ANSWER, _ITEMS = "batch.status-code", "batch.items"


def add_batch(builder: Builder) -> None:
    contract, add = builder.contract, builder.add
    rule, operation = contract.batch, contract.operation(Role.BATCH)
    if rule is None or operation is None:
        return
    fact, made = rule.facts[""], contract.success[Role.BATCH].made
    needs = (CREATE, QUERY, there(Role.BATCH))
    text = f"{operation.method} {operation.path} for several tasks is answered {made}."
    add(_ANSWER, kinds.BATCH_STATUS_CODE, _SUITE, fact, text, depends=needs)
    answered = (*needs, _ANSWER)
    text = "A query for several tasks is JSON that validates against the documented schema."
    add("batch.schema", kinds.BATCH_SCHEMA, _SUITE, schema_fact(operation, made, ""), text, depends=answered)
    text = "A query for several tasks holds each task that was asked for, once, and no other."
    add(_ITEMS, kinds.BATCH_ITEMS, _SUITE, fact, text, depends=answered)
    text = "Each item tells of its task what a query of this task alone tells: status, values and an end that stays."
    add("batch.life", kinds.BATCH_LIFE, _SUITE, fact, text, depends=(*answered, _ITEMS, STATUS))
    if rule.ordered:
        text = "The items come in the order in which the ids were asked for."
        add("batch.order", kinds.BATCH_ORDER, _SUITE, rule.facts["order"], text, depends=(*answered, _ITEMS))
    if rule.unknown in ("omitted", "item"):
        what = "left out" if rule.unknown == "omitted" else "told by an item of its own"
        text = f"An id that nobody knows is {what}, and the other tasks are shown."
        add("batch.unknown", kinds.BATCH_UNKNOWN, _SUITE, rule.facts["unknown"], text, depends=(*answered, _ITEMS))
    promise = contract.promises.get("owner-only")
    if promise is not None:
        text = "Another account that asks for several tasks sees none that is not its own."
        own = fact.weakest(promise.fact)
        add("batch.owner-only", kinds.BATCH_OWNER, _SUITE, own, text, depends=(*answered, _ITEMS))
