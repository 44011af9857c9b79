"""What a request makes of a server that does not answer, in a process of gevent: as the server's fault, and as our own.
Prints both."""

import locust  # isort: skip - first: it changes the standard library that the others import

import os
import socket
import sys
from pathlib import Path

from screentest_contracts import load_contract
from screentest_suites.core.exchange import SentRequest
from screentest_suites.core.verdicts import NotObservedError
from screentest_suites.load.target import LoadTarget, Wire

assert locust.__version__


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        wire = Wire(load_contract(Path(__file__).with_name("parcels.yaml")), url, {"good": "sk"}, timeout=0.3)
        target, sent = LoadTarget(wire), SentRequest("GET", f"{url}/parcels/p1")
        wire.lag.stop()
        print(target.send(sent).error)
        wire.lag.since = lambda moment: 0.2  # type: ignore[method-assign]
        try:
            print(target.send(sent).error)
        except NotObservedError as late:
            print(late)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
