"""Keys that make a create safe to repeat, and do not."""

from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.deviations.registry import Deviation, register
from screentest_mockserver.wire.answer import Answer, Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock
    from screentest_mockserver.operations.idempotency import Remembered
    from screentest_mockserver.wire.accounts import Account

    Known = Remembered | None

_CONFLICT = ("error.create.idempotency-conflict", "error.create.idempotency-conflict.*")


def _has(contract: Contract) -> bool:
    return contract.idempotency is not None


def _recalls(name: str, about: str, breaks: tuple[str, ...], recall: Any, also: tuple[str, ...] = ()) -> None:
    register(Deviation(name, about, breaks, _has, also=also, recall=recall))


def _ignored(mock: "ProviderMock", account: "Account", key: str, asked: bytes, known: "Known") -> "Known":
    return None


def _whatever_is_asked(mock: "ProviderMock", account: "Account", key: str, asked: bytes, known: "Known") -> "Known":
    return known._replace(asked=asked) if known is not None else None


def _new_for_another_body(mock: "ProviderMock", account: "Account", key: str, asked: bytes, known: "Known") -> "Known":
    return known if known is not None and known.asked == asked else None


def _of_anybody(mock: "ProviderMock", account: "Account", key: str, asked: bytes, known: "Known") -> "Known":
    return known or next((made for _, each, made in mock.idempotency_keys if each == key), None)


def _of_any_key(mock: "ProviderMock", account: "Account", key: str, asked: bytes, known: "Known") -> "Known":
    mine = (made for name, _, made in mock.idempotency_keys if name == account.name)
    return known or next((made for made in mine if made.asked == asked), None)


def _for_a_tenth(mock: "ProviderMock", account: "Account", key: str, asked: bytes, known: "Known") -> "Known":
    rule = mock.contract.idempotency
    life = rule.life if rule is not None else None
    return None if known is not None and life is not None and mock.elapsed(known.task) > life / 10 else known


_recalls(
    "idempotency-key-ignored",
    "a create that is repeated with its key makes a second task",
    ("create.idempotent",),
    _ignored,
    also=("create.idempotent.*", *_CONFLICT),
)
_recalls(
    "idempotency-conflict-unnoticed",
    "a used key gives its task whatever the body asks for",
    _CONFLICT,
    _whatever_is_asked,
)
_recalls(
    "idempotency-conflict-makes-a-task", "a used key makes a task for another body", _CONFLICT, _new_for_another_body
)
_recalls(
    "idempotency-key-shared",
    "a key gives the task for which another account used it",
    ("create.idempotent.account",),
    _of_anybody,
)
_recalls(
    "idempotency-by-body",
    "an equal body gives the first task whatever its key",
    ("create.idempotent.other-key",),
    _of_any_key,
    also=("create.idempotent.*", *_CONFLICT),
)
_recalls(
    "idempotency-key-forgotten-early",
    "a key is remembered for a tenth of its life",
    ("create.idempotent.life",),
    _for_a_tenth,
)


def _telling(name: str, about: str, new: Any) -> None:
    """Changes what accepted creates tell of being a repetition."""

    def answer(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
        rule, found = mock.contract.idempotency, mock.route(request.method, request.path)
        if rule is not None and rule.replayed is not None and found and found[0].role is Role.CREATE and made.task_id:
            header, value = rule.replayed[0].lower().encode("latin-1"), rule.replayed[1] or "true"
            rest = [each for each in made.headers if each[0] != header]
            made.headers = new(rest, len(rest) < len(made.headers), (header, value.encode("latin-1")))
        return made

    register(Deviation(name, about, ("create.idempotent.replayed",), answer=answer))


_telling("replay-untold", "a repetition does not tell that it is one", lambda rest, replay, told: rest)
_telling("replay-told-always", "every receipt says that it is a repetition", lambda rest, replay, told: [*rest, told])
