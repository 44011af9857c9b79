"""What changed between two runs of a provider: recordings, or JSON reports, which hold verdicts only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from screentest_contracts.errors import UsageError
from screentest_suites.core.verdicts import Result
from screentest_suites.recording.profile import BehaviourProfile, Group

JUDGED = {Result.PASSED, Result.FAILED, Result.UNSUPPORTED}
"""Verdicts that a server brings about. What was merely not seen, by chance of timing, is no change of the server."""

SLOWER, SECONDS = 3.0, 2.0
"""Timings differ when both the factor and the difference in seconds are at least this."""


@dataclass(frozen=True)
class Difference:
    """One change. `kind`: field, answer, error, status word, timing or verdict."""

    provider: str
    kind: str
    where: str
    old: str
    new: str


def read_report(path: Path) -> dict[str, BehaviourProfile]:
    """Profiles by provider, with the verdicts of a JSON report. Raises UsageError for what is none."""
    try:
        rows = orjson.loads(path.read_bytes())["requirements"]
        found: dict[str, BehaviourProfile] = {}
        for row in rows:
            found.setdefault(row["provider"], BehaviourProfile(row["provider"])).verdicts[row["id"]] = row["verdict"]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "check the file's permissions") from None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise UsageError(
            f"{path} is no report", "give a .json report of `screentest check`, or the folder of a recording"
        ) from None
    return found


def differences(old: BehaviourProfile, new: BehaviourProfile) -> Iterator[Difference]:
    """What changed, as far as both runs have seen the same."""

    def change(kind: str, where: str, before: str, after: str) -> Difference:
        return Difference(old.provider, kind, where, before, after)

    yield from _verdicts(old, new, change)
    for name in sorted({*old.words, *new.words}):
        gone, came = old.words.get(name, set()) - new.words.get(name, set()), new.words.get(name, set())
        came = came - old.words.get(name, set())
        if gone or came:
            yield change("status word", name, ", ".join(sorted(gone)), ", ".join(sorted(came)))
    yield from _answers(old, new, change)
    yield from _errors(old, new, change)
    yield from _fields(old, new, change)
    for what in sorted(set(old.seconds) & set(new.seconds)):
        before, after = sorted((old.seconds[what], new.seconds[what]))
        if after - before >= SECONDS and after >= before * SLOWER:
            yield change("timing", what, f"{old.seconds[what]:.1f} s", f"{new.seconds[what]:.1f} s")


Change = Callable[[str, str, str, str], Difference]


def _verdicts(old: BehaviourProfile, new: BehaviourProfile, change: Change) -> Iterator[Difference]:
    for name, before in old.verdicts.items():
        after = new.verdicts.get(name)
        if after in JUDGED and before in JUDGED and before != after:
            yield change("verdict", name, before, after)


def _answers(old: BehaviourProfile, new: BehaviourProfile, change: Change) -> Iterator[Difference]:
    """The same request, answered with another status."""
    found: dict[tuple[str, str, str, str], None] = {}
    for mark, (name, purpose, before) in old.answers.items():
        after = new.answers.get(mark, (name, purpose, before))[2] - {429}
        if before - {429} != after:
            found[name, purpose, _shown(before - {429}), _shown(after)] = None
    for name, purpose, was, now in found:
        yield change("answer", f"{name} ({purpose})" if purpose else name, was, now)


def _shown(statuses: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(statuses))) or "429"


def _errors(old: BehaviourProfile, new: BehaviourProfile, change: Change) -> Iterator[Difference]:
    """The same request, refused in other words."""
    found: dict[tuple[str, str, str], None] = {}
    for mark, before in old.refusals.items():
        after = new.refusals.get(mark)
        if after is None or after.status != before.status:
            continue  # another answer, not another wording
        for pointer in sorted({*before.words, *after.words}):
            was, now = before.words.get(pointer, ""), after.words.get(pointer, "")
            if was != now:
                found[f"{before.operation} {before.status} {pointer}", was, now] = None
    for where, was, now in found:
        yield change("error", where, was, now)


def _fields(old: BehaviourProfile, new: BehaviourProfile, change: Change) -> Iterator[Difference]:
    """Members that came, went, or have another type, in answers of a kind that both runs have seen of a model."""
    found: dict[tuple[Group, str], tuple[set[str], set[str]]] = {}
    for key in set(old.fields) & set(new.fields):
        before, after = old.fields[key], new.fields[key]
        for pointer in {*before, *after}:
            was, now = before.get(pointer, set()), after.get(pointer, set())
            if _differs(was, now):
                seen = found.setdefault((key[0], pointer), (set(), set()))
                seen[0].update(was)
                seen[1].update(now)
    for (group, pointer), (was, now) in sorted(found.items()):
        name, status, word = group
        where = " ".join(filter(None, (name, str(status), word, pointer)))
        yield change("field", where, " or ".join(sorted(was)) or "absent", " or ".join(sorted(now)) or "absent")


def _differs(was: set[str], now: set[str]) -> bool:
    """Null beside a type comes and goes with the moment of the poll; a member that is new or gone does not."""
    types, others = was - {"null"}, now - {"null"}
    return types != others if types and others else bool(was) != bool(now)
