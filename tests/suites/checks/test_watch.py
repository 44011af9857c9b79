"""A task that has ended is looked at for a while: how long, how often, and what keeps nobody waiting."""

from typing import Any

import pytest

from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import NotObservedError, Skip
from tests.suites.checks.conftest import Bench

POLLS = ("look", "lookByQuery", "lookByBody")


def settled(seconds: float) -> Any:
    def change(tree: Any) -> None:
        tree["x-task"]["polling"] = {**tree["x-task"].get("polling", {}), "settle": seconds}

    return change


def ended(bench: Bench) -> Trace:
    model = bench.session.models[0]
    trace = bench.session.start(model, model.base)
    assert isinstance(trace, Trace)
    bench.session.follow(trace, linger=0)
    bench.wire.slept.clear()
    bench.wire.log.clear()
    return trace


def test_as_long_as_it_took_but_half_a_minute_at_the_most(bench: Any) -> None:
    made = bench(remote=True, poll_interval=5)
    trace = ended(made)
    assert trace.polls[-1].exchange.received_at - trace.created.sent_at >= 100
    made.session.runner.watch(trace)
    assert sum(made.wire.slept) == pytest.approx(30)
    assert made.wire.slept == pytest.approx([2.5] * 12)
    assert [each.sent.operation for each in made.wire.log] == list(POLLS) * 12


def test_a_quick_task_is_looked_at_for_a_moment(bench: Any) -> None:
    made = bench(remote=True, poll_interval=0.2)
    model = made.session.models[0]
    trace = made.session.start(model, model.base)
    made.wire.mock.schedule("immediate")
    trace = made.session.start(model, model.base)
    made.session.follow(trace, linger=0)
    made.wire.slept.clear()
    made.session.runner.watch(trace)
    assert sum(made.wire.slept) == pytest.approx(1.5)
    assert max(made.wire.slept) <= 0.2 + 1e-6, "a status is seen that goes back for a moment"


@pytest.mark.parametrize("remote", [True, False])
def test_a_document_may_say_how_long(remote: bool, bench: Any) -> None:
    made = bench(settled(400), remote=remote, poll_interval=5)
    made.session.runner.watch(ended(made))
    assert sum(made.wire.slept) == pytest.approx(400)


def test_a_document_may_ask_for_no_look_at_all(bench: Any) -> None:
    made = bench(settled(0), remote=True, poll_interval=5)
    made.session.runner.watch(ended(made))
    assert made.wire.slept == made.wire.log == []


def test_where_time_is_virtual_it_is_a_whole_life(bench: Any) -> None:
    made = bench(poll_interval=5)
    made.session.runner.watch(ended(made))
    assert sum(made.wire.slept) >= 100
    assert len(made.wire.log) == 4 * len(POLLS)


def test_a_task_that_has_not_ended_is_not_watched(bench: Any) -> None:
    made = bench(remote=True)
    model = made.session.models[0]
    trace = made.session.start(model, model.base)
    made.wire.log.clear()
    assert made.session.runner.watch(trace) is trace
    assert made.wire.log == []


def test_what_a_recording_does_not_hold_is_not_looked_at(bench: Any) -> None:
    made = bench(remote=True, poll_interval=5)
    trace = ended(made)
    polls = len(trace.polls)

    def gone(exchange: Exchange) -> Exchange:
        raise NotObservedError(Skip.NOT_OBSERVED, "not in the recording")

    made.wire.alter = gone
    assert made.session.runner.watch(trace).ended
    assert len(trace.polls) == polls
