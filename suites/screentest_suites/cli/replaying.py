"""`screentest serve --replay`: serves a recording until Ctrl-C."""

import contextlib
import shlex

import click
import uvicorn

from screentest_mockserver.server.run import Application, bind, certify, shown_address
from screentest_mockserver.server.tls import authority_file, secured
from screentest_suites.recording.runs import about, replayed
from screentest_suites.recording.server import Replay, application


def run_replay_server(
    directory: str, *, host: str, port: int, speed: float, cors: bool, tls: bool, tls_ca: str | None
) -> None:
    """Serves until interrupted. Raises UsageError for anything the user can mend."""
    recordings = {contract.name: (contract, target.tape) for contract, target in replayed(directory)}
    app: Application = application(
        {name: Replay(contract, tape, speed=speed) for name, (contract, tape) in recordings.items()}
    )
    if cors:
        from screentest_mockserver.server.cors import OpenToBrowsers  # most recordings are served without it

        app = OpenToBrowsers(app, [contract for contract, _ in recordings.values()], control=None)
    listener = bind(host, port)
    certificate = certify((contract for contract, _ in recordings.values()), host) if tls else None
    url = shown_address(listener, host, certificate)
    click.echo(f"Recording served on {url}, {speed:g} times as fast as it was; Ctrl-C stops it")
    for name, (contract, tape) in recordings.items():
        click.echo(f"  {url}{'/' + name if len(recordings) > 1 else ''}  {about(contract, tape)}")
    config = uvicorn.Config(app, log_level="critical", access_log=False, server_header=False, ws="none")
    with contextlib.ExitStack() as stack:
        stack.callback(listener.close)
        if certificate is not None:
            config = secured(config, certificate.context)
            ca_file = stack.enter_context(authority_file(certificate, tls_ca))
            click.echo(f"SSL_CERT_FILE={shlex.quote(ca_file)}")
        stack.callback(click.echo, "stopped", err=True)
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        uvicorn.Server(config).run(sockets=[listener])
