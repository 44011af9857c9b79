"""Callbacks: whether, how often, when, with what, and how they are signed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from screentest_contracts.contract import Callback, Contract, Signature, StatusClass
from screentest_contracts.location import resolve, segments
from screentest_contracts.signatures import Message, key_set, sign, write_secret
from screentest_mockserver.behaviours.deviations.edit import put
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.state.render import rendered
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def _silent(*classes: StatusClass) -> "Callable[[Task, int], bool]":
    return lambda task, attempt: task.plan.final.status_class not in classes


register(
    Deviation(
        "no-callback-on-success",
        "a success calls nobody back",
        ("callback.delivered.succeeded",),
        hooks=Hooks(callback=_silent(StatusClass.SUCCEEDED)),
    )
)
register(
    Deviation(
        "no-callback-on-failure",
        "a failure calls nobody back",
        ("callback.delivered.failed",),
        hooks=Hooks(callback=_silent(StatusClass.FAILED)),
    )
)


def _progress_event(view: BodyHookContext, body: Any) -> Any:
    return {"event": "task.done", "task": body} if view.kind == "callback" else body


register(
    Deviation(
        "callback-other-body",
        "a callback wraps the task in an event",
        ("callback.body",),
        hooks=Hooks(body=_progress_event),
        also=("callback.signature",),  # it may be of the task that the body names
    )
)
register(
    Deviation(
        "callback-not-json",
        "a callback carries a form instead of JSON",
        ("callback.body",),
        also=("callback.signature",),  # it may be of the task that the body names
        hooks=Hooks(delivery=lambda method, body: (method, b"status=done")),
    )
)
register(
    Deviation(
        "callback-other-method",
        "a callback comes by another method",
        ("callback.method",),
        hooks=Hooks(delivery=lambda method, body: ("PUT" if method == "POST" else "POST", body)),
    )
)


def _stale(view: BodyHookContext, body: Any) -> Any:
    """The callback still shows the task as it ran."""
    task = view.task
    if view.kind != "callback" or task is None:
        return body
    phase = task.plan.phases[-1]
    state = task.plan.at((phase.start + min(phase.end, task.plan.end)) / 2)
    return rendered(view.call, view.contract.roles[view.role][0], task, state)


register(
    Deviation(
        "callback-stale",
        "a callback shows the task as still running",
        ("callback.body", "callback.delivered.succeeded"),
        applies=lambda contract: contract.callback is not None and not contract.callback.bodies,
        hooks=Hooks(body=_stale),
        also=("callback.*",),
    )
)


def _odd_words(view: BodyHookContext, body: Any) -> Any:
    """Every text of the document's own body is another one."""
    rule = view.contract.callback
    if view.kind != "callback" or rule is None:
        return body
    for template in rule.bodies.values():
        for pointer, literal in template.literals:
            if isinstance(literal, str) and resolve(body, segments(pointer)) == literal:
                body = put(body, pointer, "odd")
    return body


def _has_words(contract: Contract) -> bool:
    rule = contract.callback
    bodies = rule.bodies.values() if rule is not None else ()
    return any(isinstance(literal, str) for template in bodies for _, literal in template.literals)


register(
    Deviation(
        "callback-other-event",
        "a callback names another event than the document",
        ("callback.body",),
        applies=_has_words,
        also=("callback.*",),  # what it is about can no longer be told
        hooks=Hooks(body=_odd_words),
    )
)
register(
    Deviation(
        "callback-events-ignored",
        "a task calls back for everything, whatever its create chose",
        ("callback.events",),
        hooks=Hooks(events=lambda chosen: frozenset(StatusClass)),
    )
)
register(
    Deviation(
        "callback-without-headers",
        "callbacks lack the headers of the document",
        ("callback.headers",),
        hooks=Hooks(delivery_headers=lambda headers: {}),
    )
)


def _of_another_status(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: f"{value}x" for name, value in headers.items()}


register(
    Deviation(
        "callback-headers-of-another-status",
        "the headers of a callback tell another status",
        ("callback.headers",),
        lambda contract: (
            contract.callback is not None
            and any(any(make.slots_named("status")) for make in contract.callback.headers.values())
        ),
        hooks=Hooks(delivery_headers=_of_another_status),
    )
)
register(
    Deviation(
        "callback-headers-of-another-task",
        "the headers of a callback have other values",
        ("callback.headers",),
        hooks=Hooks(delivery_headers=lambda headers: dict.fromkeys(headers, "other")),
    )
)

Wait = Callable[[Callback, int, bool, float | None], float | None]


def _waits(name: str, about: str, breaks: tuple[str, ...], wait: Wait, *, timed: bool = False) -> None:
    def applies(contract: Contract) -> bool:
        return not timed or (contract.callback is not None and contract.callback.timed)

    register(Deviation(name, about, breaks, applies, hooks=Hooks(wait=wait)))


_waits(
    "callback-not-retried",
    "a callback that is not acknowledged is not repeated",
    ("callback.retries",),
    lambda rule, attempt, done, wait: None,
)
_waits(
    "callback-retried-too-often",
    "callbacks go on after the last documented attempt",
    ("callback.retries",),
    lambda rule, attempt, done, wait: None if done or attempt > len(rule.retries) + 1 else wait or 1.0,
    timed=True,
)
_waits(
    "callback-retried-too-late",
    "the waits between attempts are three times as long",
    ("callback.retries",),
    lambda rule, attempt, done, wait: None if wait is None else wait * 3,
    timed=True,
)
_waits(
    "callback-retried-at-once",
    "attempts follow each other without a wait",
    ("callback.retries",),
    lambda rule, attempt, done, wait: None if wait is None else 0.0,
    timed=True,
)
_waits(
    "callback-repeated",
    "an acknowledged callback is repeated",
    ("callback.once",),
    lambda rule, attempt, done, wait: 1.0 if done and attempt < 2 else wait,
)


def _shakes_hands(contract: Contract) -> bool:
    return contract.callback is not None and contract.callback.handshake is not None


register(
    Deviation(
        "callback-without-challenge",
        "an address is called back that was not challenged",
        ("callback.handshake",),
        _shakes_hands,
        ("callback.handshake.refused",),
        Hooks(challenges=lambda known: False),
    )
)
register(
    Deviation(
        "callback-whatever-is-answered",
        "an address is called back that has answered its challenge wrongly",
        ("callback.handshake.refused",),
        _shakes_hands,
        hooks=Hooks(trusts=True),
    )
)


# -- signatures ---------------------------------------------------------------------------------------------------

Sign = Callable[[Signature, str, Message, int], Mapping[str, str]]


def _rule(contract: Contract) -> Signature | None:
    return contract.callback.signature if contract.callback else None


def _signs(name: str, about: str, sign: Sign, applies: Callable[[Signature], bool] = lambda rule: True) -> None:
    def has(contract: Contract) -> bool:
        rule = _rule(contract)
        return rule is not None and applies(rule)

    register(Deviation(name, about, ("callback.signature",), has, hooks=Hooks(sign=sign)))


def _bare(rule: Signature, secret: str, message: Message, attempt: int) -> Mapping[str, str]:
    return {name: value for name, value in sign(rule, secret, message).items() if name != rule.header}


def _first_only(rule: Signature, secret: str, message: Message, attempt: int) -> Mapping[str, str]:
    return sign(rule, secret, message) if attempt == 1 else _bare(rule, secret, message, attempt)


def _late(rule: Signature, secret: str, message: Message, attempt: int) -> Mapping[str, str]:
    return sign(rule, secret, replace(message, at=message.at - 2 * (rule.tolerance or 0) - 10))


def _of_other_bytes(rule: Signature, secret: str, message: Message, attempt: int) -> Mapping[str, str]:
    return sign(rule, secret, replace(message, body=message.body + b"\n", task=message.task + "\n"))


def _with_another_secret(rule: Signature, secret: str, message: Message, attempt: int) -> Mapping[str, str]:
    return sign(rule, write_secret(rule, "another-secret"), message)


_signs("callback-unsigned", "a callback is not signed", _bare)
_signs("callback-signature-wrong", "the signature is that of other bytes", _of_other_bytes)
_signs("callback-signed-by-another", "a callback is signed with another secret", _with_another_secret)
_signs(
    "callback-signed-long-ago",
    "a callback's time is older than the document lets it be",
    _late,
    lambda rule: rule.tolerance is not None,
)


def _keys(name: str, about: str, new: Callable[[Answer], Answer]) -> None:
    """Changes what the key set is answered with."""

    def answer(call: Call, made: Answer) -> Answer:
        asked = bool(call.facts.keys_path) and call.operation is None and call.request.path == call.facts.keys_path
        return new(made) if asked else made

    breaks = ("callback.keys", "callback.signature")
    register(Deviation(name, about, breaks, _has_keys, hooks=Hooks(answer=answer)))


def _has_keys(contract: Contract) -> bool:
    rule = _rule(contract)
    return rule is not None and bool(rule.keys_url)


_keys("callback-keys-missing", "the key set is not there", lambda made: Answer(404, made.headers, b"{}"))
_keys("callback-keys-empty", "the key set has no keys", lambda made: Answer(200, made.headers, b'{"keys": []}'))
_keys(
    "callback-keys-of-another",
    "the key set has the key of somebody else",
    lambda made: Answer(200, made.headers, key_set("somebody else").encode()),
)


def _repeats(contract: Contract) -> bool:
    return _rule(contract) is not None and bool(contract.callback and contract.callback.retries)


register(
    Deviation(
        "callback-unsigned-again",
        "only the first attempt of a callback is signed",
        ("callback.signature",),
        _repeats,
        hooks=Hooks(sign=_first_only),
    )
)
