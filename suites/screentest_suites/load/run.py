"""One process's part in a run under load: what its users do, and what the processes tell each other."""

import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner, Runner, WorkerRunner

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_suites.core.exchange import Exchange
from screentest_suites.load.calling import LoadReceiver
from screentest_suites.load.findings import Comparison, Findings
from screentest_suites.load.lives import Lives
from screentest_suites.load.money import GRANTED, RESERVE, SETTLE, Bank, WorkerLedger
from screentest_suites.load.settings import LoadSettings
from screentest_suites.load.target import LoadTarget, Wire, shown_name, told_error
from screentest_suites.reporting.report import now
from screentest_suites.spending import Ledger
from screentest_suites.targets.selection import live_rate
from screentest_suites.tasks.pace import Pace

DRAIN, DRAINED, IDLE = "screentest-drain", "screentest-drained", "screentest-idle"
"""Messages: the master ends the making of tasks; a worker tells that its last task has ended, or that it makes none any
more."""

FOUND = "screentest"
"""The member of Locust's reports that has a worker's findings."""

SLACK = 60.0
"""Seconds beyond a task's time-out for which the tasks under way are waited for at the end."""

HURRY = 5.0
"""The same where the run was interrupted."""


class Run:
    """What the users of one process share. `rest` is what a task at rest has shown, `load` what all tasks have shown
    under load; both are whole in the process that judges: the only one, or the master.

    `failure` is the traceback of an error of ours, or how it was `misused`, and ends the run. `ready` is set when the
    server has been judged at rest, `finished` when no more tasks are made and none is under way.
    """

    def __init__(self, contract: Contract, settings: LoadSettings, keys: Mapping[str, str]) -> None:
        self.contract = contract
        self.settings = settings
        self.options = settings.options(contract)
        self.keys = keys
        self.ledger = settings.budget().ledger(contract)
        self.rest, self.load = Findings(), Findings()
        self.failure, self.misused, self.interrupted = "", False, False
        self.started, self.seconds, self.users, self.processes = now(), 0.0, 0, 1
        self.ready, self.finished = Event(), Event()
        self.on_end: Callable[[], object] = lambda: None  # the tasks have ended before the run was
        self._lives: Lives | None = None
        self._receiver: LoadReceiver | None = None
        self._began = 0.0
        self._reset()

    def _reset(self) -> None:
        self.rest, self.load = Findings(), Findings()
        self._comparison = Comparison()
        self._left = self.settings.tasks
        self._closing, self._draining, self._active = False, False, 0
        self._idle: set[str] = set()
        self._drained: set[str] = set()
        self.ready.clear()
        self.finished.clear()

    # -- Locust's events ----------------------------------------------------------------------------------------

    def attach(self, environment: Environment, runner: Runner) -> None:
        """Joins a Locust environment whose runner has been made."""
        self._environment, self._runner = environment, runner
        self._own_ledger: Ledger = self.ledger
        events = environment.events
        events.test_start.add_listener(self._begin)
        events.test_stopping.add_listener(self._drain)
        if isinstance(runner, WorkerRunner):
            ledger = self._own_ledger = WorkerLedger(runner)
            runner.register_message(GRANTED, lambda msg, **_: ledger.hear(msg.data))
            runner.register_message(DRAIN, lambda msg, **_: self._drain_worker(msg.data), concurrent=True)
            events.report_to_master.add_listener(lambda data, **_: data.update({FOUND: self._taken()}))
        elif isinstance(runner, MasterRunner):
            bank = Bank(self.ledger, runner)
            runner.register_message(RESERVE, lambda msg, **_: bank.reserve(msg.node_id, msg.data))
            runner.register_message(SETTLE, lambda msg, **_: bank.settle(msg.node_id, msg.data))
            runner.register_message(DRAINED, lambda msg, **_: self._hear_drained(msg.node_id, msg.data))
            runner.register_message(IDLE, lambda msg, **_: self._hear_idle(msg.node_id, runner))
            events.worker_report.add_listener(lambda data, **_: self._add(Findings.read(data[FOUND])))

    def _begin(self, **_: Any) -> None:
        """The start of a run: the process that judges looks at the server at rest first."""
        self._reset()
        self.started = now()
        try:
            self._lives = self._prepare()
            if not isinstance(self._runner, WorkerRunner):
                self._judge_at_rest(self._lives)
        except UsageError as error:
            self.failure, self.misused = str(error), True
            self.close()
        except Exception:  # Locust would only log it
            self._fail()
        self._began = time.monotonic()
        self.ready.set()

    def _prepare(self) -> Lives:
        settings, port = self.settings, None
        rate = live_rate(self.contract) if settings.live and settings.rate is None else settings.rate
        self._wire = Wire(
            self.contract, self.base_url, self.keys, live=settings.live, timeout=settings.timeout, rate=rate
        )
        if settings.callback_listen is not None:
            listen, url, certificate = settings.callback_listen, settings.callback_url, settings.callback_certificate
            lag, patience = self._wire.lag, settings.callback_patience
            self._receiver = LoadReceiver(listen, url, certificate, lag=lag, patience=patience)
            port = self._receiver.mailbox
            trust = f", to be trusted by {self._receiver.ca_file}" if self._receiver.ca_file else ""
            print(f"callbacks are received at {port.base}{trust}", file=sys.stderr, flush=True)
        shared = LoadTarget(self._wire)
        self._pace = Pace(self.contract, shared, self.options)
        return Lives(self.contract, shared, self.options, self._own_ledger, port)

    def _judge_at_rest(self, lives: Lives) -> None:
        """One task of each model and form, one after another."""
        target = LoadTarget(self._wire)
        for _ in range(lives.different):
            lives.one(target, self.rest)
        self._comparison.compare(self.rest)
        target.close()
        if lives.exhausted:
            self.close()

    @property
    def base_url(self) -> str:
        """Where the server is, by Locust. Raises UsageError for the provider's own, where nobody asked for that."""
        hosts = (each.host for each in self._environment.user_classes if getattr(each, "load", None) is self)
        base: str = self._environment.host or next(filter(None, hosts), None) or self.contract.base_url
        if base.rstrip("/") == self.contract.base_url and not self.settings.live:
            raise UsageError(f"{base} is the provider's own server", "name another host, or ask for live and max_spend")
        return base

    def _fail(self) -> None:
        self.failure = self.failure or traceback.format_exc()
        self.close()

    # -- what users do ------------------------------------------------------------------------------------------

    def target(self) -> LoadTarget:
        """A user's own connections."""
        return LoadTarget(self._wire, self._tell)

    def turn(self, connections: Callable[[], LoadTarget]) -> None:
        """One task from its create to its verdicts. Raises StopUser where no more are to be made."""
        lives = self._lives
        if lives is None or self._closing or self._left == 0:
            self._see_end()
            raise StopUser
        if self._left is not None:
            self._left -= 1
        self._active += 1
        found = Findings()  # whole when it is added: a worker's are taken away at any moment
        try:
            lives.one(connections(), found)
        except Exception:  # our bug; Locust would go on
            self._fail()
        finally:
            self._active -= 1
            self._add(found)
            self._closing = self._closing or bool(lives.exhausted)
            self._see_end()

    def close(self) -> None:
        """No more tasks are made."""
        self._closing = True
        self._see_end()

    def _see_end(self) -> None:
        if (self._closing or self._left == 0) and not self._active and not self.finished.is_set():
            self._end()
            if isinstance(self._runner, WorkerRunner):
                self._runner.send_message(IDLE)

    def _end(self) -> None:
        self.finished.set()
        if not self._draining:
            self.on_end()

    def _tell(self, exchange: Exchange) -> None:
        self._environment.events.request.fire(
            request_type=exchange.sent.method,
            name=shown_name(self.contract, exchange),
            response_time=(exchange.received_at - exchange.sent_at) * 1000,
            response_length=exchange.size,
            exception=told_error(exchange) or None,
            context={},
        )

    # -- the end ------------------------------------------------------------------------------------------------

    def _drain(self, **_: Any) -> None:
        """Lets the tasks under way come to their end before Locust stops its users."""
        if isinstance(self._runner, WorkerRunner) or not self._began:
            return
        self._draining = True
        self.users = self._runner.target_user_count
        self.seconds = time.monotonic() - self._began
        hurry = self.interrupted or self.failure or self._lives is None
        patience = HURRY if hurry else self._pace.timeout + SLACK
        if isinstance(self._runner, MasterRunner):
            self._drain_workers(self._runner, patience)
        else:
            self._end_own(patience)
        self.seconds = time.monotonic() - self._began

    def _drain_workers(self, runner: MasterRunner, patience: float) -> None:
        workers = set(runner.clients)
        self.processes = len(workers)
        for worker in workers:
            runner.send_message(DRAIN, {"patience": patience}, worker)
        ends = time.monotonic() + patience + HURRY
        while not self._drained.issuperset(workers) and time.monotonic() < ends:
            gevent.sleep(0.05)

    def _drain_worker(self, data: dict[str, Any]) -> None:
        self._end_own(data["patience"])
        self._runner.send_message(DRAINED, self._taken())

    def _end_own(self, patience: float) -> None:
        self.close()
        self.finished.wait(patience)
        if self._lives is not None:
            self.load.held_up += self._wire.lag.total
            self._wire.lag.stop()
        if self._receiver is not None:
            self._receiver.close()

    def _hear_drained(self, worker: str, plain: dict[str, Any]) -> None:
        self._add(Findings.read(plain))
        self._drained.add(worker)

    def _hear_idle(self, worker: str, runner: MasterRunner) -> None:
        self._idle.add(worker)
        if self._idle.issuperset(runner.clients) and not self.finished.is_set():
            self._end()

    def _taken(self) -> dict[str, Any]:
        """What this worker has found since it was asked last."""
        found, self.load = self.load, Findings()
        return found.plain()

    def _add(self, found: Findings) -> None:
        """Adds what a task, or a worker, has shown."""
        self.load.add(found)
        if not isinstance(self._runner, WorkerRunner):
            self._comparison.compare(self.load)
