"""`screentest serve`: loads contracts, says where they are, serves until Ctrl-C."""

import contextlib
import shlex
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import click
import orjson
import uvicorn

from screentest_contracts import UsageError, built_in, check_names, load_contract
from screentest_contracts.contract import Contract, Model
from screentest_contracts.extensions import load_extensions
from screentest_contracts.redact import Redactor
from screentest_mockserver.dispatch.callbacks import deliver_over_http
from screentest_mockserver.server.app import MockServer, create_app
from screentest_mockserver.server.run import (
    Application,
    RequestLog,
    bind,
    certify,
    configure,
    second_listener,
    shown_address,
)
from screentest_mockserver.server.tls import Tls, authority_file
from screentest_mockserver.server.workers import run_workers
from screentest_mockserver.state.refusals import undocumented
from screentest_mockserver.stores.opening import MEMORY, close_store, open_store
from screentest_mockserver.tasks.scenarios import scenario as find_scenario
from screentest_mockserver.wire.accounts import GOOD_KEY, OTHER_KEY, POOR_KEY, RESTRICTED_KEY
from screentest_mockserver.wire.clock import Clock, RealClock
from screentest_mockserver.wire.forms import read_parts
from screentest_suites.core.curl import form_option, token_call


@dataclass(frozen=True, slots=True)
class Serving:
    """What a process needs to know to serve the mock; plain values, because workers are given it."""

    providers: tuple[str, ...]
    settings: Mapping[str, str]
    speed: float
    manual: bool
    api_key: str
    scenario: str
    control_token: str | None
    allow_loopback_callbacks: bool
    callback_ca: str | None
    quiet: bool
    cors: bool
    store: str
    second_origin: str
    tls: Tls | None


def run_server(
    providers: Iterable[str],
    *,
    host: str,
    port: int,
    speed: float,
    manual: bool,
    api_key: str,
    scenario: str | None,
    deviation: str | None,
    settings: Mapping[str, str],
    control_token: str | None,
    allow_loopback_callbacks: bool,
    callback_ca: str | None,
    quiet: bool,
    cors: bool,
    second_origin: bool = False,
    tls: bool = False,
    tls_ca: str | None = None,
    store: str = MEMORY,
    workers: int = 1,
) -> None:
    """Serves until interrupted. Raises UsageError for anything the user can mend."""
    if not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise UsageError("--api-key must be printable ASCII without white space", "for example sk-test-1")
    if api_key in (OTHER_KEY, POOR_KEY, RESTRICTED_KEY):
        raise UsageError("--api-key is the key of another account of the mock", "for example sk-test-1")
    if workers > 1 and store == MEMORY:
        hint = "add --store redis://HOST:PORT/DB, or on this machine --store sqlite:PATH"
        raise UsageError("several workers need a store that they share", hint)
    contracts = _contracts(providers, settings)
    second = second_listener() if second_origin else None
    serving = Serving(
        tuple(providers),
        dict(settings),
        speed,
        manual,
        api_key,
        scenario or "success",
        control_token,
        allow_loopback_callbacks,
        callback_ca,
        quiet,
        cors,
        store,
        f"{'https' if tls else 'http'}://{second[1]}" if second else "",
        certify(contracts, host) if tls else None,
    )
    with contextlib.ExitStack() as stack:
        app, log = _made(serving, contracts)
        stack.callback(close_store, app.store)
        _apply(app, scenario, deviation)
        listener = bind(host, port)
        stack.callback(listener.close)
        ca_file = None if serving.tls is None else stack.enter_context(authority_file(serving.tls, tls_ca))
        print_banner(app, shown_address(listener, host, serving.tls), api_key, app.clock, ca_file)
        if second is not None:
            click.echo(f"  results of elsewhere-result and redirected-result are at {app.second_origin}")
        stack.callback(click.echo, "stopped", err=True)
        if log is not None:
            stack.callback(log.close)
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        sockets = [listener, second[0]] if second else [listener]
        if workers == 1:
            _serve(app, serving, contracts, sockets)
        else:
            run_workers(workers, run_worker, serving, sockets)


def run_worker(serving: Serving, sockets: Sequence[socket.socket]) -> None:
    """Serves in a process of its own, beside others."""
    load_extensions()
    contracts = _contracts(serving.providers, serving.settings)
    app, log = _made(serving, contracts, there=False)  # where the store is lost, the mock says so, and goes on later
    try:
        _serve(app, serving, contracts, sockets)
    finally:
        if log is not None:
            log.close()
        close_store(app.store)


def _made(
    serving: Serving, contracts: Sequence[Contract], *, there: bool = True
) -> tuple[MockServer, RequestLog | None]:
    """The mock with its store, and what is told of each request."""
    pace = None if serving.manual else serving.speed
    deliver = deliver_over_http(serving.callback_ca, "--callback-ca")
    log = None if serving.quiet else RequestLog()
    store = open_store(serving.store, pace, there=there)
    app = create_app(
        contracts,
        clock=None if pace is None else RealClock(pace),  # None: the store's, which stands still until it is moved
        store=store,
        control_token=serving.control_token,
        deliver=deliver,
        log=log,
        api_key=serving.api_key,
        scenario_name=serving.scenario,
        allow_loopback_callbacks=serving.allow_loopback_callbacks,
        second_origin=serving.second_origin,
    )
    return app, log


def _serve(app: MockServer, serving: Serving, contracts: Sequence[Contract], sockets: Sequence[socket.socket]) -> None:
    served: Application = app
    if serving.cors:
        from screentest_mockserver.server.cors import OpenToBrowsers  # most mocks start without it

        served = OpenToBrowsers(app, contracts)
    uvicorn.Server(configure(served, tls=serving.tls)).run(sockets=list(sockets))


def _contracts(providers: Iterable[str], settings: Mapping[str, str]) -> list[Contract]:
    names = list(dict.fromkeys(providers)) or list(built_in())
    found = []
    unused = set(settings)
    for name in names:
        plain = load_contract(name)
        mine = {key: value for key, value in settings.items() if key in plain.settings}
        unused -= set(mine)
        found.append(load_contract(name, mine) if mine else plain)
    if unused:
        known = sorted({key for contract in found for key in contract.settings})
        raise UsageError(f"no such setting: {', '.join(sorted(unused))}", f"settings: {', '.join(known) or 'none'}")
    check_names(found)
    return found


def _apply(app: MockServer, scenario: str | None, deviation: str | None) -> None:
    """Chooses what was asked for; a store that is shared, or kept, may have had other choices."""
    for mock in app.providers.values():
        if scenario is not None:
            mock.scenario = find_scenario(scenario, mock.contract)
        if deviation is not None:
            from screentest_mockserver.behaviours import find_behaviour  # a mock starts without them

            mock.deviation = find_behaviour(deviation, mock.contract)


def print_banner(app: MockServer, url: str, api_key: str, clock: Clock, ca_file: str | None = None) -> None:
    """Says where each provider is served, what clients are to trust, and how to make a task."""
    several = len(app.providers) > 1
    pace = "a manual clock" if clock.manual else f"{clock.speed:g} times the vendors' pace"
    click.echo(f"Screentest mock on {url}, {pace}; Ctrl-C stops it")
    if ca_file is not None:
        click.echo(f"SSL_CERT_FILE={shlex.quote(ca_file)}")
    for name, mock in app.providers.items():
        click.echo(f"  {mock.contract.title:12} {url}{'/' + name if several else ''}")
        note = undocumented(mock.scenario, mock.contract)
        if note is not None:
            click.echo(f"  note: {note}")
    opened = "" if app.control_token is None else " (any name, and the control token as password)"
    click.echo(f"watch and steer it in a browser: {url}/_screentest/{opened}")
    name, mock = next(iter(app.providers.items()))
    contract = mock.contract
    model = next(iter(contract.models.values()))
    operation = model.operations[0]
    base = f"{url}/{name}" if several else url
    query = f"?{contract.key_query}={api_key}" if contract.key_query else ""
    auth = f"-H '{contract.key_header}: {contract.key_prefix}{api_key}' " if contract.key_header else ""
    if contract.token is not None:
        key = f"{contract.key_variable}={mock.keys['good']} " if api_key == GOOD_KEY else ""
        auth = f'-H "{contract.key_header}: {contract.key_prefix}{token_call(contract, environment=key)}" '
    trust = "" if ca_file is None else f"--cacert {shlex.quote(ca_file)} "
    headers = "".join(
        f"-H '{each['name']}: {(each.get('schema', {}).get('enum') or ['1'])[0]}' "
        for each in operation.parameters
        if each.get("in") == "header" and each.get("required")
    )
    call = f"-X {operation.method} '{base}{operation.path}{query}'"
    click.echo(f"try: curl {trust}{call} {auth}{headers}{_body(contract, model)}")
    sys.stdout.flush()


def _body(contract: Contract, model: Model) -> str:
    """The model's minimal request, as options of curl."""
    operation = model.operations[0]
    if operation.form_only:
        from screentest_suites.requests.bodies import create_form  # most mocks start without it

        parts = read_parts(*create_form(contract, operation, model.base))
        return " ".join(form_option(part, Redactor()) for part in parts)
    return f"-H 'content-type: application/json' -d {shlex.quote(orjson.dumps(model.base).decode())}"
