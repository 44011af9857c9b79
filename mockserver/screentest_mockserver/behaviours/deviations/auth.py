"""Keys and owners."""

import math
from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account


def _accepts(role: Role, *, with_key: bool) -> Any:
    def account(call: Call, found: Account | None, given: bool) -> Account | None:
        if found is None and call.role is role and given is with_key:
            return call.facts.good_account
        return found

    return account


for _role in Role:
    register(
        Deviation(
            f"missing-key-accepted-{_role}",
            f"{_role} works without a key",
            (f"auth.{_role}.missing-key",),
            hooks=Hooks(account=_accepts(_role, with_key=False)),
            also=(f"auth.{_role}.missing-key.body", "result.auth"),
        )
    )
    register(
        Deviation(
            f"wrong-key-accepted-{_role}",
            f"{_role} works with any key",
            (f"auth.{_role}.wrong-key",),
            hooks=Hooks(account=_accepts(_role, with_key=True)),
            also=(f"auth.{_role}.wrong-key.body", f"auth.{_role}.expired-key*", f"auth.{_role}.*-token"),
        )
    )

register(
    Deviation(
        "foreign-task-shown",
        "another account's key shows a task",
        ("auth.*.foreign-task", "auth.owner-only", "batch.owner-only"),
        hooks=Hooks(shares=True),
        also=("auth.*.foreign-task.body",),
    )
)


FORMS = {
    "type": "type",
    "pattern": "pattern",
    "format": "format",
    "min-length": "minLength",
    "max-length": "maxLength",
}
"""What an id in an address can be held to, by the last word of the requirement."""


def _noted(call: Call, task: Task) -> Task:
    call.notes.put("newest", task.id)
    return task


def _newest(call: Call, task_id: str) -> str:
    return call.notes.get("newest") or ""


register(
    Deviation(
        "unknown-task-shown",
        "an id that nobody knows shows some task",
        ("error.*.unknown-task", "error.*.malformed-id"),
        hooks=Hooks(task=_noted, instead=_newest),
        also=(
            *("error.*.unknown-task.body", "error.*.malformed-id.body", "auth.*.foreign-task*", "auth.owner-only"),
            "cancel.deletes",
            "delete.works",
            "delete.unknown",
            "batch.unknown",
        ),
    )
)


def _has_retention(contract: Contract) -> bool:
    return contract.retention is not None


register(
    Deviation(
        "expired-task-shown",
        "a task can be queried for ever",
        ("error.*.expired-task",),
        hooks=Hooks(keeps_tasks=True),
        applies=_has_retention,
        also=("error.*.expired-task.body",),
    )
)
register(
    Deviation(
        "expired-link-works",
        "the bytes can be had for ever",
        ("error.*.link-expired",),
        hooks=Hooks(link_life=lambda call, seconds: math.inf),
        applies=lambda c: c.link.longest is not None,
        also=("error.*.link-expired.body",),
    )
)


def _everyone_is_the_owner(call: Call, account: Account | None, given: bool) -> Account | None:
    return call.facts.good_account if call.role is Role.LIST and account is not None else account


register(
    Deviation(
        "list-of-everyone",
        "a list shows other accounts' tasks",
        ("auth.list.owner-only",),
        hooks=Hooks(account=_everyone_is_the_owner),
        applies=lambda contract: contract.listing is not None,
    )
)


def _restricted_to_creates(call: Call, account: Account | None, given: bool) -> Account | None:
    asks = call.role in (Role.QUERY, Role.RESULT, Role.CONTENT)
    return None if asks and account is not None and account.restricted else account


register(
    Deviation(
        "restricted-key-cannot-ask",
        "a key for some models only is refused as it asks for its own task",
        ("auth.restricted-owns",),
        hooks=Hooks(account=_restricted_to_creates),
    )
)

for _flaw, _about in {
    "expired": "a token works for ever",
    "forged": "a token's signature is not verified",
    "unsigned": "a token that nobody has signed is taken",
}.items():
    register(
        Deviation(
            f"{_flaw}-token-accepted",
            _about,
            (f"auth.*.{_flaw}-token",),
            hooks=Hooks(overlooks=frozenset({_flaw})),
            also=("auth.*.expired-key*",) if _flaw == "expired" else (),
        )
    )


def _newest_for_misformed(call: Call, task_id: str) -> str:
    operation = call.operation
    carrier = None if operation is None else next((each for each in operation.call_parameters if each.carries_id), None)
    if carrier is None or carrier.validator.is_valid(carrier.read([task_id])):
        return ""
    return call.notes.get("newest") or ""


register(
    Deviation(
        "misformed-id-shown",
        "an id that does not have the form of the address shows some task",
        tuple(f"{role}.*.{slug}" for role in ("query", "result", "content") for slug in FORMS),
        hooks=Hooks(task=_noted, instead=_newest_for_misformed),
        also=("error.*.malformed-id*",),
        applies=lambda contract: any(
            parameter.carries_id and not set(FORMS.values()).isdisjoint(parameter.schema)
            for operation in contract.operations.values()
            for parameter in operation.call_parameters
        ),
    )
)
