"""The operations that are only read: balance, models, account."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from screentest_contracts.contract import Operation, Resource
from screentest_mockserver.operations.balance import left, spent
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import BodyHookContext, Call
from screentest_mockserver.state.records import Booking
from screentest_mockserver.state.render import ErrorContext, response_headers
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer

_MONEY = frozenset({"balance", "spent"})


class _ResourceContext(ErrorContext):
    """Values of an account; amounts of money times the hole's argument."""

    __slots__ = ()

    def hole(self, name: str, argument: str) -> Any:
        if name not in _MONEY:
            return super().hole(name, argument)
        amount = round(self.values[name] * float(argument or 1), 6)
        return int(amount) if amount.is_integer() else amount


def read_resource(
    call: Call, operation: Operation, rule: Resource, account: Account, bookings: Sequence[Booking]
) -> Outcome:
    """What there is to read, as the document has it."""
    named = {each.wire: each.upstream for each in call.contract.models.values()}  # modes share a name
    models = [_item(call, rule, {"model": name, "upstream": upstream}) for name, upstream in named.items()]
    values = {
        "items": models,
        "total": len(models),
        "has_more": False,
        "balance": left(call, account, bookings),
        "spent": spent(call, bookings),
    }
    body = rule.body.render(_ResourceContext(call, values))
    body = call.hooks.body(BodyHookContext(call, operation.role, operation.id), body)
    status = call.facts.success_statuses[operation.role]
    return Answer(status, response_headers(call, operation.role, status), orjson.dumps(body)), ()


def _item(call: Call, rule: Resource, values: Mapping[str, Any]) -> Any:
    return None if rule.item is None else rule.item.render(ErrorContext(call, values))
