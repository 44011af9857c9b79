"""What a callback says: of which class it tells, and which task."""

from typing import Any

import orjson

from screentest_contracts.contract import Contract, StatusClass
from screentest_contracts.location import replaced, resolve, segments
from screentest_contracts.template import Template
from screentest_suites.targets.callback_port import Received


def json_of(received: Received) -> Any:
    """The body as JSON; None where it is none."""
    try:
        return orjson.loads(received.body)
    except orjson.JSONDecodeError:
        return None


def class_of(contract: Contract, received: Received) -> StatusClass | None:
    """The class of the task that a callback speaks of; None when it cannot be read. Where callbacks have bodies of
    their own, that is the class whose body it looks like."""
    rule, body = contract.callback, json_of(received)
    if rule is None or body is None:
        return None
    if not rule.bodies:
        status = contract.lifecycle.read(body, view="callback")
        return None if status is None else status.status_class
    fitting = (each for each, template in rule.bodies.items() if _looks_like(contract, each, template, body))
    return next(fitting, None)


def _looks_like(contract: Contract, status_class: StatusClass, template: Template, body: Any) -> bool:
    if template.mismatches(body):
        return False
    for slot in template.slots_named("query"):
        part = segments(slot.hole.argument)
        told = replaced({}, part, resolve(body, segments(slot.pointer)))
        status = contract.lifecycle.read(told, view="callback")
        if status is None and part:
            continue  # the part does not tell it
        if status is None or status.status_class is not status_class:
            return False
    return True
