"""What a run has observed, in figures: models, tasks by their end, polls, and which MUSTs were not judged, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from screentest_contracts.control_characters import shortened
from screentest_contracts.redact import Redactor
from screentest_suites.core.observation import Observation

ENDS = ("succeeded", "failed", "cancelled", "expired", "never ended", "not followed")
"""What became of tasks, in the order in which it is shown."""

REACHED = ("succeeded", "failed", "expired")
"""Ends that a task comes to by itself."""

LISTED = 5
"""Reasons, and names, that a line of text shows."""

Seen = Mapping[str, Any]
"""`observed` of a report, for one provider."""


def seen_json(observation: Observation, rows: Iterable[Mapping[str, Any]], redactor: Redactor) -> dict[str, Any]:
    """One provider's part of `observed`; `rows` are the requirements of the report."""
    name = observation.contract.name
    ends = Counter(end or "not followed" for _, end in observation.ends)
    ends["not followed"] += max(observation.made - len(observation.ends), 0)
    return {
        "provider": name,
        "title": observation.contract.title,
        "scope": "free" if observation.free else "whole",
        "models": [
            {"name": each.name, "create": each.create, "said": shortened(redactor.text(each.said), 300)}
            for each in observation.models
        ],
        "made": observation.made,
        "polls": observation.polls,
        "tasks": {end: ends[end] for end in ENDS},
        "unjudged": unjudged(row for row in rows if row["provider"] == name),
    }


def merged(found: Iterable[Seen], rows: Sequence[Mapping[str, Any]], asked: Mapping[str, int]) -> list[dict[str, Any]]:
    """One part per provider, of what several processes have observed of it. `asked`: how many requirements each
    provider has; where fewer are in `rows`, only a part was asked for."""
    parts: dict[str, dict[str, Any]] = {}
    for each in found:
        known = parts.setdefault(each["provider"], {**each, "made": 0, "polls": 0, "tasks": dict.fromkeys(ENDS, 0)})
        known["made"] += each["made"]
        known["polls"] += each["polls"]
        known["tasks"] = {end: number + each["tasks"][end] for end, number in known["tasks"].items()}
        sent = {model["name"]: model for model in each["models"] if model["create"] != "not sent"}
        known["models"] = [sent.get(model["name"], model) for model in known["models"]]
    for name, part in parts.items():
        mine = [row for row in rows if row["provider"] == name]
        part["unjudged"] = unjudged(mine)
        if len(mine) < asked[name] and part["scope"] == "whole":
            part["scope"] = "part"
    return list(parts.values())


def unjudged(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The MUSTs that could not be judged, by reason, the most frequent first."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["level"] == "MUST" and row["verdict"] in ("skipped", "unsupported"):
            found.setdefault(row["reason"] or row["verdict"], []).append(row["id"])
    ordered = sorted(found.items(), key=lambda each: -len(each[1]))
    return [{"reason": reason, "requirements": names} for reason, names in ordered]


def unseen(found: Seen) -> bool:
    """Whether no task was seen to its end although tasks were asked for: such a run proves nothing."""
    return bool(found["models"]) and found["scope"] == "whole" and not _reached(found)


def excuse(found: Seen) -> str:
    """Why it is no failure that no task was seen to its end; "" where one was, or should have been."""
    return "" if _reached(found) else _EXCUSES.get(found["scope"], "")


_EXCUSES = {
    "free": "only free checks were asked for: no task was made",
    "part": "only a part was asked for: no task was seen to its end",
}


def _reached(found: Seen) -> bool:
    return any(found["tasks"][end] for end in REACHED)


def headline(found: Seen) -> str:
    """What there is to say first, where no task was seen to its end; else ""."""
    if unseen(found):
        return "no task was seen to its end: this run says next to nothing of the server"
    return excuse(found)


def told(found: Seen) -> list[str]:
    """Lines of text: what there is to say first, models, tasks, and MUSTs that were not judged."""
    lines = [headline(found), models_told(found), tasks_told(found)]
    for create, about in (("refused", "refused"), ("no access", "the key may not use")):
        names = [f"{each['name']} ({each['said']})" for each in found["models"] if each["create"] == create]
        lines.append(f"{about}: {_few(names)}" if names else "")
    lines.append(unjudged_told(found))
    return [line for line in lines if line]


def models_told(found: Seen) -> str:
    """The models, and what became of their minimal requests."""
    counts = Counter(each["create"] for each in found["models"])
    words = [f"{counts[word]} {told}" for word, told in _CREATES.items() if counts[word]]
    return f"{_plural(len(found['models']), 'model')}: {', '.join(words) or 'none was chosen'}"


_CREATES = {
    "accepted": "accepted a request",
    "refused": "refused one",
    "no access": "closed to this key",
    "not sent": "not asked",
}
"""What is told of models, by what became of their minimal requests."""


def tasks_told(found: Seen) -> str:
    """Tasks by their end, and polls."""
    words = [f"{number} {_ENDS.get(end, end)}" for end, number in found["tasks"].items() if number]
    return f"{_plural(found['made'], 'task')} made: {', '.join(words) or 'none'}; {_plural(found['polls'], 'poll')}"


_ENDS = {"not followed": "not followed to their end"}
"""What is told of ends whose name says too little."""


def unjudged_told(found: Seen) -> str:
    """The MUSTs that were not judged, by reason; "" where there are none."""
    total = sum(len(each["requirements"]) for each in found["unjudged"])
    reasons = [f"{len(each['requirements'])} {shortened(each['reason'], 100)}" for each in found["unjudged"]]
    return f"{total} MUST not judged: {_few(reasons)}" if total else ""


def load_told(load: Mapping[str, Any]) -> str:
    """The figures of a run under load, in a line."""
    late = f"; we were late ourselves, for {load['held_up']:.1f} s in all" if load["held_up"] else ""
    refused = f"; {_plural(load['refused'], 'create')} not accepted" if load["refused"] else ""
    return (
        f"{_plural(load['tasks'], 'task')} by {_plural(load['users'], 'user')} in {load['seconds']:.1f} s: "
        f"{load['tasks_per_second']:.1f} tasks and {load['requests_per_second']:.0f} requests per second{refused}{late}"
    )


def _few(words: Sequence[str]) -> str:
    more = len(words) - LISTED
    return ", ".join(words[:LISTED]) + (f", and {more} more" if more > 0 else "")


def _plural(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
