"""What a session does to a target: patience when told to slow down, and never a second POST by accident."""

from collections.abc import Iterable
from email.utils import formatdate
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, Role
from screentest_suites.core.credential import NO_KEY, LiteralKey
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.target import BaseTarget
from screentest_suites.tasks.client import MAX_RETRIES
from screentest_suites.tasks.session import Session

NOW = 1_780_000_000.0

Answer = tuple[int, dict[str, str], Any]

RECEIPT: Answer = (200, {}, {"job": {"id": "job-1", "state": "WAIT"}})
WAITS: Answer = (200, {}, {"ok": True, "id": "job-1", "state": "WAIT"})
DONE: Answer = (200, {}, {"ok": True, "id": "job-1", "state": "DONE"})
BROKEN: Answer = (0, {"error": "the connection broke"}, None)
UNKNOWN: Answer = (404, {}, {"error": {"code": "no-job", "message": "No job job-1."}})
SLOW: Answer = (429, {}, {"error": {"code": "slow"}})


class Scripted(BaseTarget):
    """Gives the scripted answers in turn, the last one for ever; time passes only while waiting."""

    kind, base_url = "url", "https://api.acme.example"

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.answers = list(answers)
        self.keys = {"good": "sk-key"}
        self.requests: list[SentRequest] = []
        self.waits: list[float] = []

    def now(self) -> float:
        return NOW + sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def send(self, sent: SentRequest, *, limit: int = 0) -> Exchange:
        self.requests.append(sent)
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        error = headers.get("error", "")
        content = b"" if body is None else orjson.dumps(body)
        return Exchange(sent, status, tuple(headers.items()), content, self.now(), self.now(), error, len(content))


def session(contract: Contract, *answers: Answer, **options: Any) -> tuple[Session, Scripted]:
    target = Scripted(answers)
    return Session(contract, target, Options(poll_interval=2, task_timeout=60, **options)), target


def start(made: Session) -> Trace | Exchange:
    model = next(iter(made.contract.models.values()))
    return made.start(model, model.base)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7),
        (" 3 ", 3),
        ("0", 0),
        ("55", 55),
        (formatdate(NOW + 12, usegmt=True), 12),
        (formatdate(NOW - 99, usegmt=True), 0),
        ("soon", 2),
        ("-5", 2),
        ("1.5", 2),
        ("", 2),
    ],
)
def test_429_is_waited_out_as_long_as_it_says(header: str, wait: float, small: Contract) -> None:
    made, target = session(small, (429, {"retry-after": header}, {}), RECEIPT)
    assert isinstance(start(made), Trace)
    assert target.waits == [wait]
    assert [sent.method for sent in target.requests] == ["POST", "POST"]


@pytest.mark.parametrize("header", ["99999999", "9" * 5000, formatdate(NOW + 61, usegmt=True)])
def test_a_wait_that_is_longer_than_a_task_may_take_is_not_begun(header: str, small: Contract) -> None:
    made, target = session(small, (429, {"retry-after": header}, {}), RECEIPT)
    answer = start(made)
    assert isinstance(answer, Exchange)
    assert answer.status == 429
    assert (target.waits, len(target.requests)) == ([], 1)


def test_waits_that_are_asked_for_again_and_again_end(small: Contract) -> None:
    made, target = session(small, (429, {"retry-after": "20"}, {}))
    assert isinstance(start(made), Exchange)
    assert target.waits == [20]
    made, target = session(small, (429, {"retry-after": "50"}, {}))
    assert isinstance(start(made), Exchange)
    assert target.waits == [50], "the first is waited out, if it is no longer than a task may take"


def test_429_without_a_word_waits_one_interval(small: Contract) -> None:
    made, target = session(small, SLOW, RECEIPT)
    assert isinstance(start(made), Trace)
    assert target.waits == [2]


def test_429_for_ever_is_taken_as_the_answer(small: Contract) -> None:
    made, target = session(small, SLOW)
    answer = start(made)
    assert isinstance(answer, Exchange)
    assert answer.status == 429
    assert len(target.requests) == MAX_RETRIES + 1
    assert [exchange.status for _, exchange in made.client.seen] == [429] * (MAX_RETRIES + 1)


def test_a_refusal_that_is_looked_for_is_not_repeated(small: Contract) -> None:
    made, target = session(small, SLOW)
    operation = small.roles[Role.QUERY][0]
    assert made.send(Role.QUERY, made.request(operation, task="job-1"), patient=False).status == 429
    assert len(target.requests) == 1


@pytest.mark.parametrize(
    "answer", [BROKEN, (500, {}, {}), (503, {"retry-after": "1"}, {}), (400, {}, {}), (302, {}, None)]
)
def test_a_create_is_repeated_after_429_only(answer: Answer, small: Contract) -> None:
    """After anything else a task may exist, and a second one would cost money."""
    made, target = session(small, answer, RECEIPT)
    assert isinstance(start(made), Exchange)
    assert len(target.requests) == 1
    assert target.waits == []


def test_a_task_is_followed_to_its_end_and_a_little_beyond(small: Contract) -> None:
    made, target = session(small, RECEIPT, WAITS, WAITS, DONE)
    trace = start(made)
    assert isinstance(trace, Trace)
    made.follow(trace, aliases=False, linger=2)
    assert (trace.ended, trace.gave_up) == (True, "")
    assert len(trace.polls) == 5
    assert target.waits == [2, 2, 1, 1]


def test_aliases_take_turns(small: Contract) -> None:
    made, _ = session(small, RECEIPT, WAITS, WAITS, WAITS, DONE)
    trace = start(made)
    assert isinstance(trace, Trace)
    made.follow(trace, linger=0)
    assert [poll.operation for poll in trace.polls] == ["look", "lookByQuery", "lookByBody", "look"]


def test_a_task_that_never_ends_is_given_up(small: Contract) -> None:
    made, target = session(small, RECEIPT, WAITS)
    trace = start(made)
    assert isinstance(trace, Trace)
    made.follow(trace)
    assert not trace.ended
    assert trace.gave_up == "not ended after 60 s"
    assert sum(target.waits) == 60


def test_polls_that_break_are_given_up_sooner(small: Contract) -> None:
    for broken in (BROKEN, (502, {}, None), (307, {"location": "/jobs/job-1/"}, None), UNKNOWN):
        made, target = session(small, RECEIPT, broken)
        trace = start(made)
        assert isinstance(trace, Trace)
        made.follow(trace)
        assert trace.gave_up == "five polls in a row did not show the task"
        assert target.waits == [4, 6, 6, 6], "and asked less and less often"


def test_a_few_broken_polls_are_survived(small: Contract) -> None:
    made, _ = session(small, RECEIPT, BROKEN, (502, {}, None), WAITS, BROKEN, DONE)
    trace = start(made)
    assert isinstance(trace, Trace)
    made.follow(trace, linger=0)
    assert trace.ended


def test_shared_tasks_are_made_once(small: Contract) -> None:
    made, target = session(small, RECEIPT, DONE)
    model = next(iter(small.models.values()))
    first = made.shared(model)
    count = len(target.requests)
    assert made.shared(model) is first
    assert len(target.requests) == count


def test_waiting_for_a_condition_is_bounded(small: Contract) -> None:
    made, target = session(small, RECEIPT)
    assert not made.wait_for(lambda: False, 5)
    assert sum(target.waits) == pytest.approx(5, abs=0.2)
    assert made.wait_for(lambda: True, 5)


def test_requests_carry_what_the_document_wants(small: Contract) -> None:
    made, _ = session(small, RECEIPT)
    create, by_path, by_query, by_body = small.roles[Role.CREATE][0], *small.roles[Role.QUERY]
    sent = made.request(create, body={"model": "clip-1"})
    assert sent.url == "https://api.acme.example/jobs"
    assert set(sent.headers) == {("x-key", "Key sk-key"), ("X-Async", "enable"), ("content-type", "application/json")}
    assert made.request(by_path, task="a/b c").url == "https://api.acme.example/jobs/a%2Fb%20c"
    assert made.request(by_query, task="a&b").url == "https://api.acme.example/look?task_id=a%26b"
    assert made.request(by_body, task="job-1").body == b'{"task_id":"job-1"}'
    assert not any(name == "x-key" for name, _ in made.request(create, body={}, credential=NO_KEY).headers)
    assert ("x-key", "Key made-up") in made.request(create, body={}, credential=LiteralKey("made-up")).headers


def test_numbers_beyond_64_bits_can_be_sent(small: Contract) -> None:
    made, _ = session(small, RECEIPT)
    body = made.request(small.roles[Role.CREATE][0], body={"seed": 2**80}).body
    assert body == b'{"seed": %d}' % 2**80


def test_unknown_ids_look_real_and_differ(any_provider: str) -> None:
    from screentest_contracts import load_contract

    contract = load_contract(any_provider)
    made = Session(contract, EmbeddedTarget(contract))
    ids = {made.unknown_id() for _ in range(20)}
    assert all(any(form.pattern.search(each) for form in contract.id.forms) for each in ids)
    assert len(ids) > 1
    query = contract.roles[Role.QUERY][0]
    answer = made.send(Role.QUERY, made.request(query, task=ids.pop()))
    assert not contract.success[Role.QUERY].holds(answer.status, answer.json)


def test_who_always_says_429_is_waited_out_once(small: Contract) -> None:
    made, target = session(small, SLOW)
    assert isinstance(start(made), Exchange)
    assert len(target.waits) == MAX_RETRIES
    for _ in range(5):
        start(made)
    assert len(target.waits) == MAX_RETRIES, "each further 429 is the answer"


def test_who_says_something_else_after_429_is_waited_for_again(small: Contract) -> None:
    made, target = session(small, *[SLOW] * (MAX_RETRIES + 1), RECEIPT, SLOW, RECEIPT)
    assert isinstance(start(made), Exchange)
    assert isinstance(start(made), Trace)
    assert isinstance(start(made), Trace)
    assert len(target.waits) == MAX_RETRIES + 1


# -- tasks that are unknown at first ------------------------------------------------------------------------------


@pytest.fixture
def slow_to_know(small_tree: Any, load_tree: Any) -> Contract:
    tree = small_tree()
    tree["x-task"]["polling"] = {"first": 7, "grace": 5, "interval": [2, 2]}
    return load_tree(tree)  # type: ignore[no-any-return]


def test_an_early_unknown_is_passed_over(slow_to_know: Contract) -> None:
    made, target = session(slow_to_know, RECEIPT, UNKNOWN, UNKNOWN, WAITS, DONE)
    trace = start(made)
    assert isinstance(trace, Trace)
    made.follow(trace, linger=0)
    assert [poll.exchange.status for poll in trace.polls] == [200, 200]
    assert target.waits == [2, 2, 2]


def test_a_late_unknown_is_not(slow_to_know: Contract) -> None:
    made, _ = session(slow_to_know, RECEIPT, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, DONE)
    trace = start(made)
    assert isinstance(trace, Trace)
    made.follow(trace, linger=0)
    assert [poll.exchange.status for poll in trace.polls] == [404, 200]


def test_other_early_answers_are_seen(slow_to_know: Contract) -> None:
    other: Answer = (404, {}, {"error": {"code": "no-such-page"}})
    made, _ = session(slow_to_know, RECEIPT, other, DONE)
    trace = start(made)
    assert isinstance(trace, Trace)
    made.follow(trace, linger=0)
    assert [poll.exchange.status for poll in trace.polls] == [404, 200]


@pytest.mark.parametrize(("chosen", "waits"), [(None, [7.0]), (2, [])])
def test_the_first_poll_comes_when_the_vendor_wants_it(
    slow_to_know: Contract, chosen: float | None, waits: list[float]
) -> None:
    target = Scripted([RECEIPT, DONE])
    made = Session(slow_to_know, target, Options(poll_interval=chosen))
    trace = start(made)
    assert isinstance(trace, Trace)
    made.follow(trace, linger=0)
    assert target.waits == waits
