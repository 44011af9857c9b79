"""What a create answers."""

import re
from dataclasses import replace
from typing import Any

from screentest_contracts.contract import Body, Contract, Model, Role
from screentest_contracts.location import MISSING, is_empty, resolve, segments
from screentest_contracts.reading import selected, task_id
from screentest_contracts.requirements import Member, ModelNames, Requirement, kinds
from screentest_contracts.template import Hole, digits
from screentest_suites.checks.probes import elsewhere
from screentest_suites.checks.registry import Judgement, Violation, check, trace_check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding, NotObservedError, Result, Skip, failed, passed, skipped
from screentest_suites.tasks.client import excessive_wait
from screentest_suites.tasks.session import Session


@check(kinds.CREATE_ACCEPTED)
def judge_accepted(session: Session, requirement: Requirement[ModelNames]) -> Finding:
    """The minimal request of one model at least is accepted."""
    found = [_accepted(session, model) for model in session.models]
    for result in (Result.PASSED, Result.FAILED, Result.SKIPPED):
        mine = [each for each in found if each.result is result]
        if mine:
            evidence = [each for finding in mine for each in finding.evidence][:5]
            more = f" (and {len(mine) - 1} more)" if result is Result.FAILED and len(mine) > 1 else ""
            more += elsewhere(session) if result is Result.FAILED else ""
            return replace(mine[0], reason=mine[0].reason + more, evidence=tuple(evidence), judged=len(mine))
    return skipped(Skip.NOT_OBSERVED, "none of its models was chosen")


@check(kinds.MODEL_ACCEPTED)
def judge_model(session: Session, requirement: Requirement[ModelNames]) -> Finding:
    """The minimal request of this very model is accepted."""
    found = [_accepted(session, model) for model in session.models if model.name in requirement.subject.names]
    return found[0] if found else skipped(Skip.NOT_OBSERVED, "the model was not chosen")


def _accepted(session: Session, model: Model) -> Finding:
    """Whether a model's minimal request was accepted; skipped for one that the key may not use."""
    try:
        made = session.shared(model)
    except NotObservedError as unseen:
        return skipped(unseen.skip, unseen.detail)
    if isinstance(made, Trace):
        return passed()
    if session.lacks_access(made):
        return skipped(Skip.NOT_OBSERVED, f"{model.name}: the key may not use it, by the answer {made.status}")
    seen = made.error or excessive_wait(made, session.client.pace.timeout) or f"answered {made.status}"
    return failed(f"{model.name}: {seen}", "a minimal valid request is accepted", [made])


@trace_check(kinds.RECEIPT_STATUS_CODE)
def judge_status_code(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """An accepted create has a documented status."""
    allowed = contract.success[Role.CREATE].statuses
    if trace.created.status in allowed:
        return 1
    return Violation(f"answered {trace.created.status}", f"{' or '.join(map(str, allowed))}", (trace.created,))


@trace_check(kinds.RECEIPT_SCHEMA)
def judge_schema(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """The receipt validates."""
    return schema_violation(contract.models[trace.model].operations[0], trace.created) or 1


@trace_check(kinds.ID_FORM)
def judge_id_form(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """The id has a documented form."""
    if any(form.pattern.search(trace.task_id) for form in contract.id.forms):
        return 1
    forms = " or ".join(dict.fromkeys(form.pattern.pattern for form in contract.id.forms))
    return Violation(f"the id is {trace.task_id!r}", forms, (trace.created,))


@check(kinds.ID_UNIQUE)
def judge_id_unique(session: Session, requirement: Requirement[None]) -> Finding:
    """No id was handed out twice, over every create of the run."""
    session.traces()
    first: dict[str, Exchange] = {}
    for exchange in sorted(session.records.creates, key=lambda exchange: exchange.received_at):
        if not session.accepted(exchange):
            continue
        identity = task_id(session.contract, exchange.json) or ""
        if identity in first:
            return failed(f"the id {identity!r} was handed out twice", "", (first[identity], exchange))
        first[identity] = exchange
    return passed(len(first)) if len(first) > 1 else skipped(Skip.NOT_OBSERVED)


@trace_check(kinds.ID_COPIES)
def judge_id_copies(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """All places of the id in a receipt hold the same."""
    found = list(contract.id.at.all(trace.created.json))
    if len({repr(value) for _, value in found}) > 1:
        shown = ", ".join(f"{pointer} is {value!r}" for pointer, value in found)
        return Violation(shown, "the same id everywhere", (trace.created,))
    return len(found) - 1


@trace_check(kinds.RECEIPT_STATUS)
def judge_initial(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """The receipt's status is one of the initial ones."""
    lifecycle = contract.lifecycle
    if lifecycle.receipt_at is None:
        return 0
    word = lifecycle.receipt_at.find(trace.created.json)
    if word is MISSING or word is None:
        return 0
    known = [str(each) for each in lifecycle.initial]
    if lifecycle.ignore_case:
        known, word = [each.lower() for each in known], str(word).lower()
    if str(word) in known:
        return 1
    words = [each for each in lifecycle.initial if each not in lifecycle.initial_tolerated]
    return Violation(f"the receipt's status is {word!r}", f"one of {', '.join(words)}", (trace.created,))


def receipt_hole(contract: Contract, trace: Trace, pointer: str, names: tuple[str, ...]) -> Hole | None:
    """The hole at a pointer in the receipt of the trace's profile."""
    bodies: tuple[Body, ...] = contract.profiles[contract.models[trace.model].profile].receipt
    return next(
        (slot.hole for slot in selected(bodies).slots if slot.pointer == pointer and slot.hole.name in names), None
    )


@trace_check(kinds.CREATE_PROGRESS, kinds.RECEIPT_TIME)
def judge_form(contract: Contract, requirement: Requirement[Member], trace: Trace) -> Judgement:
    """A progress or a time in the receipt has its form."""
    pointer = requirement.subject.pointer
    names = ("progress",) if requirement.kind == "create-progress" else tuple(_TIME_NAMES)
    hole = receipt_hole(contract, trace, pointer, names)
    if hole is None:
        return 0
    value = resolve(trace.created.json, segments(pointer))
    if is_empty(value) and value != 0:
        return 0
    problem = hole.problem(value)
    return Violation(f"{pointer}: {problem}", hole.form, (trace.created,)) if problem else 1


_TIME_NAMES = ("created", "submitted", "started", "finished", "updated", "now", "link_expires", "task_expires")


def asked(model: Model, body: Any, name: str) -> Any:
    """What a request asks for: the model's name, or a value given explicitly. None when it is left to the vendor."""
    if name == "model":  # what goes on from an earlier task may be of that task's model
        return model.named_in(body) if model.earlier is None or model.is_named_in(body) else None
    location = getattr(model.request, name)
    value = MISSING if location is None else location.find(body)
    if value is MISSING or value is None or value == "" or model.leaves_open(name, value):
        return None
    return value


def same(shown: Any, wanted: Any) -> bool:
    """Whether a value that comes back is the one asked for, whatever its spelling ("720p", 720, "5s")."""
    if shown == wanted or str(shown).lower() == str(wanted).lower():
        return True
    if ":" in str(wanted) or ":" in str(shown):
        return False
    if isinstance(shown, str) and re.fullmatch(r"\D*\d+(\.0+)?\D*", shown) is None:
        return False  # more numbers than one
    left, right = digits(shown), digits(wanted)
    numeric = isinstance(wanted, int | float) or str(wanted).rstrip("pPsSkK").isdecimal()
    return numeric and left is not None and left == right


@check(kinds.NOT_IDEMPOTENT)
def judge_two_tasks(session: Session, requirement: Requirement[None]) -> Finding:
    """The same body twice makes two tasks."""
    model = session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    first, second = session.create(model, model.base), session.create(model, model.base)
    ids = [task_id(session.contract, exchange.json) for exchange in (first, second)]
    if None in ids:
        return skipped(Skip.NOT_OBSERVED, "a create was not accepted")
    if ids[0] == ids[1]:
        return failed(f"both answers name {ids[0]!r}", "two tasks", (first, second))
    return passed()


@trace_check(kinds.RECEIPT_PROGRESS_ZERO)
def judge_progress_zero(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """A receipt's progress is 0."""
    bodies = contract.profiles[contract.models[trace.model].profile].receipt
    for slot in selected(bodies).slots_named("progress"):
        value = resolve(trace.created.json, segments(slot.pointer))
        if value is MISSING or slot.hole.problem(value):
            continue
        if slot.hole.read(value) != 0:
            return Violation(f"{slot.pointer} is {value!r}", "0", (trace.created,))
        return 1
    return 0
