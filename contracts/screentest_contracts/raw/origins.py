"""Where the data of a document comes from, when several files hold it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from screentest_contracts.errors import Place, Problem
from screentest_contracts.location import pointer_of, segments
from screentest_contracts.raw.places import Places


class Source:
    """A file, as it was read."""

    def __init__(self, file: Path, data: bytes) -> None:
        self.file, self.digest = file, sha256(data)
        self._data = data

    @cached_property
    def places(self) -> Places:
        """Lines and columns of its members."""
        return Places(self._data.decode("utf-8-sig", "replace"))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value stands: the pointer in its source. `moved`: the members (or items) that stand elsewhere; all others
    stand below the value itself."""

    source: Source
    pointer: str = ""
    moved: Mapping[str, "Origin"] = field(default_factory=dict)

    def child(self, part: str) -> "Origin":
        """The origin of a member."""
        known = self.moved.get(part)
        return known if known is not None else Origin(self.source, self.pointer + pointer_of((part,)))

    def at(self, pointer: str) -> "Origin":
        """The origin of what stands at a pointer of the value. Time: the segments of the pointer."""
        found = self
        for part in segments(pointer):
            found = found.child(part)
        return found

    def moving(self, members: Mapping[str, "Origin"]) -> "Origin":
        """The same with further members that stand elsewhere."""
        return replace(self, moved={**self.moved, **members})

    def with_part(self, parts: Sequence[str], new: "Origin") -> "Origin":
        """The same, with another origin for what stands at a place inside."""
        if not parts:
            return new
        return self.moving({parts[0]: self.child(parts[0]).with_part(parts[1:], new)})

    @property
    def place(self) -> Place:
        """File, line and column."""
        return Place(str(self.source.file), *self.source.places.of(self.pointer))

    def located(self, problems: Iterable[Problem]) -> list[Problem]:
        """Problems of the value, each with its place; one that has a place keeps it."""
        return [each if each.place else replace(each, place=self.at(each.pointer).place) for each in problems]
