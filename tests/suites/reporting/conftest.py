"""Reports of real runs, reports of made-up hostile ones, and a real browser to look at them with."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_mockserver.behaviours.deviations import deviation
from screentest_suites.core.options import Options
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting import report
from screentest_suites.reporting.observed import tasks_json
from screentest_suites.reporting.render import render
from screentest_suites.reporting.seen import seen_json
from screentest_suites.targets.credentials import redactor
from screentest_suites.targets.embedded import EmbeddedTarget

Report = dict[str, Any]

DEVIATIONS = {
    "evolink": "unknown-status",
    "nexusflow": "progress-falls",
    "tokenbay": "accepts-above-maximum",
    "tokenhot": "never-ends",
}


@cache
def _run(name: str, deviating: str | None, started: str) -> str:
    contract = load_contract(name)
    target = EmbeddedTarget(contract)
    target.mock.deviation = deviation(deviating, contract) if deviating else None
    options = Options(examples=4)
    judge, secrets = Judge(contract, target, options), redactor([target])
    rows = [report.verdict_json(contract, verdict, secrets) for verdict in judge.verdicts()]
    head = report.header([contract], target, options, started)
    observation = judge.observation()
    seen, tasks = [seen_json(observation, rows, secrets)], tasks_json([observation], secrets)
    return json.dumps(report.document(head, rows, finished=True, tasks=tasks, observed=seen))


@pytest.fixture(scope="session")
def judged() -> Callable[..., Report]:
    """The report of a run: `judged(provider, deviation=None, started=...)`. A fresh copy each time."""

    def make(name: str, deviating: str | None = None, started: str = "2026-11-20T08:00:00Z") -> Report:
        found: Report = json.loads(_run(name, deviating, started))
        return found

    return make


@pytest.fixture(scope="session")
def broken(judged: Callable[..., Report]) -> list[Report]:
    """All four providers: each breaks something, and the first did not break it the day before."""
    return [judged("evolink"), *(judged(name, each, "2026-11-21T08:00:00Z") for name, each in DEVIATIONS.items())]


@pytest.fixture
def requirement() -> Callable[..., Report]:
    """A made-up row of a report."""

    def make(name: str = "query.made-up", verdict: str = "passed", level: str = "MUST", **members: Any) -> Report:
        row = {"id": name, "provider": "acme", "suite": "polling", "level": level, "verdict": verdict, "reason": ""}
        row |= {"judged": 1, "statement": "It is so.", "sources": [], "evidence": []}
        return row | members

    return make


@pytest.fixture
def document() -> Callable[..., Report]:
    """A made-up report with some rows."""

    def make(*rows: Report, finished: bool = True, name: str = "acme", **members: Any) -> Report:
        head: Report = {
            "format": 1,
            "tool": {"name": "screentest", "version": "0.1.0"},
            "started": "2026-11-21T08:00:00Z",
            "seed": 0,
            "examples": 1,
            "target": {"kind": "url", "host": "127.0.0.1:3000"},
            "providers": [{"name": name, "title": name.title(), "contract": "0" * 64}],
            "spend": [],
        }
        return report.document(head | members, [{**row, "provider": name} for row in rows], finished=finished)

    return make


# -- a browser ----------------------------------------------------------------------------------------------------


class Complaints(list[str]):
    """What a browser said against a page. `tolerated`: a test provokes it."""

    tolerated = False


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def visit(browser: Any, tmp_path: Path, complaints: Complaints) -> Iterator[Callable[..., Any]]:
    """Opens reports from disk: `visit(reports, "#address", width=..., ...)` gives the browser's page.

    Whatever the page says on the console, throws, or asks the network for fails the test.
    """
    contexts = []

    def open_page(reports: list[Report], address: str = "", *, width: int = 1280, **options: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text(render(reports, ".html"), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        context.set_default_timeout(600_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: _only_the_file(request.url, file, complaints))
        page.goto(file.as_uri() + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints.tolerated or complaints == []


def _only_the_file(url: str, file: Path, complaints: Complaints) -> None:
    if not url.startswith((file.as_uri(), "data:", "blob:")):
        complaints.append(f"request: {url}")
