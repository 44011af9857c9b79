"""Two snapshots, row by row: members of JSON by their names, lines of everything else."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import yaml

IDENTITIES = (("provider", "id"), ("id",), ("provider", "name"), ("name",), ("file",), ("provider",))
"""Members that tell the items of a list apart, best first; without them an item is known by its place."""
SHOWN = 160
"""Characters of a value that are printed."""


@dataclass(frozen=True)
class Difference:
    """One row that differs; None: it is not there."""

    file: str
    row: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        if self.was is None:
            return f"{self.file}: {self.row}: new: {_cut(self.now or '')}"
        if self.now is None:
            return f"{self.file}: {self.row}: gone: {_cut(self.was)}"
        same = _common(self.was, self.now)
        return f"{self.file}: {self.row}: was {_cut(self.was, same)}, is {_cut(self.now, same)}"


@dataclass
class Acceptance:
    """Rows that are expected to differ, and why."""

    file: str
    row: str
    reason: str
    was: str = "*"
    now: str = "*"
    used: int = field(default=0, compare=False)

    def covers(self, found: Difference) -> bool:
        pairs = (
            (self.file, found.file),
            (self.row, found.row),
            (self.was, found.was or ""),
            (self.now, found.now or ""),
        )
        return all(_matches(pattern, text) for pattern, text in pairs)


def compare(old: Path, new: Path, accept: Path | None, parts: Collection[str]) -> int:
    """Print what differs; 1 when something does that is not accepted, or an acceptance is stale."""
    accepted = [row for row in acceptances(accept) if row.file.split("/")[0] in parts or "*" in row.file.split("/")[0]]
    open_rows = 0
    for found in differences(old, new, parts):
        covering = [row for row in accepted if row.covers(found)]
        for row in covering:
            row.used += 1
        if not covering:
            open_rows += 1
            print(found)
    stale = [row for row in accepted if not row.used]
    for row in stale:
        print(f"stale acceptance: nothing differs any more in {row.file}: {row.row} ({row.reason})")
    for row in accepted:
        if row.used:
            print(f"accepted: {row.used} in {row.file}: {row.row} ({row.reason})")
    print(f"differences: {open_rows}, stale acceptances: {len(stale)}")
    return 1 if open_rows or stale else 0


def acceptances(path: Path | None) -> list[Acceptance]:
    """The list of a file; what it lacks or has too much of is an error that says so."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8")) if path else None
    made = []
    for number, row in enumerate(rows or [], 1):
        lacking, unknown = {"file", "row", "reason"} - set(row), set(row) - {"file", "row", "reason", "was", "is"}
        if lacking or unknown or not str(row["reason"]).strip():
            raise SystemExit(f"{path}: entry {number}: file, row and reason are needed, was and is may be given: {row}")
        given = {"now" if key == "is" else key: str(value) for key, value in row.items()}
        made.append(Acceptance(**given))
    return made


def differences(old: Path, new: Path, parts: Collection[str]) -> Iterator[Difference]:
    """All rows of the parts that are not the same in both folders."""
    for folder in (old, new):
        if not folder.is_dir():
            raise SystemExit(f"{folder} is no folder")
    names = [_files(folder, parts) for folder in (old, new)]
    for name in sorted(names[0] | names[1]):
        if name not in names[1]:
            yield Difference(name, "(file)", "there", None)
        elif name not in names[0]:
            yield Difference(name, "(file)", None, "there")
        else:
            before, after = ((folder / name).read_text(encoding="utf-8") for folder in (old, new))
            if before != after:
                yield from _in_file(name, before, after)


def _files(folder: Path, parts: Collection[str]) -> set[str]:
    return {
        path.relative_to(folder).as_posix() for part in parts for path in (folder / part).rglob("*") if path.is_file()
    }


def _in_file(name: str, before: str, after: str) -> Iterator[Difference]:
    if name.endswith(".json"):
        try:
            values = json.loads(before), json.loads(after)
        except ValueError:
            pass
        else:
            found = list(_values(name, (), *values))
            yield from found or [Difference(name, "(order of members)", "another", "another")]
            return
    yield from _lines(name, before.splitlines(), after.splitlines())


def _lines(name: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        olds, news = before[a:b], after[c:d]
        both = min(len(olds), len(news))
        for offset in range(both):
            yield Difference(name, f"line {a + offset + 1}", olds[offset], news[offset])
        for offset, line in enumerate(olds[both:], both):
            yield Difference(name, f"line {a + offset + 1}", line, None)
        for offset, line in enumerate(news[both:], both):
            yield Difference(name, f"line {c + offset + 1}", None, line)


def _values(name: str, place: tuple[str, ...], old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _members(name, place, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        key = next((key for key in IDENTITIES if _tells_apart(key, old) and _tells_apart(key, new)), None)
        olds, news = _keyed(old, key), _keyed(new, key)
        yield from _members(name, place, olds, news)
        if key and list(olds) != list(news) and set(olds) == set(news):
            yield Difference(name, " > ".join([*place, "(order)"]), ", ".join(olds), ", ".join(news))
    elif old != new or type(old) is not type(new):
        yield Difference(name, " > ".join(place) or "(all)", _text(old), _text(new))


def _members(name: str, place: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for key in [*old, *(key for key in new if key not in old)]:
        here = (*place, key)
        if key not in new:
            yield Difference(name, " > ".join(here), _text(old[key]), None)
        elif key not in old:
            yield Difference(name, " > ".join(here), None, _text(new[key]))
        else:
            yield from _values(name, here, old[key], new[key])


def _tells_apart(key: Sequence[str], items: Sequence[Any]) -> bool:
    if not items or not all(
        isinstance(item, dict) and all(isinstance(item.get(k), str) for k in key) for item in items
    ):
        return False
    return len({tuple(item[k] for k in key) for item in items}) == len(items)


def _keyed(items: Sequence[Any], key: Sequence[str] | None) -> dict[str, Any]:
    if key is None:
        return {f"#{number}": item for number, item in enumerate(items, 1)}
    return {" ".join(item[k] for k in key): item for item in items}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def _common(first: str, second: str) -> int:
    return next(
        (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )


def _cut(text: str, same: int = 0) -> str:
    start = max(0, same - SHOWN // 2) if len(text) > SHOWN else 0
    piece = text[start : start + SHOWN]
    return (
        ("..." if start else "") + json.dumps(piece, ensure_ascii=False) + ("..." if start + SHOWN < len(text) else "")
    )
