"""A user class for Locust, derived from a provider's document."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gevent
import locust
from locust import User, task
from locust.env import Environment
from locust.runners import Runner, WorkerRunner
from rich.console import Console

from screentest_contracts import load_contract
from screentest_suites.load.locusts import result_of
from screentest_suites.load.outcome import report_document
from screentest_suites.load.run import Run
from screentest_suites.load.settings import LoadSettings
from screentest_suites.load.shown import conclude
from screentest_suites.load.target import LoadTarget
from screentest_suites.reporting import report
from screentest_suites.targets.credentials import find_keys


class TaskUser(User):
    """Makes one task after another and follows each to its end. `load` is what all users of a process share."""

    abstract = True
    load: Run
    _target: LoadTarget | None = None

    @task
    def make_task(self) -> None:
        """One task from its create to its verdicts."""
        self.load.turn(self._connections)

    def _connections(self) -> LoadTarget:
        if self._target is None:
            self._target = self.load.target()
        return self._target

    def on_stop(self) -> None:
        if self._target is not None:
            self._target.close()


def users_of(run: Run) -> type[TaskUser]:
    """The user class of a run."""
    return type("TaskUserOf" + run.contract.name.title(), (TaskUser,), {"load": run, "abstract": False})


def user_class(provider: str, *, reports: Sequence[str | Path] = (), **settings: Any) -> type[TaskUser]:
    """A user class for a locustfile: its users make tasks of `provider`, a built-in name or the path of a document,
    follow each to its end, and judge it by the checks of `screentest check`. It works in Locust's distributed mode,
    too: there the master prints and writes what all workers have found.

    `settings` are those of `LoadSettings`, but for users, tasks and duration, which Locust has; `reports` are paths to
    write. The address comes from Locust: `--host`, or `host` of a subclass. Without one it is the provider's own, which
    needs `live=True` and `max_spend`. The key comes from the environment variable that the document names. Raises
    UsageError.

    A locustfile:

        from screentest.load import user_class

        class Tasks(user_class("acme.yaml", speed=60)):
            host = "http://127.0.0.1:8080"
    """
    contract = load_contract(provider)
    run = Run(contract, LoadSettings(**settings), find_keys(contract))
    paths = [Path(path) for path in reports]
    for path in paths:
        report.check_path(path)

    def attach(environment: Environment, runner: Runner, **_: Any) -> None:
        run.attach(environment, runner)
        if not isinstance(runner, WorkerRunner):
            end = runner.quit if environment.web_ui is None else runner.stop
            run.on_end = partial(gevent.spawn, end)
            environment.events.quitting.add_listener(lambda **_: _conclude(run, environment, runner, paths))

    locust.events.init.add_listener(attach)
    return users_of(run)


def _conclude(run: Run, environment: Environment, runner: Runner, paths: Sequence[Path]) -> None:
    """Prints and writes what was found, and sets Locust's exit status."""
    if runner.state in ("running", "spawning"):
        run.interrupted = True
        runner.quit()
    result = result_of(run, environment)
    if result.failure:
        print(f"error: {result.failure}", file=sys.stderr)
        environment.process_exit_code = 2 if result.misused else 3
        return
    document = report_document(run.contract, result, run.keys, run.options)
    environment.process_exit_code = conclude(Console(highlight=False), document, paths)
