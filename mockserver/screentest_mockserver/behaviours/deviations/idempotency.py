"""Keys that make a create safe to repeat, and do not."""

from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.records import Remembered
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer

_CONFLICT = ("error.create.idempotency-conflict", "error.create.idempotency-conflict.*")


def _has(contract: Contract) -> bool:
    return contract.idempotency is not None


def _keyed(name: str, about: str, breaks: tuple[str, ...], hooks: Hooks, also: tuple[str, ...] = ()) -> None:
    register(Deviation(name, about, breaks, _has, also, hooks))


def _no_keys(account: Account, key: str, asked: bytes) -> tuple[tuple[str, str], ...]:
    return ()


def _of_anybody(account: Account, key: str, asked: bytes) -> tuple[tuple[str, str], ...]:
    return ((account.name, key), ("", key))


def _of_any_key(account: Account, key: str, asked: bytes) -> tuple[tuple[str, str], ...]:
    return ((account.name, key), (account.name, f"asked {asked.hex()}"))


def _whatever_is_asked(call: Call, asked: bytes, known: Remembered, task: Task) -> Remembered | None:
    return known._replace(asked=asked)


def _new_for_another_body(call: Call, asked: bytes, known: Remembered, task: Task) -> Remembered | None:
    return known if known.asked == asked else None


def _for_a_tenth(call: Call, asked: bytes, known: Remembered, task: Task) -> Remembered | None:
    rule = call.contract.idempotency
    life = rule.life if rule is not None else None
    return None if life is not None and call.elapsed(task) > life / 10 else known


_keyed(
    "idempotency-key-ignored",
    "a create that is repeated with its key makes a second task",
    ("create.idempotent",),
    Hooks(keys=_no_keys),
    also=("create.idempotent.*", *_CONFLICT),
)
_keyed(
    "idempotency-conflict-unnoticed",
    "a used key gives its task whatever the body asks for",
    _CONFLICT,
    Hooks(recall=_whatever_is_asked),
)
_keyed(
    "idempotency-conflict-makes-a-task",
    "a used key makes a task for another body",
    _CONFLICT,
    Hooks(recall=_new_for_another_body),
)
_keyed(
    "idempotency-key-shared",
    "a key gives the task for which another account used it",
    ("create.idempotent.account",),
    Hooks(keys=_of_anybody),
)
_keyed(
    "idempotency-by-body",
    "an equal body gives the first task whatever its key",
    ("create.idempotent.other-key",),
    Hooks(keys=_of_any_key),
    also=("create.idempotent.*", *_CONFLICT),
)
_keyed(
    "idempotency-key-forgotten-early",
    "a key is remembered for a tenth of its life",
    ("create.idempotent.life",),
    Hooks(recall=_for_a_tenth),
)


def _telling(name: str, about: str, new: Any) -> None:
    """Changes what accepted creates tell of being a repetition."""

    def answer(call: Call, made: Answer) -> Answer:
        rule = call.contract.idempotency
        if rule is not None and rule.replayed is not None and call.role is Role.CREATE and made.task_id:
            header, value = rule.replayed[0].lower().encode("latin-1"), rule.replayed[1] or "true"
            rest = [row for row in made.headers if row[0] != header]
            made.headers = new(rest, len(rest) < len(made.headers), (header, value.encode("latin-1")))
        return made

    register(Deviation(name, about, ("create.idempotent.replayed",), hooks=Hooks(answer=answer)))


_telling("replay-untold", "a repetition does not tell that it is one", lambda rest, replay, told: rest)
_telling("replay-told-always", "every receipt says that it is a repetition", lambda rest, replay, told: [*rest, told])
