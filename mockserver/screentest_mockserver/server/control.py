"""The control plane under `/_screentest/`: clock, scenarios, deviations, tasks, journal, reset, health.

One table says for each order what it is told (a dataclass of `orders`) and what it answers (a schema of
`description`); requests are checked by it, and the OpenAPI document is made from it.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from screentest_contracts.errors import UsageError
from screentest_mockserver.dispatch.callbacks import Callbacks
from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.server import description as shape
from screentest_mockserver.server.guard import is_allowed, is_cross_site
from screentest_mockserver.server.lost import store_lost
from screentest_mockserver.server.orders import (
    Advance,
    Limit,
    Nothing,
    Page,
    SetDeviation,
    SetScenario,
    nearest,
    read_order,
)
from screentest_mockserver.state.refusals import undocumented
from screentest_mockserver.state.store import Store, StoreLostError
from screentest_mockserver.tasks.scenarios import SCENARIOS, scenario
from screentest_mockserver.wire.clock import Clock

Json = dict[str, Any]


class Controlled(Protocol):
    """A server that takes orders."""

    providers: dict[str, ProviderMock]
    clock: Clock
    store: Store
    callbacks: Callbacks
    control_token: str | None

    async def advance(self, seconds: float) -> float:
        """Moves a manual clock and gives the new time."""

    def reset(self) -> None:
        """Forgets what requests left behind."""


Handler = Callable[[Controlled, Any], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Order:
    """One row of the table."""

    path: str
    method: str
    about: str
    kind: type[Any]
    answer: Json
    handler: Handler


def control_routes(server: Controlled) -> list[Route]:
    """The routes, each guarded: loopback only, or the token where one is set."""

    async def described(request: Request) -> JSONResponse:
        if not is_allowed(request, server.control_token):
            return _refused()
        return JSONResponse(control_description())

    routes = [Route(order.path, partial(_endpoint, server, order), methods=[order.method]) for order in ORDERS]
    return [*routes, Route("/openapi.json", described, methods=["GET"])]


def control_description() -> Json:
    """The OpenAPI document of the control plane."""
    return shape.describe((order.path, order.method, order.about, order.kind, order.answer) for order in ORDERS)


async def carry_out(server: Controlled, order: Order, values: Json) -> Json:
    """What an order answers. Raises UsageError where its values are wrong, ValueError where it cannot be done now."""
    return await order.handler(server, read_order(order.kind, values))


async def _endpoint(server: Controlled, order: Order, request: Request) -> JSONResponse:
    if not is_allowed(request, server.control_token):
        return _refused()
    if order.method == "POST" and is_cross_site(request):
        return JSONResponse({"error": "the control plane takes no orders from pages of other sites"}, 403)
    try:
        values = _query(request, order.kind) if order.method == "GET" else await _body(request)
        return JSONResponse(await carry_out(server, order, values))
    except StoreLostError as error:
        return store_lost(error)
    except UsageError as error:
        return JSONResponse({"error": error.message, "hint": error.hint}, 400)
    except (ValueError, OverflowError) as error:
        return JSONResponse({"error": str(error)}, 400)


def _refused() -> JSONResponse:
    return JSONResponse({"error": "the control plane answers on loopback, or to its token"}, 403)


async def _body(request: Request) -> Json:
    body = await request.body()
    if not body:
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise UsageError("the body is not JSON", "") from None
    if not isinstance(value, dict):
        raise UsageError("the body must be a JSON object", "")
    return value


def _query(request: Request, kind: type[Any]) -> Json:
    """The query's parameters; those of digits only are numbers. An order that is told nothing reads none."""
    if kind is Nothing:
        return {}
    return {name: int(text) if text.isdecimal() else text for name, text in request.query_params.items()}


def chosen_mocks(server: Controlled, name: str | None) -> list[ProviderMock]:
    """The mock of a provider; None: all of them. Raises UsageError for an unknown name."""
    if name is None:
        return list(server.providers.values())
    if name not in server.providers:
        raise nearest(name, list(server.providers), "provider")
    return [server.providers[name]]


# -- orders -------------------------------------------------------------------------------------------------------


async def _health(server: Controlled, order: Nothing) -> Json:
    server.store.count_entries()  # a server that has lost its store is not well
    return {"status": "ok", "providers": list(server.providers)}


async def _read_clock(server: Controlled, order: Nothing) -> Json:
    clock = server.clock
    return {"now": clock.now(), "speed": clock.speed, "manual": clock.manual}


async def _advance(server: Controlled, order: Advance) -> Json:
    return {"now": await server.advance(float(order.seconds))}


async def _scenarios(server: Controlled, order: Nothing) -> Json:
    return {"scenarios": SCENARIOS, "default": {name: mock.scenario.name for name, mock in server.providers.items()}}


async def _set_scenario(server: Controlled, order: SetScenario) -> Json:
    chosen = chosen_mocks(server, order.provider)
    scenarios = [scenario(order.name, mock.contract) for mock in chosen]
    for mock, wanted in zip(chosen, scenarios, strict=True):
        if order.count is None:
            mock.scenario = wanted
        else:
            mock.schedule(order.name, order.count)
    answer: Json = {"scenario": order.name, "providers": [mock.contract.name for mock in chosen]}
    notes = [
        note
        for mock, wanted in zip(chosen, scenarios, strict=True)
        if (note := undocumented(wanted, mock.contract)) is not None
    ]
    return {**answer, "notes": notes} if notes else answer


async def _deviations(server: Controlled, order: Nothing) -> Json:
    from screentest_mockserver.behaviours import applicable  # a mock starts without them

    def of(mock: ProviderMock) -> Json:
        return {row.name: {"about": row.about, "breaks": row.breaks} for row in applicable(mock.contract)}

    return {name: of(mock) for name, mock in server.providers.items()}


async def _set_deviation(server: Controlled, order: SetDeviation) -> Json:
    from screentest_mockserver.behaviours import find_behaviour  # a mock starts without them

    chosen = chosen_mocks(server, order.provider)
    behaviours = [None if order.name is None else find_behaviour(order.name, mock.contract) for mock in chosen]
    for mock, wanted in zip(chosen, behaviours, strict=True):
        mock.deviation = wanted
    return {"deviation": order.name, "providers": [mock.contract.name for mock in chosen]}


async def _tasks(server: Controlled, order: Limit) -> Json:
    rows: list[Json] = []
    for name, mock in server.providers.items():
        call = mock.call()
        for task in mock.tasks():
            state = call.state(task)
            rows.append(
                {
                    "id": task.id,
                    "provider": name,
                    "account": task.account.name,
                    "model": task.model.name,
                    "created": task.created,
                    "status": state.status,
                    "class": state.status_class,
                    "progress": state.progress,
                }
            )
    rows.sort(key=lambda row: row["created"])  # of all providers
    return {"count": len(rows), "tasks": _last(rows, order.limit)}


async def _journal(server: Controlled, order: Page) -> Json:
    entries = server.store.entries()
    after = order.after
    newer = entries if after is None else [entry for entry in entries if entry.number > after]
    shown = _last(newer, order.limit) if after is None else newer[: order.limit]
    more = after is not None and len(newer) > len(shown)
    return {"count": len(entries), "more": more, "entries": [entry.as_json() for entry in shown]}


async def _callbacks(server: Controlled, order: Nothing) -> Json:
    return {"deliveries": [delivery._asdict() for delivery in server.callbacks.deliveries()]}


async def _reset(server: Controlled, order: Nothing) -> Json:
    server.reset()
    return {"reset": True}


def _last(rows: list[Any], limit: int) -> list[Any]:
    return rows[-limit:] if limit else []


ORDERS: tuple[Order, ...] = (
    Order("/health", "GET", "Tells that the server runs.", Nothing, shape.HEALTH, _health),
    Order("/clock", "GET", "Reads the clock.", Nothing, shape.CLOCK, _read_clock),
    Order("/clock/advance", "POST", "Moves a manual clock.", Advance, shape.TIME, _advance),
    Order("/scenario", "GET", "Lists the scenarios.", Nothing, shape.SCENARIOS, _scenarios),
    Order("/scenario", "POST", "Sets or schedules a scenario.", SetScenario, shape.SCENARIO, _set_scenario),
    Order("/deviation", "GET", "Lists the deviations that apply.", Nothing, shape.DEVIATIONS, _deviations),
    Order("/deviation", "POST", "Sets a deviation.", SetDeviation, shape.DEVIATION, _set_deviation),
    Order("/tasks", "GET", "Lists tasks, the newest last.", Limit, shape.TASKS, _tasks),
    Order("/journal", "GET", "Lists requests, the newest last.", Page, shape.JOURNAL, _journal),
    Order("/callbacks", "GET", "Lists attempts to call back.", Nothing, shape.DELIVERIES, _callbacks),
    Order("/reset", "POST", "Forgets what requests left behind.", Nothing, shape.RESET, _reset),
)
