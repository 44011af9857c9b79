"""Judges a provider: every requirement once, in an order that lets one broken basic block what rests on it."""

import math
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from screentest_contracts.contract import Contract, Role
from screentest_contracts.facts import Level
from screentest_contracts.reading import task_id
from screentest_contracts.requirements import BASICS, ENCODING, Requirement, requirements
from screentest_suites.checks import REGISTRY, TRACE_CHECKS
from screentest_suites.checks.registry import UNSEEN, Violation, held
from screentest_suites.core.exchange import Trace
from screentest_suites.core.observation import Observation
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import (
    OUT_OF_SIGHT,
    Evidence,
    Finding,
    NotObservedError,
    Result,
    Skip,
    Verdict,
    skipped,
)
from screentest_suites.judging.exploration import explore, shrink
from screentest_suites.judging.traces import judge_trace
from screentest_suites.spending import Entry, Ledger
from screentest_suites.targets.target import Target
from screentest_suites.tasks.deadlines import excused, urgent
from screentest_suites.tasks.session import Session

_IN_PART = ("create-accepted", "query-status-code", "status-known", "task-ends")
"""Kinds of requirements that fail as soon as one task breaks them."""


class Judge:
    """Verdicts of one contract on one target, each found when first asked for.

    `ledger` is what may be spent; `ahead` are creates to be refused, which are sent before anything is paid for.
    """

    def __init__(
        self,
        contract: Contract,
        target: Target,
        options: Options | None = None,
        *,
        ledger: Ledger | None = None,
        ahead: Iterable[Entry] = (),
    ) -> None:
        self.contract = contract
        self.target = target
        self.session = Session(contract, target, options or Options(), ledger=ledger or Ledger())
        self._ahead = ahead
        self._limit = self.session.options.time_limit
        self._ends = time.monotonic() + (math.inf if self._limit is None else self._limit)
        if self._limit is not None:
            target.limit_time(self._limit, chosen=True)
        self.requirements = requirements(contract)
        self._by_id = {requirement.id: requirement for requirement in self.requirements}
        self._verdicts: dict[str, Verdict] = {}
        self._traces: list[Trace] | None = None
        self._prepared = False
        self.explored: list[Trace] = []  # generated lives
        self.broken: list[tuple[str, Trace]] = []  # ids of requirements, and the life that broke each

    def verdicts(self, on_verdict: Callable[[Verdict], None] = lambda verdict: None) -> Iterator[Verdict]:
        """Every verdict, suite by suite; what a recorded run judged, in the order of that run first."""
        for name in self.target.order:
            if name in self._by_id:
                self.verdict(name)
        for requirement in self.requirements:
            verdict = self.verdict(requirement.id)
            on_verdict(verdict)
            yield verdict
        self.finish()

    def verdict(self, name: str) -> Verdict:
        """The verdict on a requirement; its dependencies are judged first."""
        if name not in self._verdicts:
            requirement = self._by_id[name]
            finding = self._find(requirement)
            if name in BASICS and finding.result is Result.FAILED and self._blocks_musts(requirement, finding):
                requirement = replace(requirement, level=Level.MUST)  # whatever the mark of its detail
            self._verdicts[name] = Verdict(requirement, self.contract.name, finding)
        return self._verdicts[name]

    def _blocks_musts(self, requirement: Requirement, finding: Finding) -> bool:
        """Whether a failed requirement keeps some MUST from being judged."""
        if self._some_worked(Verdict(requirement, self.contract.name, finding)):
            return False
        resting = {requirement.id}
        while more := {each.id for each in self.requirements if resting.intersection(each.depends)} - resting:
            resting |= more
        return any(self._by_id[name].level is Level.MUST for name in resting)

    def _find(self, requirement: Requirement) -> Finding:
        if requirement.untestable is not None:
            return skipped(Skip.NOT_OBSERVED, f"{OUT_OF_SIGHT}: {requirement.untestable}")
        if self.target.steering is not None and time.monotonic() > self._ends:
            return skipped(Skip.OUT_OF_TIME, f"the run was to take {self._limit:g} s")
        if not self.session.models:
            return skipped(Skip.NOT_OBSERVED, "none of its models was chosen")
        for name in requirement.depends:
            blocker = self.verdict(name) if name in self._by_id else None
            if blocker is None:
                continue
            if blocker.result is Result.PASSED or self._some_worked(blocker):
                continue
            if blocker.requirement.kind == "operation-there" and blocker.result is Result.SKIPPED:
                continue  # nothing says that it is missing
            reason = blocker.finding.reason if blocker.result is not Result.FAILED else ""
            if reason.startswith(Skip.NEEDS_SPEND):
                continue  # what can be seen for nothing still is
            return Finding(Result.SKIPPED, reason if reason.startswith(tuple(Skip)) else f"{Skip.BLOCKED} {name}")
        try:
            if not self._prepared:
                self._prepare()
                if requirement.id in self._verdicts:
                    return self._verdicts[requirement.id].finding
            session = self.session.for_purpose(requirement.id)
            self.target.judging(requirement.id)
            if requirement.kind in TRACE_CHECKS:
                return self._readable(requirement, self._judge_traces(session, requirement))
            return self._readable(requirement, excused(REGISTRY[requirement.kind](session, requirement), session.late))
        except NotObservedError as unseen:
            return skipped(unseen.skip, unseen.detail)
        except Exception:  # our bug, never the vendor's fault
            return Finding(Result.ERROR, traceback.format_exc(limit=-4))

    def _readable(self, requirement: Requirement, finding: Finding) -> Finding:
        """A finding without what failed for want of a readable answer: that has a requirement of its own."""
        if finding.result is not Result.FAILED or requirement.id == ENCODING or ENCODING not in self._by_id:
            return finding
        kept = tuple(each for each in finding.evidence if not any(sent.encoding_flaw for sent in each.exchanges))
        if len(kept) == len(finding.evidence):
            return finding
        return replace(finding, reason=kept[0].seen, evidence=kept) if kept else skipped(Skip.BLOCKED, ENCODING)

    def _prepare(self) -> None:
        """Makes the shared tasks, and asks at once for what will soon be gone."""
        self._prepared = True
        if self._limit is None:
            self.target.limit_time(self.session.client.pace.longest, chosen=False)
        self.session.client.ask_ahead(self._ahead)
        self.session.pool.prepare(self.session.runner)
        if self.target.steering is None:
            for requirement in urgent(self.contract, self.requirements):
                self.verdict(requirement.id)

    def _some_worked(self, blocker: Verdict) -> bool:
        """Creates that fail for some models, or of which none was chosen, leave the others to be judged; so do polls
        that fail, strange words and tasks without an end while some task is followed to its end."""
        if blocker.requirement.kind not in _IN_PART or blocker.result is Result.ERROR:
            return False
        try:
            lives = self.session.ensure_base_tasks()
            return any(trace.ended or blocker.requirement.kind == "create-accepted" for trace in lives)
        except NotObservedError:  # none of those that were paid for was accepted
            return False

    def finish(self) -> None:
        """Ends the tasks that nobody wanted: then their cost is known. To be called after the last verdict."""
        self.session.pool.finish(self.session.runner)

    def observation(self) -> Observation:
        """What was seen of tasks so far. Sends nothing."""
        records = self.session.records
        links = {trace: delivered.link for trace, delivered in records.delivered.items()}
        made = {
            task_id(self.contract, answer.json)
            for role, answer in self.session.client.seen.copy()
            if role is Role.CREATE and self.session.accepted(answer)
        }
        return Observation(
            self.contract,
            self.session.pool.observed(),
            self.explored,
            self.broken,
            links,
            records.refused,
            models=[self.session.pool.became(self.session.runner, model) for model in self.session.models],
            made=len(made),
            polls=records.polls,
            ends=list(records.ends.values()),
            free=self.session.options.metered and self.session.client.ledger.cap == 0,
        )

    def _lives(self, session: Session) -> list[Trace]:
        """The lives that trace checks judge: shared tasks, and generated ones where time is virtual."""
        if self._traces is None:
            self._traces = session.traces()
            if self.target.steering is not None:
                self.explored = explore(session)
                self._traces = self._traces + self.explored
        return self._traces

    def _judge_traces(self, session: Session, requirement: Requirement) -> Finding:
        deadlines = session.deadlines if self.target.steering is None else None
        judged, late = [], ""
        for trace in self._lives(session):
            judgement, why = judge_trace(self.contract, requirement, trace, deadlines)
            late = why or late
            if isinstance(judgement, Violation):
                return self._violated(session, requirement, trace, judgement)
            judged.append(judgement)
        if any(judged):
            return held(judged)
        return skipped(Skip.TOO_LATE, late) if late else skipped(Skip.NOT_OBSERVED, UNSEEN[requirement.kind])

    def _violated(self, session: Session, requirement: Requirement, trace: Trace, violation: Violation) -> Finding:
        if self.target.steering is not None:
            simplest = shrink(session, requirement)
            if simplest is not None:
                trace, violation = simplest
        self.broken.append((requirement.id, trace))
        seen = f"{violation.seen} ({trace.plan or trace.model})"
        exchanges = violation.exchanges or tuple(trace.exchanges)
        return Finding(Result.FAILED, violation.seen, (Evidence(seen, violation.expected, exchanges),), 1)
