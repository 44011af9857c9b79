"""`python -m screentest_suites.load.process`: a run under load in a process of its own, which Locust changes for
gevent. Reads what is to be done as JSON from standard input, and writes what came of it to standard output."""

import locust  # isort: skip - first: it changes the standard library that the others import

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from typing import IO, Any, cast

import gevent
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner

from screentest_contracts import load_contract
from screentest_contracts.extensions import add_plugin, load_extensions
from screentest_suites.load.locusts import result_of
from screentest_suites.load.order import PROCESS, Order
from screentest_suites.load.outcome import RunResult
from screentest_suites.load.run import Run
from screentest_suites.load.settings import LoadSettings
from screentest_suites.load.users import users_of
from screentest_suites.targets.credentials import find_keys

FASTEST = 100
"""Users that are started in a second, at the most: Locust warns of more."""

ARRIVAL = 60.0
"""Seconds within which all workers have to come."""


def carry_out(order: Order) -> RunResult | None:
    """Does what is to be done; None of a worker, whose findings the master has."""
    for plugin in order.plugins:
        add_plugin(plugin)
    load_extensions()
    contract, settings = load_contract(order.provider), LoadSettings.read(order.settings)
    run = Run(contract, settings, find_keys(contract))
    environment = Environment(user_classes=[users_of(run)], host=order.base_url)
    if order.master_port:
        worker = environment.create_worker_runner("127.0.0.1", order.master_port)
        run.attach(environment, worker)
        worker.greenlet.join()
        return None
    gevent.signal_handler(signal.SIGINT, lambda: _interrupt(run))
    if order.workers > 1:
        _drive_workers(order, run, environment)
    else:
        runner = environment.create_local_runner()
        run.attach(environment, runner)
        _drive(order, run, environment, runner)
    return result_of(run, environment)


def _interrupt(run: Run) -> None:
    run.interrupted = True
    run.finished.set()
    run.ready.set()


def _drive(order: Order, run: Run, environment: Environment, runner: LocalRunner | MasterRunner) -> None:
    """Starts the users, and ends the run when its tasks have ended or its time is over."""
    settings, page = run.settings, None
    if order.page is not None:
        host, _, port = order.page.rpartition(":")
        page = environment.create_web_ui(host, int(port))
    runner.start(settings.users, min(settings.users, FASTEST))
    run.ready.wait()
    run.finished.wait(settings.duration)
    runner.quit()
    if page is not None:
        page.stop()


def _drive_workers(order: Order, run: Run, environment: Environment) -> None:
    """The same with processes that share users and tasks."""
    master = environment.create_master_runner("127.0.0.1", 0)
    run.attach(environment, master)
    workers = [_start_worker(order, run.settings, number, master.server.port) for number in range(order.workers)]
    try:
        _await_workers(master, workers)
        _drive(order, run, environment, master)
    finally:
        for worker in workers:
            try:
                worker.wait(ARRIVAL)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


def _start_worker(order: Order, settings: LoadSettings, number: int, port: int) -> "subprocess.Popen[bytes]":
    tasks = settings.tasks
    share = None if tasks is None else tasks // order.workers + (number < tasks % order.workers)
    mine: dict[str, Any] = {**asdict(order), "master_port": port}
    mine["settings"] = {**order.settings, "tasks": share}
    command = [sys.executable, "-m", PROCESS]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own
    with cast("IO[bytes]", worker.stdin) as asked:
        asked.write(json.dumps(mine).encode())
    return worker


def _await_workers(master: MasterRunner, workers: "list[subprocess.Popen[bytes]]") -> None:
    with gevent.Timeout(ARRIVAL, RuntimeError("the workers did not come up")):
        while len(master.clients.ready) < len(workers):
            if any(worker.poll() is not None for worker in workers):
                raise RuntimeError("a worker has ended before it began")
            gevent.sleep(0.05)


def main() -> None:
    """Carries out the order on standard input."""
    result = carry_out(Order(**json.load(sys.stdin)))
    if result is not None:
        print(json.dumps(asdict(result)), flush=True)
    os._exit(0)  # whatever greenlets are left


__all__ = ["carry_out", "locust", "main"]

if __name__ == "__main__":
    main()
