"""Creates that go on from an earlier task: whose task that is, when it is made, and what it costs."""

from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from screentest_contracts import Contract, load_contract
from screentest_contracts.contract import Role
from screentest_suites.core.exchange import SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.judging.rehearsal import Rehearsal, rehearse
from screentest_suites.requests.earlier import earlier_id
from screentest_suites.spending import ReservationState
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session

SEQUEL = Path(__file__).parents[2] / "documents" / "sequel.yaml"


@pytest.fixture
def session() -> Session:
    contract = load_contract(SEQUEL)
    return Session(contract, EmbeddedTarget(contract))


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("priced") / "sequel.yaml"
    prices = '  prices: [{models: ["*"], per: video, amount: 1, currency: USD}]\n'
    path.write_text(SEQUEL.read_text() + prices)
    return load_contract(path)


@pytest.fixture(scope="module")
def planned(priced: Contract) -> Rehearsal:
    return rehearse(priced, Options(examples=2, workers=1), EmbeddedTarget(priced))


def creates(session: Session) -> list[SentRequest]:
    return [exchange.sent for role, exchange in session.client.seen if role is Role.CREATE]


def test_the_earlier_task_is_made_once_and_named_in_body_and_path(session: Session) -> None:
    first, longer, larger = session.contract.models.values()
    made = [session.shared(model) for model in (longer, larger, longer)]
    shared = session.shared(first)
    assert isinstance(shared, Trace)
    for model, trace in zip((longer, larger), made, strict=False):
        assert isinstance(trace, Trace)
        assert earlier_id(model, trace.created.sent) == shared.task_id
    assert len(creates(session)) == 3
    assert orjson.loads(creates(session)[1].body or b"")["after"]["clip"] == shared.task_id
    assert urlsplit(creates(session)[2].url).path == f"/v1/clips/{shared.task_id}/upscale"


def test_a_create_is_made_on_a_new_task_when_the_earlier_one_is_too_old(session: Session) -> None:
    _, longer, _ = session.contract.models.values()
    assert session.accepted(session.create(longer, longer.base))
    before = creates(session)
    session.target.sleep(86_400)
    assert session.accepted(session.create(longer, longer.base))
    assert len(creates(session)) == len(before) + 2


def test_what_is_to_fail_is_not_the_earlier_task(session: Session) -> None:
    _, longer, _ = session.contract.models.values()
    assert session.steer("failure")
    trace = session.start(longer, longer.base)
    assert isinstance(trace, Trace)
    assert session.follow(trace).polls[-1].exchange.json["state"] == "broken"


def test_made_up_ids_in_valid_bodies_stand_for_the_earlier_task(session: Session) -> None:
    _, longer, _ = session.contract.models.values()
    body = {**longer.base, "after": {"clip": "something-else"}}
    assert session.accepted(session.create(longer, body))


def test_where_tasks_cost_money_each_is_paid_for_once(priced: Contract, planned: Rehearsal) -> None:
    """One task for each model: the first is also the one from which the others go on."""
    paid = [entry for entry in planned.ledger.entries if entry.state is ReservationState.SETTLED]
    assert sorted(entry.model for entry in paid) == sorted(priced.models)


def test_nothing_that_goes_on_from_a_task_is_asked_before_that_is_paid_for(
    priced: Contract, planned: Rehearsal
) -> None:
    session = Session(priced, EmbeddedTarget(priced), Options(metered=True))
    session.client.ask_ahead(planned.refusals)
    assert creates(session)
    asked = {sent.url for sent in creates(session)} | {str(sent.body) for sent in creates(session)}
    assert not [text for text in asked if "earlier-task-0000" in text or "clip_000000000000000000000000" in text]
    assert any("earlier-task-0000" in entry.sent.url for entry in planned.refusals), "there were some to leave out"
    assert not [entry for entry in session.client.ledger.entries if entry.state is ReservationState.SETTLED]
