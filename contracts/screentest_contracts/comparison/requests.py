"""Requests, member by member: renamed, moved, retyped, narrower, wider, missing, with another default."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from screentest_contracts.comparison.calls import place
from screentest_contracts.comparison.difference import Difference, Effect, cut, shown
from screentest_contracts.comparison.members import Member, members
from screentest_contracts.comparison.models import Pair, kin_of
from screentest_contracts.contract import Constraint, Contract, Model
from screentest_contracts.location import MISSING
from screentest_contracts.parameters import NUMERIC_TEXT, UNUSUAL_URL

_LENGTHS = (("minLength", "maxLength", "characters"), ("minItems", "maxItems", "items"))


def differences(home: Contract, other: Contract, matched: tuple[Pair, ...]) -> Iterator[Difference]:
    """Of the models themselves, and of the request of every model that both have."""
    for pair in matched:
        subject = str(pair.kin)
        if pair.other is None:
            yield Difference("models", Effect.BREAKS, subject, "missing", pair.home.name, "none", "no such model there")
            continue
        if not pair.exact:
            there = str(kin_of(other, pair.other))
            text = "of another version there" if pair.stated else "one of the documents states no version"
            text += "; compared all the same"
            yield Difference("models", Effect.BREAKS, subject, "other version", pair.home.name, pair.other.name, text)
            subject = f"{subject} (there {there})"
        elif pair.home.name != pair.other.name:
            yield Difference("models", Effect.BREAKS, subject, "renamed", pair.home.name, pair.other.name)
        yield from _modes(pair.home, pair.other, subject)
        yield from _earlier(pair.home, pair.other, subject)
        for each in _request(members(home, pair.home), members(other, pair.other)):
            yield replace(each, models=(subject,))
        for each in _rules(pair.home, pair.other):
            yield replace(each, models=(subject,))
    taken = {pair.other.name for pair in matched if pair.other is not None}
    for model in other.models.values():
        if model.name not in taken:
            yield Difference("models", Effect.INFORMS, str(kin_of(other, model)), "only there", "none", model.name)


def _modes(home: Model, other: Model, subject: str) -> Iterator[Difference]:
    """How requests of a model are told from those of others of its name, and which names it has."""
    told = [next((each.about for each in model.modes if each.model == model.name), "") for model in (home, other)]
    if bool(told[0]) is not bool(told[1]):
        text = "modes of one name are told apart by the members of a request"
        said = [(each and "by members") or "by its name" for each in told]
        yield Difference("models", Effect.BREAKS, subject, "told apart otherwise", said[0], said[1], text)
    elif told[0] != told[1]:
        yield Difference("models", Effect.CHANGES, subject, "told apart otherwise", told[0], told[1])
    names = ["one name" if model.names is None else model.names.pattern for model in (home, other)]
    if names[0] != names[1]:
        effect = Effect.INFORMS if home.names is None else Effect.BREAKS
        yield Difference("models", effect, subject, "other names", names[0], names[1])


def _earlier(home: Model, other: Model, subject: str) -> Iterator[Difference]:
    """From which earlier task the creates of a model go on."""
    said = [_named_earlier(model) for model in (home, other)]
    if said[0] != said[1]:
        effect = Effect.CHANGES if said[0][0] == said[1][0] else Effect.BREAKS
        yield Difference("models", effect, subject, "goes on otherwise", " ".join(said[0]), " ".join(said[1]))


def _named_earlier(model: Model) -> tuple[str, str]:
    """Where the id of an earlier task stands, and which task it may be."""
    rule = model.earlier
    if rule is None:
        return "from no earlier task", ""
    where = "in the address" if rule.at is None else f"at {place(rule.at)}"
    return f"from a task named {where}", f"({shown(rule.classes)}; of {shown(rule.models)})"


def align(mine: list[Member], theirs: list[Member]) -> dict[tuple[str, ...], Member | None]:
    """By path here: the member there. By meaning, then by path, then by name where that is plain. What has a meaning
    here alone is found by its path."""
    found: dict[tuple[str, ...], Member | None] = {}
    taken: set[tuple[str, ...]] = set()
    for member in mine:
        if member.meanings:
            meant = [each for each in theirs if set(each.meanings) & set(member.meanings)]
            match = min(meant, key=lambda each: (not each.types & member.types, each.alias), default=None)
            found[member.path] = match
            taken |= {match.path} if match else set()
    for member in mine:
        free = [each for each in theirs if not each.meanings and each.path not in taken]
        if member.meanings:
            plain = [each for each in free if each.path == member.path] if found[member.path] is None else []
            found[member.path] = plain[0] if plain else found[member.path]
            taken |= {each.path for each in plain}
            continue
        same = [each for each in free if each.path == member.path] or [
            each for each in free if each.leaf == member.leaf and len([m for m in mine if m.leaf == member.leaf]) == 1
        ]
        found[member.path] = same[0] if same else None
        taken |= {same[0].path} if same else set()
    return found


def _request(mine: list[Member], theirs: list[Member]) -> Iterator[Difference]:
    found = align(mine, theirs)
    meant = {meaning for member in mine for meaning in member.meanings}
    for member in mine:
        match = found[member.path]
        name = member.name
        if member.alias or (member.ignored and match is None):
            continue
        if match is None:
            yield _missing(member, name)
        elif "model" not in member.meanings or "model" not in match.meanings:
            yield from _pair(member, match, name)
        elif member.path != match.path:
            yield _moved(member, match, name)
    used = {match.path for match in found.values() if match is not None}
    for member in theirs:
        name = member.name
        if member.path in used or member.alias or set(member.meanings) & meant or _inside(member, used):
            continue
        if member.required:
            text = "a request without it is refused"
            yield Difference("request", Effect.BREAKS, name, "new and required", "none", member.name, text)
        elif not member.ignored:
            yield Difference("request", Effect.INFORMS, name, "only there", "none", _said(member))


_TOLD = {"type", "enum", "const", "required", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}
_TOLD |= {"x-text-limit", "x-ignored", "one-of-required", NUMERIC_TEXT, UNUSUAL_URL}
"""Constraints that are told member by member, or follow from others."""


def _rules(home: Model, other: Model) -> Iterator[Difference]:
    """Of members at the same place: further constraints, and how surely each is known, for either side of a limit."""
    mine, theirs = _constraints(home), _constraints(other)
    places = {key[0] for key in mine} & {key[0] for key in theirs}
    for key in dict.fromkeys([*mine, *theirs]):
        (path, kind, side), here, there = key, mine.get(key, ()), theirs.get(key, ())
        name, what = ".".join(path).replace(".*", "[]") or "body", f"{kind} {side}".strip()
        values = [{json.dumps(each.value, default=str, sort_keys=True) for each in both} for both in (here, there)]
        if here and there and values[0] == values[1]:
            marks = [shown(sorted({str(each.fact.mark) for each in both})) for both in (here, there)]
            if marks[0] != marks[1]:
                yield Difference("request", Effect.INFORMS, f"{name}: {what}", "known otherwise", marks[0], marks[1])
        elif kind not in _TOLD and path in places | {()}:
            said = cut(*(", ".join(sorted(each)) or "none" for each in values))
            effect = Effect.CHANGES if there else Effect.INFORMS
            yield Difference("request", effect, f"{name}: {what}", "other rule", said[0], said[1])


def _constraints(model: Model) -> dict[tuple[tuple[str, ...], str, str], list[Constraint]]:
    found: dict[tuple[tuple[str, ...], str, str], list[Constraint]] = {}
    for each in model.constraints:
        found.setdefault((each.path, each.kind, each.side), []).append(each)
    return found


def _inside(member: Member, used: set[tuple[str, ...]]) -> bool:
    return any(member.path[: len(path)] == path for path in used)


def _missing(member: Member, name: str) -> Difference:
    text = "has no counterpart; unknown members are ignored or refused"
    effect = Effect.BREAKS if member.required else Effect.CHANGES
    return Difference("request", effect, name, "missing", _said(member), "none", text)


def _moved(member: Member, match: Member, name: str) -> Difference:
    kind = "moved" if member.leaf == match.leaf else "renamed"
    return Difference("request", Effect.BREAKS, name, kind, member.name, match.name)


def _pair(member: Member, match: Member, name: str) -> Iterator[Difference]:
    if match.ignored:
        if not member.ignored:
            yield Difference(
                "request", Effect.CHANGES, name, "without effect", _said(member), f"{match.name} is ignored"
            )
        return
    if member.ignored:
        yield Difference("request", Effect.CHANGES, name, "takes effect", f"{member.name} is ignored", _said(match))
        return
    if member.path != match.path:
        yield _moved(member, match, name)
    mine, theirs = member.types, match.types
    if not _fits(mine, theirs) or ("array" in mine & theirs and not _fits(member.item_types, match.item_types)):
        yield Difference("request", Effect.BREAKS, name, "retyped", _types(member), _types(match))
    if member.required is not match.required:
        must = "required", "may be left out"
        yield Difference(
            "request",
            Effect.BREAKS if match.required else Effect.INFORMS,
            name,
            "required" if match.required else "optional",
            must[0] if member.required else must[1],
            must[0] if match.required else must[1],
        )
    yield from _values(member, match, name)
    yield from _ranges(member, match, name)
    one, two = member.default, match.default
    if not mine & theirs:
        return
    if one is not MISSING and two is not MISSING and str(one).casefold() != str(two).casefold():
        text = "a request that leaves it out gets another clip"
        yield Difference("request", Effect.CHANGES, name, "other default", shown(one), shown(two), text)
    elif (one is MISSING) is not (two is MISSING):
        said = ["not stated" if each is MISSING else shown(each) for each in (one, two)]
        yield Difference("request", Effect.INFORMS, name, "other default", said[0], said[1])


def _fits(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    if not (mine and theirs):
        return True
    return all(kind in theirs or (kind == "integer" and "number" in theirs) for kind in mine)


def _types(member: Member) -> str:
    names = [
        f"array of {shown(sorted(member.item_types))}" if kind == "array" and member.item_types else kind
        for kind in sorted(member.types)
    ]
    return " or ".join(names)


def _values(member: Member, match: Member, name: str) -> Iterator[Difference]:
    mine, theirs = member.values, match.values
    if not theirs or member.bounds != (None, None):
        return
    if not mine:
        if member.types & match.types and "boolean" not in member.types:
            yield Difference("request", Effect.CHANGES, name, "narrower", "any value", shown(theirs))
        return
    folded = {str(value).casefold(): value for value in theirs}
    respelled = [value for value in mine if value not in theirs and str(value).casefold() in folded]
    gone = [value for value in mine if str(value).casefold() not in folded]
    known = {str(value).casefold() for value in mine}
    new = [value for value in theirs if str(value).casefold() not in known]
    if respelled:
        effect = Effect.INFORMS if match.tolerates("case") else Effect.BREAKS
        after = [folded[str(value).casefold()] for value in respelled]
        text = "either case is understood there" if match.tolerates("case") else ""
        yield Difference("request", effect, name, "respelled", shown(respelled), shown(after), text)
    if gone:
        yield Difference(
            "request", Effect.BREAKS, name, "narrower", shown(mine), shown(theirs), f"not there: {shown(gone)}"
        )
    if new:
        yield Difference(
            "request", Effect.INFORMS, name, "wider", shown(mine), shown(theirs), f"also there: {shown(new)}"
        )


def _ranges(member: Member, match: Member, name: str) -> Iterator[Difference]:
    yield from _bounds(member.bounds, match.bounds, name, "")
    for low, high, unit in _LENGTHS:
        here = (member.schema.get(low), member.schema.get(high))
        there = (match.schema.get(low), match.schema.get(high))
        if member.types & match.types and "array" in (member.types | match.types) and unit == "items":
            yield from _bounds(here, there, name, f" {unit}")
        elif unit == "characters" and here[1] != there[1] and not (_counts_units(member) or _counts_units(match)):
            yield from _bounds((None, here[1]), (None, there[1]), name, f" {unit}")
    if _counts_units(member) or _counts_units(match):
        mine, theirs = (_text_limit(each) for each in (member, match))
        said = [_limit(each) for each in (mine, theirs)]
        shorter = theirs is not None and (mine is None or theirs["units"] < mine["units"])
        if said[0] != said[1]:
            refused = theirs is not None and theirs.get("excess") == "refuse"
            effect = (Effect.BREAKS if refused else Effect.CHANGES) if shorter else Effect.INFORMS
            yield Difference("request", effect, name, "narrower" if shorter else "other limit", said[0], said[1])


def _counts_units(member: Member) -> bool:
    return "x-text-limit" in member.schema


def _text_limit(member: Member) -> Any:
    """How much text a member takes: by the units that it counts, else by its `maxLength`; None for no limit."""
    longest = member.schema.get("maxLength")
    plain = None if longest is None else {"units": longest, "excess": "refuse"}
    return member.schema.get("x-text-limit", plain)


def _limit(node: Any) -> str:
    if node is None:
        return "no limit stated"
    wide = node.get("wide", 1)
    counted = f", wide ones count {wide}" if wide > 1 else ""
    excess = {"cut": "the rest is cut", "refuse": "more is refused"}.get(node.get("excess"), "excess not specified")
    return f"{node['units']} characters{counted}; {excess}"


def _bounds(here: tuple[Any, Any], there: tuple[Any, Any], name: str, unit: str) -> Iterator[Difference]:
    low = there[0] is not None and (here[0] is None or there[0] > here[0])
    high = there[1] is not None and (here[1] is None or there[1] < here[1])
    if here == (None, None) and there == (None, None):
        return
    said = [_span(each, unit) for each in (here, there)]
    if low or high:
        yield Difference("request", Effect.BREAKS, name, "narrower", said[0], said[1])
    elif here != there:
        yield Difference("request", Effect.INFORMS, name, "wider", said[0], said[1])


def _span(bounds: tuple[Any, Any], unit: str) -> str:
    low, high = ("" if each is None else shown(each) for each in bounds)
    return f"{low}..{high}{unit}" if low or high else "no limit stated"


def _said(member: Member) -> str:
    if member.values is not None:
        return f"{member.name}: {shown(member.values)}"
    low, high = member.bounds
    if low is not None or high is not None:
        return f"{member.name}: {'' if low is None else shown(low)}..{'' if high is None else shown(high)}"
    return f"{member.name}: {shown(sorted(member.types))}" if member.types else member.name
