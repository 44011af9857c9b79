"""Ids with slashes and the like: percent-encoded, or as they are where a server knows them only so."""

import threading
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import orjson
import pytest

from screentest_contracts import Contract, Role
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session

UNKNOWN = orjson.dumps({"error": {"code": "no-job", "message": "No such job."}})


class Routes(EmbeddedTarget):
    """A server in front of the mock that takes ids in one spelling only. `asked`: the paths of all queries."""

    def __init__(self, contract: Contract, *, plain: bool) -> None:
        super().__init__(contract)
        self.plain = plain
        self.asked: list[str] = []

    def send(self, sent: SentRequest, **options: Any) -> Exchange:
        path = sent.url.removeprefix(self.base_url)
        start, _, task = path.partition("/jobs/")
        task, slash, rest = task, "", ""
        for end in ("/result", "/content", "/cancel"):
            if task.endswith(end):
                task, slash, rest = task.removesuffix(end), "/", end[1:]
        if sent.method == "GET" and task and not rest:
            self.asked.append(task)
        if not task or "?" in task:
            return super().send(sent, **options)
        if ("%2F" in task) is self.plain and rest != "content":  # the links that it hands out work
            now = self.now()
            return Exchange(sent, 404, (("content-type", "application/json"),), UNKNOWN, now, now, "", len(UNKNOWN))
        whole = f"{self.base_url}{start}/jobs/{unquote(task).replace('/', '%2F')}{slash}{rest}"
        return replace(super().send(replace(sent, url=whole), **options), sent=sent)


@pytest.fixture(scope="session")
def slashed(small_tree: Any, load_tree: Any) -> Contract:
    """The small document with ids like `jobs/eu-1/0a1b2c`, asked for by one operation in the path."""
    tree = small_tree()
    tree["x-task"]["id"]["forms"] = {"make": "jobs/eu-1/{{random:hex:12}}", "pattern": "^jobs/"}
    tree["x-task"]["roles"]["query"] = ["look"]
    tree["x-task"]["link"]["make"] = tree["x-task"]["link"]["make"].replace("{{id}}", "{{id|quoted}}")
    contract: Contract = load_tree(tree)
    return contract


def session(contract: Contract, *, plain: bool) -> tuple[Session, Routes]:
    target = Routes(contract, plain=plain)
    return Session(contract, target, Options(workers=1)), target


def started(made: Session) -> Trace:
    trace = made.start(made.models[0], made.models[0].base)
    assert isinstance(trace, Trace)
    return trace


@pytest.mark.parametrize("plain", [True, False])
def test_the_spelling_that_is_known_is_used_from_then_on(slashed: Contract, plain: bool) -> None:
    made, target = session(slashed, plain=plain)
    first, second = made.follow(started(made)), made.follow(started(made))
    assert first.ended
    assert second.ended
    encoded = [each for each in target.asked if "%2F" in each]
    if plain:
        assert len(encoded) == 1
        assert target.asked[0] == encoded[0]
    else:
        assert encoded == target.asked
    content = slashed.roles[Role.CONTENT][0]
    assert ("%2F" in made.request(content, task=first.task_id).url) is not plain


def test_both_are_tried_once_where_neither_is_known(slashed: Contract) -> None:
    made, target = session(slashed, plain=True)
    lost = replace(started(made), task_id="jobs/eu-1/0000000000ff")
    for _ in range(3):
        assert made.poll(lost).status == 404
    assert [each for each in target.asked if "%2F" not in each] == ["jobs/eu-1/0000000000ff"]
    assert made.client.builder.plain_ids is False


def test_an_id_of_plain_characters_is_asked_for_once(small: Contract) -> None:
    made, target = session(small, plain=False)
    target.plain = True
    trace = started(made)
    made.poll(trace)
    assert target.asked == [trace.task_id]


def test_threads_find_out_together(slashed: Contract) -> None:
    made, target = session(slashed, plain=True)
    traces = [started(made) for _ in range(4)]
    threads = [threading.Thread(target=made.poll, args=(trace,)) for trace in traces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in target.asked if "%2F" in each]) == 1
    assert all(trace.polls[-1].exchange.status == 200 for trace in traces)


def test_a_whole_run_says_the_same_of_either_server(slashed: Contract) -> None:
    plain, encoded = Routes(slashed, plain=True), EmbeddedTarget(slashed)
    found = [
        {each.requirement.id: each.finding.result for each in Judge(slashed, target, Options(workers=1)).verdicts()}
        for target in (plain, encoded)
    ]
    assert {name: (one, found[1][name]) for name, one in found[0].items() if one is not found[1][name]} == {}
    assert len([each for each in plain.asked if "%2F" in each]) == 1
