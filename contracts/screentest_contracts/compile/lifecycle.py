"""Reads the status vocabulary and its times."""

from collections.abc import Mapping, Sequence
from typing import Any

from screentest_contracts.compile.draft import Draft, maybe_location
from screentest_contracts.contract import (
    Lifecycle,
    Operation,
    Polling,
    Profile,
    Retention,
    Role,
    Stage,
    Status,
    StatusClass,
)
from screentest_contracts.location import MISSING, Location
from screentest_contracts.raw.nodes import child


def read_lifecycle(draft: Draft, node: Mapping[str, Any], roles: Mapping[Role, tuple[Operation, ...]]) -> Lifecycle:
    """The status words and the moves between them."""
    fact = draft.base.over(node)
    statuses = {
        name: Status(
            name=name,
            status_class=StatusClass(each["class"]),
            wire=MISSING if each.get("wire") == "absent" else each.get("wire", name),
            present=tuple(Location(at) for at in each.get("present", [])),
            absent=tuple(Location(at) for at in each.get("absent", [])),
            tolerated=bool(each.get("tolerated")),
            by_result=each.get("result") == "refused",
            fact=fact.over(each),
            class_fact=fact.over(each).over(each, "class_"),
        )
        for name, each in node["statuses"].items()
    }
    for before, after in node["transitions"].items():
        at = child("/x-task/lifecycle/transitions", before)
        for name, where in ((before, at), *((each, child(at, index)) for index, each in enumerate(after))):
            if name not in statuses:
                draft.problem(where, f"{name!r} is no status", f"known: {', '.join(statuses)}")
    initial = {
        word: each if isinstance(each, Mapping) else {"class": each} for word, each in node.get("initial", {}).items()
    }
    return Lifecycle(
        status_at=Location(node["status"]),
        receipt_at=maybe_location(node.get("receipt")),
        initial={word: StatusClass(each["class"]) for word, each in initial.items()},
        initial_tolerated=frozenset(word for word, each in initial.items() if each.get("tolerated")),
        initial_fact=fact.over(node, "initial_"),
        statuses=statuses,
        words=_words(draft, node.get("words", {}), statuses, [each.id for each in roles[Role.QUERY][1:]]),
        words_fact=fact.over(node, "words_"),
        transitions={before: frozenset(after) for before, after in node["transitions"].items()},
        transitions_fact=fact.over(node, "transitions_"),
        ignore_case=node.get("case") in ("ignore", "tolerate"),
        case_tolerated=node.get("case") == "tolerate",
        fact=fact,
    )


def _words(
    draft: Draft, node: Mapping[str, Mapping[str, Any]], statuses: Mapping[str, Status], aliases: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """The words of other views. Notes views and statuses that there are none of."""
    for view, words in node.items():
        at = child("/x-task/lifecycle/words", view)
        if view in ("list", "callback"):
            if view not in draft.task:
                draft.problem(at, f"there is no {view}", f"describe it under x-task.{view}")
        elif view not in aliases:
            known = ", ".join(("list", "callback", *aliases))
            draft.problem(at, f"{view!r} is no further query operation", f"known: {known}")
        for name in words:
            if name not in statuses:
                draft.problem(child(at, name), f"{name!r} is no status", f"known: {', '.join(statuses)}")
    return {view: {name: word for name, word in words.items() if name in statuses} for view, words in node.items()}


def read_retention(draft: Draft, node: Mapping[str, Any] | None) -> Retention | None:
    """How long tasks can be queried."""
    return None if node is None else Retention(float(node["task"]), node["from"], draft.base.over(node))


def read_polling(draft: Draft, node: Mapping[str, Any], profiles: Mapping[str, Profile]) -> Polling:
    """The guidance for polls, from the profiles' typical times where the document gives none."""
    typical = max(profile.typical for profile in profiles.values())
    low, high = node.get("interval", (10, 15))
    first, last = node.get("typical", (typical, typical))
    return Polling(
        interval=(float(low), float(high)),
        floor=float(node.get("floor", min(low, 5))),
        timeout=float(node.get("timeout", typical * 5)),
        typical=(float(first), float(last)),
        per_minute=node.get("per_minute"),
        first=float(node.get("first", 0)),
        grace=float(node.get("grace", 0)),
        settle=None if "settle" not in node else float(node["settle"]),
        fact=draft.base.over(node),
    )


def read_stage(node: Mapping[str, Any]) -> Stage:
    """A stretch of a task's life."""
    progress = node.get("progress", 0)
    first, last = progress if isinstance(progress, list) else (progress, progress)
    return Stage(node["status"], float(node["share"]), float(first), float(last))
