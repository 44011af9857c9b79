"""What somebody who waits sees: the live table, a line for each change, the line about the money."""

import contextlib
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from screentest_contracts import Contract, Role
from screentest_suites.cli.waiting import Waiting, spend_line, unpriced_hint, waiting_line
from screentest_suites.core.exchange import SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.spending import Ledger, ReservationState
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.records import Watched
from screentest_suites.tasks.session import Session


class Still(EmbeddedTarget):
    """The mock as a server that cannot be steered."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.steering = None


def a_session(contract: Contract, **options: Any) -> tuple[Session, Trace]:
    session = Session(contract, Still(contract), Options(**options), ledger=Ledger(None, "USD"))
    trace = session.start(contract.models["clip-1"], {"model": "clip-1"}, extra=False)
    assert isinstance(trace, Trace)
    return session, trace


def drawn(waiting: Waiting) -> str:
    out = io.StringIO()
    Console(file=out, width=100).print(waiting)
    return out.getvalue()


def test_who_waits_sees_each_task(small: Contract) -> None:
    session, trace = a_session(small, metered=True)
    assert "job-" not in drawn(Waiting(session)), "nothing is known of it yet"
    session.poll(trace)
    session.target.sleep(31)
    session.records.watched[trace.task_id].next_poll = session.target.now() + 9
    shown = drawn(Waiting(session))
    assert re.search(rf"{trace.task_id} +clip-1 +WAIT +31 s +in 9 s", shown)
    assert "spent 0.00 USD no limit on 1 task" in shown
    session.follow(trace, linger=0)
    assert trace.task_id not in drawn(Waiting(session)), "it has ended"


def test_without_money_there_is_no_word_of_it(small: Contract) -> None:
    session, trace = a_session(small)
    session.poll(trace)
    session.records.watched[trace.task_id].next_poll = 0
    shown = drawn(Waiting(session))
    assert trace.task_id in shown
    assert "spent" not in shown
    assert "spent" not in waiting_line(session, session.records.watched[trace.task_id])


def test_many_tasks_fit_on_a_screen(small: Contract) -> None:
    session, _ = a_session(small)
    for number in range(40):
        session.records.watched[str(number)] = Watched("clip-1", f"job-{number}", "WAIT", 0, 0)
    shown = drawn(Waiting(session))
    assert len(shown.splitlines()) == 13


def test_each_change_is_one_line(small: Contract) -> None:
    session, trace = a_session(small, metered=True, poll_interval=10)
    lines: list[str] = []
    session.records.on_change = lambda watched: lines.append(waiting_line(session, watched))
    session.follow(trace, aliases=False, linger=1)
    assert [re.sub(r"job-\w+", "job", re.sub(r"\d+ s;", "N s;", line)) for line in lines] == [
        f"Acme: clip-1 job is {status} after N s; spent 0.00 USD so far" for status in ("WAIT", "RUN", "DONE")
    ]


@pytest.mark.parametrize("identity", ["[/red]", "[bold]", "\x1b[2J\x07", "x" * 500])
def test_an_id_cannot_play_with_the_screen(identity: str, small: Contract) -> None:
    session, _ = a_session(small)
    session.records.watched["1"] = watched = Watched("clip-1", identity, "WAIT", 0, 0)
    shown = drawn(Waiting(session))
    assert "WAIT" in shown
    assert "\x1b" not in shown + waiting_line(session, watched)
    assert identity[:40].replace("\x1b", ".").replace("\x07", ".") in shown


def test_the_line_about_the_money(small: Contract) -> None:
    ledger = Ledger(Decimal(5), "USD")
    sent = SentRequest("POST", "https://api.acme.example/jobs", operation=small.roles[Role.CREATE][0].id)
    assert spend_line("Acme", ledger) == "Acme spent 0.00 USD of 5.00 USD on 0 tasks"
    first, second, third = (ledger.reserve(sent, "", "", Decimal("1.25")) for _ in range(3))
    ledger.close(first, ReservationState.SETTLED, "a")
    ledger.close(second, ReservationState.SETTLED, "b")
    second.unwanted = True
    ledger.close(third, ReservationState.UNKNOWN)
    with contextlib.suppress(Exception):
        ledger.reserve(sent, "", "", Decimal(9))
    assert spend_line("Acme", ledger) == (
        "Acme spent 2.50 USD of 5.00 USD on 2 tasks; 1.25 USD more may be due for requests without a clear answer; "
        "1 of them should have been refused; 1 request was not sent for want of budget"
    )


def test_a_request_without_a_price_is_told_apart(small: Contract) -> None:
    ledger = Ledger(Decimal(5), "USD")
    with contextlib.suppress(Exception):
        ledger.reserve(SentRequest("POST", "https://api.acme.example/jobs"), "", "", None)
    told = spend_line("Acme", ledger)
    assert told.endswith("; 1 request was not sent: " + unpriced_hint("Acme"))
    assert "want of budget" not in told
