"""The words of two documents, arranged so that what is about the same thing stands at the same place."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from screentest_contracts.comparison.models import Pair
from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.raw.nodes import mapping, sequence

Words = dict[str, Any]

NARROW = "refusals"
"""Where rows stand that hold for some members or models only."""

SURENESS = "sureness"
"""Below this word stand marks, by what they speak of."""


def arranged(home: Contract, other: Contract, matched: tuple[Pair, ...]) -> tuple[Words, Words]:
    """`x-task` of both: rows by what they are about instead of lists, models by their names at home, statuses by class
    where the two have other words; of readings the one that the mock takes."""
    roles = [role for role in Role if role in home.roles and role in other.roles]
    pair = next((each for each in matched if each.other is not None), None)
    profiles = [pair.home.profile, pair.other.profile] if pair is not None and pair.other is not None else ["", ""]
    both = [(each.home.name, each.other.name) for each in matched if each.other is not None]
    models = [{mine: mine for mine, _ in both}, dict(both)]
    same_words = home.lifecycle.statuses.keys() == other.lifecycle.statuses.keys()
    mine, theirs = (
        _arranged(contract, roles, names, profile, by_class=not same_words)
        for contract, names, profile in zip((home, other), models, profiles, strict=True)
    )
    return mine, theirs


def _arranged(
    contract: Contract, roles: Collection[Role], models: Mapping[str, str], profile: str, *, by_class: bool
) -> Words:
    task = {name: node for name, node in mapping(contract.document["x-task"]).items() if name not in ("mark", "source")}
    known = mapping(task.get("models"))
    task["models"] = {name: known[own] for name, own in models.items()}
    task["profiles"] = {"": mapping(mapping(task.get("profiles")).get(profile))}
    task["promises"] = {each["name"]: {"promised": "yes", **each} for each in sequence(task.get("promises"))}
    task["presence"] = _presence(contract, sequence(task.get("presence")))
    task["success"] = {
        role: _chosen(contract, node) for role, node in mapping(task.get("success")).items() if role in roles
    }
    if "delete" in task:
        task["delete"] = _chosen(contract, task["delete"])
    task["id"] = {**mapping(task["id"]), "forms": _chosen(contract, task["id"]["forms"])}
    words = mapping(mapping(task["lifecycle"]).get("initial")).items()
    initial = {word: node if isinstance(node, dict) else {"class": node} for word, node in words}
    task["lifecycle"] = {**mapping(task["lifecycle"]), "initial": initial}
    if by_class:
        task["lifecycle"] = {**mapping(task["lifecycle"]), "transitions": _transitions(contract)}
    rows = [
        (role, row) for row in sequence(task.get("errors")) for role in row.get("on", contract.roles) if role in roles
    ]
    narrow = [each for each in rows if {"for", "models"} & each[1].keys()]
    task["errors"] = {_refusal(*each): _refused(contract, each[1]) for each in rows if each not in narrow}
    task[NARROW] = {_refusal(*each): _refused(contract, each[1]) for each in narrow}
    return task


def _presence(contract: Contract, rows: Iterable[Mapping[str, Any]]) -> Words:
    """By class of status, or `receipt`: which members are there, which are not, and how surely."""
    found: Words = {of: {"present": {}, "absent": {}} for of in ("receipt", "all", *map(str, StatusClass))}
    statuses = contract.lifecycle.statuses
    for row in rows:
        for word in sequence(row["on"]):
            of = str(statuses[word].status_class) if word in statuses else str(word)
            kept = found.setdefault(of, {"present": {}, "absent": {}})
            about = " ".join(str(row[name]) for name in ("at", "profile", "operation") if name in row)
            kept[row["is"]][about] = str(row.get("type", "any"))
            kept[row["is"]][f"{about}_mark"] = row.get("mark", "as the document")
    return {of: {word: _listed(members) for word, members in kept.items()} for of, kept in found.items()}


def _listed(members: Words) -> Words:
    """The members in one line, and the mark of each."""
    names = sorted(name for name in members if not name.endswith("_mark"))
    shown = ", ".join(name if members[name] == "any" else f"{name} ({members[name]})" for name in names)
    return {"members": shown or None, SURENESS: {name: members[f"{name}_mark"] for name in names}}


def _transitions(contract: Contract) -> Words:
    """What may follow, by class of status."""
    found: dict[str, set[str]] = {}
    statuses = contract.lifecycle.statuses
    for before, after in contract.lifecycle.transitions.items():
        found.setdefault(str(statuses[before].status_class), set()).update(
            str(statuses[each].status_class) for each in after
        )
    return {name: ", ".join(sorted(after)) for name, after in found.items()}


def _chosen(contract: Contract, node: Any) -> Any:
    """Of several readings the first that holds under the settings of a contract."""
    nodes = sequence(node)
    held = [each for each in nodes if "when" in each and _holds(contract, each["when"])]
    plain = [each for each in nodes if "when" not in each]
    return next(iter([*held, *(each for each in plain if not each.get("tolerated")), *plain, *nodes]))


def _holds(contract: Contract, when: Mapping[str, str]) -> bool:
    return all(contract.settings[name].chosen == reading for name, reading in when.items())


def _refusal(role: Role | str, row: Mapping[str, Any]) -> str:
    return " ".join([str(role), row["condition"], *map(str, row.get("for", ())), *map(str, row.get("models", ()))])


def _refused(contract: Contract, row: Mapping[str, Any]) -> Words:
    """A row with the reading that the mock takes."""
    kept = {name: value for name, value in row.items() if name not in ("on", "for", "models", "condition", "name")}
    return {**kept, "readings": _chosen(contract, row["readings"])}
