"""Marks and sources: how sure a statement is, and where it comes from (docs/documents.md, "Two rules")."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How binding a requirement is. Only a failed MUST fails a run, unless its user chooses another level.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> builder = screentest.Builder(contract)
    >>> kind = screentest.Kind("acme-level", type(None), "whatever it is")
    >>> recommended = screentest.Fact(screentest.Mark.RECOMMENDED)
    >>> builder.add("query.acme.level", kind, "polling", recommended, "Answers are short.")
    >>> requirement = builder.requirements["query.acme.level"]
    >>> requirement.level, screentest.Verdict(requirement, "acme", screentest.failed("a long answer")).fails_run
    (<Level.SHOULD: 'SHOULD'>, False)
    """

    MUST = "MUST"
    SHOULD = "SHOULD"
    NOTE = "NOTE"

    @property
    def and_stricter(self) -> tuple["Level", ...]:
        """This level after every stricter one.

        >>> import screentest
        >>> [str(level) for level in screentest.Level.SHOULD.and_stricter]
        ['MUST', 'SHOULD']
        """
        return tuple(Level)[: list(Level).index(self) + 1]


class Mark(StrEnum):
    """How a fact is known. It decides the level of the requirements that rest on it.

    >>> import screentest
    >>> for mark in screentest.Mark:
    ...     print(mark, mark.level)
    documented MUST
    recommended SHOULD
    derived NOTE
    assumed NOTE
    """

    DOCUMENTED = "documented"
    RECOMMENDED = "recommended"
    DERIVED = "derived"
    ASSUMED = "assumed"

    @property
    def level(self) -> Level:
        """The level of a requirement that rests on a fact with this mark."""
        return {Mark.DOCUMENTED: Level.MUST, Mark.RECOMMENDED: Level.SHOULD}.get(self, Level.NOTE)

    @property
    def rank(self) -> int:
        """0 is the surest."""
        return list(Mark).index(self)


@dataclass(frozen=True, slots=True)
class Fact:
    """A mark and the keys of the sources it rests on.

    >>> import screentest
    >>> documented = screentest.Fact(screentest.Mark.DOCUMENTED, ("guide",))
    >>> assumed = screentest.Fact(screentest.Mark.ASSUMED)
    >>> documented.weakest(assumed).mark
    <Mark.ASSUMED: 'assumed'>
    >>> assumed.over({"most": 20000, "mark": "documented", "source": "guide"}) == documented
    True
    """

    mark: Mark
    source: tuple[str, ...] = ()

    def weakest(self, *others: "Fact") -> "Fact":
        """The least sure of several facts: what a statement made of all of them may claim."""
        return max((self, *others), key=lambda fact: fact.mark.rank)

    def over(self, node: Any, prefix: str = "") -> "Fact":
        """This fact, overridden by the mark and source that `node` (a mapping) states itself."""
        if not isinstance(node, Mapping):
            return self
        mark, source = node.get(prefix + "mark"), node.get(prefix + "source")
        if mark is None and source is None:
            return self
        sources = self.source if source is None else (source,) if isinstance(source, str) else tuple(source)
        return Fact(Mark(mark) if mark is not None else self.mark, sources)
