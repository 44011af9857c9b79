"""Who was late: what was asked after a documented life is held against nobody; what ends before that ends too early."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts.contract import Role
from screentest_mockserver.tasks.scenarios import scenario
from screentest_suites.core.credential import NO_KEY, FlawedToken, LiteralKey
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Evidence, Finding, Result, failed, passed
from screentest_suites.judging.judge import Judge
from screentest_suites.tasks.deadlines import Deadlines, excused, names, urgent
from screentest_suites.tasks.download import fetch

pytestmark = pytest.mark.usefixtures("straight")

DOCUMENTS = Path(__file__).parents[2] / "documents"


def since_created(tree: Any) -> None:
    tree["x-task"]["retention"]["from"] = "created"


class Life:
    """A task of the small document: asked at 0, 50 and 100 s, when it had ended; delivered."""

    def __init__(self, made: Any) -> None:
        self.session, self.wire = made.session, made.wire
        self.born = self.wire.now()
        model = self.session.models[0]
        self.trace: Trace = self.session.start(model, model.base)
        self.session.follow(self.trace, linger=0)
        self.item = self.session.deliver(self.trace, self.trace.polls[-1])

    def at(self, seconds: float) -> None:
        self.wire.clock._now = self.born + seconds

    def download(self) -> str:
        return self.late(fetch(self.session.contract, self.session.target, self.item.link))

    def late(self, *exchanges: Exchange) -> str:
        said: str = self.session.late(exchanges)
        return said


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 3600), (4.0, 900)])
def test_an_address(speed: float, seconds: float, bench: Any) -> None:
    """It lives from the end on, and the task had not ended when the poll before was sent, at 50 s."""
    life = Life(bench(remote=True, poll_interval=50, speed=speed))
    life.at(50 + seconds)
    assert life.download() == ""
    life.at(52 + seconds)
    assert life.download() == f"the {seconds:g} s of the result's address may have been over for 2.0 s"
    assert life.late(life.session.poll(life.trace)) == "", "the task is kept for longer"
    assert life.late(life.trace.created, life.item.file) == "", "which was there in time"


def test_an_address_that_is_no_address_of_the_api(bench: Any) -> None:
    """It is known by the answer that showed it to who asked by another id."""
    life = Life(bench(DOCUMENTS / "files.yaml", remote=True, poll_interval=50))
    last = life.trace.polls[-2].exchange.sent_at - life.born
    life.at(last + 32400)
    assert life.download() == ""
    life.at(last + 32401)
    assert life.download() == "the 32400 s of the result's address may have been over for 1.0 s"


def test_the_bytes_of_an_operation(bench: Any) -> None:
    life = Life(bench("openai", remote=True, poll_interval=50))
    last = life.trace.polls[-2].exchange.sent_at - life.born
    life.at(last + 3600)
    assert life.download() == ""
    life.at(last + 3601)
    assert life.download() == "the 3600 s of the result's address may have been over for 1.0 s"


@pytest.mark.parametrize(("changes", "end", "since"), [((), 7250, "end"), ((since_created,), 7200, "creation")])
def test_a_task(changes: Any, end: float, since: str, bench: Any) -> None:
    life = Life(bench(*changes, remote=True, poll_interval=50))
    life.at(end)
    assert life.late(life.session.poll(life.trace)) == ""
    life.at(end + 3)
    answer = life.session.poll(life.trace)
    said = f"the 7200 s for which a task is kept after its {since} may have been over for 3.0 s"
    assert life.late(answer) == said
    assert life.late(life.trace.created, life.trace.polls[0].exchange) == ""
    known, why = life.session.deadlines.in_time(life.trace)
    assert (len(known.polls), known.ended, why) == (len(life.trace.polls) - 1, True, said)


def test_a_list_is_late_for_the_tasks_that_it_is_to_show(bench: Any) -> None:
    made = bench(remote=True, poll_interval=50)
    life = Life(made)
    life.at(8000)
    session = life.session.for_purpose("list.contains")
    listed = session.send(Role.LIST, session.request(session.contract.roles[Role.LIST][0]))
    assert life.late(listed) == "", "what it is to show has been made for something else"
    assert "may have been over" in life.late(life.trace.created, listed)
    session.create(session.models[0], session.models[0].base)
    assert life.late(listed) == "", "and is new"
    life.at(16000)
    late = session.send(Role.LIST, session.request(session.contract.roles[Role.LIST][0]))
    assert "may have been over" in life.late(late)


@pytest.mark.parametrize(("name", "seconds"), [("queue", 3600), ("rest", 86400)])
def test_a_key_in_the_body_or_in_a_header(name: str, seconds: float, bench: Any) -> None:
    made = bench(DOCUMENTS / f"{name}.yaml", remote=True)
    session, model = made.session, made.session.models[0]

    def again() -> str:
        answer = session.create(model, model.base, idempotency=key)
        said: str = session.late((first, answer))
        return said.split(" may")[0]

    key = session.fresh_key()
    first = session.create(model, model.base, idempotency=key)
    made.wire.sleep(seconds)
    assert again() == ""
    made.wire.sleep(1)
    assert again() == f"the {seconds} s for which a key is remembered"
    fresh = session.create(model, model.base, idempotency=session.fresh_key())
    assert session.late((fresh,)) == ""


def test_a_file_and_where_its_bytes_go(bench: Any) -> None:
    made = bench(DOCUMENTS / "presigned.yaml", remote=True)
    session, model = made.session, made.session.models[0]
    begun = made.wire.now()
    assert session.accepted(session.create(model, model.base))
    uploaded = session.client.uploads.known()
    used = next(each for role, each in session.client.seen if role is Role.CREATE)
    for each in (used, uploaded.stored):
        assert session.late((replace(each, received_at=begun + 3600),)) == ""
        said = session.late((uploaded.answer, replace(each, received_at=begun + 3601.5)))
        assert said == "the 3600 s for which a file can be used may have been over for 1.5 s"


def test_a_token(bench: Any) -> None:
    made = bench(DOCUMENTS / "signed.yaml", remote=True)
    session = made.session
    answer = session.create(session.models[0], session.models[0].base)
    assert session.late((replace(answer, received_at=answer.sent_at + 1800),)) == ""
    late = replace(answer, received_at=answer.sent_at + 1801)
    assert session.late((late,)) == "the 1800 s of the request's token may have been over for 1.0 s"
    for credential in (NO_KEY, LiteralKey("made-up"), FlawedToken("expired")):
        other = replace(late, sent=replace(late.sent, credential=credential))
        assert session.late((other,)) == "", "it has none that could end"


def test_in_virtual_time_nobody_is_late_by_accident(bench: Any) -> None:
    life = Life(bench(poll_interval=50))
    life.at(100_000)
    assert life.download() == ""


@pytest.mark.parametrize(
    ("url", "named"),
    [("/jobs/12", True), ("/jobs/12/content", True), ("/jobs?id=12&x=1", True), ("/jobs/123", False), ("/a-12", False)],
)
def test_a_name_is_not_part_of_a_longer_one(url: str, named: bool) -> None:
    assert names(Exchange(SentRequest("GET", "https://api.example" + url), 200, (), b"", 0, 0), "12") is named


def test_what_is_not_late_still_counts() -> None:
    late, good = (Exchange(SentRequest("GET", url), 404, (), b"", 0, 0) for url in ("late", "good"))

    def why(exchanges: Any) -> str:
        return "it was over" if late in exchanges else ""

    both = Finding(Result.FAILED, "late", (Evidence("late", "", (late,)), Evidence("good", "", (good,))), 2)
    found = excused(both, why)
    assert (found.result, found.reason, [each.seen for each in found.evidence]) == (Result.FAILED, "good", ["good"])
    assert excused(failed("late", "", (good, late)), why).reason == "asked too late: it was over"
    for kept in (failed("good", "", (good,)), passed()):
        assert excused(kept, why) is kept


# -- verdicts -----------------------------------------------------------------------------------------------------


def stops(made: Any, operation: str, seconds: float) -> None:
    """We are held up for so long after each answer of this operation that shows an end, and after downloads."""

    def alter(exchange: Exchange) -> Exchange:
        path, ended = exchange.sent.url.partition("?")[0], b"DONE" in exchange.body
        if (exchange.sent.operation == operation and ended) or (operation == "bytes" and path.endswith("/content")):
            made.wire.clock.advance(seconds)
        return exchange

    made.wire.alter = alter


def verdict(made: Any, name: str) -> tuple[str, str]:
    judge = Judge(made.contract, made.target, Options(examples=2, workers=1, poll_interval=50))
    found = judge.verdict(name)
    return str(found.result), found.finding.reason


@pytest.mark.parametrize("seconds", [3700, 8000])
def test_a_range_that_was_asked_for_too_late_is_skipped(seconds: float, bench: Any) -> None:
    """Both shared tasks are downloaded; then the address is gone, or even the task."""
    made = bench(remote=True)
    stops(made, "bytes", seconds)
    result, reason = verdict(made, "result.range")
    assert result == "skipped"
    assert reason.startswith("asked too late: the ")


def test_an_address_that_ends_too_early_is_the_vendors_fault(bench: Any, variant: Any) -> None:
    """A mock that keeps addresses for a minute, judged by a document that says an hour."""

    def short(tree: Any) -> None:
        tree["x-task"]["link"]["life"] = 60

    made = bench(short, remote=True)
    made.contract = variant()
    stops(made, "bytes", 300)
    assert verdict(made, "result.range") == ("failed", "answered 404")


def test_a_poll_after_the_tasks_time_is_left_out_and_what_was_wrong_before_is_not(bench: Any, tools: Any) -> None:
    made = bench(remote=True)
    stops(made, "look", 8000)
    assert verdict(made, "query.status-code")[0] == "passed"
    made = bench(remote=True)
    stops(made, "look", 8000)
    made.wire.alter = tools.both(made.wire.alter, tools.on("look", last=1, at={"/state": "ODD"}))
    assert verdict(made, "query.status.known") == ("failed", "the status is 'ODD'")


def test_a_task_that_is_gone_too_early_is_the_vendors_fault(bench: Any, variant: Any) -> None:
    def short(tree: Any) -> None:
        tree["x-task"]["retention"]["task"] = 60

    made = bench(short, remote=True)
    made.contract = variant()
    stops(made, "look", 1000)
    assert verdict(made, "query.status-code")[0] == "failed"


@pytest.mark.parametrize("name", ["success", "never-ending"])
def test_a_task_is_given_up_only_by_who_has_asked_after_the_time_out(name: str, bench: Any) -> None:
    made = bench(remote=True, poll_interval=50, task_timeout=70)
    made.wire.mock.scenario = scenario(name)

    def slowly(exchange: Exchange) -> Exchange:
        made.wire.clock.advance(75)
        return exchange

    made.wire.alter = slowly
    session = made.session
    trace = session.follow(session.start(session.models[0], session.models[0].base), linger=0)
    assert (trace.ended, trace.gave_up) == ((True, "") if name == "success" else (False, "not ended after 70 s"))


def test_what_ends_first_is_asked_first(bench: Any) -> None:
    """The bytes as soon as the task has ended; and what asks for them once more before anything else."""
    made = bench(remote=True)
    assert verdict(made, "auth.create.missing-key")[0] == "passed"
    done = next(at for at, each in enumerate(made.wire.log) if b"DONE" in each.body)
    task = made.wire.log[done].json["id"]  # others are followed at the same time
    urls = [each.sent.url for each in made.wire.log[done + 1 :] if task in each.sent.url]
    assert [each.rpartition("/")[2] for each in urls[:2]] == ["result", "content"]
    ranges = [at for at, each in enumerate(made.wire.log) if each.status == 206]
    assert ranges
    assert max(ranges) < next(at for at, each in enumerate(made.wire.log) if each.sent.credential == NO_KEY)


def test_the_order_is_that_of_the_lives(bench: Any) -> None:
    judge = bench(remote=True)
    order = [each.id for each in urgent(judge.contract, Judge(judge.contract, judge.target).requirements)]
    assert order.index("result.range") < order.index("query.alias.lookByQuery")
    assert order.index("result.head") < order.index("query.head"), "the same check, of a download and of a task"
    assert not {"error.create.gzip", "list.head"} & set(order), "these ask about nothing that ends"
    without = replace(judge.contract, link=replace(judge.contract.link, life=None, lives=()), retention=None)
    assert urgent(without, Judge(judge.contract, judge.target).requirements) == []
    assert Deadlines(without).late([], ()) == ""
