"""Every word of `x-task` of which no other module tells: whatever differs there is told as it is written.

So a new word is told from the day on which it can be written. What a module tells better is in `TOLD`, what is nobody's
difference in `UNTOLD`.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from screentest_contracts.comparison.arranged import NARROW, SURENESS, arranged
from screentest_contracts.comparison.difference import TOPICS, Difference, Effect, cut
from screentest_contracts.comparison.models import Pair
from screentest_contracts.contract import Contract
from screentest_contracts.raw.nodes import mapping, sequence

Path = tuple[str, ...]

TOLD = (
    "roles/**",
    "success/create/status",
    "success/create/equals/**",
    "success/query/status",
    "success/query/equals/**",
    "error/code",
    "error/message",
    "request/**",
    "models/*/schema",
    "models/*/request/**",
    "models/*/told_by/**",
    "models/*/names",
    "models/*/earlier",
    "models/*/earlier/at",
    "models/*/earlier/parameter",
    "models/*/earlier/models",
    "models/*/earlier/from",
    "models/*/match/**",
    "id/at",
    "id/parameter",
    "id/forms",
    "id/forms/pattern",
    "lifecycle/status",
    "lifecycle/receipt",
    "lifecycle/initial/*",
    "lifecycle/statuses/*",
    "lifecycle/statuses/*/wire",
    "lifecycle/statuses/*/class",
    "lifecycle/statuses/*/tolerated",
    "profiles/*/bodies/**",
    "profiles/*/receipt/**",
    "wait",
    "wait/header",
    "wait/at",
    "wait/value",
    "wait/seconds",
    "stream",
    "stream/event/**",
    "stream/closing",
    "callback",
    "callback/url",
    "callback/on",
    "callback/bodies",
    "callback/parameter",
    "callback/events",
    "callback/events/words/**",
    "callback/method",
    "callback/success",
    "callback/timeout",
    "callback/retries",
    "callback/max_length",
    "callback/handshake",
    "callback/handshake/method",
    "callback/handshake/parameter",
    "callback/handshake/at",
    "callback/handshake/body",
    "callback/handshake/answer",
    "callback/handshake/timeout",
    "callback/signature",
    "callback/signature/scheme",
    "callback/signature/header",
    "callback/signature/value",
    "callback/signature/encoding",
    "callback/signature/over",
    "cancel",
    "cancel/from",
    "cancel/deletes",
    "delete",
    "delete/from",
    "delete/cancels",
    "list",
    "list/items",
    "list/parameter",
    "list/default",
    "list/maximum",
    "list/page",
    "list/after",
    "list/cursor",
    "list/cursor/parameter",
    "list/filters/**",
    "list/order/**",
    "upload",
    "resources/*",
    "resources/balance/body/**",
    "resources/balance/taken",
    "link/at",
    "link/relative_to",
    "link/auth",
    "link/media_type",
    "link/range",
    "link/life",
    "link/life/*/life",
    "assets/*",
    "assets/*/at",
    "assets/*/auth",
    "assets/*/media_type",
    "assets/*/life",
    "retention/task",
    "retention/from",
    "polling/interval",
    "polling/floor",
    "polling/timeout",
    "polling/first",
    "polling/grace",
    "polling/typical",
    "idempotency",
    "idempotency/header",
    "idempotency/at",
    "prices/**",
    "errors/*/readings/status",
    "errors/*/readings/body/**",
)
"""Where differences are told by other modules: `**` is all below, any other pattern the place itself."""

UNTOLD: Mapping[str, str] = {
    "version": "the version of the vocabulary",
    "mark": "of what has no mark of its own",
    "profiles/*/copies/**": "copies of the status, which agree with it",
    "provider/**": "names and keys, which no two vendors share; the key is told",
    "sources/**": "where facts are from, not what they are",
    "settings/**": "readings are compared as they are chosen",
    "contradictions/**": "what the documents leave open; the reading taken is compared where it stands",
    "unobservable/**": "what nobody can see",
    "units/**": "prices are compared, and with real money where they are in it",
    "values/**": "forms of values that only the mock makes up",
    "models/*/base/**": "an example of a request",
    "presence/*/name": "a name of ours",
    "errors/*/name": "a name of ours",
    "prices/*/unit": "how bodies write amounts, which are compared by the price",
    "models/*/profile": "a name within the document",
    "models/*/operation": "a name within the document; its path is compared",
    "models/*/upstream": "a name that only the vendor's own upstream has",
    "profiles/*/stages/**": "how long the mock stays in each status",
    "profiles/*/typical": "the pace of the mock; what the pages say is `polling.typical`",
    "profiles/*/result/**": "as the bodies of queries, which it follows",
    "profiles/*/item/**": "a task in a list, which is compared as queries show it",
    "profiles/*/views/**": "another shape of the same answers, at an alias",
    "failures/**": "examples of reasons, not all there are",
    "upload/make": "what the mock makes up; its form is compared",
    "id/forms/make": "what the mock makes up; its form is compared",
    "link/make/**": "what the mock makes up; whether addresses are relative is compared",
    "idempotency/make": "what the suites make up",
    "resources/*/start": "what the mock's accounts begin with",
}
"""What makes no difference to a client, and why."""

_TOPICS = {
    "link": "result",
    "assets": "result",
    "callback": "callbacks",
    "resources": "prices",
    "retention": "expiry",
    "lifecycle": "status",
    "presence": "status",
    "profiles": "status",
    "error": "errors",
    NARROW: "errors",
    "upload": "calls",
    "headers": "calls",
    "idempotency": "calls",
    "promises": "calls",
    "id": "receipt",
}


def differences(home: Contract, other: Contract, matched: tuple[Pair, ...]) -> Iterator[Difference]:
    """Words that differ and of which nothing else is told. A mark is told where what it speaks of is the same."""
    yield from _walk((), *arranged(home, other, matched))


def _walk(path: Path, mine: Any, theirs: Any) -> Iterator[Difference]:
    if sequence(mine) == sequence(theirs) or _is_silent(path):
        return
    if path[-2:-1] == (SURENESS,):
        if mine is not None and theirs is not None:
            yield _difference(path, mine, theirs, Effect.INFORMS, "known otherwise")
        return
    both = isinstance(mine, dict) and isinstance(theirs, dict)
    section = len(path) == 1 and isinstance(mine, dict | None) and isinstance(theirs, dict | None)
    if both or (section and not _matches(path, TOLD)):
        here, there = mapping(mine), mapping(theirs)
        for name in dict.fromkeys([*here, *there]):
            if not _is_mark(name):
                yield from _walk((*path, str(name)), here.get(name), there.get(name))
            elif both:
                yield from _sureness(path, name, here, there)
    elif not _matches(path, TOLD) and _said(mine) != _said(theirs):
        effect = Effect.INFORMS if None in (mine, theirs) and path[0] in ("errors", NARROW) else Effect.CHANGES
        yield _difference(path, mine, theirs, effect, "other")


def _sureness(path: Path, name: str, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Difference]:
    """How sure two documents are of the same fact."""
    about = name.removesuffix("mark").rstrip("_")
    here, there = (each.get(about) if about else _without_marks(each) for each in (mine, theirs))
    if here == there and mine.get(name) != theirs.get(name) and not _matches((*path, name), TOLD):
        yield _difference((*path, name), mine.get(name), theirs.get(name), Effect.INFORMS, "known otherwise")


def _difference(path: Path, mine: Any, theirs: Any, effect: Effect, kind: str) -> Difference:
    topic = _TOPICS.get(path[0], path[0] if path[0] in TOPICS else "calls")
    models = (path[1],) if path[0] == "models" else ()
    subject = " ".join(path[2:] if models else path)
    return Difference(topic, effect, subject, kind, *cut(_said(mine), _said(theirs)), models=models)


def _is_mark(name: str) -> bool:
    return name == "mark" or name.endswith("_mark")


def _without_marks(node: Any) -> Any:
    """A value without what says how sure it is, and by whom."""
    if isinstance(node, dict):
        kept = (name for name in node if not _is_mark(name) and not str(name).endswith("source") and name != "note")
        return {name: _without_marks(node[name]) for name in kept}
    return [_without_marks(each) for each in node] if isinstance(node, list) else node


def _is_silent(path: Path) -> bool:
    last = path[-1] if path else ""
    where_from = last.startswith("x-") or last.endswith(("source", "note", "statement"))
    return where_from or (last == "when" and path[0] != "prices") or _is_below(path)


def _is_below(path: Path) -> bool:
    """Whether all that is at a place and below it is told elsewhere, or makes no difference."""
    whole = [pattern for pattern in TOLD if pattern.endswith("/**")]
    return _matches(path, (*whole, *UNTOLD))


def _matches(path: Path, patterns: tuple[str, ...]) -> bool:
    return any(fits(path, pattern) for pattern in patterns)


@lru_cache(4096)
def fits(path: Path, pattern: str) -> bool:
    """Whether a place is one of those that a pattern names."""
    parts = tuple(pattern.split("/"))
    if parts[-1] == "**":
        parts, path = parts[:-1], path[: len(parts) - 1]
    return len(parts) == len(path) and all(part in ("*", name) for part, name in zip(parts, path, strict=True))


def _said(value: Any) -> str:
    """A value as it is written, in one line."""
    if value is None or value is False:
        return "none"
    if isinstance(value, dict) and "readings" in value:  # a refusal
        value = str(mapping(value["readings"]).get("status", "a row of its own"))
    return value if isinstance(value, str) else json.dumps(_without_marks(value), ensure_ascii=False, default=str)
