"""What each vendor can do, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from screentest_contracts.comparison.calls import call_form, idempotency_form, key_form, place, stream_form, wait_form
from screentest_contracts.comparison.difference import shown
from screentest_contracts.comparison.lifecycle import first_words, progress_form, time_forms, words
from screentest_contracts.comparison.members import members
from screentest_contracts.comparison.models import kin_of
from screentest_contracts.comparison.terms import CLIPS, kept_for, life_of, price_of, range_of
from screentest_contracts.contract import RESOURCES, Contract, Role, StatusClass

NO = "no"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of capabilities by vendor: (group, capability, one cell per vendor)."""

    names: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]


_CALLS = tuple(role for role in Role if role is not Role.STREAM)
"""The roles whose calls are told as they are; events have a row of their own."""

Cell = Callable[[Contract], str]


def matrix(contracts: Sequence[Contract]) -> Matrix:
    """Every capability of every contract."""
    kinds = sorted({str(kin_of(each, model)) for each in contracts for model in each.models.values()})
    rows: list[tuple[str, str, Cell]] = [
        ("calls", "base address", lambda each: each.base_url),
        ("calls", "key", key_form),
        *(
            ("calls", role.value, _call(role))
            for role in _CALLS
            if role not in (Role.UPLOAD, Role.FILE, *RESOURCES) or any(role in each.roles for each in contracts)
        ),
        ("calls", "callbacks", _callbacks),
        ("calls", "idempotency key", lambda each: idempotency_form(each).replace("none", NO)),
        *(
            [("calls", "create that waits", lambda each: wait_form(each).replace("none", NO))]
            if any(each.wait is not None for each in contracts)
            else ()
        ),
        *(
            [("calls", "status as events", lambda each: stream_form(each).replace("none", NO))]
            if any(each.stream is not None for each in contracts)
            else ()
        ),
        ("calls", "status of a receipt", lambda each: str(each.success[Role.CREATE].made)),
        ("calls", "refusals with a good status", _good_refusals),
        *(("models", kind, _model(kind)) for kind in kinds),
        *(("requests", name, _asked(name)) for name in ("duration", "ratio", "resolution", "seed")),
        *(("requests", name, _has(name)) for name in ("first-frame", "reference-image", "source-video", "sound")),
        ("answers", "status", lambda each: place(each.lifecycle.status_at)),
        ("answers", "first status", lambda each: shown(first_words(each))),
        *(("answers", f"words for {kind}", _words(kind)) for kind in StatusClass),
        ("answers", "progress", _progress),
        ("answers", "times", lambda each: shown(time_forms(each, next(iter(each.profiles.values()))))),
        ("answers", "result", lambda each: place(each.link.at)),
        ("result", "key for the download", lambda each: "needed" if each.link.auth == "required" else NO),
        ("result", "parts (Range)", lambda each: "yes" if each.link.range else "not promised"),
        ("result", "link lives", life_of),
        ("result", "task can be read", kept_for),
        (
            "terms",
            "poll every",
            lambda each: f"{shown(each.polling.interval[0])} to {shown(each.polling.interval[1])} s",
        ),
        ("terms", "usual time", lambda each: range_of(each.polling.typical)),
        *(("terms", f"5 s at {clip[0]}", _price(clip)) for clip in CLIPS),
    ]
    return Matrix(
        tuple(each.name for each in contracts),
        tuple(each.title for each in contracts),
        tuple((group, name, tuple(cell(each) for each in contracts)) for group, name, cell in rows),
    )


def _call(role: Role) -> Cell:
    return lambda each: call_form(each, each.operation(role)).replace("none", NO)


def _callbacks(contract: Contract) -> str:
    return NO if contract.callback is None else f"on {shown(contract.callback.on)}"


def _good_refusals(contract: Contract) -> str:
    rows = contract.errors.items()
    statuses = contract.success[Role.CREATE].statuses
    found = {name for (role, name), each in rows if role is Role.CREATE for row in each if row.made.status in statuses}
    return shown(sorted(found)) if found else NO


def _model(kind: str) -> Cell:
    def cell(contract: Contract) -> str:
        return shown([name for name, model in contract.models.items() if str(kin_of(contract, model)) == kind] or NO)

    return cell


def _asked(name: str) -> Cell:
    def cell(contract: Contract) -> str:
        found = []
        for model in contract.models.values():
            for member in members(contract, model):
                if name in member.meanings and not member.alias and not member.ignored:
                    low, high = member.bounds
                    values = member.values
                    said = f"{shown(low)}..{shown(high)}" if low is not None else shown(values) if values else "any"
                    found.append(f"{member.name}: {said}")
        return "; ".join(dict.fromkeys(found)) or NO

    return cell


def _has(name: str) -> Cell:
    def cell(contract: Contract) -> str:
        found = [
            member.name
            for model in contract.models.values()
            for member in members(contract, model)
            if name in member.meanings and not member.alias
        ]
        return shown(list(dict.fromkeys(found)) or NO)

    return cell


def _words(kind: StatusClass) -> Cell:
    return lambda each: shown(words(each, kind) or NO)


def _progress(contract: Contract) -> str:
    return "; ".join(dict.fromkeys(progress_form(contract, each) for each in contract.profiles.values()))


def _price(clip: tuple[str, int, int]) -> Cell:
    def cell(contract: Contract) -> str:
        found = []
        for model in contract.models.values():
            price = price_of(contract, model, clip)
            if price is not None:
                found.append(f"{shown(price[0])} {price[1]}")
        return "; ".join(dict.fromkeys(found)) or "not stated"

    return cell
