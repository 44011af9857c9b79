"""Legal behaviour that a client must survive, by name. A deviation, by contrast, is a violation."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.errors import UsageError
from screentest_contracts.facts import Mark
from screentest_contracts.suggestions import did_you_mean
from screentest_mockserver.tasks.scenario import Scenario, ScenarioFamily


def _number(argument: str, default: float) -> float:
    try:
        value = float(argument) if argument else default
    except ValueError:
        raise UsageError(f"scenario argument {argument!r} is not a number", "for example slow:5") from None
    if not 0 <= value <= 1e6:
        raise UsageError(f"scenario argument {argument!r} is out of range", "use 0 to 1000000")
    return value


SCENARIOS: Final[dict[str, str]] = {}
"""Every scenario with what it does."""

_FAMILIES: dict[str, ScenarioFamily] = {}

_MEANT: Final = dict.fromkeys(("stall", "stalled", "hang", "hangs", "stuck", "endless"), "never-ending")
"""Words that people try, which are spelled like no scenario, or like another one."""


def register(family: ScenarioFamily) -> ScenarioFamily:
    """Adds a scenario, at any time. Raises ValueError where its name is taken.

    `Mock.schedule`, `--scenario` and the control plane know it by its name from then on.

    >>> import httpx, screentest
    >>> from dataclasses import replace
    >>> def _build(plain: screentest.Scenario, argument: str) -> screentest.Scenario:
    ...     return replace(plain, pace=0.0, outcome=screentest.StatusClass.FAILED)
    >>> _ = screentest.add_scenario(screentest.ScenarioFamily("acme-doomed", "fails at once", _build))
    >>> url = "https://api.acme.example/jobs"
    >>> with screentest.router("acme.yaml") as router:
    ...     router.screentest.schedule("acme-doomed")
    ...     headers = {"x-key": f"Key {router.screentest.key}", "x-async": "enable"}
    ...     task_id = httpx.post(url, json={"model": "clip-1"}, headers=headers).json()["job"]["id"]
    ...     httpx.get(f"{url}/{task_id}", headers=headers).json()["state"]
    'BAD'
    """
    if family.name in _FAMILIES:
        raise ValueError(f"two scenarios are called {family.name}")
    _FAMILIES[family.name] = family
    SCENARIOS[family.name] = family.about
    return family


def unregister(name: str) -> None:
    """Takes a scenario out again, for tests of packages that add some."""
    del _FAMILIES[name]
    del SCENARIOS[name]


_OWN: tuple[tuple[str, str, Callable[[Scenario, str], Scenario]], ...] = (
    ("success", "ends in success after the typical time", lambda s, a: s),
    ("immediate", "is done at once", lambda s, a: replace(s, pace=0.0)),
    (
        "failure",
        "fails; failure:CODE fails with that documented code",
        lambda s, a: replace(s, outcome=StatusClass.FAILED, failure=a or None),
    ),
    (
        "cancelled",
        "ends as cancelled, by the status or the failure code that the document has for it",
        lambda s, a: replace(s, outcome=StatusClass.CANCELLED),
    ),
    (
        "expired",
        "ends as expired, by the status or the failure code that the document has for it",
        lambda s, a: replace(s, outcome=StatusClass.EXPIRED),
    ),
    ("slow", "takes 10 times as long (slow:N: N times)", lambda s, a: replace(s, pace=_number(a, 10))),
    ("never-ending", "never reaches an end", lambda s, a: replace(s, pace=math.inf)),
    (
        "rate-limited",
        "2 polls (N) are answered 429, as the document says or plainly with Retry-After",
        lambda s, a: replace(s, query_errors=("rate-limited", int(_number(a, 2)))),
    ),
    (
        "rate-limited-create",
        "the first create (N) is answered 429, as the document says or plainly with Retry-After",
        lambda s, a: replace(s, create_errors=("rate-limited", int(_number(a, 1)))),
    ),
    (
        "server-errors",
        "3 polls (N) are answered with a server error",
        lambda s, a: replace(s, query_errors=("server-error", int(_number(a, 3)))),
    ),
    (
        "server-error-create",
        "the first create (N) is answered with a server error, and no task exists",
        lambda s, a: replace(s, create_errors=("server-error", int(_number(a, 1)))),
    ),
    (
        "refuse-create",
        "the next create is refused under a condition of the document: refuse-create:CONDITION",
        lambda s, a: replace(s, create_errors=(a or "rate-limited", 1)),
    ),
    (
        "refuse-query",
        "the first poll is refused under a condition of the document: refuse-query:CONDITION",
        lambda s, a: replace(s, query_errors=(a or "rate-limited", 1)),
    ),
    (
        "lost-answer",
        "the create is accepted, then the connection drops without an answer",
        lambda s, a: replace(s, lose_create=True),
    ),
    (
        "slow-answers",
        "every answer about the task comes after 2 seconds (N) of the clock",
        lambda s, a: replace(s, delay=_number(a, 2)),
    ),
    (
        "late-bytes",
        "the first 3 downloads (N) say not ready although the task has succeeded",
        lambda s, a: replace(s, content_errors=("not-ready", int(_number(a, 3)))),
    ),
    (
        "truncated-bytes",
        "downloads break off in the middle (truncated-bytes:N: the first N)",
        lambda s, a: replace(s, truncate=int(_number(a, 1e6))),
    ),
    (
        "ignored-range",
        "the first download (N) breaks off in the middle, and who asks for the rest is answered 200 with the whole",
        lambda s, a: replace(s, truncate=int(_number(a, 1)), resumed="ignored"),
    ),
    (
        "replaced-file",
        "the first download breaks off in the middle, and another file with another ETag takes the place of this one",
        lambda s, a: replace(s, truncate=1, resumed="replaced"),
    ),
    (
        "lost-end",
        "the first download (N) breaks off after its last byte, and who asks for more is answered 416",
        lambda s, a: replace(s, truncate=int(_number(a, 1)), resumed="ended"),
    ),
    (
        "server-errors-content",
        "the first 2 downloads (N) are answered with a server error",
        lambda s, a: replace(s, content_errors=("server-error", int(_number(a, 2)))),
    ),
    (
        "lost-polls",
        "the first 2 polls (N) get no answer: the connection drops",
        lambda s, a: replace(s, lost_polls=int(_number(a, 2))),
    ),
    (
        "silent-create",
        "the create is accepted, and its answer comes after 60 seconds (N) of the clock, at any speed",
        lambda s, a: replace(s, create_delay=_number(a, 60)),
    ),
    (
        "retry-after",
        "2 polls (N) are answered 429 with Retry-After, and who asks earlier than that is refused again",
        lambda s, a: replace(s, query_errors=("rate-limited", int(_number(a, 2))), enforce=True),
    ),
    (
        "retry-after-date",
        "the same, with Retry-After as a date",
        lambda s, a: replace(s, query_errors=("rate-limited", int(_number(a, 2))), enforce=True, retry_date=True),
    ),
    (
        "retry-after-create",
        "the first create (N) is answered 429 with Retry-After, and who asks earlier than that is refused again",
        lambda s, a: replace(s, create_errors=("rate-limited", int(_number(a, 1))), enforce=True),
    ),
    (
        "lost-task",
        "every poll is answered that there is no such task",
        lambda s, a: replace(s, query_errors=("unknown-task", 1_000_000)),
    ),
    (
        "unknown-status",
        "2 polls (N) on the way show a status word that no page has",
        lambda s, a: replace(s, odd_status=int(_number(a, 2))),
    ),
    (
        "unknown-end",
        "ends under a status word that no page has: every poll shows it, and nothing else ever comes",
        lambda s, a: replace(s, pace=math.inf, odd_status=1_000_000),
    ),
    ("no-result", "succeeds, and the answer has no address of the result", lambda s, a: replace(s, no_result=True)),
    (
        "elsewhere-result",
        "the result's address is on a second origin, where nobody is to send a key",
        lambda s, a: replace(s, elsewhere=True),
    ),
    (
        "redirected-result",
        "the result's address leads to a second origin by a redirect (302)",
        lambda s, a: replace(s, redirect=True),
    ),
    (
        "signed-link",
        "the result's address works with the whole of its query only",
        lambda s, a: replace(s, strict=True),
    ),
    (
        "stale-link",
        "the result's address that is shown first has expired, and the next query shows one that works",
        lambda s, a: replace(s, stale=True),
    ),
    ("empty-bytes", "downloads are answered 200 without a byte", lambda s, a: replace(s, bytes="empty")),
    ("text-for-bytes", "downloads are answered 200 with a page of text", lambda s, a: replace(s, bytes="text")),
    (
        "forged-callbacks",
        "before the true callbacks comes one that the vendor has not made",
        lambda s, a: replace(s, callbacks="forged"),
    ),
    ("repeated-callbacks", "each callback comes twice", lambda s, a: replace(s, callbacks="repeated")),
    ("no-callbacks", "no callback ever comes", lambda s, a: replace(s, callbacks="none")),
)
for _row in _OWN:
    register(ScenarioFamily(*_row))


def meant_by(name: str) -> str:
    """The scenario that people mean by a usual word, or the name itself."""
    return _MEANT.get(name.lower(), name)


def scenario(name: str, contract: Contract | None = None) -> Scenario:
    """The scenario called `name` or `name:argument`. Raises UsageError that suggests the nearest."""
    head, _, argument = name.partition(":")
    if head not in _FAMILIES:
        hint = did_you_mean(meant_by(head), _FAMILIES, f"scenarios: {', '.join(_FAMILIES)}")
        raise UsageError(f"unknown scenario {name!r}", hint)
    family = _FAMILIES[head]
    chosen = family.build(Scenario(name, family.about), argument)
    if contract is not None:
        _check_end(chosen, contract)
        _check_fits(chosen, contract)
    if contract is not None and chosen.failure is not None:
        codes = [failure.code for failure in contract.failures]
        if chosen.failure not in codes:
            raise UsageError(f"{contract.name} documents no failure {chosen.failure!r}", f"codes: {', '.join(codes)}")
    if contract is not None and head.startswith("refuse-") and argument:
        role = Role.CREATE if chosen.create_errors else Role.QUERY
        if contract.error(role, argument) is None:
            known = [condition for of, condition in contract.errors if of is role]
            hint = did_you_mean(argument, known, f"conditions: {', '.join(known)}")
            raise UsageError(f"{contract.name} documents no refusal {argument!r} of a {role}", hint)
    return chosen


def unfit(chosen: Scenario, contract: Contract) -> str:
    """Why a contract cannot have a scenario; "" where it can."""
    words = [status.wire for status in contract.lifecycle.statuses.values()]
    if chosen.odd_status and not all(isinstance(word, str) for word in words):
        return "its statuses are no words"
    if (chosen.no_result or chosen.moves_link) and not contract.link.at.pointers:
        return "no answer shows the result's address"
    if chosen.moves_link and "{{media}}" not in str(contract.link.make.tree):
        return "the result's address is one of its API"
    if chosen.resumed == "ignored" and contract.link.range and contract.link.facts["range"].mark is Mark.DOCUMENTED:
        return "it documents that ranges are answered"
    if chosen.callbacks and contract.callback is None:
        return "it does not call back"
    return ""


def odd_word(contract: Contract) -> str:
    """A status word that a document does not have, in the case of those that it has."""
    words = [str(status.wire) for status in contract.lifecycle.statuses.values()]
    word = "post_processing"
    while any(each.lower() == word for each in words):
        word = f"{word}_2"
    return word.upper() if all(each.isupper() for each in words) else word


def _check_fits(chosen: Scenario, contract: Contract) -> None:
    reason = unfit(chosen, contract)
    if reason:
        raise UsageError(f"{contract.name} has no scenario {chosen.name!r}: {reason}", "see `screentest scenarios`")


def _check_end(chosen: Scenario, contract: Contract) -> None:
    """Raises UsageError where no task of the document ends so."""
    ends = {end for profile in contract.profiles.values() for end in profile.outcomes}
    if chosen.outcome not in ends:
        known = ", ".join(sorted(ends))
        message = f"scenario {chosen.name!r}: {contract.name} documents no status of a task that is {chosen.outcome}"
        raise UsageError(message, f"its tasks end as {known}")
