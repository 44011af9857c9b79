"""A pytest run over providers: judges, items, the report."""

from pathlib import Path
from typing import Any

import pytest

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.requirements import requirements
from screentest_suites import report, setup
from screentest_suites.conformance.item import Item
from screentest_suites.judge import Judge
from screentest_suites.observed import tasks_json
from screentest_suites.session import Options


class Run:
    """Registered as a plugin when `--provider` is given. Judges are made when the first item asks for one, so that
    `--collect-only` sends nothing."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.options = Options(
            poll_interval=self._option("poll_interval"),
            task_timeout=self._option("task_timeout"),
            examples=self._option("examples") or 100,
            seed=self._option("screentest_seed") or 0,
            models=tuple(self._option("model") or ()),
        )
        self.paths = [Path(path) for path in self._option("report") or ()]
        try:
            self.contracts: dict[str, Contract] = {
                contract.name: contract for contract in setup.contracts(self._option("provider"))
            }
            setup.check_models(self.contracts.values(), self.options.models)
            for path in self.paths:
                report.check_path(path)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        self.started = report.now()
        self.rows: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self._judges: dict[str, Judge] = {}
        self._unusable: dict[str, str] = {}

    def _option(self, name: str) -> Any:
        return self.config.getoption(f"screentest_{name}", None)

    def judge(self, provider: str) -> Judge:
        """The provider's judge, made once."""
        if provider in self._unusable:  # a target that does not answer is not asked again for every item
            raise pytest.UsageError(self._unusable[provider])
        if provider not in self._judges:
            contract = self.contracts[provider]
            try:
                target = setup.make_target(contract, self._option("target"), several=len(self.contracts) > 1)
            except UsageError as error:
                self._unusable[provider] = str(error)
                raise pytest.UsageError(str(error)) from None
            self._judges[provider] = Judge(contract, target, self.options)
        return self._judges[provider]

    def pytest_report_header(self) -> list[str]:
        target = self._option("target") or "embedded mock, virtual time"
        return [f"screentest: {', '.join(self.contracts)} on {target}; {self.options}"]

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
        return Item(judge, requirement, setup.redactor([judge.target]), record_property)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.rows += [
                dict(value)
                for name, value in report.user_properties
                if name == "screentest" and isinstance(value, dict)
            ]

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        for judge in self._judges.values():
            self.tasks += tasks_json([judge], setup.redactor([judge.target]))
            judge.target.close()
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["screentest_tasks"] = self.tasks
            return
        if not self.paths or self.config.option.collectonly:
            return
        target = next((judge.target for judge in self._judges.values()), None)
        head = report.header(self.contracts.values(), target, self.options, self.started)
        if target is None:  # under xdist the judges live in the workers
            head["target"] = {"kind": "url" if self._option("target") else "embedded mock", "host": ""}
        stopped = session.shouldstop or session.shouldfail  # --exitfirst and the like
        finished = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not stopped
        report.write_all(self.paths, report.document(head, self.rows, finished=finished, tasks=self.tasks))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of xdist has ended. Each has made tasks of its own; one of a kind is enough."""
        known = {_kind(task) for task in self.tasks}
        self.tasks += [
            task for task in getattr(node, "workeroutput", {}).get("screentest_tasks", ()) if _kind(task) not in known
        ]


def _kind(task: dict[str, Any]) -> tuple[str, ...]:
    return (task["provider"], task["model"], task["plan"], *task["broke"])
