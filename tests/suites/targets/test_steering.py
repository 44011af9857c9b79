"""What a run may do to the mock that it judges, by the target's own words."""

from screentest_contracts import Contract
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session


def test_a_scenario_is_followed_by_the_next_task_or_forgotten(small: Contract) -> None:
    target = EmbeddedTarget(small)
    session, model = Session(small, target), small.models["clip-1"]
    target.steering.schedule("refuse-create:rate-limited")
    target.steering.forget_scheduled()
    assert isinstance(session.start(model, model.base), Trace), "it was forgotten"
    target.steering.schedule("refuse-create:invalid-body")
    refused = session.create(model, model.base)
    assert isinstance(refused, Exchange)
    assert refused.status == 422


def test_a_session_says_whether_it_was_steered(small: Contract) -> None:
    target = EmbeddedTarget(small)
    assert Session(small, target).steer("failure")
    target.steering = None  # type: ignore[assignment]
    assert not Session(small, target).steer("failure")
