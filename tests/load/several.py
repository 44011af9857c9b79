"""Several runs under load in one process of Locust, which takes longer to import than a run takes. Reads orders by name
as JSON from standard input, and writes what came of each to standard output."""

import locust  # isort: skip - first: it changes the standard library that the others import

import json
import os
import sys

from screentest_suites.load.order import Order
from screentest_suites.load.process import carry_out

assert locust.__version__


def main() -> None:
    results = {}
    for name, order in json.load(sys.stdin).items():
        result = carry_out(Order(**order))
        results[name] = vars(result)
    print(json.dumps(results), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
