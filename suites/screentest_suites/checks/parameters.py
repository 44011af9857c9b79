"""Parameter validation: one member changed at a time, so that a refusal can only be about that member."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from screentest_contracts.contract import ErrorRow, Model, Role
from screentest_contracts.parameters import UNUSUAL_URL
from screentest_contracts.reading import CallOutcome, judge_call, matching_reading
from screentest_contracts.requirements import Case, Cases, Requirement, kinds
from screentest_suites.checks.probes import Refused, misjudged, refusals
from screentest_suites.checks.registry import check
from screentest_suites.checks.twins import Worth, answer_valid, worth
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Evidence, Finding, NotObservedError, Result, Skip, skipped
from screentest_suites.requests.near_misses import near_misses
from screentest_suites.requests.probes import Probe, attempt
from screentest_suites.tasks.session import Session

NOT_ALONE = "no request can show it alone"


@dataclass(frozen=True)
class _Job:
    """One probe of one model's constraint."""

    case: Case
    model: Model
    probe: Probe


@check(kinds.CONSTRAINT)
def judge_constraint(session: Session, requirement: Requirement[Cases]) -> Finding:
    """Sends every boundary and near-miss of the constraint for every model that has it. A refusal counts where its
    twin, the same request with a valid value, is accepted; else it has to name the member."""
    jobs, shown_alone = _jobs(session, requirement.subject.cases)
    if not jobs:
        return skipped(Skip.NOT_OBSERVED, NOT_ALONE)
    answers = _ask(session, jobs)
    answered = [(job, answer) for job, answer in answers if isinstance(answer, Exchange)]
    broken = [found for job, exchange in answered if (found := _problem(session, job, exchange)) is not None]
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        return Finding(Result.FAILED, broken[0].seen + more, tuple(broken[:5]), len(answered))
    unsent = [answer for _, answer in answers if isinstance(answer, NotObservedError)]
    if unsent and not answered:
        raise unsent[0]
    if not shown_alone:
        return skipped(Skip.NOT_OBSERVED, NOT_ALONE)
    return _weighed(session, answered)


def _jobs(session: Session, cases: Iterable[Case]) -> tuple[list[_Job], bool]:
    """The probes for the models whose minimal request is accepted, and whether all that is to be refused can be shown.
    Raises NotObservedError where no such request was sent."""
    jobs: list[_Job] = []
    unseen: list[NotObservedError] = []
    missed = False
    for case in cases:
        if jobs and case.constraint.kind == UNUSUAL_URL:
            break  # many addresses, and one rule for all models of a server
        model = session.contract.models[case.model]
        try:
            base = session.shared(model) if model in session.models else None
        except NotObservedError as not_sent:
            unseen.append(not_sent)
            continue
        if isinstance(base, Trace):
            near = near_misses(session.contract, model, case.constraint)
            made = attempt(replace(model, base=base.body), case.constraint, near)
            jobs += [_Job(case, model, probe) for probe in made.probes]
            missed = missed or made.missed
    if not jobs and unseen:
        raise unseen[0]
    return jobs, not missed or any(not job.probe.accept for job in jobs)


def _ask(session: Session, jobs: list[_Job]) -> list[tuple[_Job, Exchange | NotObservedError]]:
    """The answer to every probe; those to valid ones may be known already."""
    for model in {job.model.name: job.model for job in jobs}.values():
        answer_valid(session, model, [job.probe.body for job in jobs if job.probe.accept and job.model is model])
    return list(zip(jobs, session.in_parallel(lambda job: _send(session, job), jobs), strict=True))


def _send(session: Session, job: _Job) -> Exchange | NotObservedError:
    if job.probe.accept:
        return answer_valid(session, job.model, [job.probe.body])[0]
    try:
        exchange = session.create(job.model, job.probe.body, valid=False, once=True)
    except NotObservedError as unsent:
        return unsent
    if judge_call(session.contract, Role.CREATE, exchange.status, exchange.json) is CallOutcome.REFUSED:
        row = _row(session, job, exchange)
        refusals(session).append(Refused(_member(job.case), row, exchange, job.probe.label))
    return exchange


def _weighed(session: Session, answered: list[tuple[_Job, Exchange]]) -> Finding:
    """What answers that break nothing are worth: a refusal that may be for another reason proves nothing."""
    refused = [(job, exchange) for job, exchange in answered if not job.probe.accept]
    for model in {job.model.name: job.model for job, _ in refused}.values():
        answer_valid(session, model, [job.probe.twin for job, _ in refused if job.model is model])
    worths = [worth(session, job.model, job.case.constraint, job.probe, exchange) for job, exchange in refused]
    accepted = len(answered) - len(refused)
    empty = [job for (job, _), each in zip(refused, worths, strict=True) if each is Worth.NONE]
    proven = {job.model.name for (job, _), each in zip(refused, worths, strict=True) if each is Worth.PROOF}
    doubted = {job.model.name for (job, _), each in zip(refused, worths, strict=True) if each is Worth.WEAK} - proven
    counted = len(refused) - len(empty)
    if refused and not counted:
        what = f"{empty[0].model.name}: the same request with a valid `{empty[0].case.constraint.name}`"
        return skipped(Skip.NOT_OBSERVED, f"{what} is refused, too, so that a refusal proves nothing")
    tried = f"{accepted} accepted, {counted} refused" if accepted and counted else ""
    tried = tried or (f"{counted} refused, nothing accepted was tried" if counted else f"{accepted} accepted")
    weak = " (evidence: weak: no valid value was tried, and no refusal names the member)" if doubted else ""
    return Finding(Result.PASSED, tried + weak, judged=accepted + counted, weak=bool(doubted))


def _row(session: Session, job: _Job, exchange: Exchange) -> ErrorRow | None:
    """What the refusal is held to. A row for one member speaks of its absence; a member that is there but wrong may
    be refused in its words or in those of any invalid body. None where it may mean models with rows of their own."""
    case, contract = job.case, session.contract
    meant = contract.models_meant(job.model.operations[0], job.probe.body) or (job.model,)
    rows = [contract.error(Role.CREATE, "invalid-body", _member(case), each) for each in meant]
    row, model = rows[0], meant[0]
    if any(each is not row for each in rows):
        return None
    if row is None or not row.members or case.constraint.kind in {"required", "one-of-required"}:
        return row
    own_words = matching_reading(row, exchange.status, exchange.json) is not None
    return row if own_words else session.contract.error(Role.CREATE, "invalid-body", model=model) or row


def _member(case: Case) -> str:
    """The member a refusal is about: for `one-of-required` the first that would have done."""
    constraint = case.constraint
    if constraint.kind == "one-of-required":
        return ".".join((*constraint.path, constraint.value[0][0]))
    return constraint.name


def _problem(session: Session, job: _Job, exchange: Exchange) -> Evidence | None:
    found = misjudged(session.contract, Role.CREATE, exchange, f"{job.case.model}: {job.probe.label}", job.probe.accept)
    broken = judge_call(session.contract, Role.CREATE, exchange.status, exchange.json) is CallOutcome.BROKEN
    if found is not None and broken and not job.probe.accept:
        row = _row(session, job, exchange)
        if row is not None and matching_reading(row, exchange.status, exchange.json) is not None:
            return None  # a vendor that is known to refuse with a server error
    return found
