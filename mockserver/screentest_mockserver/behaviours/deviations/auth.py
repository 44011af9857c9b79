"""Keys and owners."""

from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import Contract, Operation, Role
from screentest_mockserver.behaviours.deviations.registry import Deviation, register
from screentest_mockserver.wire.accounts import Account

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock
    from screentest_mockserver.tasks.store import Task


def _accepts(role: Role, *, with_key: bool) -> Any:
    def account(mock: "ProviderMock", operation: Operation, found: Account | None, given: bool) -> Account | None:
        if found is None and operation.role is role and given is with_key:
            return mock.good_account
        return found

    return account


for _role in Role:
    register(
        Deviation(
            f"missing-key-accepted-{_role}",
            f"{_role} works without a key",
            (f"auth.{_role}.missing-key",),
            account=_accepts(_role, with_key=False),
            also=(f"auth.{_role}.missing-key.body", "result.auth"),
        )
    )
    register(
        Deviation(
            f"wrong-key-accepted-{_role}",
            f"{_role} works with any key",
            (f"auth.{_role}.wrong-key",),
            account=_accepts(_role, with_key=True),
            also=(f"auth.{_role}.wrong-key.body", f"auth.{_role}.expired-key*", f"auth.{_role}.*-token"),
        )
    )

register(
    Deviation(
        "foreign-task-shown",
        "another account's key shows a task",
        ("auth.*.foreign-task", "auth.owner-only"),
        shares=True,
        also=("auth.*.foreign-task.body",),
    )
)


def _anything(mock: "ProviderMock", operation: Operation, task_id: str, task: "Task | None") -> "Task | None":
    return task if task is not None else next(reversed(list(mock.store)), None)


register(
    Deviation(
        "unknown-task-shown",
        "an id that nobody knows shows some task",
        ("error.*.unknown-task", "error.*.malformed-id"),
        find=_anything,
        also=(
            *("error.*.unknown-task.body", "error.*.malformed-id.body", "auth.*.foreign-task*", "auth.owner-only"),
            "cancel.deletes",
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
        keeps_tasks=True,
        applies=_has_retention,
        also=("error.*.expired-task.body",),
    )
)
register(
    Deviation(
        "expired-link-works",
        "the bytes can be had for ever",
        ("error.*.link-expired",),
        keeps_links=True,
        applies=lambda c: c.link.life is not None,
        also=("error.*.link-expired.body",),
    )
)


def _everyone_is_the_owner(mock: "ProviderMock", operation: Operation, account: Account | None, keyed: bool) -> Any:
    return mock.good_account if operation.role is Role.LIST and account is not None else account


register(
    Deviation(
        "list-of-everyone",
        "a list shows other accounts' tasks",
        ("auth.list.owner-only",),
        account=_everyone_is_the_owner,
        applies=lambda contract: contract.listing is not None,
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
            overlooks=frozenset({_flaw}),
            also=("auth.*.expired-key*",) if _flaw == "expired" else (),
        )
    )
