"""Parameters of lists and of other reading calls: what breaks them, and what says nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_mockserver.behaviours.deviations import deviation
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.findings import failure, passed

LIST = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2}},
    {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"], "default": "desc"}},
    {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["WAIT", "RUN", "DONE", "BAD"]}},
    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 900}},
]


def paged(tree: Any) -> None:
    tree["paths"]["/jobs"]["get"]["parameters"] = LIST
    tree["paths"]["/jobs"]["get"]["responses"]["400"] = {"description": "refused"}
    tree["x-task"]["list"].update({"page": "page", "maximum": 9})


def on_lists(change: Callable[[Exchange, list[Any]], list[Any]]) -> Callable[[Exchange], Exchange]:
    """Lists with other tasks."""

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "all" or exchange.status != 200:
            return exchange
        return replace(exchange, body=orjson.dumps({"jobs": change(exchange, exchange.json["jobs"])}))

    return alter


NAMES = ("list.state.filter", "list.order.order", "list.pages.whole", "list.limit.default", "list.order.default")


@pytest.mark.parametrize("name", [*NAMES, "list.limit.maximum", "list.limit.minimum", "list.page.minimum"])
@pytest.mark.parametrize("remote", [False, True])
def test_a_sound_list_passes(name: str, remote: bool, bench: Any) -> None:
    passed(bench(paged, remote=remote).judge(name))


def test_a_page_far_beyond_the_last_need_not_be_there(bench: Any) -> None:
    made = bench(paged)
    passed(made.judge("list.page.maximum"))
    asked = [each.sent.url.partition("?")[2] for each in made.wire.log if each.sent.operation == "all"]
    assert "page=900" not in asked
    assert "page=901" in asked


@pytest.mark.parametrize(
    ("name", "planted", "seen"),
    [
        ("list.state.filter", "list-without-filters", "shows"),
        ("list.state.filter", "list-filter-loses-one", "does not show"),
        ("list.order.order", "list-in-one-order", "order=asc begins with a newer task"),
        ("list.pages.whole", "list-page-loses-one", "no page shows"),
        ("list.pages.whole", "list-page-repeats-one", "two pages show"),
        ("list.limit.default", "list-other-default", "without limit: 1 tasks"),
        ("list.limit.maximum", "takes-bad-parameters", "limit=10 was accepted with 200"),
        ("list.limit.maximum", "refuses-good-parameters", "limit=9 was refused with 422"),
    ],
)
def test_what_a_list_gets_wrong(name: str, planted: str, seen: str, bench: Any) -> None:
    made = bench(paged)
    made.wire.mock.deviation = deviation(planted, made.contract)
    assert seen in failure(made.judge(name))[0]


def by_cursor(tree: Any) -> None:
    """A list whose pages tell the next one."""
    paged(tree)
    task = tree["x-task"]["list"]
    del task["page"]
    task.update(
        {
            "body": {"jobs": "{{items}}", "next": "{{next_cursor||null}}"},
            "cursor": {"parameter": "cursor", "next": "/next"},
        }
    )
    more = {"name": "cursor", "in": "query", "schema": {"type": "string"}}
    tree["paths"]["/jobs"]["get"]["parameters"] = [*LIST[:3], more]


def test_a_list_that_tells_its_pages_ends(bench: Any) -> None:
    made = bench(by_cursor)
    passed(made.judge("list.pages.whole"))
    made = bench(by_cursor)
    made.wire.mock.deviation = deviation("list-goes-on", made.contract)
    seen, expected, _ = failure(made.judge("list.pages.whole"))
    assert seen == "a page of 3 tasks, where 9 are asked for, tells an empty one"
    assert expected == "no further page after the last"


def test_a_full_page_may_be_followed_by_an_empty_one_that_is_the_last(bench: Any) -> None:
    """A server need not look ahead; but it may not go on for ever."""

    def told(exchange: Exchange, *, ends: bool) -> Exchange:
        if exchange.sent.operation != "all":
            return exchange
        further = "cursor=" in exchange.sent.url
        page = {"jobs": [] if further else exchange.json["jobs"], "next": None if further and ends else "on"}
        return replace(exchange, body=orjson.dumps(page)) if "limit=9" in exchange.sent.url else exchange

    for ends in (True, False):
        made = bench(by_cursor, alter=lambda exchange, ends=ends: told(exchange, ends=ends))
        for _ in range(9):
            made.session.create(made.session.models[0], made.session.models[0].base)
        finding = made.judge("list.pages.whole")
        if ends:
            passed(finding)
        else:
            assert failure(finding)[0] == "a page of 0 tasks, where 9 are asked for, tells an empty one"


def test_a_list_of_one_kind_of_task_tells_nothing_of_its_filter(bench: Any) -> None:
    same = on_lists(lambda exchange, jobs: [{**each, "state": "DONE"} for each in jobs])
    finding = bench(paged, alter=same).judge("list.state.filter")
    assert (finding.reason.partition(":")[0], finding.evidence) == (Skip.NOT_OBSERVED, ())


def test_a_list_that_others_change_is_not_blamed(bench: Any) -> None:
    """Somebody else's task comes in between any two lists."""
    count = 0

    def others(exchange: Exchange, jobs: list[Any]) -> list[Any]:
        nonlocal count
        count += 1
        return [{"id": f"job-other-{count}", "state": "DONE"}, *jobs]

    for name in ("list.pages.whole", "list.limit.default", "list.order.default"):
        finding = bench(paged, alter=on_lists(others)).judge(name)
        assert finding.reason.startswith(Skip.NOT_OBSERVED), name


def test_pages_in_another_order_than_the_whole_lose_nothing(bench: Any) -> None:
    turned = on_lists(lambda exchange, jobs: jobs if "limit=9" in exchange.sent.url else jobs[::-1])
    passed(bench(paged, alter=turned).judge("list.pages.whole"))


def test_few_tasks_tell_nothing_of_a_great_default(bench: Any) -> None:
    def great(tree: Any) -> None:
        paged(tree)
        limit = {**LIST[0], "schema": {"type": "integer", "maximum": 99, "default": 50}}
        tree["paths"]["/jobs"]["get"]["parameters"] = [limit]
        tree["x-task"]["list"].update({"default": 50, "maximum": 99})

    finding = bench(great, remote=True).judge("list.limit.default")
    assert finding.reason.startswith(Skip.NOT_OBSERVED)
    assert "too few to tell" in finding.reason
    passed(bench(great).judge("list.limit.default"))


def test_an_answer_that_is_no_refusal_is_none(bench: Any) -> None:
    def broken(exchange: Exchange) -> Exchange:
        return replace(exchange, status=500) if exchange.status == 422 else exchange

    made = bench(paged, alter=broken)
    assert failure(made.judge("list.limit.maximum"))[0] == "limit=10 was answered 500, which is no refusal"
