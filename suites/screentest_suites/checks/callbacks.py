"""Callbacks."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from screentest_contracts.contract import Model, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_contracts.requirements import Requirement, kinds
from screentest_contracts.schemas import member_schemas
from screentest_suites.checks.callback_reading import class_of
from screentest_suites.checks.registry import check
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.targets.callback_port import CallbackPort, Received, Verifier, signature_problem, verifier_of
from screentest_suites.tasks.session import Session

PATIENCE = 15.0
"""Seconds within which a callback has to come after the task's end."""


@dataclass(frozen=True)
class Called:
    """A task that asked for a callback, and what arrived: of its end, of stages before, and challenges. Each callback
    was answered with `status`; `base` is the address of who received them."""

    trace: Trace
    received: list[Received]
    stages: list[Received]
    challenges: list[Received]
    base: str
    status: int

    def evidence(self, *received: Received) -> tuple[Exchange, ...]:
        """The create, and callbacks as the requests that came."""
        return (self.trace.created, *(self._exchange(each) for each in received[:5]))

    def _exchange(self, received: Received) -> Exchange:
        media = tuple(each for each in received.headers if each[0].lower() == "content-type")
        sent = SentRequest(received.method, self.base + received.path, media, received.body, NO_KEY)
        return Exchange(sent, self.status, (), b"", received.at, received.at)


def called_back(session: Session, scenario: str = "success", *, status: int = 200) -> Called | Finding:
    """A task with a callback address, run to its end and beyond, made once. Its callbacks are answered with `status`,
    200 or an error."""
    cache: dict[tuple[str, int], Called | Finding] = session.memory.setdefault("called", {})
    if (scenario, status) not in cache:
        cache[scenario, status] = _call(session, scenario, status)
    return cache[scenario, status]


def _call(session: Session, scenario: str, status: int) -> Called | Finding:
    if (rule := session.contract.callback) is None or (port := session.target.callbacks) is None:
        return skipped(Skip.NEEDS_CALLBACK)
    model = next((each for each in session.models if rule.parameter is not None or _takes(each)), None)
    if model is None:
        return skipped(Skip.NOT_OBSERVED, "no model takes a callback address")
    base = model.base if session.steer(scenario) or scenario == "success" else session.failing_request(model)
    if base is None:
        return skipped(Skip.NOT_OBSERVED, "no task failed that had a callback address")
    address = port.address(status, rule.handshake)
    made = start(session, model, address, base=base)
    if not isinstance(made, Trace):
        return skipped(Skip.NEEDS_CALLBACK, f"{address} was refused with {made.status}")
    session.follow(made, linger=0)
    waits = session.client.pace.retries(rule)
    attempts = 1 if status == 200 else 1 + len(waits)

    session.wait_for(
        lambda: len(called_so_far(session, made, port, address, status).received) >= attempts,
        sum(waits[: attempts - 1]) + PATIENCE,
    )
    session.target.sleep(max(waits[:attempts], default=0) + 1)  # time for one too many
    session.poll(made)
    called = called_so_far(session, made, port, address, status)
    patience = rule.timeout
    if rule.handshake is not None and called.challenges:
        patience = min(rule.timeout, rule.handshake.timeout)
    late = max((each.took for each in port.received(address)), default=0.0)
    if late >= patience:
        detail = f"a callback may have waited {late:.1f} s for us, and its sender waits {patience:g} s"
        return skipped(Skip.TOO_LATE, detail)
    return called


def called_so_far(session: Session, made: Trace, port: CallbackPort, address: str, status: int = 200) -> Called:
    """What has arrived for a task until now."""
    received = port.received(address)
    challenges = [each for each in received if each.challenge is not None]
    told = [(each, _stage(session, each)) for each in received if each.challenge is None]
    ended, stages = ([each for each, stage in told if (stage is not None) is early] for early in (False, True))
    return Called(made, ended, stages, challenges, port.base, status)


def keep_called(session: Session, called: Called) -> None:
    """Makes this the task whose callbacks are judged."""
    session.memory["called"] = {("success", called.status): called}


def start(
    session: Session, model: Model, address: str, events: list[str] | None = None, base: Any = None
) -> Trace | Exchange:
    """A task of a model's base that calls an address back, perhaps for some events; also where tasks cost money."""
    rule, at = session.contract.callback, model.request.callback_url
    body = model.base if base is None else base
    if rule is not None and rule.events is not None and events is not None:
        body = replaced(body, segments(rule.events.at.pointers[0]), events)
    if rule is not None and rule.parameter is not None:
        query = f"{rule.parameter}={quote(address, safe='')}"
        return session.start(model, body, extra=False, query=query)
    place = segments(at.pointers[0]) if at is not None else ()
    return session.start(model, replaced(body, place, address), extra=False)


def _stage(session: Session, received: Received) -> StatusClass | None:
    """The class of status that a callback speaks of, where the vendor calls back before the end and this is one."""
    rule = session.contract.callback
    if rule is None or all(each.terminal for each in rule.on):
        return None
    found = class_of(session.contract, received)
    return None if found is None or found.terminal else found


def _takes(model: Model) -> bool:
    return bool(member_schemas(model.schema, model.request.callback_url))


def _unclear(session: Session, called: Called) -> bool:
    """Whether the vendor calls back before the end and some callback does not say what it is about."""
    rule = session.contract.callback
    several = rule is not None and not all(each.terminal for each in rule.on)
    return several and any(class_of(session.contract, each) is None for each in called.received)


@check(kinds.CALLBACK_DELIVERED)
def judge_delivered(session: Session, requirement: Requirement[StatusClass]) -> Finding:
    """A task that ends in this class calls back."""
    wanted = requirement.subject
    called = called_back(session, "success" if wanted is StatusClass.SUCCEEDED else "failure")
    if isinstance(called, Finding):
        return called
    trace = called.trace
    if not called.received and not trace.ended:
        return skipped(Skip.NOT_OBSERVED, "the task was not seen to its end")
    if not called.received:
        return failed("no callback came", f"one after the task has {wanted}", (trace.created, trace.polls[-1].exchange))
    return passed(len(called.received))


@check(kinds.CALLBACK_STAGE)
def judge_stage(session: Session, requirement: Requirement[StatusClass]) -> Finding:
    """A task calls back as it reaches this class."""
    called = called_back(session)
    if isinstance(called, Finding):
        return called
    wanted = requirement.subject
    polls = [status_in(session.contract, poll.exchange) for poll in called.trace.polls]
    if not any(status is not None and status.status_class is wanted for status in polls):
        return skipped(Skip.NOT_OBSERVED, f"no poll showed it {wanted}")
    if _unclear(session, called):
        return skipped(Skip.NOT_OBSERVED, "callbacks cannot be told apart")
    if not any(_stage(session, each) is wanted for each in called.stages):
        return failed(f"no callback said {wanted}", f"one when the task is {wanted}", (called.trace.created,))
    return passed()


@check(kinds.CALLBACK_METHOD)
def judge_callback_method(session: Session, requirement: Requirement[None]) -> Finding:
    """Callbacks come by the documented method."""
    rule, called = session.contract.callback, called_back(session)
    if isinstance(called, Finding):
        return called
    if rule is None:
        return skipped(Skip.NOT_OBSERVED)
    wrong = [each for each in called.received if each.method != rule.method]
    if wrong:
        seen = f"a callback was a {wrong[0].method}"
        return failed(seen, rule.method, called.evidence(wrong[0]))
    return passed(len(called.received)) if called.received else skipped(Skip.NOT_OBSERVED)


@check(kinds.CALLBACK_ONCE)
def judge_once(session: Session, requirement: Requirement[None]) -> Finding:
    """An acknowledged callback is not repeated."""
    called = called_back(session)
    if isinstance(called, Finding):
        return called
    if not called.received or _unclear(session, called):
        return skipped(Skip.NOT_OBSERVED)
    if len(called.received) > 1:
        return failed(f"{len(called.received)} callbacks came", "one", called.evidence(*called.received))
    return passed()


@check(kinds.CALLBACK_RETRIES)
def judge_retries(session: Session, requirement: Requirement[None]) -> Finding:
    """What is not acknowledged comes again after the documented waits, and then no more."""
    rule = session.contract.callback
    called = called_back(session, status=500)
    if isinstance(called, Finding):
        return called
    if not called.received or rule is None or _unclear(session, called):
        return skipped(Skip.NOT_OBSERVED)
    if not rule.timed:
        if len(called.received) > 1:
            return passed(len(called.received))
        seen = f"nothing came again within {PATIENCE:g} s"
        if session.target.steering is not None:  # the mock's own, which repeats after 5 s
            return failed(seen, "a repetition", called.evidence(*called.received))
        return skipped(Skip.NOT_OBSERVED, f"{seen}, and no document says when it does")
    moments = [each.at for each in called.received]
    slack = (0.01 if session.target.steering is not None else 1.0) + max(each.took for each in called.received)
    due = session.client.pace.retries(rule)
    if not any(_fits(waits, due, slack) for waits in _readings(moments, due)):
        shown = ", ".join(f"{later - earlier:.1f}" for earlier, later in pairwise(moments)) or "none"
        wanted = ", ".join(f"{wait:g}" for wait in due) + " s"
        return failed(f"the waits were {shown} s", wanted, called.evidence(*called.received))
    return passed(len(called.received))


def _readings(moments: list[float], retries: tuple[float, ...]) -> list[list[float]]:
    """The waits between attempts, and where the documented ones can be meant so, those since the first."""
    one = [later - earlier for earlier, later in pairwise(moments)]
    rising = all(earlier < later for earlier, later in pairwise(retries))
    return [one, [moment - moments[0] for moment in moments[1:]]] if rising else [one]


def _fits(waits: list[float], retries: tuple[float, ...], slack: float) -> bool:
    return len(waits) == len(retries) and all(
        abs(wait - wanted) <= slack for wait, wanted in zip(waits, retries, strict=True)
    )


@check(kinds.CALLBACK_HANDSHAKE)
def judge_handshake(session: Session, requirement: Requirement[None]) -> Finding:
    """The first that comes to an address is a challenge, by the documented method."""
    rule, called = session.contract.callback, called_back(session)
    if isinstance(called, Finding):
        return called
    received = sorted([*called.stages, *called.received], key=lambda each: each.at)
    if rule is None or rule.handshake is None or not received:
        return skipped(Skip.NOT_OBSERVED)
    if not called.challenges or called.challenges[0].at > received[0].at:
        return failed("a callback came, and no challenge before it", "a challenge", called.evidence(received[0]))
    wrong = next((each for each in called.challenges if each.method != rule.handshake.method), None)
    if wrong is not None:
        return failed(f"a challenge was a {wrong.method}", rule.handshake.method, called.evidence(wrong))
    return passed(len(called.challenges))


@check(kinds.CALLBACK_UNANSWERED)
def judge_unanswered(session: Session, requirement: Requirement[None]) -> Finding:
    """Who answers a challenge wrongly gets no callback."""
    rule, port = session.contract.callback, session.target.callbacks
    model = next((each for each in session.models if _takes(each) or (rule and rule.parameter is not None)), None)
    if port is None or rule is None or model is None:
        return skipped(Skip.NEEDS_CALLBACK)
    session.client.refuse_extra_tasks()
    address = port.address(200, rule.handshake, answers=False)
    made = start(session, model, address)
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED, "a create was not accepted")
    session.follow(made, linger=0)
    session.wait_for(lambda: any(each.challenge is None for each in port.received(address)), PATIENCE)
    arrived = port.received(address)
    called = [each for each in arrived if each.challenge is None]
    if called:
        receiver = Called(made, called, [], arrived, port.base, 200)
        return failed("a callback came to an address that answered wrongly", "none", receiver.evidence(called[0]))
    if not arrived or not made.ended:
        return skipped(Skip.NOT_OBSERVED, "no challenge came, or the task did not end")
    return passed()


@check(kinds.CALLBACK_SIGNATURE)
def judge_signature(session: Session, requirement: Requirement[None]) -> Finding:
    """Every callback is signed as documented, those that are repeated, too."""
    rule = session.contract.callback
    if rule is None or rule.signature is None:
        return skipped(Skip.NOT_OBSERVED)
    verifier = _verifier(session)
    if verifier.missing:
        return skipped(Skip.NOT_OBSERVED, verifier.missing)
    judged = 0
    for status in (200, 500) if rule.retries else (200,):
        called = called_back(session, status=status)
        if isinstance(called, Finding):
            return passed(judged) if judged else called
        for number, each in enumerate([*called.stages, *called.received], 1):
            wrong = signature_problem(session.contract, verifier, each)
            if wrong:
                return failed(f"callback {number}: {wrong}", requirement.statement, called.evidence(each))
            judged += 1
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED)


@check(kinds.CALLBACK_KEYS)
def judge_keys(session: Session, requirement: Requirement[None]) -> Finding:
    """The key set is there for everybody, and holds a key that can verify."""
    verifier = _verifier(session)
    if not verifier.missing:
        return passed()
    vendors = session.target.kind == "live" or session.target.steering is not None
    if verifier.sent is None or verifier.sent.error or not vendors:
        return skipped(Skip.NOT_OBSERVED, verifier.missing)
    return failed(verifier.missing, "a key set with an Ed25519 key", (verifier.sent,))


def _verifier(session: Session) -> Verifier:
    """What verifies callbacks, found once."""
    return session.once("verifier", lambda: verifier_of(session.contract, session.target))
