"""Lists: what is asked for, what is seen in the answers, and what says nothing."""

from dataclasses import replace
from typing import Any

import pytest

from screentest_contracts.location import MISSING
from screentest_mockserver.behaviours.deviations import deviation
from screentest_mockserver.tasks.scenarios import scenario
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.findings import failure, passed, refused

MADE = 'POST /jobs {"model":"clip-1"}: 200'


def promises(*names: str) -> Any:
    def change(tree: Any) -> None:
        tree["x-task"]["promises"] = [{"name": name} for name in names]

    return change


def paged(tree: Any) -> None:
    tree["x-task"]["list"]["page"] = "page"


def followed(tree: Any) -> None:
    tree["x-task"]["list"]["after"] = "after"


def two_lists(tree: Any) -> None:
    tree["paths"]["/every"] = {"get": {**tree["paths"]["/jobs"]["get"], "operationId": "every"}}
    tree["x-task"]["roles"]["list"] = ["all", "every"]


def unlimited(tree: Any) -> None:
    """One task a page, without a parameter that says so."""
    tree["x-task"]["list"].update({"default": 1})
    del tree["x-task"]["list"]["parameter"]


limited = promises("list-limit")
sorted_ = promises("list-newest-first")


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"status": 500}, "answered 500"),
        ({"status": 0, "error": "it broke"}, "it broke"),
        ({"status": 200, "error": "the body did not end"}, "the body did not end"),
    ],
)
def test_a_list_is_answered(changes: Any, seen: str, bench: Any, tools: Any) -> None:
    made = bench()
    assert passed(made.judge("list.status-code")) == 1
    assert made.lines() == ["GET /jobs: 200"]
    made = bench(two_lists)
    made.judge("list.status-code")
    assert made.lines() == ["GET /jobs: 200"], "the first of several lists"
    made = bench(alter=tools.on("all", **changes))
    assert failure(made.judge("list.status-code")) == (seen, "the list", [changes["status"]])


def test_the_first_list_is_asked_for_once(bench: Any, tools: Any) -> None:
    """Who has waited for it in vain is not given as much time again."""
    made = bench(alter=tools.on("all", error="the body did not end"))
    assert passed(made.judge("list.there")) == 1
    assert failure(made.judge("list.status-code"))[0] == "the body did not end"
    assert len(made.lines()) == 1


def test_a_list_with_tasks_in_it_validates(bench: Any, tools: Any) -> None:
    made = bench()
    assert passed(made.judge("list.schema")) == 1
    assert len(made.wire.log[-1].json["jobs"]) == 1
    assert made.lines()[-2:] == ["GET /jobs: 200", "GET /jobs?limit=3: 200"]
    made = bench(alter=tools.on("all", body=[]))
    seen, expected, shown = failure(made.judge("list.schema"))
    assert seen.startswith("body: ")
    assert (expected, shown) == ("the documented schema", [200])


def test_a_new_task_is_listed_as_its_query_shows_it(bench: Any) -> None:
    made = bench()
    made.session.any_model()
    before = len(made.wire.log)
    assert passed(made.judge("list.contains")) == 2
    assert made.lines()[before:] == [MADE, "GET /jobs: 200", "GET /jobs/#2: 200"]


def test_what_a_list_gets_wrong(bench: Any, tools: Any) -> None:
    made = bench(alter=tools.on("all", body={}))
    assert failure(made.judge("list.contains")) == ("nothing at /jobs", "a list of tasks", [200])

    made = bench(alter=tools.on("all", body=jobs("job-", "job-zzz")))
    seen, expected, shown = failure(made.judge("list.contains"))
    assert seen == "the newest task is not among 2 listed"
    assert expected == made.wire.log[-2].json["job"]["id"]
    assert shown == [200, 200]

    made = bench(alter=tools.on("all", at={"/jobs/0/state": "DONE"}))
    assert failure(made.judge("list.contains")) == ("the list says DONE, the query WAIT", "the same", [200, 200])
    assert made.lines()[-1] == "GET /jobs/#2: 200"
    listed = tools.on("all", at={"/jobs/0/state": "STOPPED", "/jobs/1": None})
    made = bench(alter=tools.both(listed, tools.on("look", at={"/state": "RUN"})))
    assert failure(made.judge("list.contains"))[0] == "the list says STOPPED, the query RUN"


def test_of_a_task_listed_twice_the_first_counts(bench: Any, tools: Any) -> None:
    def twice(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "all":
            return exchange
        item = exchange.json["jobs"][0]
        return tools.changed(exchange, body={"jobs": [{**item, "state": "DONE"}, item]})

    assert failure(bench(alter=twice).judge("list.contains"))[0] == "the list says DONE, the query WAIT"


def test_a_list_may_lag_behind(bench: Any, tools: Any) -> None:
    """Between list and query a task goes on, but what has ended stays as it is."""
    assert passed(bench(alter=tools.on("all", at={"/jobs/0/state": "RUN"})).judge("list.contains")) == 2
    assert passed(bench(alter=tools.on("all", at={"/jobs/0/state": "LIMBO"})).judge("list.contains")) == 2
    made = bench(alter=tools.both(tools.on("all", at={"/jobs/0/state": "DONE"}), tools.on("look", body={"ok": 1})))
    assert passed(made.judge("list.contains")) == 2, "a query without a status is another check's business"
    made = bench()
    made.wire.mock.scenario = scenario("immediate")
    assert passed(made.judge("list.contains")) == 2


def told(tree: Any) -> None:
    """Items that tell more, each thing in a form of its own."""
    tree["x-task"]["profiles"]["default"]["item"] = {
        "id": "{{id}}",
        "ok": True,
        "state": "{{status}}",
        "at": "{{created|epoch-s}}",
        "done": "{{progress}}",
        "said": "{{prompt}}",
        "frames": "{{frames}}",
        "clip": "{{model}}",
    }


def test_what_has_ended_is_listed_as_it_ended(bench: Any) -> None:
    made = bench(told)
    assert passed(made.judge("list.items")) == 1
    assert made.lines()[-1] == "GET /jobs?limit=3: 200"
    (first, *_) = made.wire.log[-1].json["jobs"]
    assert (first["done"], made.wire.log[-2].json["progress"]) == (100, "100%"), "one value in two forms"
    assert passed(bench().judge("list.items")) == 1, "an item that tells little"


@pytest.mark.parametrize(
    ("pointer", "value", "seen"),
    [
        ("/state", "RUN", "it is 'RUN' in the list, DONE by its query"),
        ("/state", "LIMBO", "it is 'LIMBO' in the list, DONE by its query"),
        ("/at", 1_700_000_000, "/at is 1700000000 in the list, /data/~json/created "),
        ("/at", "soon", "/at is 'soon' in the list, /data/~json/created "),
        ("/done", 99, "/done is 99 in the list, /progress '100%' by its query"),
        ("/done", MISSING, "/done is absent in the list, /progress '100%' by its query"),
        ("/clip", "clip-2", "/clip is 'clip-2' in the list, 'clip-1' was asked for"),
        ("/clip", MISSING, "/clip is absent in the list, 'clip-1' was asked for"),
        ("/ok", False, "/ok is False in the list, True by its query"),
    ],
)
def test_an_item_that_tells_something_else(pointer: str, value: Any, seen: str, bench: Any, tools: Any) -> None:
    made = bench(told, alter=tools.on("all", at={f"/jobs/0{pointer}": value}))
    reason, expected, statuses = failure(made.judge("list.items"))
    assert reason.startswith(f"clip-1: {seen}")
    assert (expected, statuses) == ("what its query showed", [200, 200])


def test_a_list_may_be_a_moment_behind(bench: Any, tools: Any) -> None:
    made = bench(told, alter=tools.on("all", last=1, at={"/jobs/0/state": "RUN"}))
    assert passed(made.judge("list.items")) == 1
    assert made.lines()[-2:] == ["GET /jobs?limit=3: 200"] * 2


def test_what_the_query_does_not_tell_is_not_asked_of_a_list(bench: Any, tools: Any) -> None:
    for alter in (
        tools.on("all", at={"/jobs/0/frames": 7, "/jobs/0/more": 1, "/jobs/0/ok": MISSING}),
        tools.on("look", at={"/progress": "soon"}),
        tools.on("look", at={"/progress": MISSING}),
    ):
        assert passed(bench(told, alter=alter).judge("list.items")) == 1


def test_a_task_that_newer_ones_pushed_out_is_made_again(bench: Any, tools: Any) -> None:
    made = bench(told, alter=tools.on("all", last=1, body={"jobs": []}))
    assert passed(made.judge("list.items")) == 1
    assert [each.sent.operation for each in made.wire.log].count("make") == 3
    made = bench(told, alter=tools.on("all", body={"jobs": []}))
    seen, _, statuses = failure(made.judge("list.items"))
    assert (seen, statuses) == ("clip-1: the task that just ended is not among 0 listed", [200, 200])


def test_tasks_of_others_may_fill_a_list(bench: Any, tools: Any) -> None:
    """A full list without ours says nothing, unless it shows a task of ours that is older."""
    others = [{"id": f"job-{number:012x}", "state": "DONE"} for number in range(3)]
    made = bench(told, alter=tools.on("all", body={"jobs": others}))
    assert tools.is_skip(made.judge("list.items"), Skip.NOT_OBSERVED, "newer tasks fill the list")
    made = bench(told, alter=tools.on("all", body={"jobs": others[:2]}))
    assert failure(made.judge("list.items"))[0].endswith("is not among 2 listed"), "there was room"

    def with_the_first(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "all":
            return exchange
        first = next(each for each in made.wire.log if each.sent.operation == "make")
        older = {"id": first.json["job"]["id"], "state": "DONE"}
        return tools.changed(exchange, body={"jobs": [*others[:2], older]})

    made = bench(told, alter=with_the_first)
    made.session.any_model()
    made.session.target.sleep(1)
    assert failure(made.judge("list.items"))[0].endswith("is not among 3 listed"), "an older one is there"


def test_no_task_is_paid_for_to_see_it_listed(bench: Any, tools: Any) -> None:
    made = bench(told, alter=tools.on("all", body={"jobs": []}), remote=True)
    made.session.any_model()
    made.session.client.options = replace(made.session.options, metered=True)
    assert tools.is_skip(made.judge("list.items"), Skip.NOT_OBSERVED, "newer tasks fill the list")
    assert [each.sent.operation for each in made.wire.log].count("make") == 1


LISTS = "list.contains", "list.items", "list.pages", "list.limit", "list.newest-first"


@pytest.mark.parametrize("name", LISTS)
def test_without_a_task_a_list_shows_nothing(name: str, bench: Any, tools: Any) -> None:
    made = bench(paged, promises("list-limit", "list-newest-first"), alter=refused(tools))
    assert tools.is_skip(made.judge(name), Skip.NOT_OBSERVED)
    assert made.lines() == [MADE.replace("200", "422")]
    made = bench(paged, promises("list-limit", "list-newest-first"))
    made.session.contract = replace(made.contract, listing=None)
    assert tools.is_skip(REGISTRY[made.requirement(name).kind](made.session, made.requirement(name)), Skip.NOT_OBSERVED)


def test_a_list_needs_a_new_task(bench: Any, tools: Any) -> None:
    made = bench(alter=refused(tools, first=2))
    assert tools.is_skip(made.judge("list.contains"), Skip.NOT_OBSERVED)
    assert made.lines()[-1] == MADE.replace("200", "422")


@pytest.mark.parametrize(
    ("changes", "first", "second"),
    [
        ((paged,), "?limit=1&page=1", "?limit=1&page=2"),
        ((followed,), "?limit=1", "?limit=1&after=#3"),
        ((paged, unlimited), "?page=1", "?page=2"),
        ((followed, unlimited), "", "?after=#3"),
    ],
)
def test_pages_are_asked_for_as_documented(changes: Any, first: str, second: str, bench: Any) -> None:
    made = bench(*changes)
    made.session.any_model()
    before = len(made.wire.log)
    assert passed(made.judge("list.pages")) == 2
    assert made.lines()[before:] == [MADE, MADE, f"GET /jobs{first}: 200", f"GET /jobs{second}: 200"]
    shown = [[item["id"] for item in each.json["jobs"]] for each in made.wire.log[-2:]]
    assert [len(each) for each in shown] == [1, 1]


def by_cursor(tree: Any) -> None:
    """Three tasks a page, without a parameter that says so; the next page by what the one before says."""
    rule = tree["x-task"]["list"]
    rule.update({"default": 3, "cursor": {"parameter": "at", "next": "/next"}})
    rule["body"]["next"] = "{{next_cursor||null}}"
    del rule["parameter"]


def test_where_pages_are_long_the_mock_gets_tasks_enough_for_two(bench: Any, tools: Any) -> None:
    made = bench(by_cursor)
    assert passed(made.judge("list.pages")) == 2
    assert [len(each.json["jobs"]) for each in made.wire.log[-2:]] == [3, 2]
    for name in ("list-first-page-only", "list-without-cursor"):
        made = bench(by_cursor)
        made.wire.mock.deviation = deviation(name, made.contract)
        failure(made.judge("list.pages"))
    made = bench(by_cursor, remote=True)
    assert tools.is_skip(made.judge("list.pages"), Skip.NOT_OBSERVED, "all tasks are on one page")


def jobs(*ids: str) -> Any:
    return {"jobs": [{"id": each, "state": "RUN"} for each in ids]}


@pytest.mark.parametrize(
    ("first", "second", "seen"),
    [
        (("a",), ("a",), "the next page shows a after a"),
        (("a", "b"), ("b", "c"), "the next page shows b, c after a, b"),
        (("a",), (), "the next page shows nothing after a"),
    ],
)
def test_pages_that_repeat_or_stop(first: Any, second: Any, seen: str, bench: Any, tools: Any) -> None:
    def pages() -> Any:
        return tools.both(tools.on("all", last=1, body=jobs(*first)), tools.on("all", first=2, body=jobs(*second)))

    made = bench(paged, alter=pages())
    assert failure(made.judge("list.pages")) == (seen, "other tasks", [200, 200])
    if not second:
        made = bench(paged, unlimited, alter=pages())
        assert passed(made.judge("list.pages")) == 2, "the first page may have held them all"


def test_pages_without_tasks_say_nothing(bench: Any, tools: Any) -> None:
    for body in (jobs(), {}, {"jobs": "none"}):
        made = bench(paged, alter=tools.on("all", body=body))
        assert tools.is_skip(made.judge("list.pages"), Skip.NOT_OBSERVED, "no task is listed")
        assert made.lines()[-1] == "GET /jobs?limit=1&page=1: 200"


def test_ids_are_escaped_in_the_address_of_a_page(bench: Any, tools: Any) -> None:
    made = bench(followed, alter=tools.on("all", last=1, body=jobs("x", "a/b&c")))
    made.judge("list.pages")
    assert made.wire.log[-1].sent.url.endswith("?limit=1&after=a%2Fb%26c")


def test_a_limit_is_kept(bench: Any, tools: Any) -> None:
    made = bench(limited)
    made.session.any_model()
    before = len(made.wire.log)
    assert passed(made.judge("list.limit")) == 2
    assert made.lines()[before:] == [MADE] * 3 + ["GET /jobs?limit=1: 200", "GET /jobs?limit=2: 200"]
    made = bench(limited, alter=tools.on("all", body=jobs("a", "b")))
    assert failure(made.judge("list.limit")) == ("2 tasks for limit 1", "1 tasks", [200])
    made = bench(limited, alter=tools.on("all", body=jobs("a")))
    assert failure(made.judge("list.limit")) == ("1 tasks for limit 2", "2 tasks", [200])
    made = bench(limited, alter=tools.on("all", body={"jobs": "ab"}))
    assert failure(made.judge("list.limit")) == ("no tasks for limit 1", "1 tasks", [200])
    made = bench(limited, unlimited)
    assert tools.is_skip(made.judge("list.limit"), Skip.NOT_OBSERVED)
    assert not any(each.sent.operation == "all" for each in made.wire.log)


def test_the_newest_task_comes_first(bench: Any, tools: Any) -> None:
    made = bench(sorted_)
    made.session.any_model()
    before, waits = len(made.wire.log), len(made.wire.slept)
    assert passed(made.judge("list.newest-first")) == 1
    assert made.lines()[before:] == [MADE, MADE, "GET /jobs: 200"]
    assert made.wire.slept[waits:] == [1.1, 1.1], "times may be written in whole seconds"


@pytest.mark.parametrize("others", range(4))
@pytest.mark.parametrize("order", [(1, 0), (0, 0, 1)])
def test_an_older_task_first_or_one_twice_is_no_order(others: int, order: Any, bench: Any, tools: Any) -> None:
    def turned(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "all":
            return exchange
        return tools.changed(exchange, body={"jobs": [exchange.json["jobs"][index] for index in order]})

    made = bench(sorted_, alter=turned)
    for _ in range(others):  # whichever of the two ids is the greater one
        made.session.create(made.session.models[0], {"model": "clip-1"})
    seen = "an older task is listed before a newer one"
    assert failure(made.judge("list.newest-first")) == (seen, "newest first", [200])


def test_order_is_seen_of_two_tasks_only(bench: Any, tools: Any) -> None:
    for alter in (
        tools.on("all", body=jobs()),
        tools.on("all", at={"/jobs/1/id": "job-1"}),
        tools.on("make", first=3, status=422, body={}),
    ):
        made = bench(sorted_, alter=alter)
        assert tools.is_skip(made.judge("list.newest-first"), Skip.NOT_OBSERVED, "the new tasks are not listed")
