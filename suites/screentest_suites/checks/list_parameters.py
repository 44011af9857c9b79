"""What the parameters of a list do: filters, order, and pages that hold everything once."""

from collections.abc import Callable, Iterator, Mapping

from screentest_contracts.contract import CallParameter, ListRule, Role, plain
from screentest_contracts.location import MISSING, is_empty
from screentest_contracts.requirements import ParameterName, Requirement, kinds
from screentest_suites.checks.listed import (
    ask_list,
    further_list,
    ids_of,
    items_of,
    lengthen,
    listed_model,
    longest_list,
    next_list,
)
from screentest_suites.checks.registry import check
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding, Result, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session

TRIES = 3
"""How often a list is asked for again that changes while it is read."""
PAGES, PAGE = 4, 2
"""How many pages are read, and of how many tasks."""


@check(kinds.LIST_FILTER)
def judge_filter(session: Session, requirement: Requirement[ParameterName]) -> Finding:
    """Asks for the tasks of each value that the whole list shows, and compares with the whole."""
    rule = session.contract.listing
    if rule is None:
        return skipped(Skip.NOT_OBSERVED)
    name = requirement.subject.parameter
    known = _KNOWN[rule.filters[name]](session)
    parameter = session.contract.roles[Role.LIST][0].call_parameter(name)
    finding = skipped(Skip.NOT_OBSERVED)
    for attempt in range(TRIES):
        finding = _filtered(session, rule, parameter, known)
        if finding.result is not Result.FAILED or attempt == TRIES - 1:
            break
        session.target.sleep(session.client.pace.interval)  # tasks move on between two lists, but not for ever
    return finding


def _models(session: Session) -> dict[str, str]:
    """The models of tasks that were made, by id. Makes two of different models where a long list has none any more."""
    models = session.contract.models
    known = {trace.task_id: models[trace.model].named_in(trace.body) for trace in session.living_bases()}
    listed = {known[each] for each in ids_of(session, longest_list(session)) if each in known}
    names = list(dict.fromkeys(known.values()))[:2]
    if len(listed) < len(names) == 2 and not session.options.metered:
        for name in names:
            model = session.contract.models_named(name)[0]
            trace = session.start(model, model.base)
            known |= {trace.task_id: name} if isinstance(trace, Trace) else {}
    return known


def _ended_and_new(session: Session) -> dict[str, str]:
    """Makes sure that there is a task that has ended, and one that has not. What each is, lists show."""
    session.living_bases()
    model = listed_model(session)
    if model is not None and not session.options.metered:
        session.start(model, model.base)
    return {}


def _ids(session: Session) -> dict[str, str]:
    """Two tasks by their ids: more would be told from each other no better."""
    return {trace.task_id: trace.task_id for trace in session.living_bases()[:2]}


_KNOWN: Mapping[str, Callable[[Session], dict[str, str]]] = {"model": _models, "status": _ended_and_new, "id": _ids}
"""By what a filter looks at: what is known of tasks, by id."""


def _filtered(session: Session, rule: ListRule, parameter: CallParameter, models: dict[str, str]) -> Finding:
    whole = longest_list(session)
    words = _words(session, rule, whole, models)
    values = [each for each in dict.fromkeys(words.values()) if _may_ask(parameter, each)]
    if len(set(words.values())) < 2 or not values:
        return skipped(Skip.NOT_OBSERVED, "the list holds tasks of one kind only")
    judged = 0
    for value in values:
        part = longest_list(session, parameter.write([value] if parameter.is_list else value))
        shown = _words(session, rule, part, models)
        what = f"{parameter.name}={value}"
        stranger = next((identity for identity, word in shown.items() if word != value), None)
        if stranger is not None:
            return failed(
                f"{what} shows {stranger}, which is {shown[stranger]}", f"tasks that are {value}", (whole, part)
            )
        lost = [each for each, word in words.items() if word == value and each not in set(ids_of(session, part))]
        still = _words(session, rule, longest_list(session), models) if lost else {}
        lost = [each for each in lost if still.get(each) == value]
        if lost and len(items_of(session, part)) < rule.maximum:
            return failed(f"{what} does not show {lost[0]}, which is {value}", "all tasks of that kind", (whole, part))
        judged += bool(shown)
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no filtered list holds a task that is known")


def _may_ask(parameter: CallParameter, value: str) -> bool:
    return parameter.validator.is_valid(parameter.read([value]))


def _words(session: Session, rule: ListRule, exchange: Exchange, models: dict[str, str]) -> dict[str, str]:
    """What a filter knows each listed task by: its model or id, where those are given, else the word for its status."""
    if models:
        return {each: models[each] for each in ids_of(session, exchange) if each in models}
    pairs = zip(ids_of(session, exchange), items_of(session, exchange), strict=True)
    found = ((identity, rule.status_at.find(item)) for identity, item in pairs)
    return {identity: plain(word) for identity, word in found if identity and not is_empty(word)}


@check(kinds.LIST_ORDER)
def judge_order(session: Session, requirement: Requirement[ParameterName]) -> Finding:
    """Two tasks, one after the other, are listed in either order."""
    rule, model = session.contract.listing, listed_model(session)
    if rule is None or rule.order is None or model is None:
        return skipped(Skip.NOT_OBSERVED)
    made: list[str] = []
    for _ in range(2):
        trace = session.start(model, model.base)
        made += [trace.task_id] if isinstance(trace, Trace) else []
        session.target.sleep(1.1)  # times may be written in whole seconds
    parameter = session.contract.roles[Role.LIST][0].call_parameter(rule.order.parameter)
    shown = [longest_list(session, parameter.write(word)) for word in (rule.order.newest, rule.order.oldest)]
    newest, oldest = ([each for each in ids_of(session, exchange) if each in made] for exchange in shown)
    if len(newest) < 2:
        return skipped(Skip.NOT_OBSERVED, "the new tasks are not listed")
    if newest != made[::-1]:
        seen = f"{parameter.name}={rule.order.newest} begins with an older task"
        return failed(seen, "newest first", (shown[0],))
    whole = [ids_of(session, exchange) for exchange in shown]
    if (len(oldest) == 2 and oldest != made) or whole[0] == whole[1]:
        seen = f"{parameter.name}={rule.order.oldest} begins with a newer task"
        return failed(seen, "oldest first", (shown[1],))
    return passed(2)


@check(kinds.LIST_PAGES_WHOLE)
def judge_pages_whole(session: Session, requirement: Requirement[None]) -> Finding:
    """Reads some pages between two looks at the whole list, which must be the same."""
    rule = session.contract.listing
    if rule is None:
        return skipped(Skip.NOT_OBSERVED)
    lengthen(session, PAGE + 1)
    for _ in range(TRIES):
        before = longest_list(session)
        pages = list(_pages(session, rule))
        after = longest_list(session)
        whole = ids_of(session, before)
        if whole != ids_of(session, after):
            continue
        read = [each for page in pages for each in ids_of(session, page)]
        expected = whole[: max(len(read), min(PAGES * PAGE, len(whole)))]
        if read != expected and set(read) <= set(whole):
            wrong = _wrong(read, expected)
            if wrong:
                return failed(wrong, "every task once", (before, *pages))
        if len(pages) < 2 or len(read) < 2:
            return skipped(Skip.NOT_OBSERVED, "all tasks are on one page")
        return _goes_on(session, rule, after) or passed(len(pages))
    return skipped(Skip.NOT_OBSERVED, "the list changes while it is read")


def _goes_on(session: Session, rule: ListRule, page: Exchange) -> Finding | None:
    """What is wrong where a list tells a page beyond its last task. Beyond a full one it may: a server need not look
    ahead."""
    for _ in range(PAGES):
        following = next_list(session, page, rule.longest) if rule.next_at is not None else None
        if following is None or rule.items.find(following.json) is MISSING:
            return None
        count = len(items_of(session, page))
        if count < rule.maximum and not items_of(session, following):
            seen = f"a page of {count} tasks, where {rule.maximum} are asked for, tells an empty one"
            return failed(seen, "no further page after the last", (page, following))
        page = following
    return None


def _wrong(read: list[str], expected: list[str]) -> str:
    """What pages repeat or lose of a list; "" where they only have another order."""
    twice = next((each for index, each in enumerate(read) if each in read[:index]), None)
    if twice is not None:
        return f"two pages show {twice}"
    lost = [each for each in expected if each not in read]
    in_order = [each for each in expected if each in read] == read
    return f"no page shows {lost[0]}" if lost and in_order else ""


def _pages(session: Session, rule: ListRule) -> Iterator[Exchange]:
    """The first pages of a list, as long as there is one."""
    limit = f"{rule.parameter}={PAGE}"
    page: Exchange | None = ask_list(session, limit, f"{rule.page}=1" if rule.page else "")
    seen: list[str] = []
    for number in range(2, PAGES + 2):
        if page is None:
            return
        yield page
        ids = ids_of(session, page)
        seen += ids
        if not ids or number > PAGES:
            return
        page = further_list(session, page, number, seen, limit)
