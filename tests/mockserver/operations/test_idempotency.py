"""How the mock answers creates that are repeated with a key."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts import Contract, Role
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.wire.accounts import OTHER_KEY
from screentest_mockserver.wire.answer import Answer

ONE = {"model": "clip-1", "prompt": "One."}
TWO = {"model": "clip-1", "prompt": "Two."}
RULE = {"header": "X-Once", "replayed": {"header": "X-Told", "value": "yes"}, "life": 600}


@pytest.fixture(scope="module")
def once(small_tree: Any, load_tree: Any) -> Callable[..., Contract]:
    """The small document with a rule."""

    def make(**rule: Any) -> Contract:
        tree = small_tree()
        tree["x-task"]["idempotency"] = rule or RULE
        body = {"error": {"code": "used"}}
        tree["x-task"]["errors"].append(
            {"condition": "idempotency-conflict", "on": ["create"], "readings": {"status": 409, "body": body}}
        )
        tree["components"]["schemas"]["Clip"]["properties"]["token"] = {"type": "string"}
        contract: Contract = load_tree(tree)
        return contract

    return make


@pytest.fixture
def mock(once: Any, caller: Any) -> Any:
    return caller(once())


def create(mock: Any, body: Any, once: str = "", **options: Any) -> Answer:
    answer: Answer = mock.create(body, headers=[(b"x-once", once.encode())] if once else (), **options)
    return answer


def told(answer: Answer) -> str | None:
    return next((value.decode() for name, value in answer.headers if name == b"x-told"), None)


def test_a_repetition_gets_the_first_receipt(mock: Any) -> None:
    first = create(mock, ONE, "a")
    mock.clock.advance(90)
    second = create(mock, ONE, "a")
    assert (second.status, second.body, second.task_id) == (first.status, first.body, first.task_id)
    assert (told(first), told(second)) == (None, "yes")
    assert mock.mock.store.count_tasks() == 1


def test_another_key_makes_another_task(mock: Any) -> None:
    assert create(mock, ONE, "a").task_id != create(mock, ONE, "b").task_id


@pytest.mark.parametrize("key", ["", None])
def test_without_a_key_every_create_makes_a_task(mock: Any, key: str | None) -> None:
    headers = [(b"x-once", b"")] if key is None else ()
    answers = [mock.create(ONE, headers=headers) for _ in range(3)]
    assert len({each.task_id for each in answers}) == 3
    assert [told(each) for each in answers] == [None] * 3
    assert mock.mock.store.count_keys() == 0


def test_another_body_is_refused_and_changes_nothing(mock: Any) -> None:
    first = create(mock, ONE, "a")
    assert mock.says(Role.CREATE, "idempotency-conflict", create(mock, TWO, "a"))
    assert create(mock, ONE, "a").task_id == first.task_id
    assert mock.mock.store.count_tasks() == 1


def test_it_is_the_same_body_however_it_is_written(mock: Any) -> None:
    first = create(mock, b'{"model":"clip-1","prompt":"One."}', "a")
    assert create(mock, b'{ "prompt": "\\u004fne.", "model": "clip-1" }', "a").task_id == first.task_id


def test_an_account_has_keys_of_its_own(mock: Any) -> None:
    mine, others = create(mock, ONE, "a"), create(mock, TWO, "a", key=OTHER_KEY)
    assert (others.status, told(others)) == (200, None)
    assert create(mock, TWO, "a", key=OTHER_KEY).task_id == others.task_id != mine.task_id


def test_a_refused_create_leaves_its_key_free(mock: Any) -> None:
    assert mock.says(Role.CREATE, "invalid-body", create(mock, {"model": "clip-1", "prompt": 5}, "a"))
    mock.mock.schedule("refuse-create:rate-limited")
    assert mock.says(Role.CREATE, "rate-limited", create(mock, ONE, "a"))
    assert told(create(mock, TWO, "a")) is None


def test_a_lost_answer_is_made_good_by_a_repetition(mock: Any) -> None:
    mock.mock.schedule("lost-answer")
    assert create(mock, ONE, "a").drop
    again = create(mock, ONE, "a")
    assert not again.drop
    assert told(again) == "yes"
    assert mock.mock.store.count_tasks() == 1


def test_a_repetition_uses_up_no_scenario(mock: Any) -> None:
    create(mock, ONE, "a")
    mock.mock.schedule("failure")
    create(mock, ONE, "a")
    assert len(mock.mock.scheduled) == 1


@pytest.mark.parametrize(("seconds", "same"), [(599, True), (600, False), (10_000, False)])
def test_a_key_is_forgotten_after_its_life(mock: Any, seconds: float, same: bool) -> None:
    first = create(mock, ONE, "a")
    mock.clock.advance(seconds)
    second = create(mock, TWO, "a")
    assert mock.says(Role.CREATE, "idempotency-conflict", second) is same
    assert (second.task_id not in {"", first.task_id}) is not same
    assert mock.mock.store.count_keys() == 1


def test_a_key_without_a_life_stays(once: Any, caller: Any) -> None:
    mock = caller(once(header="X-Once"))
    first = create(mock, ONE, "a")
    mock.clock.advance(10**7)
    assert create(mock, ONE, "a").task_id == first.task_id
    assert [name for name, _ in create(mock, ONE, "a").headers if name.startswith(b"x-t")] == [b"x-trace"]


def test_a_value_that_nobody_documents_is_true(once: Any, caller: Any) -> None:
    mock = caller(once(header="X-Once", replayed={"header": "X-Told"}))
    assert [told(create(mock, ONE, "a")) for _ in range(2)] == [None, "true"]


def test_keys_go_with_their_tasks(once: Any, caller: Any) -> None:
    mock = caller(once(header="X-Once"), store=MemoryStore(tasks=5))
    for number in range(50):
        create(mock, ONE, f"key {number}")
        assert mock.mock.store.count_keys() <= 5
    assert told(create(mock, ONE, "key 0")) is None, "forgotten with its task"
    assert len({create(mock, ONE, "key 49").task_id for _ in range(2)}) == 1


def test_expired_keys_take_no_room(mock: Any) -> None:
    for number in range(50):
        create(mock, ONE, f"key {number}")
        mock.clock.advance(100)
    assert mock.mock.store.count_keys() == 6


def test_a_reset_forgets_keys(mock: Any) -> None:
    create(mock, ONE, "a")
    mock.mock.reset()
    assert mock.mock.store.count_keys() == 0
    assert create(mock, TWO, "a").status == 200


def test_a_key_in_the_body(once: Any, caller: Any) -> None:
    mock = caller(once(at="/token"))
    first, again, other = (mock.create({**ONE, "token": token}) for token in ("a", "a", "b"))
    assert first.task_id == again.task_id != other.task_id
    assert mock.says(Role.CREATE, "idempotency-conflict", mock.create({**TWO, "token": "a"}))
    assert len({mock.create(ONE).task_id for _ in range(3)}) == 3
    assert len({mock.create({**ONE, "token": ""}).task_id for _ in range(3)}) == 3


ORDERS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from((ONE, TWO)), st.sampled_from((0, 400))), max_size=12)


@given(orders=ORDERS)
def test_as_a_table_of_keys_would_have_it(orders: list[tuple[str, Any, int]], once: Any, caller: Any) -> None:
    """The documented rule, written down once more."""
    mock = caller(once())
    table: dict[str, tuple[Any, str, float]] = {}
    for key, body, wait in orders:
        mock.clock.advance(wait)
        now = mock.clock.now()
        answer = create(mock, body, key)
        known = table.get(key)
        if known is None or now - known[2] >= 600:
            assert answer.task_id not in {task for _, task, _ in table.values()}
            assert told(answer) is None
            table[key] = body, answer.task_id, now
        elif known[0] == body:
            assert (answer.task_id, told(answer)) == (known[1], "yes")
        else:
            assert orjson.loads(answer.body) == {"error": {"code": "used"}}
