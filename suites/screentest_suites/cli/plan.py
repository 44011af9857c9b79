"""`screentest plan`: what a live run would send, in order, and what it could cost."""

import os
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import click
from rich.console import Console

from screentest_contracts.contract import Contract
from screentest_contracts.wording import listing
from screentest_suites.cli.tables import print_json, print_rows
from screentest_suites.cli.waiting import unpriced_hint
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Skip
from screentest_suites.judging.rehearsal import Rehearsal, rehearse
from screentest_suites.reporting.unjudged import unjudged_groups
from screentest_suites.spending import Budget, Entry, Ledger, ReservationState
from screentest_suites.targets.credentials import variables
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.selection import check_models, load_contracts

WORDS = {
    ReservationState.SETTLED: "paid",
    ReservationState.RELEASED: "to be refused",
    ReservationState.DECLINED: "not sent",
    ReservationState.UNKNOWN: "unclear",
    ReservationState.RESERVED: "unclear",
}

_ALL = 1000
"""Models that a sentence lists: each of them."""


def show_plan(
    providers: Iterable[str],
    *,
    max_spend: str | None,
    assume_price: str | None,
    models: tuple[str, ...],
    examples: int,
    seed: int,
    form: str,
    quiet: bool = False,
) -> int:
    """Prints the plan; gives the exit status."""
    budget = Budget.read(max_spend, live=False, assume=assume_price)
    options = Options(
        examples=examples,
        seed=seed,
        models=models,
        assumed_price=budget.assumed,
    )
    contracts = load_contracts(providers)
    for hint in check_models(contracts, models):
        click.echo(hint, err=True)
    plans = []
    for contract in contracts:
        if not quiet:
            click.echo(f"{contract.title}: the run is rehearsed on the mock; nothing is sent", err=True)
        plans.append((contract, make_plan(contract, options, budget)))
    if form == "json":
        print_json([plan_json(contract, made) for contract, made in plans])
        return 0
    for contract, made in plans:
        _print(contract, made, options, quiet=quiet)
    return 0


def make_plan(contract: Contract, options: Options, budget: Budget) -> Rehearsal:
    """What a run within the budget would do: rehearsed twice, since which requests come first is found by the first."""
    stage = EmbeddedTarget(contract)
    stage.callbacks = None  # a run has no address for callbacks unless it is given one
    known = {role for role, name in variables(contract).items() if os.environ.get(name)}
    stage.keys = {role: key for role, key in stage.keys.items() if role in {"good", *known}}
    first = rehearse(contract, options, stage)
    return rehearse(contract, options, stage, ledger=budget.ledger(contract), ahead=first.refusals)


def plan_json(contract: Contract, made: Rehearsal) -> dict[str, Any]:
    """A plan as JSON; amounts are decimal numbers as text."""
    ledger = made.ledger
    return {
        "provider": contract.name,
        "currency": ledger.currency,
        "cap": None if ledger.cap is None else str(ledger.cap),
        "expected": str(ledger.spent),
        "worst": None if (most := worst(ledger)) is None else str(most),
        "other_requests": len(made.requests) - len(sent(ledger)),
        "creates": [
            {
                "method": entry.sent.method,
                "path": urlsplit(entry.sent.url).path,
                "purpose": entry.purpose,
                "model": entry.model,
                "price": None if entry.price is None else str(entry.price),
                "what": WORDS[entry.state],
            }
            for entry in ledger.entries
        ],
    }


def sent(ledger: Ledger) -> list[Entry]:
    """The creates that would be sent."""
    return [entry for entry in ledger.entries if entry.state is not ReservationState.DECLINED]


def worst(ledger: Ledger) -> Decimal | None:
    """What the run could cost if the server accepted everything: at most the cap. None: nobody knows."""
    prices = [entry.price for entry in sent(ledger)]
    if any(price is None for price in prices):
        return ledger.cap
    total = sum((price for price in prices if price is not None), Decimal(0))
    return total if ledger.cap is None else min(total, ledger.cap)


def _print(contract: Contract, made: Rehearsal, options: Options, *, quiet: bool) -> None:
    ledger, creates = made.ledger, sent(made.ledger)
    console = Console(highlight=False, markup=False)
    if not quiet:
        console.print(f"{contract.title}: {contract.base_url}", soft_wrap=True)
        rows = [{"number": number, **_row(ledger, entry)} for number, entry in enumerate(ledger.entries, 1)]
        print_rows(rows, ("number", "request", "model", "price", "what", "for"), "table", right=("number", "price"))
    unsent = f"; {dear} creates are not sent for want of budget" if (dear := ledger.declined - ledger.unpriced) else ""
    console.print(
        f"{contract.title}: {len(creates)} creates, then {len(made.requests) - len(creates)} or more polls, downloads "
        f"and other free requests{unsent}",
        soft_wrap=True,
    )
    if ledger.unpriced:
        told = f"{contract.title}: {ledger.unpriced} creates are not sent: {unpriced_hint(contract.title)}"
        console.print(told, soft_wrap=True)
    console.print(f"{contract.title}: {_tasks(contract, made.ledger, options)}", soft_wrap=True)
    for line in _unjudged(made):
        console.print(f"{contract.title}: {line}", soft_wrap=True)
    limit = "without a limit" if ledger.cap is None else f"with a limit of {ledger.amount(ledger.cap)}"
    most = worst(ledger)
    console.print(
        f"{contract.title}: a server that keeps its contract charges {ledger.amount(ledger.spent)}; one that accepts "
        f"everything {'nobody knows what' if most is None else 'up to ' + ledger.amount(most)}, {limit}",
        soft_wrap=True,
    )


def _tasks(contract: Contract, ledger: Ledger, options: Options) -> str:
    """Of which models tasks are made, at which price, and of which none."""
    paid = [entry for entry in ledger.entries if entry.state in (ReservationState.SETTLED, ReservationState.UNKNOWN)]
    made = {each.model: "price unknown" if each.price is None else ledger.amount(each.price) for each in paid}
    if not made:
        return "no task is made"
    without = [model.name for model in options.models_of(contract) if model.name not in made]
    told = listing((f"{name} ({price})" for name, price in made.items()), most=_ALL)
    return f"a task is made of {told}" + (f", none of {listing(without, 'or', most=_ALL)}" if without else "")


def _unjudged(made: Rehearsal) -> Iterator[str]:
    """The MUSTs that the run would not judge for want of money, on a server that keeps its contract."""
    rows = [
        {"id": each.requirement.id, "verdict": each.result, "level": "MUST", "reason": each.finding.reason}
        for each in made.verdicts
        if each.requirement.level == "MUST"
    ]
    for group in unjudged_groups(rows):
        if group.skip is Skip.NEEDS_SPEND:
            yield f"{group.count} MUST would not be judged, since {group.why}: {listing(group.ids)}"


def _row(ledger: Ledger, entry: Entry) -> dict[str, str]:
    return {
        "request": f"{entry.sent.method} {urlsplit(entry.sent.url).path}",
        "model": entry.model or "-",
        "price": "unknown" if entry.price is None else ledger.amount(entry.price) if entry.price else "free",
        "what": WORDS[entry.state],
        "for": entry.purpose,
    }
