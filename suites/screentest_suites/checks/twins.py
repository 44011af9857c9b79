"""What a refusal tells: the same request with a valid value of the member, its twin, is accepted; or the refusal names
the member."""

import re
from collections.abc import Iterable
from enum import Enum, auto

import orjson

from screentest_contracts.contract import Constraint, Contract, Model
from screentest_contracts.location import MISSING
from screentest_contracts.parameters import RULES, mentioned, rule_schema
from screentest_contracts.reading import error_value
from screentest_suites.core.exchange import NO_JSON, Exchange, Trace
from screentest_suites.core.verdicts import NotObservedError
from screentest_suites.requests.probes import Probe
from screentest_suites.tasks.session import Session

Answer = Exchange | NotObservedError
"""The answer to a valid request, or why it was not sent."""


class Worth(Enum):
    """What the refusal of a probe tells of its member."""

    PROOF = auto()
    """The twin is accepted, or the refusal names the member."""
    WEAK = auto()
    """The twin may not be sent, and the refusal names nothing: it may be for another reason."""
    NONE = auto()
    """The twin is refused, too."""


def answer_valid(session: Session, model: Model, bodies: Iterable[object]) -> list[Answer]:
    """The answers to valid requests, each distinct one sent once in a run, whichever requirements, and modes of a
    model, ask for it. The model's minimal request is the one that all checks share."""
    known: dict[tuple[str, bytes], Answer] = session.memory.setdefault("valid answers", {})
    shared = session.shared(model)
    if isinstance(shared, Trace):
        known.setdefault(_key(model, shared.body), shared.created)
    keyed = {_key(model, body): body for body in bodies}
    new = [(key, body) for key, body in keyed.items() if key not in known]

    def send(job: tuple[tuple[str, bytes], object]) -> Answer:
        try:
            return session.create(model, job[1])
        except NotObservedError as unsent:
            return unsent

    known.update(zip([key for key, _ in new], session.in_parallel(send, new), strict=True))
    return [known[key] for key in keyed]


def worth(session: Session, model: Model, constraint: Constraint, probe: Probe, refusal: Exchange) -> Worth:
    """What the refusal of `probe` is worth. May send its twin."""
    (twin,) = answer_valid(session, model, [probe.twin])
    if isinstance(twin, Exchange):
        return Worth.PROOF if session.accepted(twin) else Worth.NONE
    return Worth.PROOF if names(session.contract, refusal, constraint) else Worth.WEAK


def names(contract: Contract, refusal: Exchange, constraint: Constraint) -> bool:
    """Whether a refusal names the member: in the places that the document gives for it, else anywhere in its text."""
    told = [error_value(contract, place, refusal.json) for place in ("param", "message")]
    texts = [each for each in told if each is not MISSING and each is not None]
    if not texts:
        texts = [refusal.body.decode(errors="replace") if refusal.json is NO_JSON else refusal.json]
    leaves = [name for name in (constraint.path[-1:] or ("body",)) if name != "*"] or [constraint.name.split(".")[-1]]
    if constraint.kind == "one-of-required":
        leaves = [name for group in constraint.value for name in group]
    if constraint.kind in RULES:
        leaves += mentioned([rule_schema(constraint)])
    text = " ".join(each if isinstance(each, str) else orjson.dumps(each).decode() for each in texts)
    return any(re.search(rf"(?<![^\W_]){re.escape(leaf)}(?![^\W_])", text) for leaf in leaves)


def _key(model: Model, body: object) -> tuple[str, bytes]:
    return f"{model.operations[0].id} {model.wire}", orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
