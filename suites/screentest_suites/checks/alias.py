"""Another path that creates tasks: they are judged as those of the canonical path, and so is what it refuses."""

from collections.abc import Iterator

from screentest_contracts.contract import Model, Operation, Role, StatusClass
from screentest_contracts.facts import Level
from screentest_contracts.mp4 import read_header
from screentest_contracts.requirements import AliasOfCreate, Requirement, kinds, requirements
from screentest_suites.checks.receipt import asked
from screentest_suites.checks.registry import TRACE_CHECKS, Violation, check
from screentest_suites.checks.result import echo_problem
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.requests.probes import probes
from screentest_suites.tasks.session import Session


@check(kinds.ALIAS_CREATE)
def judge_alias_create(session: Session, requirement: Requirement[AliasOfCreate]) -> Finding:
    """Another create path gives tasks that keep what those of the canonical path keep, and refuses what it refuses.
    What both do wrong is the business of other requirements."""
    name, must = requirement.subject.operation, requirement.subject.documented
    operation, model = session.contract.operations[name], session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    session.client.refuse_extra_tasks()
    other = session.shared(model, "variation")
    twin = other if isinstance(other, Trace) else session.shared(model)
    if not isinstance(twin, Trace):
        return skipped(Skip.NOT_OBSERVED)
    made = _made(session, model, twin, operation)
    if isinstance(made, Exchange):
        return failed(made.error or f"answered {made.status}", "accepted as on the canonical path", (made,))
    first = made.polls[0].exchange
    if first.status not in session.contract.success[Role.QUERY].statuses:
        return failed(f"the task it made is answered {first.status}", "a task as any other", (made.created, first))
    problem = schema_violation(operation, made.created)
    if problem:
        return failed(problem.seen, problem.expected, problem.exchanges)
    for wrong in (*_differences(session, made, twin, must), *wrongly_accepted(session, model, operation, must)):
        return failed(wrong.seen, wrong.expected, wrong.exchanges or tuple(made.exchanges))
    return passed(2)


def _made(session: Session, model: Model, twin: Trace, operation: Operation) -> Trace | Exchange:
    """The task of this path, made once, with its whole life."""
    made: dict[str, Trace | Exchange] = session.memory.setdefault("alias", {})
    if operation.id not in made:
        trace = made[operation.id] = session.start(model, twin.body, operation=operation)
        if isinstance(trace, Trace):
            session.follow(trace)
            end = trace.polls[-1]
            status = status_in(session.contract, end.exchange)
            if status is not None and status.status_class is StatusClass.SUCCEEDED:
                session.deliver(trace, end)
    return made[operation.id]


def _differences(session: Session, made: Trace, twin: Trace, must: bool) -> Iterator[Violation]:
    """What a task of this path breaks that one of the canonical path, asked for the same, keeps."""
    for each in requirements(session.contract):
        judge = TRACE_CHECKS.get(each.kind)
        if judge is None or (each.level is Level.MUST) is not must or each.kind == "receipt-schema":
            continue
        wrong = judge(session.contract, each, made)
        if isinstance(wrong, Violation) and not isinstance(judge(session.contract, each, twin), Violation):
            yield Violation(f"{each.id}: {wrong.seen}", wrong.expected, wrong.exchanges)
    model = session.contract.models[made.model]
    if (model.echo_fact.mark.level is Level.MUST) is must:
        for aspect in model.echoes:
            seen = _misdelivered(session, made, aspect)
            if seen and not _misdelivered(session, twin, aspect):
                yield Violation(f"result.{aspect}: {seen}", f"{aspect} {asked(model, made.body, aspect)}")


def _misdelivered(session: Session, trace: Trace, aspect: str) -> str | None:
    """What the video is instead of what was asked for."""
    item, wanted = session.records.delivered.get(trace), asked(session.contract.models[trace.model], trace.body, aspect)
    if item is None or item.file is None or wanted is None:
        return None
    try:
        meant = session.contract.models[trace.model].meaning(aspect, wanted)
        return echo_problem(aspect, meant, read_header(item.file.video))
    except ValueError as problem:
        return str(problem)


def wrongly_accepted(session: Session, model: Model, operation: Operation, must: bool) -> Iterator[Violation]:
    """One invalid request for each kind of constraint that is accepted here and refused on the canonical path."""
    tried: set[str] = set()
    for constraint in model.constraints:
        probe = next((each for each in probes(model, constraint) if not each.accept), None)
        if constraint.kind in tried or (constraint.fact.mark.level is Level.MUST) is not must or probe is None:
            continue
        tried.add(constraint.kind)
        answer = session.create(model, probe.body, operation=operation, valid=False)
        if session.accepted(answer) and not session.accepted(session.create(model, probe.body, valid=False)):
            yield Violation(f"{probe.label} was accepted with {answer.status}", "refused as elsewhere", (answer,))
