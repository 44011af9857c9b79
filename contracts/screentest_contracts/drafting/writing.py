"""A drafted x-task as YAML with comments: what each part rests on, and what is left to do."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from screentest_contracts.raw.scalars import dumper

COMMENTS = {
    "provider": "guessed from the address and the title; key is the environment variable that holds the key",
    "sources": "replace by the pages that facts really come from",
    "roles": "guessed from links, methods, paths and members",
    "success": "guessed: the declared status, and the members that a success must have",
    "error": "guessed by the names of members",
    "request": "guessed by the names of members",
    "models": "names come from the schemas, bases are made up to be valid",
    "id": "the place comes from a link or a name; the form is a guess where no pattern is declared",
    "lifecycle": "words come from the schema; classes, first statuses and transitions are guessed from the words",
    "profiles": "bodies hold every member of the schemas; the holes are guessed by name, times and shares are made up",
    "presence": "documented rows are `required` in the schemas; the others are guessed",
    "failures": "made up",
    "errors": "statuses are declared; which condition each stands for, and the bodies, are guessed",
    "link": "guessed by the names of members; whether the download needs a key is not known",
    "callback": "the events are guessed",
    "list": "guessed",
    "cancel": "guessed",
    "delete": "guessed",
    "contradictions": "what the description says and Screentest does not judge",
}


_WithAnchors: Any = dumper(yaml.SafeDumper)


class _Plain(_WithAnchors):  # type: ignore[misc]
    """Without anchors: a draft is read by people."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def yaml_text(data: Any, width: int, *, anchors: bool = False) -> str:
    """Data as YAML that says the same to readers of YAML 1.1 and 1.2."""
    text: str = yaml.dump(
        data, Dumper=_WithAnchors if anchors else _Plain, sort_keys=False, allow_unicode=True, width=width
    )
    return text


def written(task: Mapping[str, Any], left: Sequence[str]) -> str:
    """The text of an x-task, to be put after the description."""
    lines = ["# Drafted by `screentest init`. Guesses have the mark `assumed`. Left to do:"]
    lines += [f"# - {each}" for each in left]
    lines.append("x-task:")
    for key, value in task.items():
        if key in COMMENTS:
            lines.append(f"  # {COMMENTS[key]}")
        text = yaml_text({key: value}, width=112)
        lines += [f"  {line}" if line else "" for line in text.rstrip().split("\n")]
    return "\n".join(lines) + "\n"
