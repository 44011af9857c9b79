"""How long a result's link lives: what is said of it against what a sample link says itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.lint.rules.times import epoch_of
from screentest_contracts.raw.document import RawDocument, Sample
from screentest_contracts.raw.nodes import child, mapping, sequence
from screentest_contracts.vocabulary import moment_of_member, stated_life

_CLOSE = 0.1


def life_of_link(url: str, made: float | None) -> float | None:
    """Seconds that a signed address gives itself; `made`: when, for signatures that name their end only."""
    try:
        query = {name.lower(): values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    except ValueError:
        return None
    for name, value in query.items():
        if re.fullmatch(r"x-[a-z]+-expires", name) and value.isdecimal():
            return float(value)
    end = query.get("expires", "")
    if made is not None and end.isdecimal():
        epoch = epoch_of(int(end))
        return None if epoch is None else epoch - made
    return None


@rule(
    "link.life",
    Severity.ERROR,
    "A sample link lives as long as the text says",
    "correct the lifetime that is stated (`link.life`), or take a sample link that agrees",
)
def lifetimes_agree(document: RawDocument) -> Iterator[Hit]:
    """Signed links of samples and of link.make against link.life, or against the prose of their member."""
    node = mapping(mapping(document.task).get("link"))
    lives = _stated_lives(node.get("life"))
    makes = node.get("make")
    for index, each in enumerate(sequence(makes)):
        text = each if isinstance(each, str) else mapping(each).get("make", "")
        own = life_of_link(str(text), None)
        if lives and own is not None and not any(_same(life, own) for life in lives):
            at = child("/x-task/link/make", index, "make") if isinstance(makes, list) else "/x-task/link/make"
            yield Hit(at, f"the link gives itself {own:.0f} s, link.life says {_shown(lives)} s")
    for sample in document.samples:
        for at, url, made, said in _links(document, sample):
            stated = lives or ([] if said is None else [said])
            own = life_of_link(url, made)
            if stated and own is not None and not any(_same(life, own) for life in stated):
                yield Hit(at, f"the sample link lives {own:.0f} s, but {_shown(stated)} s are stated")


def _stated_lives(node: Any) -> list[float]:
    """The lengths that `link.life` states: none, one, or one for each reading."""
    rows = node if isinstance(node, list) else [node]
    lives = [mapping(each).get("life") if isinstance(each, Mapping) else each for each in rows]
    return [float(life) for life in lives if isinstance(life, int | float)]


def _shown(lives: list[float]) -> str:
    return " or ".join(f"{life:.0f}" for life in lives)


def _same(stated: float, own: float) -> bool:
    return abs(stated - own) <= max(stated * _CLOSE, 60)


def _links(document: RawDocument, sample: Sample) -> Iterator[tuple[str, str, float | None, float | None]]:
    """(pointer, address, when its task ended, what the prose says of its life) inside of a sample."""
    stack: list[tuple[Any, Any, str, float | None]] = [(sample.value, sample.schema, sample.pointer, None)]
    if not sample.answer:
        return
    made = _latest(sample.value)
    while stack:
        value, schema, at, said = stack.pop()
        schema = mapping(document.follow(schema))
        said = stated_life(str(schema.get("description", ""))) or said
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            yield at, value, made, said
        elif isinstance(value, Mapping):
            parts = [schema, *(mapping(document.follow(each)) for each in sequence(schema.get("allOf")))]
            for name, each in value.items():
                member: Any = next(
                    (mapping(p.get("properties"))[name] for p in parts if name in mapping(p.get("properties"))), {}
                )
                stack.append((each, member, child(at, name), None))
        elif isinstance(value, list):
            stack.extend((each, schema.get("items", {}), child(at, i), said) for i, each in enumerate(value))


def _latest(value: Any) -> float | None:
    """The last moment that a sample names, which is when its link was signed."""
    found: list[float] = []
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            for name, each in node.items():
                moment = moment_of_member(str(name))
                epoch = epoch_of(each) if moment is not None and moment != "link_expires" else None
                if epoch is not None:
                    found.append(epoch)
                stack.append(each)
        elif isinstance(node, list):
            stack.extend(node)
    return max(found, default=None)
