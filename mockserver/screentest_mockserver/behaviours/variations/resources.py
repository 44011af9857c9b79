"""How what is only read may legally be answered."""

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.effects import Booked, Effect
from screentest_mockserver.state.hooks import Call, Hooks


def _settled_late(call: Call, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    rule = call.contract.resources[Role.BALANCE]

    def later(effect: Booked) -> Booked:
        booking, wait = effect.booking, rule.settle / 2
        returned = None if booking.returned is None else booking.returned + wait
        return Booked(booking._replace(taken=booking.taken + wait, returned=returned))

    return tuple(later(each) if isinstance(each, Booked) else each for each in effects)


def _has_balance(contract: Contract) -> bool:
    return Role.BALANCE in contract.resources


vary(
    "balance-settles-late",
    "what a task takes shows in the balance half of the documented time later",
    applies=_has_balance,
    hooks=Hooks(effects=_settled_late),
)
