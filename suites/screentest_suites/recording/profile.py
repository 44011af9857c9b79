"""How a server behaved in a run, as far as it can be compared with another run: no ids, no times, nothing random."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from screentest_contracts.contract import Contract, Operation, Role
from screentest_contracts.location import MISSING
from screentest_contracts.reading import CallOutcome, judge_call, task_id
from screentest_suites.core.addresses import split_address
from screentest_suites.core.exchange import NO_JSON, Exchange
from screentest_suites.core.statuses import status_in
from screentest_suites.recording.cassette import Entry

_OPAQUE = re.compile(r"[^\s\"'<>()]*\d[^\s\"'<>()]*|[A-Za-z0-9_+/=-]{20,}")
"""Words with digits, and long ones: ids, times, counts."""

Group = tuple[str, int, str]
"""An operation, the status of its answer, and the word for the task's status in it."""


@dataclass
class Refusal:
    """One refused request: the status, and the literal words of the body by pointer."""

    operation: str
    purpose: str
    status: int
    words: dict[str, str]


@dataclass
class BehaviourProfile:
    """What was seen of one provider.

    `fields`: JSON types by pointer, of every kind of answer and model; `answers`: statuses by request (its mark);
    `words`: status words that the contract does not know; `seconds`: how long answers and tasks took.
    """

    provider: str
    fields: dict[tuple[Group, str], dict[str, set[str]]] = field(default_factory=dict)
    answers: dict[str, tuple[str, str, frozenset[int]]] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    words: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[str, float] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)


def profile_of(contract: Contract, entries: list[Entry], base_url: str) -> BehaviourProfile:
    """The profile of a recording, but for its verdicts."""
    made = BehaviourProfile(contract.name)
    models: dict[str, str] = {}
    statuses: dict[str, set[int]] = defaultdict(set)
    seconds: dict[str, list[float]] = defaultdict(list)
    born: dict[str, float] = {}
    for entry in entries:
        exchange = entry.exchange
        if exchange is None or exchange.error:
            continue
        operation = operation_of(contract, base_url, entry)
        if operation is None:
            continue
        name = f"{operation.method} {operation.path}"
        seconds[f"an answer of {name}"].append(exchange.received_at - exchange.sent_at)
        identity = task_id(contract, exchange.json) if operation.role is Role.CREATE else _task(entry, models)
        if operation.role is Role.CREATE:
            statuses[entry.mark].add(exchange.status)
            made.answers[entry.mark] = (name, entry.sent.purpose, frozenset(statuses[entry.mark]))
            if judge_call(contract, Role.CREATE, exchange.status, exchange.json) is CallOutcome.REFUSED:
                made.refusals[entry.mark] = Refusal(name, entry.sent.purpose, exchange.status, dict(_words(exchange)))
            elif identity is not None:
                models[identity], born[identity] = _model(contract, operation, entry), exchange.received_at
        word = _status_word(contract, made, operation, exchange)
        if operation.role is Role.QUERY and identity in born and _ended(contract, exchange):
            seconds[f"a task of {models[identity]}"].append(exchange.received_at - born.pop(identity))
        if exchange.json is not NO_JSON:
            model = models.get(identity or "", entry.sent.purpose)
            types = made.fields.setdefault(((name, exchange.status, word), model), defaultdict(set))
            for pointer, kind in _types(exchange.json):
                types[pointer].add(kind)
    made.seconds = {what: median(values) for what, values in seconds.items()}
    return made


def operation_of(contract: Contract, base_url: str, entry: Entry) -> Operation | None:
    """Which of the contract's operations a request went to."""
    path = split_address(entry.sent.url.removeprefix(base_url)).path
    return next(iter(contract.operations_at(path, entry.sent.method)), None)


def _task(entry: Entry, known: dict[str, str]) -> str | None:
    """The task that a request is about."""
    text = entry.sent.url + (entry.sent.body or b"").decode("utf-8", "replace")
    return next((identity for identity in known if identity in text), None)


def _model(contract: Contract, operation: Operation, entry: Entry) -> str:
    body = Exchange(entry.sent, 0, (), entry.sent.body or b"", 0, 0).json
    found = contract.model_of(operation, body) if body is not NO_JSON else None
    return found.name if found is not None else ""


def _ended(contract: Contract, exchange: Exchange) -> bool:
    status = status_in(contract, exchange)
    return status is not None and status.status_class.terminal


def _status_word(contract: Contract, made: BehaviourProfile, operation: Operation, exchange: Exchange) -> str:
    """The word for the task's status in an answer; notes those that the contract does not know."""
    if operation.role is not Role.QUERY or exchange.json is NO_JSON or exchange.status >= 400:
        return ""
    status = status_in(contract, exchange)
    if status is not None:
        return status.name
    word = contract.lifecycle.status_at.find(exchange.json)
    if word is MISSING or not isinstance(word, str | int | None):
        return ""
    made.words[f"{operation.method} {operation.path}"].add(str(word))
    return str(word)


def _types(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """The JSON type at every pointer; the items of a list count as one."""
    match value:
        case dict():
            yield pointer, "object"
            for name, inner in value.items():
                yield from _types(inner, f"{pointer}/{name}")
        case list():
            yield pointer, "array"
            for inner in value:
                yield from _types(inner, f"{pointer}/*")
        case bool():
            yield pointer, "boolean"
        case int() | float():
            yield pointer, "number"
        case str():
            yield pointer, "string"
        case _:
            yield pointer, "null"


def _words(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """What an answer says in words, by pointer; a body that is not JSON says nothing that could be compared."""

    def inside(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from inside(inner, f"{pointer}/{name}")
        elif isinstance(value, list):
            for inner in value:
                yield from inside(inner, f"{pointer}/*")
        elif isinstance(value, str):
            yield pointer, _OPAQUE.sub("#", value)
        elif isinstance(value, int) and pointer.rpartition("/")[2].lower() in {"code", "status", "errcode"}:
            yield pointer, str(value)

    if exchange.json is not NO_JSON:
        yield from inside(exchange.json, "")
