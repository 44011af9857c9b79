"""What an item of the packaged suites does."""

from dataclasses import dataclass
from typing import Any

import pytest

from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.redact import Redactor
from screentest_suites.core.curl import curl_line
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting.baseline import NOTHING, BaselinePolicy
from screentest_suites.reporting.report import sources_json, spend_json, verdict_json


@dataclass(frozen=True)
class Item:
    """One requirement of one provider, its judge, and where the verdict is to be noted."""

    judge: Judge
    requirement: str
    redactor: Redactor
    record: Any
    accepted: BaselinePolicy = NOTHING


def judge(item: Item) -> None:
    """Judges; a broken SHOULD or NOTE is an expected failure, because only a MUST fails a run."""
    verdict = item.judge.verdict(item.requirement)
    row = item.accepted.marked(verdict_json(item.judge.contract, verdict, item.redactor))
    item.record("screentest", row)
    session = item.judge.session
    if session.options.metered:
        item.record("screentest-spend", spend_json(item.judge.contract.name, session.client.ledger, item.redactor))
    if verdict.result is Result.ERROR:
        reason = escape_control_characters(item.redactor.text(verdict.finding.reason), keep="\n")
        pytest.fail(f"the harness broke, which is never the vendor's fault\n{reason}", pytrace=False)
    if verdict.result is Result.SKIPPED or verdict.result is Result.UNSUPPORTED:
        pytest.skip(escape_control_characters(item.redactor.text(verdict.finding.reason)))
    if item.accepted.stale(row):
        pytest.fail(item.accepted.complaint(row), pytrace=False)
    if "known" in row:
        pytest.xfail(f"known since {row['known']['date']}: {row['known']['reason']}")
    if verdict.result is Result.FAILED:
        text = explain(item, verdict)
        if verdict.fails_run:
            pytest.fail(text, pytrace=False)
        pytest.xfail(
            f"{verdict.requirement.level}: {escape_control_characters(item.redactor.text(verdict.finding.reason))}"
        )


def explain(item: Item, verdict: Verdict) -> str:
    """The requirement, what was expected and why, the exchange, and a curl line."""
    contract, redactor = item.judge.contract, item.redactor
    requirement = verdict.requirement
    lines = [f"{requirement.level} {verdict.id}", f"  {requirement.statement}"]
    lines += [f"  source: {each['title']} {each['url']}" for each in sources_json(contract, requirement.fact)]
    for evidence in verdict.finding.evidence[:3]:
        lines += [f"seen:     {evidence.seen}", f"expected: {evidence.expected}"]
        for exchange in evidence.exchanges[-2:]:
            sent = exchange.sent
            lines.append(f"  {sent.method} {redactor.text(sent.url)} -> {exchange.status or exchange.error}")
            lines.append(f"  {redactor.body(exchange.body, 600)}")
            lines.append(f"  {curl_line(contract, sent, redactor)}")
    return "\n".join(escape_control_characters(redactor.text(line)) for line in lines)
