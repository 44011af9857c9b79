"""What tasks take from the balance of their account."""

import math
from collections.abc import Iterable

from screentest_contracts.contract import Role, StatusClass
from screentest_mockserver.state.effects import Booked
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.records import Booking
from screentest_mockserver.state.render import TaskContext, charge_of
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account


def booked(call: Call, task: Task) -> tuple[Booked, ...]:
    """What a task takes, where the document tells of balances: its price from its creation until it fails, or from its
    success on. A failure that costs nothing is booked and given back at one moment."""
    rule = call.contract.resources.get(Role.BALANCE)
    price = charge_of(TaskContext(call, task, task.plan.receipt)) if rule is not None else None
    if rule is None or price is None:
        return ()
    end = math.inf if math.isinf(task.plan.end) else task.created + task.plan.end / call.speed
    kept = task.plan.final.status_class is StatusClass.SUCCEEDED
    if not rule.early and math.isinf(end):
        return ()
    returned = None if kept or math.isinf(end) else end
    return (Booked(Booking(task.account.name, task.id, price, task.created if rule.early else end, returned)),)


def spent(call: Call, bookings: Iterable[Booking]) -> float:
    """What has been taken by now and not given back."""
    return sum(each.amount for each in bookings if each.counts(call.now))


def left(call: Call, account: Account, bookings: Iterable[Booking]) -> float:
    """What an account has left."""
    rule = call.contract.resources.get(Role.BALANCE)
    return 0.0 if account.poor or rule is None else rule.start - spent(call, bookings)
