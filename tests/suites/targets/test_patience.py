"""How long a run waits, on a clock of our own."""

import pytest

from screentest_suites.core.verdicts import OutOfTimeError, SilenceError
from screentest_suites.targets import patience
from screentest_suites.targets.patience import SILENT, Patience

TIMEOUT = 30.0


class Clock:
    """Stands in for the `time` module."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(patience, "time", made)
    return made


def ask(made: Patience, clock: Clock, operation: str, takes: float) -> None:
    """One request that is answered after some seconds, if it may take so long."""
    allowed, began = made.allowance(operation), clock.now
    clock.now += min(takes, allowed)
    if takes > allowed:
        made.waited_in_vain(operation, allowed)
    else:
        made.answered(operation, began)


def run(made: Patience, clock: Clock, takes: float, requests: int = 1000) -> tuple[float, int]:
    """Asks one after another until nobody waits any more: how long that took, and how many were answered."""
    began, answered = clock.now, 0
    for _ in range(requests):
        try:
            ask(made, clock, "look", takes)
            answered += 1
        except SilenceError:
            if clock.now == began:
                break
        except OutOfTimeError:
            break
    return clock.now - began, answered


def test_who_never_answers_is_done_with_in_less_than_a_minute(clock: Clock) -> None:
    made = Patience(TIMEOUT)
    ask(made, clock, "make", 999)
    for _ in range(SILENT - 1):
        with pytest.raises(SilenceError, match="row"):
            ask(made, clock, "look", 999)
    assert clock.now - 1000.0 < 60
    with pytest.raises(SilenceError, match="3 times in a row"):
        made.allowance("anything else")


def test_an_operation_that_is_silent_blocks_itself_only(clock: Clock) -> None:
    made = Patience(TIMEOUT)
    ask(made, clock, "make", 0.1)
    ask(made, clock, "look", 999)
    for _ in range(SILENT - 1):
        with pytest.raises(SilenceError):
            ask(made, clock, "look", 999)
    assert clock.now - 1000.0 < 60
    with pytest.raises(SilenceError, match="in up to 30 s, 3 times in a row"):
        made.allowance("look")
    assert made.allowance("make") == TIMEOUT


def test_an_answer_ends_the_row(clock: Clock) -> None:
    made = Patience(TIMEOUT)
    for _ in range(10):
        ask(made, clock, "look", 999)
        ask(made, clock, "look", 0.1)
    assert made.allowance("look") == TIMEOUT


def test_a_vendor_is_given_the_whole_time_each_time(clock: Clock) -> None:
    made = Patience(TIMEOUT, live=True)
    for _ in range(SILENT):
        ask(made, clock, "look", 999)
    assert clock.now - 1000.0 == SILENT * TIMEOUT
    with pytest.raises(SilenceError, match="in 30 s, 3 times in a row"):
        made.allowance("look")


def test_slow_answers_use_up_the_run(clock: Clock) -> None:
    seconds, answered = run(Patience(TIMEOUT), clock, 5.0)
    assert answered > 1
    assert seconds < 60


@pytest.mark.parametrize("takes", [0.1, 2.0, 3.0])
def test_a_slow_but_legal_server_is_judged_whole(takes: float, clock: Clock) -> None:
    assert run(Patience(TIMEOUT), clock, takes, 500)[1] == 500


def test_a_vendor_may_be_slower(clock: Clock) -> None:
    assert run(Patience(TIMEOUT, live=True), clock, 5.0, 100)[1] == 100


def test_answers_that_come_at_the_same_time_count_once(clock: Clock) -> None:
    made = Patience(TIMEOUT)
    for _ in range(4):
        for _ in range(16):
            made.allowance("look")
        began = clock.now
        clock.now += 5
        for _ in range(16):
            made.answered("look", began)
    made.check()


def test_files_may_take_their_time(clock: Clock) -> None:
    made = Patience(TIMEOUT)
    for _ in range(100):
        began = clock.now
        clock.now += 29
        made.answered("file", began, counts=False)
    made.check()


def test_a_chosen_time_is_all_there_is(clock: Clock) -> None:
    made = Patience(TIMEOUT)
    made.limit(100, chosen=True)
    seconds, _ = run(made, clock, 5.0)
    assert seconds == 100
    assert made.over
    with pytest.raises(OutOfTimeError, match="to take 100 s"):
        made.allowance("look")


def test_no_answer_is_waited_for_beyond_the_end(clock: Clock) -> None:
    made = Patience(TIMEOUT)
    made.limit(10, chosen=True)
    assert made.allowance("look") == 10
    clock.now += 10
    with pytest.raises(OutOfTimeError):
        made.waited_in_vain("look", 10)
