"""How a client waits: how often it asks, of what, and when it stops."""

from collections.abc import Sequence
from math import ceil
from statistics import median

from screentest_contracts.contract import Contract, Role
from screentest_contracts.requirements import Requirement, Situations, client_kinds
from screentest_mockserver.wire.journal import Entry
from screentest_suites.clients.registry import Broken, Said, Unseen, across, client_check
from screentest_suites.clients.seen import (
    CLOCK_STANDS,
    END_UNSEEN,
    ClientRun,
    Ended,
    answered_at,
    is_end,
    operation_of,
    pairs,
)

SLACK = 0.9
"""The part of a time that is enough: timers and clocks differ a little."""

AFTER_END = 2
"""Polls after a task's end that are no polling: some clients fetch the task once more to have its result."""

LENIENT = 1.5
"""How many times the longest documented wait a client may take to give up."""

MANY = 10
"""Polls for a task that the vendor does not know, beyond which a client does not listen."""

_NO_TASK = ("unknown-task", "malformed-id", "foreign-task")


@client_check(client_kinds.KNOWN_PATHS)
def judge_paths(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """Every request is an operation of the document, or its result; OPTIONS asks for nothing (RFC 9110, 9.3.7), and
    browsers send it before others. HEAD is no operation, whatever GET is: only of a file it tells something."""
    for entry in run.entries:
        operation = operation_of(contract, entry)
        if entry.method == "HEAD" and operation is not None and operation.role is not Role.CONTENT:
            seen = f"HEAD {entry.path[:100]} is no call of the document, and its answer has no body"
            return Broken(seen, f"{operation.method} {operation.path}", (entry,))
        if entry.method != "OPTIONS" and (
            entry.said in ("unknown-path", "wrong-method") or (not entry.operation and entry.status == 404)
        ):
            return Broken(f"{entry.method} {entry.path[:100]} is no call of the document", "its operations", (entry,))
    return len(run.entries) or Unseen("nothing was asked")


@client_check(client_kinds.POLL_TASK)
def judge_task(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """Polls ask for a task that exists."""
    if run.situation == "lost-task" or run.situation.startswith("refuse-query"):
        return Unseen("polls are refused whatever they ask for")
    found, own = run.polls(contract), {entry.task for entry in run.accepted(contract)} - {""}
    for entry in found:
        if entry.said in _NO_TASK and entry.task not in own:  # its own may be gone: removed, or over its time
            seen = f"{entry.method} {entry.path[:200]} asks for no task of this client ({entry.said})"
            return Broken(seen, "the id that the receipt has", (entry,))
    return len(found) or Unseen("no poll came")


def _gaps(contract: Contract, run: ClientRun) -> list[tuple[Entry, Entry, float]]:
    """Looks at the same task that still ran, with the next one and the seconds between them."""
    return [row for same in run.looks(contract) for row in pairs(same) if not is_end(row[0])]


def _pace(run: ClientRun, seconds: float) -> str:
    """What real seconds are at the vendor's pace, in words."""
    here, there = (f"{each:.3g} s" if each < 100 else f"{each:.0f} s" for each in (seconds, seconds * run.speed))
    return here if run.speed == 1 else f"{here} ({there} at the vendor's pace)"


def _life(run: ClientRun, seconds: float) -> str:
    """How much of a task's life passes in real seconds, in words."""
    life = seconds * run.speed
    return f"({seconds:.0f} s here are {life:.0f} s of the task's life, at {run.speed:g} times the vendor's pace)"


@client_check(client_kinds.POLL_FIRST)
def judge_first(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """The first poll of a task comes after the documented wait."""
    if not run.paced:
        return Unseen(CLOCK_STANDS)
    first, seen = contract.polling.first / run.speed, 0
    for create in run.accepted(contract):
        poll = next((entry for entry in run.polls(contract) if entry.task == create.task), None)
        if poll is None:
            continue
        seen += 1
        waited = poll.at - answered_at(create)
        if waited < first * SLACK:
            return Broken(
                f"the first poll comes after {_pace(run, waited)}", f"{_pace(run, first)} or more", (poll, create)
            )
    return seen or Unseen("no poll came")


@client_check(client_kinds.POLL_FLOOR)
def judge_floor(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """No poll follows another one sooner than the document allows."""
    if not run.paced:
        return Unseen(CLOCK_STANDS)
    floor, gaps = contract.polling.floor / run.speed, _gaps(contract, run)
    for one, other, waited in gaps:
        if waited < floor * SLACK:
            seen = f"two polls are {_pace(run, waited)} apart"
            return Broken(seen, f"{_pace(run, floor)} or more", (other, one))
    return len(gaps) or Unseen("no two polls came for a task that ran")


@client_check(client_kinds.POLL_INTERVAL)
def judge_interval(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """As a rule polls are as far apart as the document advises."""
    if not run.paced:
        return Unseen(CLOCK_STANDS)
    gaps = _gaps(contract, run)
    if len(gaps) < 2:
        return Unseen("fewer than three polls came for a task that ran")
    usual, wanted = median(row[2] for row in gaps), contract.polling.interval[0] / run.speed
    if usual < wanted * SLACK:
        one, other, _ = gaps[0]
        return Broken(f"polls are {_pace(run, usual)} apart as a rule", f"{_pace(run, wanted)} or more", (other, one))
    return len(gaps)


@across(client_kinds.POLL_FIXED)
def judge_fixed(contract: Contract, requirement: Requirement[Situations], runs: Sequence[ClientRun]) -> Said:
    """An interval that is the same at two paces is the one that the vendor will see, too: nobody can see here whether
    it would be another one there, so it is told, and breaks nothing."""
    seen = [
        (run, median(row[2] for row in gaps)) for run in runs if run.paced and len(gaps := _gaps(contract, run)) > 1
    ]
    slow, fast = (
        min(seen, key=lambda row: row[0].speed, default=None),
        max(seen, key=lambda row: row[0].speed, default=None),
    )
    if slow is None or fast is None or fast[0].speed < 2 * slow[0].speed:
        return Unseen("the client did not poll at two paces")
    if abs(slow[1] - fast[1]) > 0.25 * max(slow[1], fast[1]):
        return Unseen("the interval follows the pace of the mock")
    floor = contract.polling.floor
    if slow[1] < floor * SLACK:
        return Unseen(
            f"polls are {slow[1]:.2f} s apart at every pace: if so at the vendor's, less than its {floor:g} s"
        )
    return len(seen)


@client_check(client_kinds.POLL_RATE)
def judge_rate(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """In no minute more is asked than an account may."""
    allowed = contract.polling.per_minute
    found = [entry for entry in run.entries if operation_of(contract, entry) is not None]
    if allowed is None or not run.paced or not found:
        return Unseen("nothing was asked" if run.paced else CLOCK_STANDS)
    window, first = 60 / run.speed, 0
    for last, entry in enumerate(found):
        while entry.at - found[first].at > window:
            first += 1
        if last - first + 1 > allowed:
            seen = f"{last - first + 1} requests within {_pace(run, entry.at - found[first].at)}"
            return Broken(seen, f"{allowed:g} in a minute of the vendor's time", (entry, found[first]))
    return len(found)


@client_check(client_kinds.POLL_BACK_OFF)
def judge_back_off(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """A poll that failed is not followed sooner than one that did not."""
    if not run.paced:
        return Unseen(CLOCK_STANDS)
    gaps = _gaps(contract, run)
    troubled = [row for row in gaps if row[0].status >= 500]
    usual = [row[2] for row in gaps if row[0].status < 500 and row[0].status]
    if not troubled or not usual:
        return Unseen("no poll followed a server error, or none anything else")
    one, other, waited = min(troubled, key=lambda row: row[2])
    if waited < 0.5 * median(usual) and waited < contract.polling.interval[0] / run.speed * SLACK:
        seen = f"asked again {_pace(run, waited)} after a server error, and else every {_pace(run, median(usual))}"
        return Broken(seen, "no sooner than after any other answer", (other, one))
    return len(troubled)


@client_check(client_kinds.POLL_ENDS)
def judge_ends(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """Once a task has ended, it is not asked for over and over."""
    seen = 0
    for same in run.looks(contract):
        end = next((place for place, entry in enumerate(same) if entry.said == requirement.subject.word), None)
        if end is None:
            continue
        seen += 1
        after = [entry for entry in same[end + 1 :] if entry.status]
        if len(after) > AFTER_END:
            told = f"{len(after)} more polls after the task was {requirement.subject.word}"
            return Broken(told, "no polling after the end", (after[0], same[end]))
    return seen or Unseen(f"no poll showed a task that is {requirement.subject.word}")


@client_check(client_kinds.ENDS_ITSELF)
def judge_ends_itself(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """A client does not wait for ever."""
    ended, polls = run.ended, run.polls(contract)
    if ended is None:
        return Unseen(END_UNSEEN)
    if not run.of(contract, Role.CREATE):
        return Unseen("no create came")
    if requirement.subject.word == "lost-task":
        refused = [entry for entry in polls if entry.said == "unknown-task"]
        if not refused:
            return Unseen("no poll was refused")
        if len(refused) > MANY or (ended.status is None and len(refused) > 3):
            told = f"{len(refused)} polls for a task that is unknown; {ended.told}"
            return Broken(told, "an end after a few refusals", tuple(refused[-1:]))
        return 1
    if not run.accepted(contract):
        return Unseen("no create was accepted")
    if requirement.subject.word == "patient":
        return _patience(contract, run, ended)
    if ended.status is not None:
        return 1
    limit = contract.polling.longest_wait * LENIENT
    why = f"{LENIENT:g} times the document's {contract.polling.longest_wait:g} s"
    if ended.seconds * run.speed < limit:
        seen = f"{ended.told} {_life(run, ended.seconds)}"
        return Unseen(
            f"{seen}: --time-limit {ceil(limit / run.speed)} shows whether it stops within {limit:g} s ({why})"
        )
    usual = median([row[2] for row in _gaps(contract, run)] or [0.0])
    if usual >= contract.polling.interval[0] * SLACK and ended.seconds < limit:
        return Unseen(
            f"polls are {usual:.1f} s apart, as at the vendor's own pace, so the client's deadline may be of real "
            f"seconds, too: --time-limit {ceil(limit)} shows whether it stops ({why})"
        )
    told = (
        f"{ended.told} {_life(run, ended.seconds)}, after {len(polls)} polls; "
        "whether it has a longer deadline is seen with a longer --time-limit"
    )
    return Broken(told, f"an end within {limit:g} s of the task's life ({why})", tuple(polls[-1:]))


def _patience(contract: Contract, run: ClientRun, ended: Ended) -> Said:
    """A client that gives up by itself has waited as long as the document has tasks take."""
    least = contract.polling.shortest_wait
    if ended.status is not None and ended.seconds * run.speed < least * SLACK:
        told = f"{ended.told} {_life(run, ended.seconds)}, and the task still ran"
        expected = f"an end after {least:g} s of the task's life or later ({least / run.speed:.1f} s here)"
        return Broken(told, expected, tuple(run.polls(contract)[-1:]))
    return 1
