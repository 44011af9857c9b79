"""Parameter validation: one member changed at a time, so that a refusal can only be about that member."""

from screentest_contracts.contract import ErrorRow, Role
from screentest_contracts.reading import CallOutcome, judge_call, matching_reading
from screentest_contracts.requirements import Case, Cases, Requirement, kinds
from screentest_suites.checks.probes import Refused, refusals
from screentest_suites.checks.registry import check
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Evidence, Finding, NotObservedError, Result, Skip, passed, skipped
from screentest_suites.requests.probes import Probe, probes
from screentest_suites.tasks.session import Session


@check(kinds.CONSTRAINT)
def judge_constraint(session: Session, requirement: Requirement[Cases]) -> Finding:
    """Sends every boundary and near-miss of the constraint for every model that has it."""
    cases = requirement.subject.cases
    work: list[tuple[Case, Probe]] = []
    unseen: NotObservedError | None = None
    for case in cases:
        model = session.contract.models[case.model]
        try:
            usable = model in session.models and session.accepts_base_request(model)
        except NotObservedError as missed:
            unseen, usable = missed, False
        if usable:
            work += [(case, probe) for probe in probes(model, case.constraint)]
    if not work and unseen is not None:
        raise unseen
    if not work:
        return skipped(Skip.NOT_OBSERVED, "no request can show it alone")
    broken, unsent = [], []
    for (case, probe), exchange in zip(work, session.in_parallel(lambda job: _send(session, *job), work), strict=True):
        if isinstance(exchange, NotObservedError):
            unsent.append(exchange)
            continue
        evidence = _problem(session, case, probe, exchange)
        if evidence is not None:
            broken.append(evidence)
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        return Finding(Result.FAILED, broken[0].seen + more, tuple(broken[:5]), len(work) - len(unsent))
    if len(unsent) == len(work):
        raise unsent[0]
    return passed(len(work) - len(unsent))


def _send(session: Session, case: Case, probe: Probe) -> Exchange | NotObservedError:
    model = session.contract.models[case.model]
    try:
        exchange = session.create(model, probe.body, valid=probe.accept)
    except NotObservedError as unsent:
        return unsent
    verdict = judge_call(session.contract, Role.CREATE, exchange.status, exchange.json)
    if not probe.accept and verdict is CallOutcome.REFUSED:
        row = _row(session, case, exchange)
        refusals(session).append(Refused(_member(case), row, exchange, probe.label))
    return exchange


def _row(session: Session, case: Case, exchange: Exchange) -> ErrorRow | None:
    """What the refusal is held to. A row for one member speaks of its absence; a member that is there but wrong may
    be refused in its words or in those of any invalid body."""
    row = session.contract.error(Role.CREATE, "invalid-body", _member(case))
    if row is None or not row.members or case.constraint.kind in {"required", "one-of-required"}:
        return row
    own_words = matching_reading(row, exchange.status, exchange.json) is not None
    return row if own_words else session.contract.error(Role.CREATE, "invalid-body") or row


def _member(case: Case) -> str:
    """The member a refusal is about: for `one-of-required` the first that would have done."""
    constraint = case.constraint
    if constraint.kind == "one-of-required":
        return ".".join((*constraint.path, constraint.value[0][0]))
    return constraint.name


def _problem(session: Session, case: Case, probe: Probe, exchange: Exchange) -> Evidence | None:
    verdict = judge_call(session.contract, Role.CREATE, exchange.status, exchange.json)
    what = f"{case.model}: {probe.label}"
    if exchange.error:
        return Evidence(f"{what}: {exchange.error}", "an answer", (exchange,))
    if probe.accept and verdict is not CallOutcome.ACCEPTED:
        return Evidence(f"{what} was {verdict} with {exchange.status}", "a valid request is accepted", (exchange,))
    if not probe.accept and verdict is CallOutcome.ACCEPTED:
        return Evidence(f"{what} was accepted with {exchange.status}", "the request is refused", (exchange,))
    if not probe.accept and verdict is CallOutcome.BROKEN:
        row = _row(session, case, exchange)
        if row is not None and matching_reading(row, exchange.status, exchange.json) is not None:
            return None  # a vendor that is known to refuse with a server error
        seen = f"{what} was answered {exchange.status}, which is no refusal"
        return Evidence(seen, "the request is refused", (exchange,))
    return None
