"""A pytest run over providers: judges, items, the report."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts.contract import Contract
from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.errors import UsageError
from screentest_contracts.extensions import load_extensions
from screentest_contracts.requirements import requirements
from screentest_suites.core.files import attempt
from screentest_suites.core.options import Options
from screentest_suites.core.run_options import PROVIDER
from screentest_suites.core.settings import RunSettings
from screentest_suites.judging.judge import Judge
from screentest_suites.judging.rehearsal import make_judge
from screentest_suites.pytest_plugin.item import Item
from screentest_suites.pytest_plugin.options import dest_of, given_values
from screentest_suites.recording.runs import Recorder
from screentest_suites.reporting import report
from screentest_suites.reporting.baseline import BaselinePolicy
from screentest_suites.reporting.observed import tasks_json
from screentest_suites.reporting.outcome import Outcome, outcome
from screentest_suites.reporting.seen import merged, seen_json, told, unseen
from screentest_suites.spending import Budget
from screentest_suites.targets.credentials import find_keys, redactor
from screentest_suites.targets.selection import Destination, check_models, select_contracts


class Run:
    """Registered as a plugin when `--provider` is given. Judges are made when the first item asks for one, so that
    `--collect-only` sends nothing."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        try:
            load_extensions()
            settings = RunSettings(**given_values(config))
            self.budget = Budget.read(settings.max_spend, live=settings.live, assume=settings.assume_price)
            self.options = settings.options(self.budget.assumed)
            self.where = Destination(settings.target, settings.live, settings.timeout, settings.rate)
            self.documents = tuple(config.getoption(dest_of(PROVIDER), None) or ())
            self.recorder = self._recorder(settings)
            self.paths = [Path(path) for path in (*settings.reports, *self.recorder.reports)]
            contracts, self.hints = select_contracts(self.documents, self.where)
            self.contracts: dict[str, Contract] = {contract.name: contract for contract in contracts}
            self.hints = [*self.hints, *check_models(contracts, self.options.models)]
            for contract in contracts:
                self.budget.cap(contract)
                if not self.where.embedded and not config.option.collectonly:
                    find_keys(contract)
            for path in self.paths:
                report.check_path(path)
            self.accepted = BaselinePolicy.read(settings.baseline, update=settings.update_baseline)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        self.started, self._began = report.now(), time.monotonic()
        self.rows: list[dict[str, Any]] = []
        self.spend: dict[str, dict[str, Any]] = {}
        self.tasks: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self.outcome: Outcome | None = None
        self.unwritten: list[UsageError] = []
        self._judges: dict[str, Judge] = {}
        self._unusable: dict[str, str] = {}

    def _recorder(self, settings: RunSettings) -> Recorder:
        """What is recorded or goes on; each of pytest-xdist's workers keeps the providers that it judges."""
        alone = not hasattr(self.config, "workerinput")
        recorder = Recorder(settings.record, settings.resume, embedded=self.where.embedded, alone=alone)
        if recorder.resuming:
            recorder.refuse(self.documents, self.where, self.budget, self.options)
            self.documents, self.budget = tuple(recorder.documents), recorder.budget
            self.options = replace(recorder.options, time_limit=self.options.time_limit)
        return recorder

    def judge(self, provider: str) -> Judge:
        """The provider's judge, made once. A target that cannot be used is told once, and the other items skipped."""
        if provider in self._unusable:
            pytest.skip(self._unusable[provider].partition("\n")[0])
        if provider not in self._judges:
            contract = self.contracts[provider]
            try:
                target = self.recorder.make_target(
                    contract,
                    self.where,
                    self.options,
                    self.budget,
                    several=len(self.contracts) > 1,
                    documents=self.documents,
                )
                self._judges[provider] = make_judge(contract, target, self._options_now(), self.budget)
            except UsageError as error:
                self._unusable[provider] = str(error)
        if provider in self._unusable:
            pytest.fail(self._unusable[provider], pytrace=False)
        return self._judges[provider]

    def _options_now(self) -> Options:
        """The options, with what is left of the run's time: a judge is made when its first item comes."""
        limit = self.options.time_limit
        left = None if limit is None else max(self._began + limit - time.monotonic(), 0.001)
        return replace(self.options, time_limit=left)

    def pytest_report_header(self) -> list[str]:
        live = "the providers' own servers" if self.where.live else "embedded mock, virtual time"
        limit = ""
        if self.budget.limited:
            most = "without limit" if self.budget.most is None else f"at most {self.budget.most} {self.budget.money}"
            limit = f"; spending {most}".rstrip()
        if self.options.time_limit is not None:
            limit += f"; {self.options.time_limit:g} s at most"
        return [f"screentest: {', '.join(self.contracts)} on {self.where.url or live}{limit}", *self.hints]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "screentest_item" not in metafunc.fixturenames:
            return
        suite = getattr(metafunc.module, "SUITE", None)
        ids = [
            f"{name}:{requirement.id}"
            for name, contract in self.contracts.items()
            for requirement in requirements(contract)
            if suite in (None, requirement.suite)
        ]
        metafunc.parametrize("screentest_item", ids, ids=ids, indirect=True)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """A suite without a requirement of these providers leaves an empty placeholder: not an item."""
        items[:] = [item for item in items if not item.name.startswith("test_requirement[NOTSET")]

    @pytest.fixture
    def screentest_item(self, request: pytest.FixtureRequest, record_property: Any) -> Item:
        provider, _, requirement = request.param.partition(":")
        judge = self.judge(provider)
        return Item(judge, requirement, redactor([judge.target]), record_property, self.accepted)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, value in report.user_properties:
                if name == "screentest" and isinstance(value, dict):
                    self.rows.append(dict(value))
                elif name == "screentest-spend" and isinstance(value, dict):
                    self.spend[value["provider"]] = dict(value)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Where tasks are real, all items of a provider go to one worker: tasks, and the money for them, are shared."""
        if self.where.embedded:
            return None
        from screentest_suites.pytest_plugin.scheduling import ByProvider

        return ByProvider(config, log)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for seen in self.seen:
            first, *others = [escape_control_characters(line) for line in told(seen)]
            terminalreporter.write_line(f"screentest: {seen['title']}: {first}", red=unseen(seen))
            for line in others:
                terminalreporter.write_line(f"  {line}")
        for each in self.spend.values():
            spent, unknown = float(each["spent"]), float(each["unknown"])
            terminalreporter.write_line(
                f"screentest: {each['provider']} spent {spent:.2f} {each['currency']}, {unknown:.2f} more may be due; "
                f"{each['declined']} requests were not sent for want of budget, or of a price (--assume-price)"
            )

        for line in self.accepted.told(self.rows):
            terminalreporter.write_line(f"screentest: {escape_control_characters(line)}")
        if self.accepted.update and self.rows and not self.unwritten:
            terminalreporter.write_line(f"screentest: {self.accepted.written_told(self.rows)}")
        for problem in self.unwritten:
            terminalreporter.write_line(f"screentest: {problem}", red=True)
        if self.outcome is not None:
            wrong = self.outcome.status != 0
            terminalreporter.write_line(f"screentest: {self.outcome.words}", red=wrong, green=not wrong)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        for judge in self._judges.values():
            judge.finish()
            observation, secrets = judge.observation(), redactor([judge.target])
            self.tasks += tasks_json([observation], secrets)
            self.seen.append(seen_json(observation, (), secrets))
            judge.target.close()
        stopped = session.shouldstop or session.shouldfail  # --exitfirst and the like
        finished = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not stopped
        self.unwritten += self.recorder.finish(whole=finished)
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["screentest_tasks"] = self.tasks
            self.config.workeroutput["screentest_seen"] = self.seen
            return
        asked = {name: len(requirements(contract)) for name, contract in self.contracts.items()}
        self.seen = merged(self.seen, self.rows, asked)
        if self.accepted.update:
            self.unwritten += attempt(partial(self.accepted.write, self.rows))
        if self.paths and not self.config.option.collectonly:
            self._report(finished=finished)
        if self.unwritten:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        if finished and self.rows:
            self.outcome = outcome(self.rows, self.seen, self.accepted, unwritten=bool(self.unwritten))
            if self.outcome.status == 1 and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _report(self, *, finished: bool) -> None:
        target = next((judge.target for judge in self._judges.values()), None)
        head = report.header(self.contracts.values(), target, self.options, self.started)
        if target is None:  # under xdist the judges live in the workers
            kind = "live" if self.where.live else "embedded mock" if self.where.embedded else "url"
            head["target"] = {"kind": kind, "host": ""}
        head["spend"] = list(self.spend.values())
        found = report.document(head, self.rows, finished=finished, tasks=self.tasks, observed=self.seen)
        self.unwritten += report.write_all(self.paths, found)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of xdist has ended. Each has made tasks of its own; one of a kind is enough."""
        self.seen += getattr(node, "workeroutput", {}).get("screentest_seen", ())
        known = {_kind(task) for task in self.tasks}
        self.tasks += [
            task for task in getattr(node, "workeroutput", {}).get("screentest_tasks", ()) if _kind(task) not in known
        ]


def _kind(task: dict[str, Any]) -> tuple[str, ...]:
    return (task["provider"], task["model"], task["plan"], *task["broke"])
