"""A command in every situation, several at a time, each with a mock of its own."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass

from screentest_contracts.contract import Contract
from screentest_suites.clients.seen import ClientRun
from screentest_suites.clients.situations import Wish
from screentest_suites.clients.staging import Trust, run_situation, trust

FIRST = "success"
"""The situation that is tried before all others: what cannot be run at all is told at once."""


@dataclass(frozen=True)
class Plan:
    """What is to be run: situations, the command, seconds for each, how many at a time, and whether over TLS."""

    situations: tuple[str, ...]
    command: tuple[str, ...]
    time_limit: float
    jobs: int = 4
    tls: bool = False


def run_plan(contract: Contract, wish: Wish, plan: Plan) -> Iterator[ClientRun]:
    """What was seen in each situation, as it ends. Each runs the command once. An exception, an interruption too, ends
    the commands that still run."""
    stop = threading.Event()
    with ExitStack() as stack:
        tls: Trust | None = stack.enter_context(trust()) if plan.tls else None

        def run(name: str) -> ClientRun:
            return run_situation(contract, name, wish, plan.command, plan.time_limit, tls, stop)

        first, rest = _split(plan.situations)
        for name in first:
            yield run(name)
        pool = stack.enter_context(ThreadPoolExecutor(plan.jobs))
        pending: set[Future[ClientRun]] = {pool.submit(run, name) for name in rest}
        try:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            stop.set()
            for future in pending:
                future.cancel()


def _split(names: Sequence[str]) -> tuple[list[str], list[str]]:
    return [name for name in names if name == FIRST], [name for name in names if name != FIRST]
