"""What was seen of a client, as a report shows it: a life for each situation, with the client's requests on it."""

from collections.abc import Iterable, Sequence
from typing import Any

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.control_characters import shortened
from screentest_contracts.redact import Redactor
from screentest_suites.clients.seen import ClientRun, operation_of
from screentest_suites.core.verdicts import Result, Verdict

EVENTS = 200
"""Requests of a situation that are shown: its beginning and its end."""


def lives_json(
    contract: Contract, runs: Iterable[ClientRun], verdicts: Sequence[Verdict], redactor: Redactor
) -> list[dict[str, Any]]:
    """`tasks` of a report: one row for each situation in which the client asked anything."""
    return [_life(contract, run, verdicts, redactor) for run in runs if run.entries]


def _life(contract: Contract, run: ClientRun, verdicts: Sequence[Verdict], redactor: Redactor) -> dict[str, Any]:
    broke, bad = [], set[float]()
    for verdict in verdicts:
        mine = [each for each in verdict.finding.evidence if each.seen.startswith(f"{run.situation}: ")]
        if verdict.result is Result.FAILED and mine:
            broke.append(verdict.requirement.id)
            bad.update(each.exchanges[-1].sent_at for each in mine if each.exchanges)
    first_bad = min(bad, default=None)
    events = [_event(contract, run, place, first_bad) for place in range(len(run.entries))]
    shown = events if len(events) <= EVENTS else [*events[: EVENTS // 2], *events[-EVENTS // 2 :]]
    told = "worked by hand" if run.ended is None else run.ended.told
    return {
        "provider": contract.name,
        "model": run.model,
        "id": shortened(redactor.text(next((entry.task for entry in run.entries if entry.task), "")), 200),
        "plan": redactor.text(f"{run.situation}: {told}"),
        "ended": run.ended is not None and run.ended.status is not None,
        "gave_up": "" if run.ended is None or run.ended.status is not None else "stopped at the time limit",
        "polls": len(run.polls(contract)),
        "events": shown,
        "link": None,
        "broke": sorted(broke),
    }


def _event(contract: Contract, run: ClientRun, place: int, first_bad: float | None) -> dict[str, Any]:
    entry = run.entries[place]
    operation = operation_of(contract, entry)
    of_task = operation is not None and operation.role in (Role.QUERY, Role.RESULT)
    known = entry.said if of_task and entry.said in set(StatusClass) else ""
    event: dict[str, Any] = {"at": entry.at, "http": entry.status, "status": known, "class": known}
    return {**event, "bad": True} if entry.at == first_bad else event
