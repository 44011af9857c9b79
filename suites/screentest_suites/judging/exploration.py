"""Property-based lifecycles on the embedded mock: any model, outcome and rhythm of polls, by any alias."""

import contextlib
from dataclasses import dataclass
from random import Random

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from screentest_contracts.contract import Contract, Role
from screentest_contracts.hypothesis_cache import hypothesis_cache
from screentest_contracts.requirements import Requirement
from screentest_suites.checks.registry import TRACE_CHECKS, Violation
from screentest_suites.core.exchange import Trace
from screentest_suites.requests.samples import variation
from screentest_suites.tasks.session import Session


@dataclass(frozen=True)
class LifePlan:
    """How one task is made and watched. `gaps` are (seconds before the poll, which query operation)."""

    model: str
    varied: bool
    scenario: str
    gaps: tuple[tuple[float, int], ...]

    def __str__(self) -> str:
        polls = ", ".join(f"{seconds:g} s" for seconds, _ in self.gaps)
        return f"{self.model}{' varied' if self.varied else ''}, {self.scenario}, polls after {polls or 'nothing'}"


def life_plans(contract: Contract, models: list[str]) -> st.SearchStrategy[LifePlan]:
    """Plans: simple ones first, so that a failing one shrinks to a simple one."""
    typical = contract.polling.typical[1]
    queries = len(contract.roles[Role.QUERY])
    outcomes = ["success", "failure", "immediate", "slow:2"]
    outcomes += [f"failure:{failure.code}" for failure in contract.failures if failure.code]
    seconds = st.integers(0, int(typical * 0.6)) | st.just(0)
    gap = st.tuples(seconds.map(float), st.integers(0, queries - 1))
    return st.builds(
        LifePlan,
        st.sampled_from(models),
        st.booleans(),
        st.sampled_from(outcomes),
        st.lists(gap, max_size=8).map(tuple),
    )


def live(session: Session, plan: LifePlan) -> Trace | None:
    """Runs a plan to the task's end and a little beyond; None when the create was not accepted."""
    model = session.contract.models[plan.model]
    session.steer(plan.scenario)
    body = variation(model) if plan.varied else model.base
    made = session.start(model, body, plan=str(plan))
    if not isinstance(made, Trace):
        if session.target.steering is not None:
            session.target.steering.forget_scheduled()
        return None
    operations = session.contract.roles[Role.QUERY]
    for seconds, which in plan.gaps:
        session.target.sleep(seconds)
        session.poll(made, operations[which])
    return session.runner.watch(session.follow(made, interval=session.contract.polling.typical[1] / 4))


def _settings(examples: int, *, generate_only: bool) -> hypothesis.settings:
    phases = [Phase.generate] if generate_only else [Phase.generate, Phase.shrink]
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


@hypothesis_cache()
def explore(session: Session) -> list[Trace]:
    """`options.examples` lives, and before them one success and one failure per model, polled closely."""
    traces: list[Trace] = []
    names = [model.name for model in session.models]
    step = session.contract.polling.typical[1] / 20
    for name in names:
        for scenario in ("success", "failure"):
            trace = live(session, LifePlan(name, False, scenario, tuple((step, index) for index in (0, *[0, 0] * 9))))
            if trace is not None:
                traces.append(trace)

    @hypothesis.seed(session.options.seed)
    @_settings(session.options.examples, generate_only=True)
    @hypothesis.given(life_plans(session.contract, names))
    def run(plan: LifePlan) -> None:
        trace = live(session, plan)
        if trace is not None:
            traces.append(trace)

    run()
    return traces


@hypothesis_cache()
def shrink(session: Session, requirement: Requirement) -> tuple[Trace, Violation] | None:
    """The simplest life that breaks the requirement, or None when none is found again."""
    judge = TRACE_CHECKS[requirement.kind]
    found: dict[str, tuple[Trace, Violation]] = {}

    def breaks(plan: LifePlan) -> bool:
        trace = live(session, plan)
        judgement = judge(session.contract, requirement, trace) if trace is not None else 0
        if trace is not None and isinstance(judgement, Violation):
            found["simplest"] = (trace, judgement)
            return True
        return False

    with contextlib.suppress(hypothesis.errors.NoSuchExample, hypothesis.errors.Flaky):  # it may not show each time
        hypothesis.find(
            life_plans(session.contract, [model.name for model in session.models]),
            breaks,
            settings=_settings(200, generate_only=False),
            random=Random(session.options.seed),  # noqa: S311 - test data
        )
    return found.get("simplest")
