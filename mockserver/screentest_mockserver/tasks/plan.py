"""A task's life as a pure function of its plan and the time that has passed."""

import math
from dataclasses import dataclass, field

from screentest_contracts.contract import Contract, Outcome, Profile, StatusClass


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a plan. Times in seconds since creation."""

    status: str
    status_class: StatusClass
    start: float
    end: float
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class State:
    """What a task is at one moment. `started` and `finished` are seconds since creation, None while not reached."""

    status: str
    status_class: StatusClass
    progress: float
    started: float | None
    finished: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a task will do and when. Shared by every task that does the same."""

    phases: tuple[Phase, ...]
    end: float
    started: float | None
    final: State
    failure: str | None
    receipt: State = field(init=False)
    """What a receipt shows: the very beginning, also of a task that ends at once."""

    _seen: dict[tuple[str, float, float | None], State] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )
    """States on the way, made once: there are no more of them than percent of progress."""

    def __post_init__(self) -> None:
        first = self.phases[0]
        object.__setattr__(self, "receipt", State(first.status, first.status_class, first.first, None, None))

    def at(self, elapsed: float) -> State:
        """The state `elapsed` seconds after creation."""
        if elapsed >= self.end:
            return self.final
        for phase in self.phases:
            if elapsed < phase.end:
                break
        span = phase.end - phase.start
        done = 0.0 if span <= 0 or math.isinf(span) else (elapsed - phase.start) / span
        progress = phase.first + int((phase.last - phase.first) * done)
        started = self.started if self.started is not None and elapsed >= self.started else None
        key = (phase.status, progress, started)
        state = self._seen.get(key)
        if state is None:
            state = self._seen[key] = State(phase.status, phase.status_class, progress, started, None)
        return state


def unchanged_until(plan: Plan, elapsed: float) -> float:
    """Seconds since creation before which the state is the same as after `elapsed`: a moment less than that, so that
    no rounding matters."""
    if elapsed >= plan.end:
        return math.inf
    phase = next((each for each in plan.phases if elapsed < each.end), plan.phases[-1])
    span, steps = phase.end - phase.start, abs(phase.last - phase.first)
    until = min(phase.end, plan.end)
    if steps and 0 < span < math.inf:
        until = min(until, phase.start + span * (int(steps * (elapsed - phase.start) / span) + 1) / steps)
    if plan.started is not None and elapsed < plan.started:
        until = min(until, plan.started)
    return until - 1e-6 * (1 + until)


def make_plan(
    contract: Contract,
    profile: Profile,
    *,
    outcome: StatusClass = StatusClass.SUCCEEDED,
    pace: float = 1.0,
    failure: str | None = None,
) -> Plan:
    """The plan of a task of `profile`.

    `pace` multiplies the typical time (0: at once, infinity: the task stays in its last stage for ever).
    """
    statuses = contract.lifecycle.statuses
    ending = _ending(profile, outcome)
    whole = sum(stage.share for stage in profile.stages) or 1.0
    forever = math.isinf(pace)
    length = profile.typical * (1.0 if forever else pace)
    phases = []
    clock = 0.0
    for index, stage in enumerate(profile.stages):
        end = clock + length * stage.share / whole
        if forever and index == len(profile.stages) - 1:
            end = math.inf
        phases.append(Phase(stage.status, statuses[stage.status].status_class, clock, end, stage.first, stage.last))
        clock = end
    started = next((phase.start for phase in phases if phase.status_class is StatusClass.RUNNING), None)
    last = ending.progress if ending.progress is not None else phases[-1].last
    final = State(ending.status, statuses[ending.status].status_class, last, started, clock)
    return Plan(tuple(phases), clock, started, final, ending.failure or failure)


def cut_short(contract: Contract, profile: Profile, plan: Plan, elapsed: float) -> Plan:
    """The same life up to now, cancelled after `elapsed` seconds: what has been seen of it stays true."""
    ending, now = _ending(profile, StatusClass.CANCELLED), plan.at(elapsed)
    progress = ending.progress if ending.progress is not None else now.progress
    status_class = contract.lifecycle.statuses[ending.status].status_class
    final = State(ending.status, status_class, progress, now.started, elapsed)
    return Plan(plan.phases, elapsed, plan.started, final, ending.failure)


def _ending(profile: Profile, outcome: StatusClass) -> Outcome:
    return profile.outcome(outcome) or profile.outcome(StatusClass.FAILED) or Outcome("", None, None, True)
