"""Times in samples and bodies: with a zone, in one unit, in order."""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.lint.bodies import task_bodies
from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.location import segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping
from screentest_contracts.times import read_time
from screentest_contracts.vocabulary import TIMES, moment_of_member

_NAIVE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?")
_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_LOW, _HIGH = 946_684_800, 4_102_444_800  # 2000 .. 2100


def _objects(document: RawDocument) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object inside of answers' examples."""
    for sample in document.samples:
        stack = [(sample.value, sample.pointer)] if sample.answer else []
        while stack:
            node, at = stack.pop()
            if isinstance(node, Mapping):
                yield at, node
                stack.extend((value, child(at, name)) for name, value in node.items())
            elif isinstance(node, list):
                stack.extend((value, child(at, index)) for index, value in enumerate(node))


def unit_of(value: Any) -> str | None:
    """`s`, `ms`, `us` or `ns` of a number that is a time of this century in that unit; None for other values."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return next((unit for unit, scale in _UNITS.items() if _LOW * scale <= value <= _HIGH * scale), None)


def epoch_of(value: Any) -> float | None:
    """Epoch seconds of a sample's time, in any usual form; a time without a zone counts as UTC."""
    unit = unit_of(value)
    if unit is not None:
        return float(value) / _UNITS[unit]
    for form in ("iso", "naive"):
        try:
            return read_time(value, form)
        except ValueError:
            continue
    return None


@rule(
    "time.zone",
    Severity.WARNING,
    "A time that is text has a zone",
    "print it with Z or an offset, or say which zone is meant (`naive+08:00` in a body of x-task)",
)
def times_have_zones(document: RawDocument) -> Iterator[Hit]:
    """Dates with a clock time and no zone, in examples; and forms that leave the zone open, in bodies."""
    for at, node in _objects(document):
        for name, value in node.items():
            if isinstance(value, str) and _NAIVE.fullmatch(value):
                yield Hit(child(at, name), f"{value!r} has no zone")
    for body in task_bodies(document) if document.task is not None else ():
        for slot in body.template.slots:
            if slot.hole.is_time and re.fullmatch("naive(-ms)?", slot.hole.form):
                at = child(body.pointer, *segments(slot.pointer))
                yield Hit(at, f"{{{{{slot.hole.name}}}}} is written without a zone, and none is said to be meant")


@rule(
    "time.unit",
    Severity.ERROR,
    "Times beside each other are in one unit",
    "seconds or milliseconds: print all in what the server sends",
)
def one_unit(document: RawDocument) -> Iterator[Hit]:
    """Numbers in seconds beside numbers in milliseconds, in examples and in bodies."""
    for at, node in _objects(document):
        named = {name: value for name, value in node.items() if moment_of_member(str(name)) is not None}
        units = {name: unit for name, value in named.items() if (unit := unit_of(value)) is not None}
        yield from _mixed(at, units)
    for body in task_bodies(document) if document.task is not None else ():
        groups: dict[str, dict[str, str]] = {}
        for slot in body.template.slots:
            if slot.hole.is_time and slot.whole and slot.hole.form.startswith("epoch"):
                parent, _, name = slot.pointer.rpartition("/")
                unit = slot.hole.form.removesuffix("-string").removeprefix("epoch-")
                groups.setdefault(parent, {})[name] = unit
        for parent, units in groups.items():
            yield from _mixed(body.pointer + parent, units)


def _mixed(at: str, units: Mapping[str, str]) -> Iterator[Hit]:
    if len(set(units.values())) > 1:
        name = list(units)[-1]
        yield Hit(child(at, name), "mixed units: " + ", ".join(f"{key} in {unit}" for key, unit in units.items()))


@rule(
    "time.order",
    Severity.ERROR,
    "A sample's times are in the order in which things happen",
    "correct the sample: created, submitted, started, finished, expired",
)
def in_order(document: RawDocument) -> Iterator[Hit]:
    """Ended before begun, and the like; 0 counts as not yet."""
    for at, node in _objects(document):
        yield from _out_of_order(at, node)
    for body in task_bodies(document) if document.task is not None else ():
        stack = [(body.value, body.pointer)]
        while stack:
            value, at = stack.pop()
            if isinstance(value, Mapping):
                yield from _out_of_order(at, value)
                stack.extend((each, child(at, name)) for name, each in value.items())
            elif isinstance(value, list):
                stack.extend((each, child(at, index)) for index, each in enumerate(value))


def _out_of_order(at: str, node: Mapping[str, Any]) -> Iterator[Hit]:
    order = list(TIMES)
    known: dict[str, tuple[str, float]] = {}
    for name, value in node.items():
        moment = moment_of_member(str(name))
        epoch = epoch_of(value) if moment is not None else None
        if moment is not None and epoch is not None and moment != "updated":
            known.setdefault(moment, (str(name), epoch))
    present = [(moment, *known[moment]) for moment in order if moment in known]
    for (_, before, early), (_, after, late) in itertools.pairwise(present):
        if early > late + 1:
            yield Hit(child(at, after), f"{after} ({node[after]!r}) lies before {before} ({node[before]!r})")


@rule(
    "wait.shorter-than-tasks",
    Severity.NOTE,
    "A create that waits sees the end of some tasks",
    "correct `wait.seconds` or `typical`; where both are right, a wait mostly ends with a receipt",
    task=True,
)
def waits_see_an_end(document: RawDocument) -> Iterator[Hit]:
    """Waits that are over before a task of any profile has ended."""
    task = mapping(document.task)
    longest = mapping(task.get("wait")).get("seconds")
    typical = [mapping(profile).get("typical") for profile in mapping(task.get("profiles")).values()]
    times = [each for each in typical if isinstance(each, int | float)]
    if isinstance(longest, int | float) and times and longest < min(times):
        yield Hit("/x-task/wait/seconds", f"it waits {longest:g} s, and no task ends in less than {min(times):g} s")
