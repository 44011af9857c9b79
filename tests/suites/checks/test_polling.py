"""What is judged of a task's life: each check passes on good traces, and fails on one broken in just that way."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screentest_contracts import Contract, StatusClass
from screentest_contracts.contract import Role, Status
from screentest_contracts.location import MISSING, is_empty, resolve, segments
from screentest_contracts.reading import link_of
from screentest_contracts.requirements import Requirement, requirements
from screentest_contracts.requirements.shown import statuses_before
from screentest_contracts.template import TIMES, Slot, write_progress
from screentest_contracts.times import precision, write_time
from screentest_suites.checks.polls import good_polls, slots_of
from screentest_suites.checks.registry import TRACE_CHECKS, Violation
from screentest_suites.core.exchange import Poll, Trace
from screentest_suites.core.statuses import status_in
from tests.providers import FEW

MONTH = 30 * 86400.0

Breaker = Callable[[Any, Contract, Requirement, Trace], Iterable[Trace]]


def shown(contract: Contract, trace: Trace) -> list[tuple[int, Poll, Status]]:
    """The polls with their numbers and what each shows."""
    found = [(index, poll, status_in(contract, poll.exchange)) for index, poll in enumerate(trace.polls)]
    return [(index, poll, status) for index, poll, status in found if status is not None]


def values(contract: Contract, trace: Trace, *names: str) -> Iterator[tuple[int, Slot, Any, Status]]:
    """Every set value of the holes with these names, with the number of its poll."""
    for index, poll, status in shown(contract, trace):
        for slot, value in slots_of(contract, trace, poll, status, *names):
            if not is_empty(value) and value != slot.hole.unset:
                yield index, slot, value, status


def at(contract: Contract, trace: Trace, pointer: str, *names: str) -> list[tuple[int, Slot, Any, Status]]:
    return [each for each in values(contract, trace, *names) if each[1].pointer == pointer]


def canonical(contract: Contract, trace: Trace) -> list[int]:
    """The polls by operations without a shape of their own."""
    views = {name for profile in contract.profiles.values() for name in profile.views}
    return [index for index, poll, _ in shown(contract, trace) if poll.operation not in views]


def exchanged(traces: Any, trace: Trace, index: int, **changes: Any) -> Trace:
    poll = trace.polls[index]
    broken: Trace = traces.with_poll(
        trace, index, dataclasses.replace(poll, exchange=dataclasses.replace(poll.exchange, **changes))
    )
    return broken


def status_code(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for index in (0, len(trace.polls) - 1):
        yield exchanged(traces, trace, index, status=418)
        yield exchanged(traces, trace, index, status=404)
        yield exchanged(traces, trace, index, status=0, error="no answer within the time-out")


def schema(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    yield exchanged(traces, trace, 0, body=b"<html>")
    yield exchanged(traces, trace, -1 % len(trace.polls), body=b"[]")
    yield exchanged(traces, trace, 0, headers=(("content-type", "text/plain"),))


def known(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for index in canonical(contract, trace)[:1]:
        yield traces.polled(trace, index, contract.lifecycle.status_at.pointers[0], "LIMBO")
        yield traces.polled(trace, index, contract.lifecycle.status_at.pointers[0], 7)


def alias_words(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    """A word of the query's where the alias has its own, and one of nobody's."""
    operation = requirement.subject.operation
    own = contract.lifecycle.words[operation]
    for index, _, status in [each for each in shown(contract, trace) if each[1].operation == operation][:1]:
        for word in ("LIMBO", contract.lifecycle.statuses[status.name].wire):
            if word not in own.values():
                yield traces.polled(trace, index, contract.lifecycle.status_at.pointers[0], word)


def case(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for index in canonical(contract, trace)[:1]:
        pointer = contract.lifecycle.status_at.pointers[0]
        word = resolve(trace.polls[index].exchange.json, segments(pointer))
        yield traces.polled(trace, index, pointer, word.swapcase())
    for pointer, first in (
        contract.lifecycle.receipt_at.all(trace.created.json) if contract.lifecycle.receipt_at else ()
    ):
        yield traces.created(trace, pointer, first.swapcase())


def transitions(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    """Two polls in an order that the document does not allow."""
    polls = shown(contract, trace)
    for _, early, before in polls:
        for _, late, after in polls:
            if not after.status_class.terminal and not contract.lifecycle.allows(after.name, before.name):
                yield dataclasses.replace(trace, polls=[late, early])
                return


def terminal(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    first, last = trace.polls[0], trace.polls[-1]
    start, end = status_in(contract, first.exchange), status_in(contract, last.exchange)
    assert start is not None
    assert end is not None
    if not start.status_class.terminal:
        yield dataclasses.replace(trace, polls=[*trace.polls, first])
        words = [word for word, each in contract.lifecycle.initial.items() if each.terminal]
        for pointer, _ in contract.lifecycle.receipt_at.all(trace.created.json) if words else ():
            yield traces.created(trace, pointer, words[0])
    if link_of(contract, last.exchange.json) and trace.polls[-2].operation == last.operation:
        at_link = next(pointer for pointer, _ in contract.link.at.all(last.exchange.json))
        for other in ("https://elsewhere.example/other.mp4", MISSING):
            yield traces.polled(trace, len(trace.polls) - 1, at_link, other)
    for index, slot, _, _ in values(contract, trace, "reason", "reason_code"):
        if index == len(trace.polls) - 1 and trace.polls[-2].operation == last.operation:
            yield traces.polled(trace, index, slot.pointer, "another reason")


def ends(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    yield dataclasses.replace(trace, ended=False, gave_up="not ended after 300 s")


def changed(slot: Slot, value: Any) -> Any:
    """Another value of the same form."""
    return write_time(slot.hole.read(value) + MONTH, slot.hole.form) if slot.hole.is_time else "another"


def stable(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    pointer, name = requirement.subject.pointer, requirement.subject.value
    for index, slot, value, _ in at(contract, trace, pointer, name)[-1:]:
        yield traces.polled(trace, index, pointer, changed(slot, value))
    for one, two in pairwise(at(contract, trace, pointer, name)):
        if one[1].hole.is_time and trace.polls[one[0]].operation == trace.polls[two[0]].operation:
            yield traces.polled(trace, two[0], pointer, a_little_later(two[1], two[2]))


def as_receipt(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    pointer, name = requirement.subject.pointer, requirement.subject.value
    for index, slot, value, _ in at(contract, trace, pointer, name)[:1]:
        yield traces.polled(trace, index, pointer, write_time(slot.hole.read(value) + 2, slot.hole.form))


def a_little_later(slot: Slot, value: Any) -> Any:
    """The next time that the form can write."""
    return write_time(slot.hole.read(value) + precision(slot.hole.form), slot.hole.form)


def no_progress(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for index, _, _, _ in at(contract, trace, requirement.subject.pointer, "progress")[-1:]:
        for wrong in ("soon", -1, 101, [50], "50 %"):
            yield traces.polled(trace, index, requirement.subject.pointer, wrong)


def no_time(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for index, _, _, _ in at(contract, trace, requirement.subject.pointer, *TIMES)[-1:]:
        for wrong in ("yesterday", {"at": 1}, True, False, "2026-13-45T99:99:99Z", -5):
            yield traces.polled(trace, index, requirement.subject.pointer, wrong)


def echo(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    pointer, name = requirement.subject.pointer, requirement.subject.value
    places = [index for index, _, _, _ in at(contract, trace, pointer, name)]
    if not places:  # a size in one text, of which the hole is a part
        places = [index for index, _, _ in shown(contract, trace)]
    for index in places[-1:]:
        yield traces.polled(trace, index, pointer, "other-99")


def amount(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    pointer = requirement.subject.pointer
    for index, slot, value, status in at(contract, trace, pointer, "charge"):
        yield traces.polled(trace, index, slot.pointer, value * 3)
        if status.status_class is StatusClass.SUCCEEDED:
            yield traces.polled(trace, index, slot.pointer, 0)


def too_early(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    """The time of creation stands where a later one is to come."""
    pointer, name = requirement.subject.pointer, requirement.subject.value
    holes = [
        slot.hole
        for profile in contract.profiles.values()
        for readings in profile.bodies.values()
        for body in readings
        if (slot := body.template.slot_at(pointer)) is not None and slot.hole.name == name
    ]
    for index, _, status in shown(contract, trace):
        if status.name in statuses_before(contract, name):
            yield traces.polled(trace, index, pointer, write_time(trace.created.sent_at, holes[0].form))


def no_reason(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for empty in ("", "  \n", None, MISSING, {}):
        broken = trace
        for index, _, status in shown(contract, trace):
            for pointer in requirement.subject.pointers if status.status_class is StatusClass.FAILED else ():
                if resolve(broken.polls[index].exchange.json, segments(pointer)) is not MISSING:
                    broken = traces.polled(broken, index, pointer, empty)
        if len(shown(contract, broken)) == len(shown(contract, trace)):  # else it is no failed task any more
            yield broken


def order(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for index, slot, value, _ in list(values(contract, trace, "created", "started", "finished"))[-3:]:
        # A month ahead lies in the future; a month back an end is before its beginning.
        yield traces.polled(trace, index, slot.pointer, changed(slot, value))
        if slot.hole.name == "finished" and list(values(contract, trace, "created", "started")):
            back = write_time(slot.hole.read(value) - MONTH, slot.hole.form)
            yield traces.polled(trace, index, slot.pointer, back)


def copies(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    name, pointers = requirement.subject.value, requirement.subject.pointers
    for pointer in pointers:
        for index, _, _, _ in at(contract, trace, pointer, name)[-1:]:
            if sum(1 for each in values(contract, trace, name) if each[0] == index) > 1:
                yield traces.polled(trace, index, pointer, "another")


def status_copy(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    copy = requirement.subject.by_profile[contract.models[trace.model].profile]
    index = canonical(contract, trace)[-1]
    end = status_in(contract, trace.polls[index].exchange)
    assert end is not None
    wrong = next(word for word, told in copy.classes.items() if told not in (end.status_class, StatusClass.EXPIRED))
    for word in ("LIMBO", wrong):
        yield traces.polled(trace, index, copy.at.pointers[0], word)


def sneaky_link(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    yield traces.polled(trace, 0, "/x_copy", "https://elsewhere.example/clip.mp4")
    yield traces.polled(trace, 0, "/x_copies", [{"url": "https://elsewhere.example/clip.MOV?Signature=1"}])
    written = traces.polled(trace, 0, "/x_copy", "https://elsewhere.example/clip.mp4")
    answer = written.polls[0].exchange  # the same with its dots escaped, as JSON allows
    escaped = dataclasses.replace(answer, body=re.sub(rb"\.(?=mp4|mov|webm)", rb"\\u002e", answer.body))
    first = dataclasses.replace(written.polls[0], exchange=escaped)
    yield dataclasses.replace(written, polls=[first, *written.polls[1:]])


def presence(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    row = requirement.subject
    for index, poll, status in reversed(shown(contract, trace)):
        in_view = any(poll.operation in profile.views for profile in contract.profiles.values())
        mine = poll.operation == row.operation if row.operation else not in_view
        if mine and {"all", status.name, status.status_class.value} & set(row.on):
            broken = [traces.polled(trace, index, row.pointer, MISSING if row.present else "surprise")]
            if row.present and row.type not in (None, "object"):
                broken.append(traces.polled(trace, index, row.pointer, {"of": "another type"}))
            for made in broken:
                answer = made.polls[index].exchange
                now, success = status_in(contract, answer), contract.success[Role.QUERY]
                if now == status or (now is None and "all" in row.on and success.holds(answer.status, answer.json)):
                    yield made  # else it is no longer an answer at this status
            return


def falling(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    alive = {StatusClass.QUEUED, StatusClass.RUNNING, StatusClass.SUCCEEDED}
    found = [each for each in values(contract, trace, "progress") if each[3].status_class in alive]
    high = [each for each in found if each[1].hole.read(each[2]) > 20]
    for index, slot, _, _ in high[1:2]:
        yield traces.polled(trace, index, slot.pointer, write_progress(1, slot.hole.form))


def complete(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for index, slot, _, status in values(contract, trace, "progress"):
        if not status.status_class.terminal:
            yield traces.polled(trace, index, slot.pointer, write_progress(100, slot.hole.form))


def incomplete(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for index, slot, _, status in values(contract, trace, "progress"):
        if status.status_class is StatusClass.SUCCEEDED:
            yield traces.polled(trace, index, slot.pointer, write_progress(99, slot.hole.form))


def queue(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    found = at(contract, trace, requirement.subject.pointer, "queue_position")
    for index, _, _, _ in found[:1]:
        for wrong in (-1, "3", True, 1.5):
            yield traces.polled(trace, index, requirement.subject.pointer, wrong)
    for index, _, _, _ in found[1:2]:
        yield traces.polled(trace, index, requirement.subject.pointer, 10_000)


def answer_id(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    yield traces.polled(trace, 0, requirement.subject.pointer, "another-id")


def encoded(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    headers = (*trace.polls[0].exchange.headers, ("Content-Encoding", "GZIP"))
    yield exchanged(traces, trace, 0, headers=headers)


def address(traces: Any, contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    pointer = requirement.subject.pointer
    right = resolve(trace.polls[-1].exchange.json, segments(pointer))
    for wrong in ("https://elsewhere.example/", right.replace(trace.task_id, "other"), "http://[::1"):
        yield traces.polled(trace, len(trace.polls) - 1, pointer, wrong)


BREAKERS: dict[str, Breaker] = {
    "unasked-encoding": encoded,
    "query-address": address,
    "query-status-code": status_code,
    "query-schema": schema,
    "status-known": known,
    "alias-words": alias_words,
    "status-case": case,
    "status-transitions": transitions,
    "status-terminal": terminal,
    "task-ends": ends,
    "identity-unchanged": stable,
    "created-matches-receipt": as_receipt,
    "query-progress": no_progress,
    "query-time": no_time,
    "query-echo": echo,
    "query-amount": amount,
    "time-unset": too_early,
    "failed-reason": no_reason,
    "times-order": order,
    "duplicate-members-agree": copies,
    "status-copy": status_copy,
    "links-declared": sneaky_link,
    "presence": presence,
    "promise-progress-monotonic": falling,
    "promise-progress-complete-only-at-end": complete,
    "promise-progress-complete-at-success": incomplete,
    "queue-position": queue,
    "answer-id": answer_id,
}


def test_every_kind_is_tried(traces: Any) -> None:
    assert set(BREAKERS) == traces.kinds("polling") == traces.heard("polling")


@pytest.mark.parametrize("kind", BREAKERS)
def test_a_broken_life_is_noticed(kind: str, any_provider: str, traces: Any) -> None:
    breaker = BREAKERS[kind]
    assert traces.unnoticed(any_provider, "polling", kind, lambda *given: breaker(traces, *given)) == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=60)
def test_no_trace_check_breaks_on_any_json(traces: Any, data: st.DataObject) -> None:
    """Whatever stands at a member, a check has an opinion, and never an exception."""
    contract, good = traces.good(data.draw(st.sampled_from(FEW)))
    trace = data.draw(st.sampled_from(range(len(good))))
    broken = good[trace]
    for _ in range(data.draw(st.integers(1, 4))):
        pointers = sorted(
            {
                slot.pointer
                for _, slot, _, _ in values(contract, broken, *TIMES, "id", "model", "progress", "link", "reason")
            }
        )
        pointers += [contract.lifecycle.status_at.pointers[0], *(row.pointer for row in contract.presence), ""]
        pointer, value = data.draw(st.sampled_from(pointers)), data.draw(JSON)
        index = data.draw(st.integers(0, len(broken.polls) - 1))
        broken = (
            traces.polled(broken, index, pointer, value) if pointer else exchanged(traces, broken, index, body=b"[]")
        )
        broken = traces.created(broken, pointer, value) if data.draw(st.booleans()) else broken
    for requirement in requirements(contract):
        if requirement.kind in TRACE_CHECKS:
            judgement = TRACE_CHECKS[requirement.kind](contract, requirement, broken)
            assert isinstance(judgement, Violation | int)


@pytest.mark.parametrize(
    "changes", [{"status": 429}, {"status": 0, "body": b""}, {"body": b"[]"}, {"body": b"<p>no</p>"}]
)
def test_only_polls_that_were_answered_with_a_task_are_read(traces: Any, changes: dict[str, Any]) -> None:
    contract, good = traces.good("evolink")
    broken = exchanged(traces, good[0], 0, **changes)
    assert list(good_polls(contract, good[0])) == good[0].polls
    assert list(good_polls(contract, broken)) == good[0].polls[1:]


@pytest.mark.parametrize(
    ("broken", "body", "wrong"),
    [([0], None, False), ([1], None, False), ([0, 1], None, True), ([0], b"{}", True)],
    ids=["at first", "later", "twice", "in other words"],
)
def test_a_documented_server_error_may_happen_once(
    broken: list[int], body: bytes | None, wrong: bool, traces: Any
) -> None:
    contract, good = traces.good("evolink")
    row = contract.error(Role.QUERY, "server-error")
    says = orjson.dumps({"error": {**row.made.body.tree["error"], "message": "Oh."}}) if body is None else body
    trace = good[0]
    for index in broken:
        trace = exchanged(traces, trace, index, status=row.made.status, body=says)
    requirement = next(each for each in requirements(contract) if each.id == "query.status-code")
    judgement = TRACE_CHECKS[requirement.kind](contract, requirement, trace)
    assert isinstance(judgement, Violation) == wrong, judgement


def judged(provider: str, kind: str, traces: Any) -> Iterator[tuple[Contract, Requirement, Trace]]:
    """Each requirement of a kind with each good trace that it says something of."""
    contract, good = traces.good(provider)
    for requirement in requirements(contract):
        if requirement.kind == kind and requirement.suite == "polling":
            for trace in good:
                if TRACE_CHECKS[kind](contract, requirement, trace):
                    yield contract, requirement, trace


def test_a_time_that_is_not_there_yet_may_be_written_in_any_empty_way(any_provider: str, traces: Any) -> None:
    for contract, requirement, trace in judged(any_provider, "query-time", traces):
        for index, _, _, _ in at(contract, trace, requirement.subject.pointer, *TIMES)[-1:]:
            for empty in (0, None, "", MISSING):
                unset = traces.polled(trace, index, requirement.subject.pointer, empty)
                assert not isinstance(TRACE_CHECKS["query-time"](contract, requirement, unset), Violation)


@pytest.mark.parametrize(("seconds", "wrong"), [(-200, True), (-60, False), (60, False), (200, True)])
def test_clocks_may_differ_by_a_minute_and_no_more(seconds: int, wrong: bool, traces: Any) -> None:
    """Every time of a life that is over at once, moved alike: before the request, or in the future."""
    for contract, requirement, trace in judged("tokenbay", "times-order", traces):
        if trace.polls[-1].exchange.received_at - trace.created.sent_at < 10:
            moved = trace
            for index, slot, value, _ in values(contract, trace, "created", "submitted", "started", "finished"):
                later = write_time(slot.hole.read(value) + seconds, slot.hole.form)
                moved = traces.polled(moved, index, slot.pointer, later)
            assert isinstance(TRACE_CHECKS["times-order"](contract, requirement, moved), Violation) == wrong


def test_what_was_seen_is_told(any_provider: str, traces: Any) -> None:
    """A violation names the values and places that do not fit."""
    for contract, requirement, trace in judged(any_provider, "queue-position", traces):
        (_, _, value, _), (index, _, _, _), *_ = at(contract, trace, requirement.subject.pointer, "queue_position")
        rising = traces.polled(trace, index, requirement.subject.pointer, 10_000)
        said = TRACE_CHECKS["queue-position"](contract, requirement, rising)
        assert said.seen == f"{requirement.subject.pointer} rose from {value} to 10000"
    for contract, requirement, trace in judged(any_provider, "times-order", traces):
        slots = [each for each in values(contract, trace, "created", "submitted") if each[0] == len(trace.polls) - 1]
        for index, slot, value, _ in slots[1:]:
            other = write_time(slot.hole.read(value) + 30, slot.hole.form)
            said = TRACE_CHECKS["times-order"](contract, requirement, traces.polled(trace, index, slot.pointer, other))
            assert said.seen == f"{slot.pointer} is {other!r} but {slots[0][1].pointer} says otherwise"
