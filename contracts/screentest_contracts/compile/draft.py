"""A document on its way to a contract: what all topics need to read their parts of it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jsonschema_rs

from screentest_contracts.contract import Setting
from screentest_contracts.document import Document
from screentest_contracts.errors import Problem, UsageError
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.location import MISSING, Location
from screentest_contracts.raw.inlined import target_of
from screentest_contracts.raw.nodes import child, measured, references
from screentest_contracts.raw.recursion import EndlessError, closed
from screentest_contracts.raw.text import MAX_NODES
from screentest_contracts.schemas import validator
from screentest_contracts.template import Template

T = TypeVar("T")


_HOMES: Mapping[str, str | tuple[str, ...]] = {
    "balance": "/x-task/resources",
    "spent": "/x-task/resources",
    "query": "/x-task/callback/bodies",
    "answer": ("/x-task/upload/form", "/x-task/upload/read"),
}
"""Holes that have a value in one part of a document only."""


class Draft:
    """A document, the readings chosen for its settings, and every problem found so far."""

    def __init__(self, document: Document, chosen: Mapping[str, str]) -> None:
        self.document = document
        self.task = document.task
        self.base = Fact(Mark.DOCUMENTED).over(self.task)
        self.api = Fact(self.base.mark, self.base.source).over(document.raw, "x-")
        self.problems: list[Problem] = []
        self.settings = self._settings(chosen)

    def raise_problems(self) -> None:
        """Raises DocumentError when there are any."""
        if self.problems:
            raise self.document.unusable(self.problems)

    def problem(self, pointer: str, what: str, mend: str = "") -> None:
        """Notes a problem; `mend` says what to do about it."""
        self.problems.append(Problem(pointer, what, mend))

    def template(self, tree: Any, pointer: str) -> Template:
        """A body with holes, compiled."""
        try:
            template = Template(tree)
        except ValueError as error:
            self.problem(_faulty(tree, pointer), str(error), "see Templates in docs/documents.md")
            return Template(None)
        for slot in template.slots_named(*_HOMES):
            home = _HOMES[slot.hole.name]
            if not pointer.startswith(home):
                what = f"{{{{{slot.hole.name}}}}} has no value here"
                into = home if isinstance(home, str) else " or ".join(home)
                self.problem(pointer + slot.pointer, what, f"it belongs into {into}")
        for slot in template.slots_named("value"):
            if slot.hole.argument not in self.task.get("values", {}):
                what = f"no value {slot.hole.argument!r}"
                self.problem(pointer + slot.pointer, what, "name it under x-task.values")
        return template

    def validator(self, schema: Any, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """A schema, compiled."""
        schema = self.fitting(schema, pointer)
        try:
            return validator(schema)
        except ValueError as error:
            # resolving leaves those within what they name
            left = [target for _, target in references(schema) if target_of(schema, target) is MISSING]
            if left:
                what, mend = f"{left[0]} holds itself, which only answers may", "write `type: object` inside of it"
            else:
                what, mend = f"not a usable schema ({getattr(error, 'message', error)})", "mend the schema"
            self.problem(pointer, what, mend)
            return validator({})

    def answer_validator(self, schema: Any, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """The schema of an answer, compiled; it may hold itself."""
        try:
            return self.validator(closed(schema, self.document.resolved), pointer)
        except EndlessError as error:
            self.problem(pointer, str(error), "write what it is instead")
            return validator({})

    def fitting(self, schema: Any, pointer: str) -> Any:
        """The schema, or an empty one where references make more of it than anybody can walk through."""
        if not _is_huge(schema):
            return schema
        self.problem(pointer, f"too large: references followed, more than {MAX_NODES} nodes", "refer to less")
        return {}

    def over(self, fact: Fact, node: Any, pointer: str) -> Fact:
        """As `Fact.over`, where the schema of x-task cannot vouch for the node: a body may look like anything."""
        try:
            return fact.over(node)
        except (ValueError, TypeError):
            what = f"mark {node.get('mark')!r} or source {node.get('source')!r} is none"
            self.problem(pointer, what, f"marks: {', '.join(Mark)}")
            return fact

    def selected(self, node: Mapping[str, Any], pointer: str) -> bool | None:
        """Whether a reading's `when` holds; None when it has none."""
        when = node.get("when")
        if when is None:
            return None
        if not isinstance(when, Mapping):
            self.problem(child(pointer, "when"), f"`when` is {when!r}", "write `when: {setting: reading}`")
            return False
        for name, reading in when.items():
            setting = self.settings.get(name)
            if setting is None or reading not in tuple(setting.readings):
                what = f"`when` names {name}: {reading}, which is not a reading"
                self.problem(child(pointer, "when", name), what, "name a setting and one of its readings")
                return False
            if setting.chosen != reading:
                return False
        return True

    def readings(self, node: Any, build: Callable[[Any, bool, str], T], pointer: str) -> tuple[T, ...]:
        """Builds each reading from its node, whether it is selected, and its pointer.

        Exactly one is selected: the first whose `when` holds, else the first without one.
        """
        nodes = node if isinstance(node, list) else [node]
        places = [child(pointer, index) for index in range(len(nodes))] if isinstance(node, list) else [pointer]
        holds = [
            self.selected(each, at) if isinstance(each, Mapping) else None
            for each, at in zip(nodes, places, strict=True)
        ]
        index = next((i for i, hold in enumerate(holds) if hold), None)
        if index is None:
            plain = [i for i, hold in enumerate(holds) if hold is None]
            index = next((i for i in plain if not nodes[i].get("tolerated")), plain[0] if plain else None)
        if index is None:
            self.problem(pointer, "no reading holds under these settings", "add one without `when`")
            index = 0
        return tuple(build(each, i == index, places[i]) for i, each in enumerate(nodes))

    def _settings(self, chosen: Mapping[str, str]) -> dict[str, Setting]:
        declared = self.task.get("settings", {})
        for name in chosen:
            if name not in declared:
                raise UsageError(
                    f"{self.task['provider']['name']} has no setting {name!r}",
                    f"settings: {', '.join(declared) or 'none'}",
                )
        settings = {}
        for name, node in declared.items():
            readings = node["readings"]
            choice = chosen.get(name, node["default"])
            if choice not in readings:
                if name in chosen:
                    raise UsageError(f"setting {name} has no reading {choice!r}", f"readings: {', '.join(readings)}")
                self.problem(
                    child("/x-task/settings", name, "default"), f"{choice!r} is no reading", ", ".join(readings)
                )
            settings[name] = Setting(name, node["statement"], readings, choice, self.base.over(node))
        return settings


def _faulty(tree: Any, pointer: str) -> str:
    """Where in a tree that is no template the part stands that is none."""
    parts = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    for name, part in parts:
        try:
            Template(part)
        except ValueError:
            return _faulty(part, child(pointer, name))
    return pointer


def _is_huge(schema: Any) -> bool:
    try:
        return measured(schema)[1] > MAX_NODES
    except RecursionError:
        return True


def maybe_location(node: Any) -> Location | None:
    """A location where the document gives one."""
    return None if node is None else Location(node)
