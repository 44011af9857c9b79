"""What is only read, and what tasks take from a balance."""

from collections.abc import Callable
from typing import Any

from screentest_contracts.contract import RESOURCES, Contract, Role, StatusClass
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.template import Slot
from screentest_mockserver.behaviours.deviations.edit import put, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation
from screentest_mockserver.state.effects import Booked, Effect, TaskAdded, TaskChanged
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.state.records import Booking
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.wire.answer import Answer, Headers


def _has(role: Role) -> Applies:
    return lambda contract: role in contract.resources


def _answer(role: Role, change: Callable[[Answer], None]) -> Hooks:
    def answer(call: Call, answer: Answer) -> Answer:
        if call.role is role and answer.status < 300:
            change(answer)
        return answer

    return Hooks(answer=answer)


def _broken(answer: Answer) -> None:
    answer.status = 500


def _as_text(answer: Answer) -> None:
    answer.headers = [(b"content-type", b"text/html")]


for _role in RESOURCES:
    for _name, _about, _noticed, _hook in (
        ("server-error", "the call of the role {} is answered 500", "status-code", _broken),
        ("as-web-page", "the answer of the role {} calls itself a web page", "schema", _as_text),
    ):
        register(
            Deviation(
                f"{_role}-{_name}",
                _about.format(_role),
                (f"{_role}.{_noticed}",),
                applies=_has(_role),
                also=(f"{_role}.*", f"error.{_role}.*", f"auth.{_role}.*"),
                hooks=_answer(_role, _hook),
            )
        )


def _lacks_one(view: BodyHookContext, body: Any) -> Any:
    rule = view.contract.resources.get(Role.MODELS)
    if view.role is not Role.MODELS or rule is None:
        return body
    items = rule.items.find(body)
    return put_at(body, rule.items, items[1:]) if isinstance(items, list) else body


register(
    Deviation(
        "models-list-lacks-one",
        "the list of models leaves the first out",
        ("models.listed",),
        applies=_has(Role.MODELS),
        also=("models.schema",),
        hooks=Hooks(body=_lacks_one),
    )
)


def _money(name: str, about: str, breaks: tuple[str, ...], hooks: Hooks, applies: Applies | None = None) -> None:
    register(Deviation(name, about, breaks, applies or _has(Role.BALANCE), ("balance.total",), hooks))


def _slot(view: BodyHookContext, name: str) -> Slot | None:
    rule = view.contract.resources.get(Role.BALANCE)
    return None if rule is None or view.role is not Role.BALANCE else getattr(rule, name)


def _untold(view: BodyHookContext, body: Any) -> Any:
    slot = _slot(view, "left")
    return body if slot is None else put(body, slot.pointer, "some")


register(
    Deviation(
        "balance-without-number",
        "a balance says `some` instead of a number",
        ("balance.left",),
        applies=_has(Role.BALANCE),
        also=("balance.schema",),
        hooks=Hooks(body=_untold),
    )
)

Change = Callable[[Booking, StatusClass], tuple[Booking, ...]]


def _books(change: Change) -> Hooks:
    """Other bookings, given what the document has and how the task ends."""

    def effects(call: Call, made: tuple[Effect, ...]) -> tuple[Effect, ...]:
        plans = [each.task.plan for each in made if isinstance(each, TaskAdded)]
        plans += [each.plan for each in made if isinstance(each, TaskChanged)]
        changed: list[Effect] = []
        for each in made:
            if isinstance(each, Booked) and plans:
                changed += [Booked(row) for row in change(each.booking, plans[0].final.status_class)]
            else:
                changed.append(each)
        return tuple(changed)

    return Hooks(effects=effects)


def _of(status_class: StatusClass, change: Callable[[Booking], tuple[Booking, ...]]) -> Hooks:
    return _books(lambda booking, end: change(booking) if end is status_class else (booking,))


def _again(booking: Booking) -> tuple[Booking, ...]:
    """The failure is given back twice."""
    end = booking.taken if booking.returned is None else booking.returned
    return (
        booking,
        booking._replace(task_id=f"{booking.task_id} again", amount=-booking.amount, taken=end, returned=None),
    )


_money(
    "balance-charged-twice",
    "a task that succeeds takes its price twice",
    ("balance.charged",),
    _of(StatusClass.SUCCEEDED, lambda booking: (booking._replace(amount=2 * booking.amount),)),
    lambda contract: _has(Role.BALANCE)(contract) and _priced(contract),
)
_money(
    "balance-never-charged",
    "a task that succeeds takes nothing",
    ("balance.charged",),
    _of(StatusClass.SUCCEEDED, lambda booking: ()),
    lambda contract: _has(Role.BALANCE)(contract) and _priced(contract),
)
_money(
    "balance-charged-for-failure",
    "a task that fails is not given back",
    ("balance.failed",),
    _of(StatusClass.FAILED, lambda booking: (booking._replace(returned=None),)),
)
_money(
    "balance-given-back-twice",
    "a task that fails is given back twice",
    ("balance.failed",),
    _of(StatusClass.FAILED, _again),
)


def _priced(contract: Contract) -> bool:
    return any(price.per != "million-tokens" for price in contract.prices)


_REFUSED = "refusals that were charged"


def _note(call: Call, refusal: Refusal, status: int, body: Any, headers: Headers) -> tuple[int, Any, Headers]:
    if refusal.role is Role.CREATE:
        call.notes.count(_REFUSED)
    return status, body, headers


def _less(view: BodyHookContext, body: Any) -> Any:
    slot = _slot(view, "left")
    if slot is None:
        return body
    value = resolve(body, segments(slot.pointer))
    charged = 7 * (view.call.notes.get(_REFUSED) or 0)
    return body if value is MISSING else put(body, slot.pointer, type(value)(float(value) - charged))


_money(
    "balance-charged-for-refusal",
    "creates that are refused cost something",
    ("balance.refused",),
    Hooks(refusal=_note, body=_less),
)


def _unspent(view: BodyHookContext, body: Any) -> Any:
    slot = _slot(view, "spent")
    return body if slot is None else put(body, slot.pointer, type(resolve(body, segments(slot.pointer)))(0))


def _tells_spent(contract: Contract) -> bool:
    rule = contract.resources.get(Role.BALANCE)
    return rule is not None and rule.spent is not None and _priced(contract)


_money(
    "balance-spent-nothing",
    "what was spent stays 0 whatever is taken",
    ("balance.total",),
    Hooks(body=_unspent),
    _tells_spent,
)
