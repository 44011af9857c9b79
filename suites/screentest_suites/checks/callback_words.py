"""What callbacks carry: their bodies and headers, and whether they are those that a create chose."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import orjson

from screentest_contracts.contract import Contract, StatusClass
from screentest_contracts.location import MISSING, Location, first_item, pointer_of, replaced, resolve, segments
from screentest_contracts.reading import bodies_of, id_text, link_of, respelled
from screentest_contracts.requirements import Requirement, kinds
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import Slot, Template
from screentest_suites.checks.callback_reading import class_of, json_of
from screentest_suites.checks.callbacks import PATIENCE, Called, called_back, start
from screentest_suites.checks.polls import in_words_of_queries, profile_of
from screentest_suites.checks.registry import check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.addresses import split_address
from screentest_suites.core.exchange import Trace
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.targets.callback_port import Received
from screentest_suites.tasks.session import Session


@check(kinds.CALLBACK_BODY)
def judge_callback_body(session: Session, requirement: Requirement[None]) -> Finding:
    """The callback carries what the query answers."""
    called = called_back(session)
    if isinstance(called, Finding):
        return called
    trace, received, rule = called.trace, called.received, session.contract.callback
    if not received or rule is None:
        return skipped(Skip.NOT_OBSERVED)
    if rule.bodies:
        return _judge_own(session, called, rule.bodies)
    last, query = received[-1], trace.polls[-1].exchange
    try:
        body = orjson.loads(last.body)
    except orjson.JSONDecodeError:
        seen = f"the callback's body is not JSON: {last.body[:80]!r}"
        return failed(seen, "the query's body", called.evidence(last))
    different = _contradiction(session, called, body)
    if different is not None:
        pointer, told, asked = different
        seen = f"the callback's body differs from the query's: {pointer or 'body'} is {_word(told)}, not {_word(asked)}"
        return failed(seen, str(query.json)[:300], (*called.evidence(last), query))
    return passed()


def _judge_own(session: Session, called: Called, bodies: Mapping[StatusClass, Template]) -> Finding:
    """Every callback is what the document says of the class in which the task is; the last of its end."""
    last = called.received[-1]
    body = json_of(last)
    if body is None:
        return failed(f"the callback's body is not JSON: {last.body[:80]!r}", "JSON", called.evidence(last))
    end = session.records.ends.get(called.trace.task_id, ("", ""))[1]
    template = bodies.get(StatusClass(end)) if end in {*StatusClass} else None
    if template is None:
        return skipped(Skip.NOT_OBSERVED, "the task was not seen to its end")
    query = called.trace.polls[-1].exchange
    wrong = template.mismatches(body)
    if wrong:
        pointer, expected, found = wrong[0]
        seen = f"{pointer or 'body'} is {_word(found)}, not {expected!r}"
        return failed(seen, f"a body like {template.tree}", called.evidence(last))
    for slot in template.slots:
        problem = _hole_problem(session, called, slot, resolve(body, segments(slot.pointer)))
        if problem is not None:
            return failed(problem, f"a body like {template.tree}", (*called.evidence(last), query))
    return passed()


def _hole_problem(session: Session, called: Called, slot: Slot, value: Any) -> str | None:
    """What is wrong with the value at a hole of a callback's own body."""
    query, trace = called.trace.polls[-1].exchange.json, called.trace
    match slot.hole.name:
        case "query":
            part = slot.hole.argument
            absent = value is None and resolve(query, segments(part)) is MISSING
            whole = query if absent else replaced(query, segments(part), value)
            different = _contradiction(session, called, whole)
            if different is not None:
                pointer, told, asked = different
                return f"{slot.pointer}{pointer[len(part) :]} is {_word(told)}, where the query says {_word(asked)}"
        case "id" | "task_id" if slot.whole and id_text(value) != trace.task_id:
            return f"{slot.pointer} is {_word(value)}, not the task's id"
        case "model" if slot.whole and value != trace.model:
            return f"{slot.pointer} is {_word(value)}, not {trace.model!r}"
        case "link" if slot.whole and not _is_link(value, link_of(session.contract, query)):
            return f"{slot.pointer} is {_word(value)}, not the result's address"
    if slot.whole and (problem := slot.hole.problem(value)) is not None:
        return f"{slot.pointer}: {problem}"
    return None


def _is_link(value: Any, shown: str | None) -> bool:
    """Whether a value is the result's address, whose query may be signed anew; any where no query shows one."""
    if not isinstance(value, str):
        return False
    return bool(value) if shown is None else split_address(value).path.endswith(split_address(shown).path)


def _contradiction(session: Session, called: Called, told: Any) -> tuple[str, Any, Any] | None:
    """Where what a callback tells differs from the last query first, with what each holds there. Any of them may have
    members that the document neither names nor forbids."""
    contract, poll = session.contract, called.trace.polls[-1]
    spelled = partial(respelled, contract.lifecycle, at=contract.lifecycle.status_at, view="callback")
    query, operation = poll.exchange, contract.operations[poll.operation]
    answers = (query, replace(query, body=orjson.dumps(spelled(told, back=True))))
    is_open = not any(schema_violation(operation, each) for each in answers)
    response = operation.response(query.status)
    schemas = list(response.schemas.values()) if response is not None else []
    bodies = bodies_of(profile_of(contract, called.trace), operation)
    trees = [reading.template.tree for readings in bodies.values() for reading in readings]

    def extra(pointer: str) -> bool:
        place = first_item(pointer)
        named = any(member_schemas(schema, Location(place)) for schema in schemas)
        return is_open and not named and not any(_holds(tree, segments(place)) for tree in trees)

    return _difference(_lasting(session, told), _lasting(session, spelled(in_words_of_queries(contract, poll))), extra)


def _holds(tree: Any, parts: tuple[str, ...]) -> bool:
    """Whether a template has a place, or a hole that is more than it."""
    for end in range(len(parts) + 1):
        value = resolve(tree, parts[:end])
        if value is MISSING or isinstance(value, str):
            return value is not MISSING
    return True


def _difference(one: Any, other: Any, extra: Callable[[str], bool], pointer: str = "") -> tuple[str, Any, Any] | None:
    """Where two JSON values differ first, with what each holds there; None where they are equal but for members that
    only one of them has, and that are `extra`."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(name, one.get(name, MISSING), other.get(name, MISSING)) for name in {**one, **other}]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(str(index), *pair) for index, pair in enumerate(zip(one, other, strict=True))]
    else:
        same = one == other or ((one is MISSING or other is MISSING) and extra(pointer))
        return None if same else (pointer, one, other)
    found = (_difference(left, right, extra, pointer + pointer_of((name,))) for name, left, right in pairs)
    return next((each for each in found if each is not None), None)


def _word(value: Any) -> str:
    return "absent" if value is MISSING else f"{value!r}"[:80]


def _lasting(session: Session, body: Any) -> Any:
    """A body without what is new in every answer: ids of answers, the time, and the query of the result's address,
    whose signature may be renewed."""
    renewed = ("link_expires",) if session.contract.link.renewed else ()
    names = ("answer_id", "random", "now", *renewed)
    for profile in session.contract.profiles.values():
        for reading in chain.from_iterable(profile.bodies.values()):
            for slot in reading.template.slots_named(*names):
                if resolve(body, segments(slot.pointer)) is not MISSING:
                    body = replaced(body, segments(slot.pointer), MISSING)
    link = link_of(session.contract, body)
    if link is None or "?" not in link:
        return body
    whole, place = (orjson.dumps(each)[1:-1] for each in (link, link.partition("?")[0]))
    return orjson.loads(orjson.dumps(body).replace(whole, place))


@check(kinds.CALLBACK_HEADERS)
def judge_callback_headers(session: Session, requirement: Requirement[None]) -> Finding:
    """Each header of the document is there; its literal value, and the task's id in it, are right."""
    rule, called = session.contract.callback, called_back(session)
    if isinstance(called, Finding):
        return called
    if rule is None or not called.received:
        return skipped(Skip.NOT_OBSERVED)
    for each in called.received:
        given = {name.lower(): value for name, value in each.headers}
        for name, make in rule.headers.items():
            value = given.get(name.lower())
            if value is None:
                return failed(f"no header {name}", f"{name}: {make.tree}", called.evidence(each))
            if not _made_like(session.contract, make, value, called.trace, each):
                return failed(f"the header {name} is {value!r}", f"{name}: {make.tree}", called.evidence(each))
    return passed(len(called.received))


def _made_like(contract: Contract, make: Template, value: str, trace: Trace, received: Received) -> bool:
    """Whether a header is the template with the task's id and a word for its status, and anything at its other
    holes."""
    known = {"id": re.escape(trace.task_id), "task_id": re.escape(trace.task_id)}
    status_class = class_of(contract, received)
    statuses = (each for each in contract.lifecycle.statuses.values() if each.status_class is status_class)
    told = [contract.lifecycle.word(each.name, "callback") for each in statuses]
    words = [str(word) for word in told if word is not MISSING]
    if words:
        known["status"] = f"(?i:{'|'.join(map(re.escape, words))})"
    parts = re.split(r"\{\{([^}]*)\}\}", str(make.tree))
    pattern = "".join(
        f"(?:{known.get(part.partition('|')[0].strip(), '.+')})" if index % 2 else re.escape(part)
        for index, part in enumerate(parts)
    )
    return re.fullmatch(pattern, value) is not None


@check(kinds.CALLBACK_EVENTS)
def judge_events(session: Session, requirement: Requirement[None]) -> Finding:
    """Who asks for success is told of it, and who asks for everything else is not."""
    rule, port = session.contract.callback, session.target.callbacks
    if port is None:
        return skipped(Skip.NEEDS_CALLBACK)
    model = session.any_model()
    word = rule.events.word(StatusClass.SUCCEEDED) if rule is not None and rule.events is not None else None
    if rule is None or rule.events is None or model is None or word is None:
        return skipped(Skip.NOT_OBSERVED)
    others = [each for each in rule.events.words if each != word]
    for events, wanted in (([word], True), (others, False)):
        if not events:
            continue
        address = port.address(200, rule.handshake)
        session.steer("success")
        made = start(session, model, address, events)
        if not isinstance(made, Trace):
            return failed(f"a create that chooses {events} was answered {made.status}", "accepted", (made,))
        session.follow(made, linger=0)
        if not made.ended or session.records.ends.get(made.task_id, ("", ""))[1] != "succeeded":
            return skipped(Skip.NOT_OBSERVED, "the task was not seen to succeed")
        told = _told(session, address, (StatusClass.SUCCEEDED, None) if wanted else (StatusClass.SUCCEEDED,))
        if told is not wanted:
            seen = f"{'a' if told else 'no'} callback of success came, where the create chose {events}"
            return failed(seen, "callbacks for what was chosen", (made.created,))
    return passed(2)


def _told(session: Session, address: str, classes: tuple[StatusClass | None, ...]) -> bool:
    """Whether a callback of one of these classes comes in time; None: one that cannot be read."""
    port = session.target.callbacks

    def came() -> list[Received]:
        arrived = port.received(address) if port is not None else []
        return [each for each in arrived if each.challenge is None and class_of(session.contract, each) in classes]

    return session.wait_for(lambda: bool(came()), PATIENCE)
