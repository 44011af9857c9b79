"""OpenAPI Overlays: actions that change a document, applied so that every value keeps its origin.

The merge is that of the Overlay Specification 1.0 and 1.1. What the specification lets pass in silence, a target that
matches nothing, is a problem here: most likely it is misspelt, or the base has changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from screentest_contracts.errors import Problem
from screentest_contracts.location import pointer_of
from screentest_contracts.raw.nodes import child, measured
from screentest_contracts.raw.origins import Origin
from screentest_contracts.raw.query import Query, QueryError
from screentest_contracts.raw.text import MAX_DEPTH, MAX_NODES

Parts = tuple[str | int, ...]
Change = Callable[[Any, Origin], tuple[Any, Origin]]


@dataclass(frozen=True, slots=True)
class Traced:
    """A value with its origin. It is never changed in place: what an action leaves as it is, is shared."""

    value: Any
    origin: Origin


class _CannotError(Exception):
    """What an action asks for cannot be done: what is wrong, and what would mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


def applied(overlay: Mapping[str, Any], own: Origin, base: Traced) -> tuple[Traced, list[Problem]]:
    """The base after all actions, and what was wrong with any; an action with a problem changes nothing.

    `own`: the origin of the overlay, whose structure must be sound.
    """
    problems = []
    whole = base
    for index, action in enumerate(overlay["actions"]):
        at = child("/actions", index)
        try:
            whole = _Action(action, own.at(at), str(overlay["overlay"]).startswith("1.0")).on(whole)
        except QueryError as error:
            word = "copy" if error.text != action["target"] else "target"
            problems.append(Problem(child(at, word), error.what, error.mend, own.at(child(at, word)).place))
        except _CannotError as error:
            problems.append(Problem(at, error.what, error.mend, own.at(at).place))
    return whole, problems


class _Action:
    def __init__(self, action: Mapping[str, Any], origin: Origin, plain: bool) -> None:
        """`plain`: version 1.0, whose actions touch objects and lists only."""
        self.action, self.origin, self.plain = action, origin, plain

    def on(self, whole: Traced) -> Traced:
        """Raises QueryError, _CannotError."""
        target = Query(self.action["target"])
        places = target.places(whole.value)
        if not places:
            raise target.missed(whole.value)
        kinds = {_kind(_value_at(whole.value, parts)) for parts in places}
        if self.plain and "a single value" in kinds:
            mend = "target the object that holds it, or write `overlay: 1.1.0`, whose actions may"
            raise _CannotError(f"`{target.text}` is a single value, which no action of version 1.0 may target", mend)
        if self.action.get("remove"):
            return _removed(whole, places)
        if len(kinds) > 1:
            raise _CannotError(f"`{target.text}` matches {' and '.join(sorted(kinds))}", "give each an action")
        new = self._new(whole)
        _check_size(whole.value, places, new.value)
        for parts in places:
            whole = _changed(whole, parts, lambda value, origin: self._update(Traced(value, origin), new))
        return whole

    def _new(self, whole: Traced) -> Traced:
        if "update" in self.action:
            return Traced(self.action["update"], self.origin.child("update"))
        if "copy" not in self.action:
            raise _CannotError("the action changes nothing", "give it `update`, or `remove: true`")
        if self.plain:
            raise _CannotError("version 1.0 has no `copy`", "write `overlay: 1.1.0`")
        query = Query(self.action["copy"])
        places = query.places(whole.value)
        if not places:
            raise query.missed(whole.value)
        if len(places) > 1:
            raise _CannotError(f"`{query.text}` matches {len(places)} values", "`copy` names one")
        [parts] = places
        return Traced(_value_at(whole.value, parts), whole.origin.at(pointer_of(tuple(map(str, parts)))))

    def _update(self, old: Traced, new: Traced) -> tuple[Any, Origin]:
        if isinstance(old.value, list) and (self.plain or not isinstance(new.value, list)):
            return _appended(old, [(new.value, new.origin)])
        return self._merged(old, new, "")

    def _merged(self, old: Traced, new: Traced, at: str) -> tuple[Any, Origin]:
        if isinstance(old.value, dict) and isinstance(new.value, dict):
            result, moved = dict(old.value), {}
            for name, value in new.value.items():
                member = Traced(value, new.origin.child(name))
                if name in old.value:
                    before = Traced(old.value[name], old.origin.child(name))
                    member = Traced(*self._merged(before, member, child(at, name)))
                result[name], moved[name] = member.value, member.origin
            return result, old.origin.moving(moved)
        if isinstance(old.value, list) and isinstance(new.value, list):
            return _appended(old, [(value, new.origin.child(str(i))) for i, value in enumerate(new.value)])
        mine, theirs = _kind(old.value), _kind(new.value)
        if mine == "a single value" and (self.plain or theirs == mine):
            return new.value, new.origin
        mend = "remove it by an action of its own, then add the new one"
        raise _CannotError(f"{theirs} cannot be merged with {mine}" + (f" at {at}" if at else ""), mend)


def _kind(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a single value"


def _value_at(value: Any, parts: Parts) -> Any:
    for part in parts:
        value = value[part]
    return value


def _appended(old: Traced, items: list[tuple[Any, Origin]]) -> tuple[Any, Origin]:
    count = len(old.value)
    moved = {str(count + index): origin for index, (_, origin) in enumerate(items)}
    return [*old.value, *(value for value, _ in items)], old.origin.moving(moved)


def _changed(whole: Traced, parts: Parts, change: Change) -> Traced:
    """The whole with what stands at `parts` changed."""
    if not parts:
        return Traced(*change(whole.value, whole.origin))
    head = parts[0]
    inner = _changed(Traced(whole.value[head], whole.origin.child(str(head))), parts[1:], change)
    copy = whole.value.copy()
    copy[head] = inner.value
    return Traced(copy, whole.origin.moving({str(head): inner.origin}))


def _removed(whole: Traced, places: list[Parts]) -> Traced:
    if () in places:
        raise _CannotError("the whole document would be removed", "target a part of it")
    for parts in sorted(places, reverse=True):  # an item before those that stand before it, a member before its object
        whole = _changed(whole, parts[:-1], lambda value, origin, last=parts[-1]: _without(value, origin, last))  # type: ignore[misc]
    return whole


def _without(value: Any, origin: Origin, last: str | int) -> tuple[Any, Origin]:
    copy = value.copy()
    del copy[last]
    if isinstance(last, str):
        return copy, Origin(origin.source, origin.pointer, {k: v for k, v in origin.moved.items() if k != last})
    kept = [origin.child(str(index)) for index in range(len(value)) if index != last]
    return copy, origin.moving({str(index): each for index, each in enumerate(kept)})


def _check_size(whole: Any, places: list[Parts], new: Any) -> None:
    """That what is added stays within the bounds of a document, before it is added."""
    levels, nodes = measured(new)
    if measured(whole)[1] + len(places) * nodes > MAX_NODES:
        raise _CannotError(f"the document would have more than {MAX_NODES} nodes", "target less")
    if max(map(len, places)) + levels > MAX_DEPTH:
        raise _CannotError(f"the document would have more than {MAX_DEPTH} levels", "nest less")
