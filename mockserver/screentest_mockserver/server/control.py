"""The control plane under `/_screentest/`: clock, scenarios, deviations, tasks, journal, reset, health."""

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from screentest_contracts.errors import UsageError
from screentest_contracts.suggestions import did_you_mean
from screentest_mockserver.behaviours.deviations import applicable
from screentest_mockserver.behaviours.variations import find_behaviour
from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.tasks.scenarios import SCENARIOS, scenario

if TYPE_CHECKING:
    from screentest_mockserver.server.app import MockServer

Handler = Callable[[Request], Awaitable[JSONResponse]]


def control_routes(server: "MockServer") -> list[Route]:
    """The routes, each guarded: loopback only, or the token where one is set."""

    def guarded(handler: Handler) -> Handler:
        async def endpoint(request: Request) -> JSONResponse:
            if not _allowed(request, server.control_token):
                return JSONResponse({"error": "the control plane answers on loopback, or to its token"}, 403)
            try:
                return await handler(request)
            except UsageError as error:
                return JSONResponse({"error": error.message, "hint": error.hint}, 400)
            except (ValueError, OverflowError) as error:
                return JSONResponse({"error": str(error)}, 400)

        return endpoint

    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "providers": list(server.providers)})

    async def read_clock(request: Request) -> JSONResponse:
        clock = server.clock
        return JSONResponse({"now": clock.now(), "speed": clock.speed, "manual": clock.manual})

    async def advance(request: Request) -> JSONResponse:
        seconds = (await _json(request)).get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise UsageError("`seconds` must be a number", 'send {"seconds": 60}')
        return JSONResponse({"now": await server.advance(float(seconds))})

    async def scenarios(request: Request) -> JSONResponse:
        return JSONResponse(
            {"scenarios": SCENARIOS, "default": {name: m.scenario.name for name, m in server.providers.items()}}
        )

    async def set_scenario(request: Request) -> JSONResponse:
        wanted = await _json(request)
        name, times = wanted.get("name"), wanted.get("count", 1)
        if not isinstance(name, str):
            raise UsageError("`name` is missing", f"scenarios: {', '.join(SCENARIOS)}")
        chosen = _chosen(server, wanted.get("provider"))
        for mock in chosen:
            scenario(name, mock.contract)
        for mock in chosen:
            if times is None:
                mock.scenario = scenario(name, mock.contract)
            elif isinstance(times, int) and not isinstance(times, bool) and 0 < times <= 1_000_000:
                mock.schedule(name, times)
            else:
                raise UsageError("`count` must be a positive integer, or null for all tasks", "")
        return JSONResponse({"scenario": name, "providers": [mock.contract.name for mock in chosen]})

    async def deviations(request: Request) -> JSONResponse:
        return JSONResponse(
            {
                name: {each.name: {"about": each.about, "breaks": each.breaks} for each in applicable(mock.contract)}
                for name, mock in server.providers.items()
            }
        )

    async def set_deviation(request: Request) -> JSONResponse:
        wanted = await _json(request)
        name = wanted.get("name")
        chosen = _chosen(server, wanted.get("provider"))
        found = [None if name is None else find_behaviour(str(name), mock.contract) for mock in chosen]
        for mock, each in zip(chosen, found, strict=True):
            mock.deviation = each
        return JSONResponse({"deviation": name, "providers": [mock.contract.name for mock in chosen]})

    async def tasks(request: Request) -> JSONResponse:
        found = []
        for name, mock in server.providers.items():
            for task in mock.store:
                state = mock.state(task)
                found.append(
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
        limit = _limit(request)
        return JSONResponse({"count": len(found), "tasks": found[-limit:] if limit else []})

    async def journal(request: Request) -> JSONResponse:
        entries = list(server.journal)
        limit = _limit(request)
        shown = [entry.as_json() for entry in entries[-limit:]] if limit else []
        return JSONResponse({"count": len(entries), "entries": shown})

    async def callbacks(request: Request) -> JSONResponse:
        return JSONResponse({"deliveries": [each._asdict() for each in server.callbacks.made]})

    async def reset(request: Request) -> JSONResponse:
        server.reset()
        return JSONResponse({"reset": True})

    table: list[tuple[str, str, Handler]] = [
        ("/health", "GET", health),
        ("/clock", "GET", read_clock),
        ("/clock/advance", "POST", advance),
        ("/scenario", "GET", scenarios),
        ("/scenario", "POST", set_scenario),
        ("/deviation", "GET", deviations),
        ("/deviation", "POST", set_deviation),
        ("/tasks", "GET", tasks),
        ("/journal", "GET", journal),
        ("/callbacks", "GET", callbacks),
        ("/reset", "POST", reset),
    ]
    return [Route(path, guarded(handler), methods=[method]) for path, method, handler in table]


def _allowed(request: Request, token: str | None) -> bool:
    if token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode("latin-1"), token.encode())  # as it came over the wire
    host = request.client.host if request.client else "127.0.0.1"
    return host in {"127.0.0.1", "::1", "testclient"} or host.startswith("127.")


async def _json(request: Request) -> dict[str, Any]:
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


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "1000")
    if not text.isdecimal():
        raise UsageError("`limit` must be a whole number", "")
    return int(text)


def _chosen(server: "MockServer", name: Any) -> list[ProviderMock]:
    if name is None:
        return list(server.providers.values())
    if not isinstance(name, str) or name not in server.providers:
        raise _nearest(str(name), list(server.providers), "provider")
    return [server.providers[name]]


def _nearest(name: str, known: list[str], what: str) -> UsageError:
    """A clear error for an unknown name."""
    return UsageError(f"unknown {what} {name!r}", did_you_mean(name, known, f"known: {', '.join(known)}"))
