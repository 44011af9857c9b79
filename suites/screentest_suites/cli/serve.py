"""`screentest serve`: loads contracts, says where they are, serves until Ctrl-C."""

import shlex
import ssl
import sys
from collections.abc import Iterable, Mapping

import click
import orjson
import uvicorn

from screentest_contracts import UsageError, built_in, check_names, load_contract
from screentest_contracts.contract import Contract, Model
from screentest_contracts.redact import Redactor
from screentest_mockserver.dispatch.callbacks import HttpDeliver
from screentest_mockserver.server.app import MockServer, create_app
from screentest_mockserver.server.run import Application, RequestLog, bind, configure, second_listener
from screentest_mockserver.state.refusals import undocumented
from screentest_mockserver.tasks.scenarios import scenario as find_scenario
from screentest_mockserver.wire.accounts import GOOD_KEY, OTHER_KEY, POOR_KEY, RESTRICTED_KEY
from screentest_mockserver.wire.clock import Clock, RealClock
from screentest_mockserver.wire.forms import read_parts
from screentest_suites.core.curl import form_option, token_call


def run_server(
    providers: Iterable[str],
    *,
    host: str,
    port: int,
    speed: float,
    manual: bool,
    api_key: str,
    scenario: str,
    deviation: str | None,
    settings: Mapping[str, str],
    control_token: str | None,
    allow_loopback_callbacks: bool,
    callback_ca: str | None,
    quiet: bool,
    cors: bool,
    second_origin: bool = False,
) -> None:
    """Serves until interrupted. Raises UsageError for anything the user can mend."""
    if not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise UsageError("--api-key must be printable ASCII without white space", "for example sk-test-1")
    if api_key in (OTHER_KEY, POOR_KEY, RESTRICTED_KEY):
        raise UsageError("--api-key is the key of another account of the mock", "for example sk-test-1")
    contracts = _contracts(providers, settings)
    clock = None if manual else RealClock(speed)  # None: the store's, which stands still until it is moved
    log = None if quiet else RequestLog()
    second = second_listener() if second_origin else None
    app = create_app(
        contracts,
        clock=clock,
        control_token=control_token,
        deliver=HttpDeliver(_verify(callback_ca)),
        log=log,
        api_key=api_key,
        allow_loopback_callbacks=allow_loopback_callbacks,
        second_origin=f"http://{second[1]}" if second else "",
    )
    _apply(app, scenario, deviation)
    listener = bind(host, port)
    shown = f"[{host}]" if ":" in host else host
    print_banner(app, f"http://{shown}:{listener.getsockname()[1]}", api_key, app.clock)
    if second is not None:
        click.echo(f"  results of elsewhere-result and redirected-result are at {app.second_origin}")
    served: Application = app
    if cors:
        from screentest_mockserver.server.cors import OpenToBrowsers  # most mocks start without it

        served = OpenToBrowsers(app, contracts)
    server = uvicorn.Server(configure(served))
    try:
        server.run(sockets=[listener, second[0]] if second else [listener])
    except KeyboardInterrupt:
        pass
    finally:
        if log is not None:
            log.close()
        click.echo("stopped", err=True)


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


def _apply(app: MockServer, scenario: str, deviation: str | None) -> None:
    for mock in app.providers.values():
        mock.scenario = find_scenario(scenario, mock.contract)
        if deviation is not None:
            from screentest_mockserver.behaviours import find_behaviour  # a mock starts without them

            mock.deviation = find_behaviour(deviation, mock.contract)


def _verify(path: str | None) -> ssl.SSLContext | bool:
    if path is None:
        return True
    try:
        return ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError) as error:
        raise UsageError(f"--callback-ca {path} is no certificate: {error}", "give a PEM file") from None


def print_banner(app: MockServer, url: str, api_key: str, clock: Clock) -> None:
    """Says where each provider is served, and how to make a task."""
    several = len(app.providers) > 1
    pace = "a manual clock" if clock.manual else f"{clock.speed:g} times the vendors' pace"
    click.echo(f"Screentest mock on {url}, {pace}; Ctrl-C stops it")
    for name, mock in app.providers.items():
        click.echo(f"  {mock.contract.title:12} {url}{'/' + name if several else ''}")
        note = undocumented(mock.scenario, mock.contract)
        if note is not None:
            click.echo(f"  note: {note}")
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
    headers = "".join(
        f"-H '{each['name']}: {(each.get('schema', {}).get('enum') or ['1'])[0]}' "
        for each in operation.parameters
        if each.get("in") == "header" and each.get("required")
    )
    click.echo(
        f"try: curl -X {operation.method} '{base}{operation.path}{query}' {auth}{headers}{_body(contract, model)}"
    )
    sys.stdout.flush()


def _body(contract: Contract, model: Model) -> str:
    """The model's minimal request, as options of curl."""
    operation = model.operations[0]
    if operation.form_only:
        from screentest_suites.requests.bodies import create_form  # most mocks start without it

        parts = read_parts(*create_form(contract, operation, model.base))
        return " ".join(form_option(part, Redactor()) for part in parts)
    return f"-H 'content-type: application/json' -d {shlex.quote(orjson.dumps(model.base).decode())}"
