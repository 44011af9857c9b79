"""Status words, first status, progress, result, reason of a failure, and times, as answers show them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from screentest_contracts.comparison.calls import place
from screentest_contracts.comparison.difference import Difference, Effect, shown, span
from screentest_contracts.comparison.models import Pair
from screentest_contracts.contract import Asset, Body, Contract, Profile, StatusClass
from screentest_contracts.location import MISSING
from screentest_contracts.template import TIMES, Slot

_MOMENTS = ("created", "submitted", "started", "finished")


def differences(home: Contract, other: Contract, matched: tuple[Pair, ...]) -> Iterator[Difference]:
    """What a client that polls meets, by the profile of the first model that both have."""
    pair = next((each for each in matched if each.other is not None), None)
    mine = home.profiles[pair.home.profile] if pair else next(iter(home.profiles.values()))
    theirs = other.profiles[pair.other.profile] if pair and pair.other else next(iter(other.profiles.values()))
    yield from _statuses(home, other)
    yield from _first(home, other)
    yield from _progress(home, other, mine, theirs)
    yield from _result(home, other)
    yield from _assets(home, other)
    yield from _reason(home, other, mine, theirs)
    yield from _times(home, other, mine, theirs)


def words(contract: Contract, kind: StatusClass, *, tolerated: bool = False) -> list[str]:
    """The words of a class that are expected, as they stand in an answer; or those that are only tolerated."""
    found = (
        "(absent)" if status.wire is MISSING else str(status.wire)
        for status in contract.lifecycle.statuses.values()
        if status.status_class is kind and status.tolerated is tolerated
    )
    return list(dict.fromkeys(found))


def _statuses(home: Contract, other: Contract) -> Iterator[Difference]:
    at = home.lifecycle.status_at, other.lifecycle.status_at
    if not set(at[0].pointers) & set(at[1].pointers):
        yield Difference("status", Effect.BREAKS, "place of the status", "moved", place(at[0]), place(at[1]))
    elif at[0].pointers != at[1].pointers:
        yield Difference("status", Effect.INFORMS, "place of the status", "other", place(at[0]), place(at[1]))
    understood = {word for status in StatusClass for word in words(home, status)}
    known = understood | {word for status in StatusClass for word in words(home, status, tolerated=True)}
    for kind in StatusClass:
        rare = [word for word in words(other, kind, tolerated=True) if word not in known]
        if rare:
            yield Difference("status", Effect.INFORMS, f"further words for {kind}", "only there", "none", shown(rare))
        mine, theirs = words(home, kind), words(other, kind)
        new = [word for word in theirs if word not in mine]
        if mine == theirs:
            continue
        if not new:
            if set(mine) != set(theirs):
                yield Difference("status", Effect.INFORMS, f"words for {kind}", "fewer", shown(mine), shown(theirs))
            continue
        if not home.lifecycle.ignore_case or not {word.lower() for word in new} <= {word.lower() for word in mine}:
            text = "a client polls on and never sees the end" if kind.terminal else "a client meets an unknown word"
            meant = [word for word in new if word in understood]
            text = f"{shown(meant)} means something else here" if meant else text
            respelled = {word.lower() for word in theirs} == {word.lower() for word in mine}
            how = "respelled" if respelled else "other words" if mine else "new class"
            yield Difference("status", Effect.BREAKS, f"words for {kind}", how, shown(mine), shown(theirs), text)
    back = [_falls_back(each) for each in (home, other)]
    if back[1] and not back[0]:
        said = "a running task does not wait again", "a running task may be seen waiting"
        yield Difference("status", Effect.CHANGES, "order of statuses", "looser", said[0], said[1])


def _falls_back(contract: Contract) -> bool:
    statuses = contract.lifecycle.statuses
    return any(
        statuses[before].status_class is StatusClass.RUNNING
        and any(statuses[each].status_class is StatusClass.QUEUED and not statuses[each].tolerated for each in after)
        for before, after in contract.lifecycle.transitions.items()
    )


def first_words(contract: Contract) -> list[str]:
    """The words that receipts begin with, as the mock says them: by the receipts' own templates."""
    if contract.lifecycle.receipt_at is None:
        return []
    found = []
    for profile in contract.profiles.values():
        for body in profile.receipt:
            literals = dict(body.template.literals)
            places = contract.lifecycle.receipt_at.pointers if body.selected else ()
            found += [str(literals[at]) for at in places if at in literals]
    return list(dict.fromkeys(found))


def _first(home: Contract, other: Contract) -> Iterator[Difference]:
    mine, theirs = first_words(home), first_words(other)
    at = home.lifecycle.receipt_at, other.lifecycle.receipt_at
    if at[0] is not None and at[1] is not None and not set(at[0].pointers) & set(at[1].pointers):
        yield Difference("receipt", Effect.BREAKS, "place of the first status", "moved", place(at[0]), place(at[1]))
    if at[0] is not None and at[1] is None:
        yield Difference("receipt", Effect.BREAKS, "first status", "missing", shown(mine), "none")
    elif mine != theirs and theirs:
        known = (
            set(words(home, StatusClass.QUEUED)) | set(words(home, StatusClass.RUNNING)) | set(home.lifecycle.initial)
        )
        effect = Effect.INFORMS if set(theirs) <= known else Effect.BREAKS
        yield Difference("receipt", effect, "first status", "other words", shown(mine), shown(theirs))


@dataclass(frozen=True, slots=True)
class _Shown:
    """Where answers hold a value and in which form."""

    places: tuple[str, ...]
    forms: tuple[str, ...]

    def __str__(self) -> str:
        if not self.places:
            return "none"
        at = " or ".join(pointer.strip("/").replace("/", ".") for pointer in self.places)
        return f"{at} as {' or '.join(self.forms)}" if any(self.forms) else at


def _holes(bodies: Iterable[Body], *names: str) -> _Shown:
    slots: list[Slot] = [slot for body in bodies if body.selected for slot in body.template.slots_named(*names)]
    pointers = dict.fromkeys(slot.pointer for slot in slots)
    return _Shown(tuple(pointers), tuple(dict.fromkeys(slot.hole.form for slot in slots if slot.hole.form)))


def query_bodies(contract: Contract, profile: Profile, *kinds: StatusClass) -> list[Body]:
    """What shows the task at statuses of these classes: of every class when none is named."""
    tables = [profile.bodies, profile.result]
    return [
        body
        for table in tables
        for name, readings in table.items()
        if not kinds or contract.lifecycle.statuses[name].status_class in kinds
        for body in readings
    ]


def _compared(topic: str, subject: str, mine: _Shown, theirs: _Shown, effect: Effect) -> Iterator[Difference]:
    if mine == theirs or not mine.places:
        if theirs.places and not mine.places:
            yield Difference(topic, Effect.INFORMS, subject, "only there", "none", str(theirs))
        return
    if not theirs.places:
        yield Difference(topic, Effect.CHANGES, subject, "missing", str(mine), "none")
    elif not set(mine.places) & set(theirs.places):
        kind = "moved" if set(mine.forms) >= set(theirs.forms) else "moved and rewritten"
        yield Difference(topic, effect, subject, kind, str(mine), str(theirs))
    elif not set(theirs.forms) <= set(mine.forms):
        yield Difference(topic, Effect.BREAKS, subject, "other form", str(mine), str(theirs))


def progress_form(contract: Contract, profile: Profile) -> str:
    """Where and how a poll shows progress: `data.progress as percent`."""
    return str(_holes(query_bodies(contract, profile), "progress"))


def _progress(home: Contract, other: Contract, mine: Profile, theirs: Profile) -> Iterator[Difference]:
    shown_ = [_holes(query_bodies(c, p), "progress") for c, p in ((home, mine), (other, theirs))]
    yield from _compared("progress", "progress in a poll", shown_[0], shown_[1], Effect.BREAKS)
    receipts = _holes(mine.receipt, "progress"), _holes(theirs.receipt, "progress")
    yield from _compared("progress", "progress in the receipt", *receipts, Effect.CHANGES)


def _result(home: Contract, other: Contract) -> Iterator[Difference]:
    mine, theirs = home.link, other.link
    if mine.at.pointers != theirs.at.pointers and not set(mine.at.pointers) & set(theirs.at.pointers):
        kind = "moved" if theirs.at.pointers else "missing"
        yield Difference("result", Effect.BREAKS, "place of the result", kind, place(mine.at), place(theirs.at))
    if mine.auth != theirs.auth:
        said = f"key {'needed' if mine.auth == 'required' else 'not needed'}", theirs.auth
        after = f"key {'needed' if said[1] == 'required' else 'not needed'}"
        effect = Effect.BREAKS if theirs.auth == "required" else Effect.INFORMS
        text = "the download is refused without it" if theirs.auth == "required" else "do not send it to another host"
        yield Difference("result", effect, "key for the download", "other", said[0], after, text)
    forms = [_address(each) for each in (home, other)]
    if forms[0] != forms[1]:
        effect = Effect.BREAKS if forms[1].startswith("relative") else Effect.INFORMS
        yield Difference("result", effect, "form of the address", "other", forms[0], forms[1])
    if mine.media_type != theirs.media_type:
        yield Difference("result", Effect.CHANGES, "type of the file", "other", mine.media_type, theirs.media_type)
    parts = ["parts can be asked for" if each.range else "parts are not promised" for each in (mine, theirs)]
    if parts[0] != parts[1]:
        effect, kind = (Effect.CHANGES, "missing") if mine.range else (Effect.INFORMS, "only there")
        yield Difference("result", effect, "parts of the file", kind, parts[0], parts[1])


def _assets(home: Contract, other: Contract) -> Iterator[Difference]:
    """The further files of a task, by what both documents call them."""
    for name, mine in home.assets.items():
        theirs = other.assets.get(name)
        if theirs is None:
            yield Difference("result", Effect.CHANGES, name, "missing", place(mine.at), "none")
            continue
        if mine.at.pointers != theirs.at.pointers and not set(mine.at.pointers) & set(theirs.at.pointers):
            yield Difference("result", Effect.BREAKS, name, "moved", place(mine.at), place(theirs.at))
        for aspect, here, there in (
            ("key for the", mine.auth, theirs.auth),
            ("type of the", mine.media_type or "not stated", theirs.media_type or "not stated"),
            ("life of the", span(mine.life), span(theirs.life)),
            ("request for the", _wanted(mine), _wanted(theirs)),
        ):
            if here != there:
                yield Difference("result", Effect.CHANGES, f"{aspect} {name}", "other", here, there)
    for name in other.assets.keys() - home.assets.keys():
        yield Difference("result", Effect.INFORMS, name, "only there", "none", place(other.assets[name].at))


def _wanted(asset: Asset) -> str:
    """What a request must have to get a further file."""
    rows = [f"{pointer[1:].replace('/', '.')}: {values[0]!r}" for pointer, values in asset.when.items()]
    return ", ".join(rows) or "any"


def _address(contract: Contract) -> str:
    tree = contract.link.make.tree
    if not (isinstance(tree, str) and tree.startswith("/")):
        return "absolute"
    return "relative to the origin" if contract.link.from_origin else "relative"


def _reason(home: Contract, other: Contract, mine: Profile, theirs: Profile) -> Iterator[Difference]:
    for name, subject in (("reason", "text of a failed task"), ("reason_code", "code of a failed task")):
        found = [_holes(query_bodies(c, p, StatusClass.FAILED), name) for c, p in ((home, mine), (other, theirs))]
        yield from _compared("result", subject, found[0], found[1], Effect.BREAKS)


def _times(home: Contract, other: Contract, mine: Profile, theirs: Profile) -> Iterator[Difference]:
    for name in _MOMENTS:
        found = [_holes(query_bodies(c, p), name) for c, p in ((home, mine), (other, theirs))]
        yield from _compared("times", f"time {name}, in a poll", found[0], found[1], Effect.CHANGES)
        receipts = _holes(mine.receipt, name), _holes(theirs.receipt, name)
        yield from _compared("times", f"time {name}, in the receipt", *receipts, Effect.CHANGES)


def time_forms(contract: Contract, profile: Profile) -> list[str]:
    """Every form in which polls write times."""
    return list(_holes(query_bodies(contract, profile), *sorted(TIMES)).forms)
