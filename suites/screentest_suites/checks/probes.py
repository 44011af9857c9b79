"""What the ways of provoking refusals share: plain requests, and tasks to ask about."""

from dataclasses import dataclass
from typing import Any, Unpack

import orjson

from screentest_contracts.contract import Contract, ErrorRow, Model, Operation, Role, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_contracts.reading import CallOutcome, judge_call, matching_reading
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Evidence, Finding, NotObservedError, Skip, skipped
from screentest_suites.requests.bodies import form_of
from screentest_suites.requests.options import ProbeOptions
from screentest_suites.targets.address import misplaced
from screentest_suites.tasks.session import Session

NOBODY_KNOWS = (404, 405, 501)
"""What a server answers on a path, or by a method, that it does not know."""

Provoked = list[Exchange] | Finding
"""The answers to a provoked condition, or why it could not be provoked."""


@dataclass(frozen=True)
class Refused:
    """A refusal that was provoked, and what for: the member that was wrong, the row of the catalogue that the answer is
    held to, and what was done to the request."""

    member: str
    row: ErrorRow | None
    exchange: Exchange
    label: str


def refusals(session: Session) -> list[Refused]:
    """The refusals that the parameter suite has provoked so far; it adds to this list."""
    kept: list[Refused] = session.memory.setdefault("refusals", [])
    return kept


def operations_of(session: Session, role: Role) -> tuple[Operation, ...]:
    """The operations of a role. Creates: those of the judged models, since a gateway may have no others, without those
    that are missing where others are there: that has been told, and is told once."""
    operations = session.contract.roles[role]
    if role is not Role.CREATE:
        return operations
    if session.options.models:
        judged = {operation.id for model in session.models for operation in model.operations}
        operations = tuple(each for each in operations if each.id in judged)
    there = tuple(each for each in operations if not _is_nowhere(session, each))
    return there or operations


def _is_nowhere(session: Session, operation: Operation) -> bool:
    """Whether the minimal request of each of its models was answered as a path that nobody knows, in no documented way.
    Sends nothing."""
    models = [model for model in session.models if operation in model.operations]
    refusals = [session.pool.refusal(model) for model in models]
    rows = [row for row in session.contract.error_rows() if Role.CREATE in row.roles]
    return bool(refusals) and all(
        each is not None
        and each.status in NOBODY_KNOWS
        and not any(matching_reading(row, each.status, each.json) for row in rows)
        for each in refusals
    )


def probe(session: Session, operation: Operation, task: str, **options: Unpack[ProbeOptions]) -> Exchange:
    """A plain request of any role."""
    if operation.role is Role.CREATE and "body" not in options:
        model = next(
            (model for model in session.contract.models.values() if operation in model.operations),
            next(iter(session.contract.models.values())),
        )
        options["body"] = model.base
    return session.send(operation.role, session.request(operation, task=task, **options))


def any_task(session: Session, role: Role = Role.QUERY) -> str:
    """The id of a task that is there to be asked for by this role; an unknown one where none could be made: whom no
    good key lets in is refused either way."""
    try:
        model = session.any_model()
    except NotObservedError:
        return session.unknown_id()
    if model is not None and session.target.steering is not None:  # a shared task may have expired in virtual time
        fresh = session.start(model, model.base)
        if isinstance(fresh, Trace):
            until_known(session, fresh, role)
            return fresh.task_id
    made = session.shared(model) if model else None
    return made.task_id if isinstance(made, Trace) else session.unknown_id()


def until_known(session: Session, trace: Trace, role: Role) -> None:
    """Follows a task where the role's id for it is shown at its end only."""
    if session.contract.roles[role][0].shown_id is not None:
        session.follow(trace, linger=0)


def models_of_row(session: Session, role: Role, row: ErrorRow) -> list[Model]:
    """The judged models for which a row of the catalogue holds: their own one, or that of all who have none."""
    member, error = next(iter(row.members), ""), session.contract.error
    own = any(each.models for each in session.contract.errors.get((role, row.condition), ()))
    return [each for each in session.models if not own or error(role, row.condition, member, each) is row]


def fresh_task(session: Session, scenario: str = "", model: Model | None = None) -> Trace | Finding:
    model = model or session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    if scenario and not session.steer(scenario):
        return skipped(Skip.NEEDS_CLOCK)
    made = session.start(model, model.base)
    return made if isinstance(made, Trace) else skipped(Skip.NOT_OBSERVED, "the create was not accepted")


def has_succeeded(session: Session, trace: Trace) -> bool:
    status = status_in(session.contract, trace.polls[-1].exchange) if trace.ended else None
    succeeded = status is not None and status.status_class is StatusClass.SUCCEEDED
    return succeeded and trace not in session.records.refused


def model_with_file(session: Session) -> Model | None:
    """A model whose minimal request refers to an uploaded file."""
    rule = session.contract.upload
    return next((each for each in session.models if rule is not None and any(rule.used.all(each.base))), None)


def naming(session: Session, model: Model, reference: Any) -> SentRequest:
    """A model's minimal request with this very reference."""
    rule, body, operation = session.contract.upload, model.base, model.operations[0]
    for pointer, _ in rule.used.all(body) if rule is not None else ():
        body = replaced(body, segments(pointer), reference)
    if not operation.form_only:
        return session.request(operation, raw=orjson.dumps(body))
    media, content = form_of(body, model.schema)
    return session.request(operation, raw=content, headers=[("content-type", media)])


def elsewhere(session: Session) -> str:
    """Where the server is likely to be, if nothing is where it was called."""
    hint = misplaced(session.contract, session.target.base_url, (each for _, each in session.client.seen))
    return "" if hint is None else f"; {hint}"


def misjudged(contract: Contract, role: Role, exchange: Exchange, what: str, accept: bool) -> Evidence | None:
    """How the answer to a probe is not the one that its request has to get; None where it is."""
    verdict = judge_call(contract, role, exchange.status, exchange.json)
    expected = "a valid request is accepted" if accept else "the request is refused"
    if exchange.error:
        return Evidence(f"{what}: {exchange.error}", "an answer", (exchange,))
    if accept and verdict is not CallOutcome.ACCEPTED:
        return Evidence(f"{what} was {verdict} with {exchange.status}", expected, (exchange,))
    if not accept and verdict is CallOutcome.ACCEPTED:
        return Evidence(f"{what} was accepted with {exchange.status}", expected, (exchange,))
    if not accept and verdict is CallOutcome.BROKEN:
        return Evidence(f"{what} was answered {exchange.status}, which is no refusal", expected, (exchange,))
    return None
