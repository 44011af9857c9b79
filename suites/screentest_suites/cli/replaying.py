"""`screentest serve --replay`: serves a recording until Ctrl-C."""

import click
import uvicorn

from screentest_mockserver.server.run import Application, bind
from screentest_suites.recording.runs import about, replayed
from screentest_suites.recording.server import Replay, application


def run_replay_server(directory: str, *, host: str, port: int, speed: float, cors: bool = False) -> None:
    """Serves until interrupted. Raises UsageError for anything the user can mend."""
    recordings = {contract.name: (contract, target.tape) for contract, target in replayed(directory)}
    app: Application = application(
        {name: Replay(contract, tape, speed=speed) for name, (contract, tape) in recordings.items()}
    )
    if cors:
        from screentest_mockserver.server.cors import OpenToBrowsers  # most recordings are served without it

        app = OpenToBrowsers(app, [contract for contract, _ in recordings.values()], control=None)
    listener = bind(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    click.echo(f"Recording served on {url}, {speed:g} times as fast as it was; Ctrl-C stops it")
    for name, (contract, tape) in recordings.items():
        click.echo(f"  {url}{'/' + name if len(recordings) > 1 else ''}  {about(contract, tape)}")
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, server_header=False, ws="none"))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        click.echo("stopped", err=True)
