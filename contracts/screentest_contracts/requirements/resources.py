"""Requirements on what is only read: the answers themselves, a balance around tasks, a list of models."""

from screentest_contracts.contract import RESOURCES, Resource, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import schema_fact
from screentest_contracts.requirements.model import CREATE, DELETES, ENDED, QUERY, Builder, there
from screentest_contracts.requirements.subjects import OneRole

_SUITE = "resources"
_LEFT = "balance.left"


def add_resources(builder: Builder) -> None:
    contract, add = builder.contract, builder.add
    for role in RESOURCES:
        rule, operation = contract.resources.get(role), contract.operation(role)
        if rule is None or operation is None:
            continue
        made, subject = contract.success[role].made, OneRole(role)
        text = f"{operation.method} {operation.path} is answered {made}."
        add(f"{role}.status-code", kinds.RESOURCE_STATUS_CODE, _SUITE, rule.fact, text, subject, (there(role),))
        text = (
            f"The answer to {operation.method} {operation.path} is JSON that validates against the documented schema."
        )
        fact = schema_fact(operation, made, "")
        add(f"{role}.schema", kinds.RESOURCE_SCHEMA, _SUITE, fact, text, subject, (f"{role}.status-code",))
        if role is Role.BALANCE:
            _add_balance(builder, rule)
        if role is Role.MODELS:
            text = "The list of models holds every model of the document that the key may use."
            add("models.listed", kinds.MODELS_LISTED, _SUITE, rule.fact, text, depends=("models.status-code",))


def _add_balance(builder: Builder, rule: Resource) -> None:
    add, fact, left = builder.add, rule.fact, rule.left
    place = left.pointer if left is not None else ""
    text = f"A balance says what is left, as a number ({place})."
    add(_LEFT, kinds.BALANCE_LEFT, _SUITE, fact, text, depends=("balance.status-code",))
    prices = [price for price in builder.contract.prices if price.per != "million-tokens"]
    if prices:
        own = fact.weakest(min((price.fact for price in prices), key=lambda each: each.mark.rank))
        text = "A task that succeeds lowers the balance by its price, once."
        add("balance.charged", kinds.BALANCE_CHARGED, _SUITE, own, text, depends=(CREATE, QUERY, ENDED, _LEFT))
    derived = Fact(Mark.DERIVED, fact.source) if not prices else fact
    text = "A task that fails leaves the balance as it was before: nothing is charged, or it is given back, once."
    own = fact.weakest(derived)
    add("balance.failed", kinds.BALANCE_FAILED, _SUITE, own, text, depends=(CREATE, QUERY, ENDED, _LEFT))
    text = "A create that is refused leaves the balance as it was."
    add("balance.refused", kinds.BALANCE_REFUSED, _SUITE, own, text, depends=(CREATE, _LEFT))
    deletes = builder.contract.delete
    if deletes is not None and any(each.terminal for each in deletes.sure_deletes):
        text = "A delete of a task that has ended leaves the balance as it was."
        own, after = fact.weakest(derived, deletes.fact), (CREATE, QUERY, ENDED, DELETES, _LEFT)
        add("balance.deleted", kinds.BALANCE_DELETED, _SUITE, own, text, depends=after)
    if rule.spent is not None:
        text = f"What is left and what was spent ({rule.spent.pointer}) have the same sum before and after a task."
        needs = (CREATE, QUERY, ENDED, _LEFT)
        add("balance.total", kinds.BALANCE_TOTAL, _SUITE, fact, text, depends=needs)
