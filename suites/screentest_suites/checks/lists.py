"""Lists of tasks."""

from typing import Any

from screentest_contracts.contract import Contract, ListRule, Operation, Role
from screentest_contracts.facts import Level
from screentest_contracts.location import MISSING, is_empty, resolve, segments
from screentest_contracts.reading import bodies_of, id_text, respelled, selected, task_id
from screentest_contracts.requirements import Requirement, kinds
from screentest_contracts.requirements.members import schema_fact
from screentest_contracts.template import Hole
from screentest_contracts.times import precision
from screentest_suites.checks.listed import first_list, further_list, listed_model
from screentest_suites.checks.polls import canonical, in_words_of_queries, profile_of, shown
from screentest_suites.checks.receipt import same
from screentest_suites.checks.registry import check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Result, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session


def _list(session: Session, query: str = "", task: str = "") -> tuple[Operation, Exchange]:
    """A list; where its path names a model, that of `task`, else of the first model."""
    operation = session.contract.roles[Role.LIST][0]
    return operation, session.send(Role.LIST, session.request(operation, query=query, task=task))


@check(kinds.LIST_STATUS_CODE)
def judge_list_status(session: Session, requirement: Requirement[None]) -> Finding:
    """The list is answered, and comes to its end."""
    exchange = first_list(session)
    if exchange.error or exchange.status not in session.contract.success[Role.LIST].statuses:
        return failed(exchange.error or f"answered {exchange.status}", "the list", (exchange,))
    return passed()


@check(kinds.LIST_SCHEMA)
def judge_list_schema(session: Session, requirement: Requirement[None]) -> Finding:
    """The list validates, with tasks in it; so does the longest, which holds some that have ended."""
    rule = session.contract.listing
    session.any_model()
    for query in dict.fromkeys(("", rule.longest if rule else "")):
        operation, exchange = _list(session, query)
        violation = schema_violation(operation, exchange)
        if violation:
            return failed(violation.seen, violation.expected, violation.exchanges)
    return passed()


@check(kinds.LIST_CONTAINS)
def judge_list_contains(session: Session, requirement: Requirement[None]) -> Finding:
    """A task just made is in the list, and shown as its query shows it."""
    rule = session.contract.listing
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if not isinstance(made, Trace) or rule is None:
        return skipped(Skip.NOT_OBSERVED)
    _, exchange = _list(session, task=made.task_id)
    items = rule.items.find(exchange.json)
    if not isinstance(items, list):
        return failed(f"nothing at {rule.items}", "a list of tasks", (exchange,))
    mine = [item for item in items if id_text(rule.id_at.find(item)) == made.task_id]
    if not mine:
        return failed(f"the newest task is not among {len(items)} listed", made.task_id, (made.created, exchange))
    query, lifecycle = session.poll(made), session.contract.lifecycle
    status, listed = status_in(session.contract, query), lifecycle.read(mine[0], rule.status_at, "list")
    if status is not None and listed is not None and listed.status_class.terminal and listed.name != status.name:
        return failed(f"the list says {listed.name}, the query {status.name}", "the same", (exchange, query))
    return passed(2)


@check(kinds.LIST_ITEMS)
def judge_items(session: Session, requirement: Requirement[None]) -> Finding:
    """Tasks that have ended, of every model, are listed as their last query showed them."""
    rule = session.contract.listing
    ended = [trace for trace in session.living_bases() if trace.ended]
    if rule is None or not ended:
        return skipped(Skip.NOT_OBSERVED)
    words = [word for _, word in session.contract.roles[Role.LIST][0].model_parameters]
    lists: dict[tuple[str, ...], list[Trace]] = {}
    for trace in ended:
        named = tuple(session.contract.models[trace.model].word(word) for word in words)
        lists.setdefault(named, []).append(trace)
    findings = [_judged(session, rule, traces) for traces in lists.values()]
    wrong = next((each for each in findings if each.result is Result.FAILED), None)
    judged = sum(each.judged for each in findings if each.result is Result.PASSED)
    return wrong or (passed(judged) if judged else findings[0])


def _judged(session: Session, rule: ListRule, ended: list[Trace]) -> Finding:
    """Compares one list with the tasks of which it must hold each."""
    one = ended[0].task_id
    _, exchange = _list(session, rule.longest, one)
    found = _by_id(session, exchange)
    missing = [trace for trace in ended if trace.task_id not in found]
    if missing and not session.options.metered:  # newer tasks may have pushed them out, but not those made now
        fresh = session.in_parallel(lambda trace: _again(session, trace), missing)
        ended = [trace for trace in (*ended, *fresh) if trace.ended and trace not in missing]
        _, exchange = _list(session, rule.longest, one)
    finding = _compared(session, rule, ended, exchange)
    if finding.result is Result.FAILED:  # a list may be a moment behind
        session.target.sleep(session.client.pace.interval)
        finding = _compared(session, rule, ended, _list(session, rule.longest, one)[1])
    return finding


def _pushed_out(session: Session, rule: ListRule, trace: Trace, exchange: Exchange) -> bool:
    """Whether a task may be missing because newer ones fill the list, ours or others': it is full, and shows none that
    we know to be older."""
    found = _by_id(session, exchange)
    if len(found) < (rule.maximum if rule.longest and rule.longest in exchange.sent.url else rule.default):
        return False
    made = {task_id(session.contract, each.json): each.received_at for each in session.records.creates.copy()}
    return not any(made.get(identity, trace.created.sent_at) < trace.created.sent_at for identity in found)


def _compared(session: Session, rule: ListRule, ended: list[Trace], exchange: Exchange) -> Finding:
    found, judged = _by_id(session, exchange), 0
    for trace in ended:
        if trace.task_id in found:
            judged += 1
            wrong = difference(session.contract, trace, found[trace.task_id])
            if wrong is not None:
                query = trace.polls[-1].exchange
                return failed(f"{trace.model}: {wrong}", "what its query showed", (query, exchange))
        elif not session.options.metered and not _pushed_out(session, rule, trace, exchange):
            seen = f"{trace.model}: the task that just ended is not among {len(found)} listed"
            return failed(seen, trace.task_id, (trace.created, exchange))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "newer tasks fill the list")


_SHOWN = ("model", "progress", "duration", "ratio", "resolution", "seed", "reason", "reason_code")


def difference(contract: Contract, trace: Trace, item: Any) -> str | None:
    """What a list says of a task that has ended, where its last query said otherwise: status, values of one meaning,
    and words that the document prints at the same place of both."""
    rule = contract.listing
    last = [each for each in shown(contract, trace) if canonical(contract, each[0])][-1:]
    if rule is None or not last:
        return None
    ((poll, status),) = last
    asked = in_words_of_queries(contract, poll)
    listed = contract.lifecycle.read(item, rule.status_at, "list")
    if listed is None or listed.name != status.name:
        return f"it is {rule.status_at.find(item)!r} in the list, {status.name} by its query"
    item = respelled(contract.lifecycle, item, rule.status_at, "list", back=True)
    profile = profile_of(contract, trace)
    due = selected(bodies_of(profile, contract.operations[poll.operation])[status.name])
    readings = profile.item or profile.items.get(status.name)
    template = selected(readings) if readings else due
    told = {slot.hole.name: slot for slot in reversed(due.slots_named(*_SHOWN, *MOMENTS)) if slot.whole}
    for slot in template.slots_named("model") if "model" not in told else ():
        here = resolve(item, segments(slot.pointer))
        if slot.whole and not same(here, trace.model):
            return f"{slot.pointer} is {_word(here)} in the list, {trace.model!r} was asked for"
    for slot in template.slots_named(*told):
        twin = told[slot.hole.name]
        here, there = (resolve(body, segments(at.pointer)) for body, at in ((item, slot), (asked, twin)))
        if not slot.whole or is_empty(there) or twin.hole.problem(there):
            continue
        if here is MISSING and _may_lack(contract, rule, slot.pointer):
            continue
        if not _agree(slot.hole, here, twin.hole, there):
            return f"{slot.pointer} is {_word(here)} in the list, {twin.pointer} {there!r} by its query"
    for pointer in {at for at, _ in template.literals} & {at for at, _ in due.literals}:
        here, there = (resolve(body, segments(pointer)) for body in (item, asked))
        if not is_empty(here) and not is_empty(there) and here != there:
            return f"{pointer} is {here!r} in the list, {there!r} by its query"
    return None


def _may_lack(contract: Contract, rule: ListRule, pointer: str) -> bool:
    """Whether it is a guess that lists show a member: the schema of the list is less sure of it than of tasks."""
    operation, status, tasks = (
        contract.roles[Role.LIST][0],
        contract.success[Role.LIST].made,
        f"{rule.items.pointers[0]}/0",
    )
    sure, member = (schema_fact(operation, status, at).mark for at in (tasks, tasks + pointer))
    return member.level is Level.NOTE and member.rank > sure.rank


MOMENTS = ("created", "submitted", "started", "finished")


def _agree(hole: Hole, here: Any, other: Hole, there: Any) -> bool:
    """Whether two members hold one value, each in its own form; a time in another may have lost digits on the way."""
    try:
        left, right = hole.read(here), other.read(there)
    except ValueError:
        return False
    if hole.is_time and hole.form != other.form:
        return bool(abs(left - right) <= max(precision(hole.form), precision(other.form)))
    return bool(left == right)


def _word(value: Any) -> str:
    return "absent" if value is MISSING else repr(value)


def _again(session: Session, trace: Trace) -> Trace:
    """Another task of the same model, at its end; the same where none could be made."""
    model = session.contract.models[trace.model]
    made = session.start(model, model.base)
    return session.follow(made, linger=0) if isinstance(made, Trace) else trace


def _by_id(session: Session, exchange: Exchange) -> dict[str, Any]:
    """The listed tasks."""
    rule = session.contract.listing
    items = rule.items.find(exchange.json) if rule is not None else None
    if rule is None or not isinstance(items, list):
        return {}
    return {identity: item for item in items if (identity := id_text(rule.id_at.find(item))) is not None}


@check(kinds.LIST_PAGES)
def judge_pages(session: Session, requirement: Requirement[None]) -> Finding:
    """Two pages of one task each show two tasks."""
    rule, model = session.contract.listing, listed_model(session)
    if rule is None or model is None:
        return skipped(Skip.NOT_OBSERVED)
    tasks, more_follow = 2, bool(rule.parameter)
    if (
        rule.next_at is not None and not rule.parameter and session.target.steering is not None
    ):  # elsewhere it would take long
        tasks, more_follow = min(rule.default, rule.maximum) + 1, True
    for _ in range(tasks):
        session.create(model, model.base)
    limit = f"{rule.parameter}=1&" if rule.parameter else ""
    _, first = _list(session, f"{limit}{rule.page}=1" if rule.page else limit.rstrip("&"))
    ids = _ids(session, first)
    if not ids:
        return skipped(Skip.NOT_OBSERVED, "no task is listed")
    second = further_list(session, first, 2, ids, limit.rstrip("&"))
    if second is None:
        if not more_follow:
            return skipped(Skip.NOT_OBSERVED, "all tasks are on one page")
        return failed(f"nothing at {rule.next_at} while more tasks follow", "the next page", (first,))
    more = _ids(session, second)
    if set(ids) & set(more) or (rule.parameter and not more):
        seen = f"the next page shows {', '.join(more) or 'nothing'} after {', '.join(ids)}"
        return failed(seen, "other tasks", (first, second))
    return passed(2)


def _ids(session: Session, exchange: Exchange) -> list[str]:
    rule = session.contract.listing
    if rule is None:
        return []
    items = rule.items.find(exchange.json)
    return [str(rule.id_at.find(item)) for item in items] if isinstance(items, list) else []


@check(kinds.LIST_LIMIT)
def judge_list_limit(session: Session, requirement: Requirement[None]) -> Finding:
    """`limit` is kept."""
    rule = session.contract.listing
    model = listed_model(session)
    if rule is None or model is None or rule.parameter is None:
        return skipped(Skip.NOT_OBSERVED)
    for _ in range(3):
        session.create(model, model.base)
    for limit in (1, 2):
        _, exchange = _list(session, f"{rule.parameter}={limit}")
        items = rule.items.find(exchange.json)
        if not isinstance(items, list) or len(items) != limit:
            count = len(items) if isinstance(items, list) else "no"
            return failed(f"{count} tasks for limit {limit}", f"{limit} tasks", (exchange,))
    return passed(2)


@check(kinds.LIST_NEWEST_FIRST)
def judge_newest_first(session: Session, requirement: Requirement[None]) -> Finding:
    """The task made last is listed first."""
    rule = session.contract.listing
    model = listed_model(session)
    if rule is None or model is None:
        return skipped(Skip.NOT_OBSERVED)
    made = []
    for _ in range(2):
        made.append(session.start(model, model.base))
        session.target.sleep(1.1)
    _, exchange = _list(session)
    ids = _ids(session, exchange)
    wanted = [trace.task_id for trace in reversed(made) if isinstance(trace, Trace)]
    found = [identity for identity in ids if identity in wanted]
    if len(found) < 2:
        return skipped(Skip.NOT_OBSERVED, "the new tasks are not listed")
    if found != wanted:
        return failed("an older task is listed before a newer one", "newest first", (exchange,))
    return passed()
