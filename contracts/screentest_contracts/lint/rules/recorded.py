"""Contradictions that a document itself records, with their readings; and records that are out of date."""

from collections.abc import Iterator
from dataclasses import dataclass

from screentest_contracts.lint.findings import RULES, Hit, Severity, rule, stated
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

CONTRADICTION = stated(
    "document.contradiction",
    Severity.NOTE,
    "The vendor's pages contradict each other, and the document says how it reads them",
)
SILENCE = stated(
    "document.silence",
    Severity.NOTE,
    "The vendor's pages leave something open, and the document says how it reads them",
)


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded contradiction: `at` are the pointers it concerns, `accepts` the rules it answers for there."""

    name: str
    pointer: str
    silence: bool
    statement: str
    reading: str
    at: tuple[str, ...]
    accepts: tuple[str, ...]

    def covers(self, rule_id: str, pointer: str) -> bool:
        """Whether a finding of a rule at a pointer is what this record speaks of."""
        return rule_id in self.accepts and any(pointer == at or pointer.startswith(f"{at}/") for at in self.at)


def records(document: RawDocument) -> list[Record]:
    """`contradictions` in their order, then the settings between documented readings that none of them names."""
    task = mapping(document.task)
    found, named = [], set()
    for index, row in enumerate(sequence(task.get("contradictions"))):
        pointer = f"/x-task/contradictions/{index}"
        named.add(row.get("setting"))
        found.append(
            Record(
                str(row["name"]),
                pointer,
                row.get("kind") == "silence",
                str(row["statement"]),  # whatever YAML takes it for: the schema asks for text
                str(row["reading"]),
                tuple(map(str, row.get("at", (pointer,)))),
                tuple(map(str, row.get("accepts", ()))),
            )
        )
    for name, node in mapping(task.get("settings")).items():
        if name in named or node.get("kind") == "silence" or node.get("mark", "documented") != "documented":
            continue
        chosen = f"{node['default']}: {mapping(node['readings']).get(node['default'], '')}"
        pointer = child("/x-task/settings", name)
        found.append(Record(name, pointer, False, str(node["statement"]), chosen, (pointer,), ()))
    return found


@rule(
    "contradiction.stale",
    Severity.ERROR,
    "A recorded contradiction points at what is there",
    "correct the pointer, the setting or the rule's name, or take the record out",
    task=True,
)
def records_are_alive(document: RawDocument) -> Iterator[Hit]:
    """Records of places, settings or rules that do not exist, and two records of one name."""
    task = mapping(document.task)
    names: set[str] = set()
    for index, row in enumerate(sequence(task.get("contradictions"))):
        at = f"/x-task/contradictions/{index}"
        if row["name"] in names:
            yield Hit(f"{at}/name", f"a second record is called {row['name']!r}")
        names.add(row["name"])
        for number, pointer in enumerate(row.get("at", ())):
            if resolve(document.raw, segments(pointer)) is MISSING:
                yield Hit(f"{at}/at/{number}", f"nothing is at {pointer}")
        if "setting" in row and row["setting"] not in mapping(task.get("settings")):
            yield Hit(f"{at}/setting", f"there is no setting {row['setting']!r}")
        for number, name in enumerate(row.get("accepts", ())):
            if name not in RULES:
                yield Hit(f"{at}/accepts/{number}", f"there is no rule {name!r}")
