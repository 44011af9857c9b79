"""From what was found to a report: which promises broke at rest, and which only under load."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.contract import Contract
from screentest_contracts.redact import Redactor
from screentest_contracts.requirements import Requirement
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Finding, Result, Skip, Verdict, skipped
from screentest_suites.load.findings import Findings, moment, written
from screentest_suites.load.promises import promises
from screentest_suites.reporting import report
from screentest_suites.reporting.outcome import Outcome, outcome
from screentest_suites.reporting.seen import ENDS, unjudged
from screentest_suites.tasks.records import NEVER_ENDED

PERCENTILES = (0.5, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class RunResult:
    """What a run leaves, as data of JSON: what it found at `rest` and under `load` (`Findings.plain`), requests by
    operation, errors by kind, the money. `failure` is not empty where the harness broke, or was `misused`."""

    rest: dict[str, Any]
    load: dict[str, Any]
    operations: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    spend: dict[str, Any]
    base_url: str
    started: str
    seconds: float
    users: int
    processes: int
    interrupted: bool
    failure: str
    misused: bool

    @property
    def tasks(self) -> Counter[str]:
        """The tasks of both phases by their end."""
        return Counter(self.rest["ends"]) + Counter(self.load["ends"])

    @property
    def made(self) -> int:
        """The tasks of both phases."""
        made: int = self.rest["made"] + self.load["made"]
        return made


def report_document(contract: Contract, result: RunResult, keys: Mapping[str, str], options: Options) -> dict[str, Any]:
    """The report of a run, as `screentest check` writes it, with figures under `load`."""
    rest, load = Findings.read(result.rest), Findings.read(result.load)
    redactor = Redactor(keys.values())
    rows = [_row(contract, each, rest, load, redactor) for each in promises(contract)]
    head = report.header([contract], None, options, result.started)
    kind = "live" if result.base_url == contract.base_url else "url"
    head["target"] = {"kind": kind, "host": urlsplit(result.base_url).netloc.rpartition("@")[2]}
    head["spend"] = [result.spend] if options.metered else []
    document = report.document(
        head, rows, finished=not result.interrupted, observed=[_observed(contract, options, result, rows)]
    )
    document["load"] = _figures(result, load)
    return document


def run_outcome(document: dict[str, Any], *, unwritten: bool) -> Outcome:
    """How a run came out, by the rules of `screentest check`."""
    finished = "footer" in document
    return outcome(document["requirements"], document["observed"], finished=finished, unwritten=unwritten)


def _row(contract: Contract, requirement: Requirement, rest: Findings, load: Findings, redactor: Redactor) -> Any:
    """One promise of the report."""
    name = requirement.id
    finding = _finding(name, rest, load)
    row = report.verdict_json(contract, Verdict(requirement, contract.name, finding), redactor)
    if finding.result is Result.FAILED:
        row["load"] = {
            "rest": _when(rest, name),
            "load": _when(load, name),
            "tasks": load.broken[name],
            "of": load.judged[name],
        }
        row["evidence"] = sorted(_evidence(load, name) or _evidence(rest, name), key=moment)
    return row


def _finding(name: str, rest: Findings, load: Findings) -> Finding:
    judged = rest.judged[name] + load.judged[name]
    for findings in (load, rest):
        if name in findings.errors:
            return Finding(Result.ERROR, findings.errors[name])
    if load.broken[name] or rest.broken[name]:
        return Finding(Result.FAILED, _reason(name, rest, load), (), judged)
    if judged:
        return Finding(Result.PASSED, "", (), judged)
    late = load.late.get(name) or rest.late.get(name)
    return Finding(Result.SKIPPED, late) if late else skipped(Skip.NOT_OBSERVED)


def _reason(name: str, rest: Findings, load: Findings) -> str:
    where = "only at rest" if not load.broken[name] else "at rest, too" if rest.broken[name] else "only under load"
    evidence = min(_evidence(load, name) or _evidence(rest, name), key=moment, default=None)
    told = f": {evidence['seen']}, first at {written(moment(evidence))}" if evidence else ""
    share = f" ({load.broken[name]} of {load.judged[name]} tasks)" if load.broken[name] else ""
    return f"{where}{share}{told}"


def _evidence(findings: Findings, name: str) -> list[dict[str, Any]]:
    return findings.evidence.get(name, [])


def _when(findings: Findings, name: str) -> str:
    return "broken" if findings.broken[name] else "kept" if findings.judged[name] else "not judged"


def _observed(contract: Contract, options: Options, result: RunResult, rows: list[dict[str, Any]]) -> dict[str, Any]:
    ends = result.tasks
    ends["not followed"] = result.made - sum(ends[end] for end in ENDS if end != "not followed")
    create = "accepted" if result.made else "refused"
    return {
        "provider": contract.name,
        "title": contract.title,
        "scope": "whole",
        "models": [{"name": name, "create": create, "said": ""} for name in options.models],
        "made": result.made,
        "polls": result.rest["polls"] + result.load["polls"],
        "tasks": {end: ends[end] for end in ENDS},
        "unjudged": unjudged(rows),
    }


def _figures(result: RunResult, load: Findings) -> dict[str, Any]:
    seconds, requests = result.seconds or 1.0, sum(each["requests"] for each in result.operations)
    ended = sum(load.ends.values()) - load.ends["not followed"] - load.ends[NEVER_ENDED]
    return {
        "users": result.users,
        "processes": result.processes,
        "seconds": round(result.seconds, 3),
        "tasks": load.made,
        "refused": load.refused,
        "unseen": load.unseen.total(),
        "tasks_per_second": round(ended / seconds, 3),
        "requests_per_second": round(requests / seconds, 3),
        "held_up": round(load.held_up, 3),
        "operations": result.operations,
        "errors": result.errors,
    }
