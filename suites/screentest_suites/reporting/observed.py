"""The tasks of a run as a report shows them: when each was asked and what it said of itself. Nothing is sent here."""

import contextlib
from collections.abc import Iterable
from typing import Any

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.control_characters import shortened
from screentest_contracts.location import MISSING
from screentest_contracts.redact import Redactor
from screentest_suites.checks.polls import canonical, slots_of
from screentest_suites.core.exchange import Exchange, Poll, Trace
from screentest_suites.core.observation import Observation
from screentest_suites.core.statuses import status_in
from screentest_suites.tasks.download import stated_end

MAX_EVENTS = 200
"""Answers of one task that are kept; of a longer life the changes, and some in between."""


def tasks_json(observations: Iterable[Observation], redactor: Redactor) -> list[dict[str, Any]]:
    """The lives that runs have seen: the shared tasks, those that broke a requirement, and one of each other end."""
    return [_task(observation, trace, redactor) for observation in observations for trace in _chosen(observation)]


def _chosen(observation: Observation) -> list[Trace]:
    contract, broken = observation.contract, [trace for _, trace in observation.broken]
    ends = {_end(contract, trace) for trace in (*observation.shared, *broken)}
    others: dict[StatusClass | None, Trace] = {}
    for trace in sorted(observation.explored, key=lambda trace: -_moments(contract, trace)):
        if (end := _end(contract, trace)) not in ends:
            others.setdefault(end, trace)
    return list(dict.fromkeys((*observation.shared, *others.values(), *broken)))


def _end(contract: Contract, trace: Trace) -> StatusClass | None:
    shown = (status_in(contract, poll.exchange) for poll in trace.polls)
    return next((status.status_class for status in shown if status is not None and status.status_class.terminal), None)


def _moments(contract: Contract, trace: Trace) -> int:
    """How closely a task was watched before its end."""
    shown = [(poll.exchange.sent_at, status_in(contract, poll.exchange)) for poll in trace.polls]
    return len({moment for moment, status in shown if status is not None and not status.status_class.terminal})


def _task(observation: Observation, trace: Trace, redactor: Redactor) -> dict[str, Any]:
    contract = observation.contract
    events = [_receipt(contract, trace.created), *(_event(contract, trace, poll, redactor) for poll in trace.polls)]
    end = _end(contract, trace)
    refused = contract.lifecycle.refused if trace in observation.refused else None
    return {
        "provider": contract.name,
        "model": trace.model,
        "id": shortened(redactor.text(trace.task_id), 200),
        "plan": shortened(redactor.text(trace.plan), 300),
        "ended": trace.ended,
        "gave_up": redactor.text(trace.gave_up),
        "polls": len(trace.polls),
        "events": _thinned(events),
        "link": _link(observation, trace, events) if end is StatusClass.SUCCEEDED and refused is None else None,
        "broke": sorted({requirement for requirement, broken in observation.broken if broken is trace}),
    }


def _receipt(contract: Contract, exchange: Exchange) -> dict[str, Any]:
    at = contract.lifecycle.receipt_at
    word = at.find(exchange.json) if at is not None else MISSING
    known = contract.lifecycle.initial.get(word) if isinstance(word, str) else None
    return {
        "at": exchange.sent_at,
        "http": exchange.status,
        "status": word if isinstance(word, str) and known is not None else "",
        "class": known.value if known is not None else "",
    }


def _event(contract: Contract, trace: Trace, poll: Poll, redactor: Redactor) -> dict[str, Any]:
    exchange = poll.exchange
    status = status_in(contract, exchange) if exchange.status in contract.success[Role.QUERY].statuses else None
    word: Any = MISSING if status is None else status.name
    if status is None and canonical(contract, poll):
        word = contract.lifecycle.status_at.find(exchange.json)
    event = {
        "at": exchange.sent_at,
        "http": exchange.status,
        "status": redactor.text(_shown(word))[:80],
        "class": status.status_class.value if status is not None else "",
    }
    if status is not None:
        for slot, value in slots_of(contract, trace, poll, status, "progress"):
            with contextlib.suppress(ValueError, RecursionError):  # JSON can be nested deeper than it can be shown
                event["progress"] = slot.hole.read(value)
    return event


def _shown(word: Any) -> str:
    """A status as text, whatever JSON it is."""
    try:
        return "" if word is MISSING or word is None else str(word)
    except RecursionError:  # JSON can be nested deeper than it can be shown
        return ""


def _thinned(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most about MAX_EVENTS: first, last, every change of status, and an even choice of the others."""
    step = -(-len(events) // MAX_EVENTS)
    if step == 1:
        return events
    return [
        event
        for index, event in enumerate(events)
        if index % step == 0 or index == len(events) - 1 or event["status"] != events[index - 1]["status"]
    ][: MAX_EVENTS * 2]


def _link(observation: Observation, trace: Trace, events: list[dict[str, Any]]) -> dict[str, Any] | None:
    """When the result's address ends: as it says itself, or else as the document says."""
    rule, link = observation.contract.link, observation.links.get(trace)
    if link is not None:
        stated = stated_end(link, rule.expiry_query or "", rule.expiry_form or "epoch-s")
        if stated is not None:
            return {"expires": stated, "stated": True}
    if rule.shortest is None:
        return None
    ended = next((event["at"] for event in events if event["class"] == StatusClass.SUCCEEDED.value), None)
    return {"expires": ended + rule.shortest, "stated": False} if ended is not None else None
