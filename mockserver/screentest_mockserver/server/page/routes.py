"""The route of the page. It starts without the templates' library, which the first visit imports."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from screentest_contracts.errors import UsageError
from screentest_mockserver.server.control import ORDERS, Controlled, carry_out
from screentest_mockserver.server.guard import is_allowed, is_cross_site, names_this_machine

_ORDERS = {order.path: order for order in ORDERS if order.method == "POST"}

DONE = {
    "/scenario": "The scenario is set.",
    "/deviation": "The behaviour is set.",
    "/clock/advance": "The clock was moved.",
    "/reset": "All that requests left behind is forgotten.",
}
"""What a page says after an order."""


def page_routes(server: Controlled) -> list[Route]:
    """The page, which shows the mock (GET) and takes orders from its forms (POST)."""

    async def page(request: Request) -> Response:
        refusal = _refuse(request, server.control_token)
        if refusal is not None:
            return refusal
        if request.method != "POST":
            done = DONE.get(request.query_params.get("done", ""), "")
            return _show(server, request, said=done)
        try:
            form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=10))
            path, values = read_form(form)
            await carry_out(server, _ORDERS[path], values)
        except (UsageError, ValueError, OverflowError) as error:
            return _show(server, request, wrong=error)
        query = {"done": path, **_kept(request)}
        return RedirectResponse(f"?{urlencode(query)}", 303)

    return [Route("/", page, methods=["GET", "POST"])]


def read_form(form: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The order that a form gives: its path and what it is told, as the control plane has them. Raises UsageError
    where it gives none."""
    path = form.get("order", "")
    if path not in _ORDERS:
        raise UsageError("the form gives no order", "")
    provider = form.get("provider") or None
    name, argument = form.get("name", ""), form.get("argument", "").strip()
    match path:
        case "/scenario":
            count = None if "all" in form else _number(form.get("count", ""), int)
            return path, {"name": f"{name}:{argument}" if argument else name, "count": count, "provider": provider}
        case "/deviation":
            return path, {"name": name or None, "provider": provider}
        case "/clock/advance":
            return path, {"seconds": _number(form.get("seconds", ""), float)}
        case _:
            return path, {}


def _number(text: str, kind: type[int] | type[float]) -> Any:
    """The number that a field holds; its text where it is none, which the order refuses."""
    try:
        return kind(text)
    except ValueError:
        return text


def _refuse(request: Request, token: str | None) -> Response | None:
    """The answer to those who may not see the page, or whose order comes from elsewhere."""
    if not is_allowed(request, token):
        if token is None:
            return PlainTextResponse("The control plane answers on loopback, or to its token.\n", 403)
        ask = 'Basic realm="Screentest: any name, and the control token", charset="UTF-8"'
        return PlainTextResponse("Give the control token as password.\n", 401, {"WWW-Authenticate": ask})
    if token is None and not names_this_machine(request):
        return PlainTextResponse("Open this page as localhost: other names may be a stranger's.\n", 403)
    if request.method == "POST" and is_cross_site(request):
        return PlainTextResponse("This form was sent by a page of another site.\n", 403)
    return None


def _kept(request: Request) -> dict[str, str]:
    """What stays in the page's address: the provider that it shows."""
    provider = request.query_params.get("provider")
    return {"provider": provider} if provider else {}


def _show(server: Controlled, request: Request, *, said: str = "", wrong: Exception | None = None) -> Response:
    from screentest_mockserver.server.page.rendering import render_page

    body, headers, known = render_page(server, _kept(request).get("provider"), said=said, wrong=wrong)
    return HTMLResponse(body, 400 if wrong else 200 if known else 404, headers)
