"""Callbacks, cancelling, listing, lifetimes, polling and prices."""

from collections.abc import Iterator
from typing import Any

from screentest_contracts.comparison.calls import place
from screentest_contracts.comparison.difference import Difference, Effect, shown, span, sureness
from screentest_contracts.comparison.models import Pair
from screentest_contracts.contract import FILTERED, Callback, Contract, ListRule, Model, Price, Role
from screentest_contracts.location import Location, replaced, segments
from screentest_contracts.schemas import member_schemas

CLIP_SECONDS = 5.0
CLIPS = (("720p", 1280, 720), ("1080p", 1920, 1080))
"""The clips whose prices are compared: five seconds at 16:9 with 24 frames a second."""


def differences(home: Contract, other: Contract, matched: tuple[Pair, ...]) -> Iterator[Difference]:
    """What is agreed beside the calls themselves."""
    yield from _callbacks(home, other)
    yield from _cancel(home, other)
    yield from _listing(home, other)
    yield from _expiry(home, other)
    yield from _polling(home, other)
    yield from _prices(home, other, matched)
    yield from _balance(home, other)
    yield from _environment(home, other)


def _environment(home: Contract, other: Contract) -> Iterator[Difference]:
    """The variables that libraries read, which a client of the other provider has to be given."""
    mine, theirs = set(home.environment), set(other.environment)
    if mine != theirs:
        said = shown(tuple(sorted(mine))), shown(tuple(sorted(theirs)))
        yield Difference("address", Effect.INFORMS, "environment of known clients", "other", *said)


def _callbacks(home: Contract, other: Contract) -> Iterator[Difference]:
    mine, theirs = home.callback, other.callback
    if mine is None:
        if theirs is not None:
            yield Difference("callbacks", Effect.INFORMS, "callbacks", "only there", "none", f"by {place(theirs.url)}")
        return
    if theirs is None:
        said = f"by {place(mine.url)}", "none"
        yield Difference("callbacks", Effect.BREAKS, "callbacks", "missing", said[0], said[1], "a client must poll")
        return
    if mine.on != theirs.on:
        effect = Effect.CHANGES if set(mine.on) - set(theirs.on) else Effect.INFORMS
        yield Difference("callbacks", effect, "events", "other", shown(mine.on), shown(theirs.on))
    own = [sorted(each.bodies) for each in (mine, theirs)]
    if own[0] != own[1]:
        bodies = [f"its own, when {shown(tuple(each))}" if each else "the query's" for each in own]
        yield Difference("callbacks", Effect.BREAKS, "body of a callback", "other", bodies[0], bodies[1])
    asked = [each.parameter for each in (mine, theirs)]
    if asked[0] != asked[1]:
        where = [f"?{each}=" if each else "in the body" for each in asked]
        yield Difference("callbacks", Effect.BREAKS, "place of the address", "moved", where[0], where[1])
    if mine.url.pointers != theirs.url.pointers and asked == [None, None]:
        said = place(mine.url), place(theirs.url)
        yield Difference("callbacks", Effect.BREAKS, "place of the address", "moved", said[0], said[1])
    words = [shown(tuple(each.events.words) if each.events else "all") for each in (mine, theirs)]
    if words[0] != words[1]:
        yield Difference("callbacks", Effect.CHANGES, "choice of events", "other", words[0], words[1])
    for name in ("method", "success", "timeout", "retries", "max_length"):
        one, two = getattr(mine, name), getattr(theirs, name)
        if one != two:
            yield Difference("callbacks", Effect.INFORMS, name.replace("_", " "), "other", shown(one), shown(two))
    challenged = [_challenge(each) for each in (mine, theirs)]
    if challenged[0] != challenged[1]:
        effect = Effect.INFORMS if theirs.handshake is None else Effect.BREAKS
        text = "" if theirs.handshake is None else "an address that does not answer is not called"
        yield Difference("callbacks", effect, "challenge of an address", "other", challenged[0], challenged[1], text)
    one, two = _signed(mine), _signed(theirs)
    if one != two:
        effect = Effect.INFORMS if mine.signature is None else Effect.BREAKS
        yield Difference("callbacks", effect, "signature", "other", one, two)


def _challenge(callback: Callback) -> str:
    rule = callback.handshake
    if rule is None:
        return "none"
    answer = "as its text" if rule.answer is None else f"at {rule.answer}"
    beside = f" beside {shown(rule.body)}" if rule.body else ""
    return (
        f"{rule.method}, {rule.parameter or rule.at}{beside}; the answer repeats it {answer} within {rule.timeout:g} s"
    )


def _signed(callback: Callback) -> str:
    rule = callback.signature
    if rule is None:
        return "none"
    keys = f", keys at {rule.keys_url}" if rule.keys_url else ""
    return f"{rule.header}: {rule.value}, {rule.scheme} of {rule.over} in {rule.encoding}{keys}"


def _cancel(home: Contract, other: Contract) -> Iterator[Difference]:
    for role in (Role.CANCEL, Role.DELETE):
        mine, theirs = home.ending(role), other.ending(role)
        if mine is None or theirs is None:
            continue  # the missing call is told already
        for name, subject in (("classes", "cancels"), ("deletes", "deletes")):
            one, two = getattr(mine, name), getattr(theirs, name)
            if set(one) != set(two):
                effect = Effect.CHANGES if set(one) - set(two) else Effect.INFORMS
                what = f"statuses in which it {subject}"
                yield Difference(str(role), effect, what, "other", shown(one), shown(two))


def _listing(home: Contract, other: Contract) -> Iterator[Difference]:
    if home.listing is None or other.listing is None:
        return
    if home.listing.items.pointers != other.listing.items.pointers:
        said = place(home.listing.items), place(other.listing.items)
        yield Difference("list", Effect.BREAKS, "place of the tasks", "moved", said[0], said[1])
    for name in ("parameter", "default", "maximum", "page", "after", "cursor"):
        one, two = getattr(home.listing, name), getattr(other.listing, name)
        if one != two:
            yield Difference("list", Effect.CHANGES, f"{name} of a list", "other", shown(one), shown(two))
    told = [(f"filter by {fact}", home.listing.filter_by(fact), other.listing.filter_by(fact)) for fact in FILTERED]
    for what, one, two in (*told, ("order", _order(home.listing), _order(other.listing))):
        if one != two:
            yield Difference("list", Effect.CHANGES, f"{what} of a list", "other", shown(one), shown(two))


def _balance(home: Contract, other: Contract) -> Iterator[Difference]:
    rules = [each.resources.get(Role.BALANCE) for each in (home, other)]
    mine, theirs = rules
    if mine is None or theirs is None:
        return  # the missing call is told already
    places = [rule.left.pointer if rule is not None and rule.left is not None else "" for rule in rules]
    if places[0] != places[1]:
        said = [place(Location(each)) for each in places]
        yield Difference("prices", Effect.BREAKS, "place of what is left", "moved", said[0], said[1])
    if mine.early is not theirs.early:
        said = ["as a task is created" if rule.early else "as a task succeeds" for rule in (mine, theirs)]
        yield Difference("prices", Effect.CHANGES, "when a price is taken", "other", said[0], said[1])


def _order(rule: ListRule) -> str | None:
    """How either order is asked for: `sort=-created or created`."""
    return None if rule.order is None else f"{rule.order.parameter}={rule.order.newest} or {rule.order.oldest}"


def _expiry(home: Contract, other: Contract) -> Iterator[Difference]:
    said = [life_of(each) for each in (home, other)]
    if said[0] != said[1]:
        lives = [_surely(each) for each in (home, other)]
        yield Difference("expiry", _shorter(lives[0], lives[1]), "life of a link", "other", said[0], said[1])
    kept = [(each.retention.task, each.retention.since) if each.retention else (None, "") for each in (home, other)]
    if kept[0] != kept[1]:
        said = [kept_for(each) for each in (home, other)]
        yield Difference("expiry", _shorter(kept[0][0], kept[1][0]), "life of a task", "other", said[0], said[1])


def life_of(contract: Contract) -> str:
    """How long a link lives, and how sure that is."""
    link = contract.link
    if link.life is None:
        return span(None)
    lives = " or ".join(span(each) for each in sorted(link.lives)) or "ends at an unknown time"
    return lives + sureness(link.facts["life"])


def _surely(contract: Contract) -> float | None:
    """The seconds for which a link lives by each reading: none where only its end is documented."""
    return None if contract.link.life is None else contract.link.shortest or 0.0


def kept_for(contract: Contract) -> str:
    """How long a task can be read, and how sure that is."""
    if contract.retention is None:
        return "not stated"
    return f"{span(contract.retention.task)} after it was {contract.retention.since}{sureness(contract.retention.fact)}"


def _shorter(mine: float | None, theirs: float | None) -> Effect:
    return Effect.CHANGES if theirs is not None and (mine is None or theirs < mine) else Effect.INFORMS


def _polling(home: Contract, other: Contract) -> Iterator[Difference]:
    mine, theirs = home.polling, other.polling
    if mine.interval != theirs.interval:
        effect = Effect.CHANGES if theirs.floor > mine.interval[0] else Effect.INFORMS
        text = "polls too often" if effect is Effect.CHANGES else ""
        said = [range_of(each.polling.interval) + sureness(each.polling.fact) for each in (home, other)]
        yield Difference("polling", effect, "interval", "other", said[0], said[1], text)
    if mine.grace != theirs.grace:
        effect = Effect.CHANGES if theirs.grace > mine.grace else Effect.INFORMS
        text = "a client takes an early 'unknown' for the end of a task" if effect is Effect.CHANGES else ""
        yield Difference("polling", effect, "unknown at first", "other", span(mine.grace), span(theirs.grace), text)
    for name in ("floor", "timeout", "first"):
        one, two = getattr(mine, name), getattr(theirs, name)
        if one != two:
            yield Difference("polling", Effect.INFORMS, name, "other", span(one), span(two))
    if mine.typical != theirs.typical:
        effect = Effect.CHANGES if theirs.typical[1] > mine.timeout else Effect.INFORMS
        text = "a client may give up too early" if effect is Effect.CHANGES else ""
        usual = range_of(mine.typical), range_of(theirs.typical)
        yield Difference("polling", effect, "usual time of a task", "other", usual[0], usual[1], text)


def range_of(seconds: tuple[float, float]) -> str:
    """`3 to 5 s`"""
    low, high = seconds
    return f"{shown(low)} s" if low == high else f"{shown(low)} to {shown(high)} s"


def price_of(contract: Contract, model: Model, clip: tuple[str, int, int]) -> tuple[float, str] | None:
    """(amount, currency and sureness) of a clip by the contract's prices, or None where none is known."""
    resolution, width, height = clip
    body = _asking_for(model, resolution)
    for price in contract.prices_of(model):
        tiered = price.resolution is None or price.resolution.casefold() == resolution
        if tiered and price.holds(model.schema, body):
            return round(price.amount * _factor(price, width, height), 4), price.currency + sureness(price.fact)
    return None


def _asking_for(model: Model, resolution: str) -> Any:
    """The model's minimal request, with this resolution where it can be asked for."""
    at = model.request.resolution
    for schema in member_schemas(model.schema, at):
        for value in schema.get("enum", ()):
            if at is not None and str(value).casefold() == resolution:
                return replaced(model.base, segments(at.pointers[0]), value)
    return model.base


def _factor(price: Price, width: int, height: int) -> float:
    if price.per == "second":
        return CLIP_SECONDS
    return 1.0 if price.per == "video" else width * height * (CLIP_SECONDS * 24 + 1) / 1024 / 1e6


def _prices(home: Contract, other: Contract, matched: tuple[Pair, ...]) -> Iterator[Difference]:
    for pair in matched:
        if pair.other is None:
            continue
        for clip in CLIPS:
            mine, theirs = price_of(home, pair.home, clip), price_of(other, pair.other, clip)
            if mine != theirs:
                said = [f"{shown(each[0])} {each[1]}" if each else "not stated" for each in (mine, theirs)]
                subject = f"5 s at {clip[0]}"
                yield Difference("prices", Effect.INFORMS, subject, "other", said[0], said[1], models=(str(pair.kin),))
