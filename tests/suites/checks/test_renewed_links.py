"""Addresses that each query renews: what is sent when the first has ended, and what is said of a dead second one."""

from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import DocumentError
from screentest_suites.core.verdicts import Skip
from screentest_suites.tasks.download import fetch
from tests.suites.checks.findings import failure, passed

REST = str(Path(__file__).parents[2] / "documents" / "studio.yaml")
RENEWED = "result.link.renewed"


def test_a_second_address_is_asked_for_when_the_first_has_ended(bench: Any) -> None:
    made = bench(REST)
    assert passed(made.judge(RENEWED))
    assert passed(made.judge("result.link.expiry"))
    files = [each for each in made.wire.log if "/media/" in each.sent.url]
    assert files[-1].status == 200
    assert max(made.wire.slept) >= 7200


def test_the_first_address_is_dead_by_then(bench: Any) -> None:
    made = bench(REST)
    session = made.session
    trace = session.follow(session.start(session.models[0], session.models[0].base), linger=0)
    item = session.deliver(trace, trace.polls[-1])
    made.wire.sleep(7200 + 60)
    assert fetch(made.contract, made.wire, item.link).status == 403


def test_a_second_address_that_is_dead(bench: Any, tools: Any) -> None:
    def alter(exchange: Any) -> Any:
        return tools.changed(exchange, status=403, body=b"") if "/media/" in exchange.sent.url else exchange

    finding = bench(REST, alter=alter).judge(RENEWED)
    assert failure(finding)[0] == "the address that is shown then is answered 403"


def test_without_a_clock_nothing_is_said(bench: Any, tools: Any) -> None:
    assert tools.is_skip(bench(REST, remote=True).judge(RENEWED), Skip.NEEDS_CLOCK)


def test_a_renewed_address_says_when_it_ends(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["x-task"]["link"].pop("expiry", None)
    tree["x-task"]["link"]["renewed"] = True
    with pytest.raises(DocumentError, match="/x-task/link"):
        load_tree(tree)
