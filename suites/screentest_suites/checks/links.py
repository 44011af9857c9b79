"""The result's address: ranges of it, who may use it, and how long it lasts."""

from itertools import chain
from typing import Any
from urllib.parse import unquote

from screentest_contracts.contract import Role
from screentest_contracts.location import is_empty
from screentest_contracts.reading import link_of
from screentest_contracts.requirements import Member, Requirement, kinds
from screentest_contracts.template import Slot
from screentest_contracts.times import described, read_told, told_in
from screentest_suites.checks.polls import slots_of
from screentest_suites.checks.registry import check
from screentest_suites.checks.result import delivered, files_of
from screentest_suites.core.addresses import normal_path, split_address
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.download import PART_LIMIT, Delivered, fetch
from screentest_suites.tasks.session import Session


def working_download(session: Session) -> tuple[Delivered, Exchange] | None:
    """A download whose link still works: a new one where time is virtual and may have passed."""
    model = session.any_model()
    if session.target.steering is not None and model is not None:
        made = session.start(model, model.base)
        if isinstance(made, Trace):
            session.follow(made, linger=0)
            if made.polls:
                item = session.deliver(made, made.polls[-1])
                return None if item.file is None else (item, item.file)
    return next(((item, file) for item, file in files_of(session) if file.status == 200 and file.size > 16), None)


def _for_ranges(session: Session) -> tuple[str, Exchange] | Finding:
    """The address of a download whose bytes can be counted, and that download."""
    found = working_download(session)
    if found is None or found[0].link is None:
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    if found[1].encoding:
        return skipped(Skip.NOT_OBSERVED, f"the file comes as {found[1].encoding}, whose bytes a range counts")
    return found[0].link, found[1]


def _part(session: Session, link: str, wanted: str) -> Exchange:
    """The answer to a request for a part of a result."""
    headers = (("range", f"bytes={wanted}"),)
    return fetch(session.contract, session.target, link, headers=headers, limit=PART_LIMIT)


@check(kinds.RESULT_RANGE)
def judge_range(session: Session, requirement: Requirement[None]) -> Finding:
    """A single range, at the beginning and where bytes differ: there one that is off by a byte holds other bytes."""
    found = _for_ranges(session)
    if isinstance(found, Finding):
        return found
    link, file = found
    offset = file.size - len(file.ending)  # of what is known of the second half
    middle = offset + telling(file.ending)
    for first, last in ((0, 1), (middle, middle + 7)):
        part = _part(session, link, f"{first}-{last}")
        wanted = f"206, bytes {first}-{last}/{file.size}"
        if part.status != 206:
            return failed(f"answered {part.status}", wanted, (part,))
        span = (part.header("content-range") or "").replace(" ", "").lower()
        if span not in {f"bytes{first}-{last}/{file.size}", f"bytes{first}-{last}/*"}:
            return failed(f"the content range is {part.header('content-range')!r}", wanted, (part,))
        known = file.body[first : last + 1] if first < len(file.body) else file.ending[first - offset :][:8]
        if part.body != known:
            return failed(f"{part.size} other bytes came", wanted, (part,))
    return passed(2)


def telling(data: bytes) -> int:
    """Where eight bytes begin that are not all the same: in the second half, else nearest to it."""
    half = len(data) // 2
    places = chain(range(half, len(data) - 7), range(half - 1, -1, -1))
    return next((at for at in places if data[at : at + 8].strip(data[at : at + 1])), half)


@check(kinds.RESULT_RANGE_SUFFIX)
def judge_suffix(session: Session, requirement: Requirement[None]) -> Finding:
    """The last bytes by a suffix range."""
    found = _for_ranges(session)
    if isinstance(found, Finding):
        return found
    link, file = found
    part = _part(session, link, "-8")
    if part.status != 206 or part.body != file.ending[-8:]:
        return failed(f"answered {part.status} with {part.size} bytes", "206 and the last 8 bytes", (part,))
    return passed()


@check(kinds.RESULT_RANGE_BAD)
def judge_bad_range(session: Session, requirement: Requirement[None]) -> Finding:
    """A range beyond the end."""
    found = _for_ranges(session)
    if isinstance(found, Finding):
        return found
    link, file = found
    part = _part(session, link, f"{file.size + 10}-")
    if part.status != 416:
        return failed(f"answered {part.status}", "416", (part,))
    return passed()


@check(kinds.RESULT_AUTH)
def judge_auth(session: Session, requirement: Requirement[None]) -> Finding:
    """Without the key there are no bytes."""
    found = working_download(session)
    if found is None or found[0].link is None:
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    bare = fetch(session.contract, session.target, found[0].link, key=False, limit=PART_LIMIT)
    if bare.status in (200, 206):
        return failed(f"answered {bare.status} without a key", "a refusal", (bare,))
    return passed()


@check(kinds.LINK_LIFE)
def judge_life(session: Session, requirement: Requirement[None]) -> Finding:
    """The address still works shortly before its time is up."""
    life = session.contract.link.shortest
    if session.target.steering is None or life is None:
        return skipped(Skip.NEEDS_CLOCK)
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    session.follow(made, linger=0, aliases=False)  # an alias that tells the end late would make the address old
    end = made.polls[-1]
    status = status_in(session.contract, end.exchange)
    if status is None or status.status_class != "succeeded":
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    item = session.deliver(made, end)
    if item.link is None:
        return skipped(Skip.NOT_OBSERVED)
    due = end.exchange.sent_at + life - session.client.pace.interval - 5  # it ended before it was asked for
    session.target.sleep(max(due - session.target.now(), 0))
    late = fetch(session.contract, session.target, item.link)
    if late.status != 200:
        return failed(f"answered {late.status} before {life:g} s had passed", "the video", (end.exchange, late))
    return passed()


@check(kinds.LINK_RENEWED)
def judge_renewed(session: Session, requirement: Requirement[None]) -> Finding:
    """When the first address has ended, a query shows one that works."""
    contract, life = session.contract, session.contract.link.longest
    if session.target.steering is None:
        return skipped(Skip.NEEDS_CLOCK)
    rule = contract.retention
    if rule is not None and life is not None and rule.task <= life + 2 * session.client.pace.timeout:
        return skipped(Skip.NOT_OBSERVED, "the task is gone before its address is")
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    session.follow(made, linger=0, aliases=False)
    if life is not None:
        session.target.sleep(life + 60)
    elif not await_end_of_link(session, made):
        return skipped(Skip.NOT_OBSERVED, "the first address has not ended")
    operation = contract.operation(Role.RESULT) or contract.roles[Role.QUERY][0]
    shown = session.send(operation.role, session.request(operation, task=made.task_id))
    link = link_of(contract, shown.json)
    if link is None:
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    late = fetch(contract, session.target, link)
    if late.status != 200:
        return failed(f"the address that is shown then is answered {late.status}", "the video", (shown, late))
    return passed()


LONGEST_WAIT = 30 * 86_400.0
"""Seconds within which an address is to end of which documents only say that it does."""


def await_end_of_link(session: Session, made: Trace) -> bool:
    """Waits until the address of a task that has succeeded is refused, while the task is surely kept. Returns whether
    it was."""
    item, rule = session.deliver(made, made.polls[-1]), session.contract.retention
    kept = LONGEST_WAIT if rule is None else rule.task - 2 * session.client.pace.timeout
    wait, until = 3600.0, made.created.sent_at + kept
    while item.link is not None and session.target.now() + wait < until:
        session.target.sleep(wait)
        if 400 <= fetch(session.contract, session.target, item.link, limit=PART_LIMIT).status < 500:
            return True
        wait *= 2
    return False


@check(kinds.LINK_EXPIRY)
def judge_expiry(session: Session, requirement: Requirement[None]) -> Finding:
    """What the address says of its own end."""
    link, judged = session.contract.link, 0
    for item in delivered(session):
        text = told_in(split_address(item.link or "").query, link.expiry_query or "")
        if text is None:
            continue
        judged += 1
        form = link.expiry_form or "epoch-s"
        try:
            wrong = _untimely(session, item, read_told(text, form))
        except (ValueError, OverflowError):
            seen, expected = f"{link.expiry_query} is {text[:80]!r}", f"a time {described(form)}"
            return failed(seen, expected, (item.shown_by,))
        if wrong:
            return failed(wrong, _wanted_end(session), (item.shown_by,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no address states its end")


@check(kinds.LINK_EXPIRY_SHOWN)
def judge_shown_expiry(session: Session, requirement: Requirement[Member]) -> Finding:
    """What the answer that shows the address says of the address' end."""
    judged = 0
    for item in delivered(session):
        for slot, value in _times(session, item, "link_expires"):
            if slot.pointer == requirement.subject.pointer:
                judged += 1
                wrong = _untimely(session, item, slot.hole.read(value))
                if wrong:
                    return failed(f"{slot.pointer}: {wrong}", _wanted_end(session), (item.poll.exchange,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no answer states the end of an address")


def _times(session: Session, item: Delivered, name: str) -> list[tuple[Slot, Any]]:
    """The places of a time, and its values in good form, in the answer that showed success."""
    status = status_in(session.contract, item.poll.exchange)
    if status is None:
        return []
    slots = slots_of(session.contract, item.trace, item.poll, status, name)
    return [(slot, value) for slot, value in slots if not is_empty(value) and value and not slot.hole.problem(value)]


def _untimely(session: Session, item: Delivered, stated: float) -> str | None:
    """What is wrong with a stated end of an address; None when it fits the task's end.

    Without a stated end of the task: no earlier than its creation, no later than the answer that showed it.
    """
    lives = session.contract.link.lives
    finished = [slot.hole.read(value) for slot, value in _times(session, item, "finished")]
    earliest = finished[0] if finished else item.trace.created.sent_at
    dated = finished and not session.contract.link.renewed
    latest = finished[0] if dated else item.poll.exchange.received_at
    if any(earliest + life - 120 <= stated <= latest + life + 120 for life in lives):
        return None
    if not lives:  # only that it ends is documented
        return None if stated > item.poll.exchange.received_at - 120 else "it states an end that was over when shown"
    return f"it states {stated - latest:.0f} s after the end"


def _wanted_end(session: Session) -> str:
    """The end that an address is to state."""
    lives = " or ".join(f"{life:g}" for life in session.contract.link.lives)
    return f"{lives} s after the end" if lives else "an end that is still to come"


@check(kinds.LINK_IS_CONTENT)
def judge_link_is_content(session: Session, requirement: Requirement[None]) -> Finding:
    """The address is the content operation of the same task."""
    operation = session.contract.operation(Role.CONTENT)
    judged = 0
    for item in delivered(session):
        if item.link is None or operation is None:
            continue
        judged += 1
        path = normal_path(item.link)
        if operation.pattern.fullmatch(path) is None and operation.pattern.search(path) is None:
            return failed(f"the address is {item.link!r}", operation.path, (item.shown_by,))
        if item.trace.task_id not in unquote(item.link):
            return failed(f"the address is {item.link!r}", f"of the task {item.trace.task_id}", (item.shown_by,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no task succeeded")
