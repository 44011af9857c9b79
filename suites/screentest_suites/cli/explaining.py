"""`screentest explain`: all about one requirement, with an example of it kept and broken, made on the mock."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from screentest_contracts import UsageError, built_in, load_contract
from screentest_contracts.contract import Contract, Role
from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.redact import Redactor
from screentest_contracts.requirements import WHY, Requirement, Situations, requirements
from screentest_contracts.requirements.client_kinds import client_kinds
from screentest_contracts.requirements.kinds import all_kinds
from screentest_contracts.suggestions import alike
from screentest_contracts.wording import listing
from screentest_mockserver.behaviours.deviations import applicable, breaks
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.wire.accounts import account_keys
from screentest_suites.cli.listing import of_clients
from screentest_suites.cli.reasons import RECEIVERS, level_told, shown_in, situations_told
from screentest_suites.cli.tables import print_json, print_rows
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting.report import body_shown, sources_json
from screentest_suites.targets.embedded import EmbeddedTarget

_FEW = Options(examples=5)
"""What an example needs of a run."""


def explain(name: str, provider: str | None, form: str, *, quiet: bool) -> None:
    """Tells about one requirement, or lists those that a pattern fits. Raises UsageError with the nearest ids."""
    qualifier, colon, rest = name.partition(":")
    if colon and provider is None:
        name, provider = rest, qualifier
    if set(name) & set("*?["):
        _list(name, provider, form, quiet=quiet)
        return
    called, contract, requirement = _find(name, provider)
    told = _about(called, contract, requirement)
    if form == "json":
        print_json(told)
    else:
        _print(Console(highlight=False), told, contract, requirement, quiet=quiet)


def _all(provider: str | None) -> Iterator[tuple[str, Contract, Requirement[Any]]]:
    """Every requirement of a provider, or of each built-in one: its name, its contract, the requirement."""
    for called in (provider,) if provider is not None else built_in():
        contract = load_contract(called)
        for requirement in (*requirements(contract), *of_clients(contract)):
            yield called, contract, requirement


def _find(name: str, provider: str | None) -> tuple[str, Contract, Requirement[Any]]:
    known: dict[str, None] = {}
    for found in _all(provider):
        if found[2].id == name:
            return found
        known[found[2].id] = None
    near = alike(name, known)
    of = f" of {provider}" if provider is not None else ""
    command = f"screentest explain {shlex.quote(f'*{name}*')}"
    hint = f"did you mean {listing(near, 'or')}?" if near else f"`{command}` lists what has it in its name"
    raise UsageError(f"no requirement {name!r}{of}", hint)


def _list(pattern: str, provider: str | None, form: str, *, quiet: bool) -> None:
    found: dict[str, dict[str, Any]] = {}
    for called, _, each in _all(provider):
        if fnmatchcase(each.id, pattern):
            row: dict[str, Any] = {
                "id": each.id,
                "level": each.level.value,
                "statement": each.statement,
                "providers": [],
            }
            found.setdefault(each.id, row)["providers"].append(called)
    if not found:
        raise UsageError(f"no requirement fits {pattern!r}", "`screentest requirements NAME` lists all of a provider")
    columns = ["id", "level", "statement"] if provider is not None else ["id", "level", "providers"]
    print_rows(found.values(), columns, form, quiet=quiet)


def _about(called: str, contract: Contract, requirement: Requirement[Any]) -> dict[str, Any]:
    """All there is to tell, as JSON has it."""
    kind = next((each for each in (*all_kinds(), *client_kinds()) if each.name == requirement.kind), None)
    text = kind.text if kind is not None else None
    deviations = [each for each in applicable(contract) if requirement.id in breaks(each, contract)]
    example = _example(contract, requirement, deviations) if deviations else None
    return {
        "id": requirement.id,
        "provider": contract.name,
        "suite": requirement.suite,
        "level": requirement.level.value,
        "statement": requirement.statement,
        "models": list(requirement.models),
        "why": WHY[requirement.suite],
        "mark": requirement.fact.mark.value,
        "sources": sources_json(contract, requirement.fact),
        "depends": list(requirement.depends),
        "untestable": requirement.untestable,
        "judges": kind.judges if kind is not None else None,
        "sends": text.sends if text is not None else None,
        "says": text.says if text is not None else None,
        "blind": text.blind if text is not None else None,
        "situations": shown_in(contract, requirement),
        "deviations": [each.name for each in deviations],
        "kept": None if example is None else example.kept,
        "broken": None if example is None else example.broken,
        "reproduce": _reproduce(called, contract, requirement, example.deviation if example is not None else None),
    }


@dataclass(frozen=True)
class _Example:
    """A requirement kept and broken on the mock, by a `deviation`; each None where there is nothing to show."""

    deviation: str
    kept: dict[str, Any] | None
    broken: dict[str, Any] | None


def _example(contract: Contract, requirement: Requirement[Any], deviations: Sequence[Deviation]) -> _Example:
    """The first deviation that this requirement notices, with what was seen; and the mock as it should be."""
    good = _judge(contract, None)
    kept = good.verdict(requirement.id)
    for deviation in deviations:
        bad = _judge(contract, deviation)
        verdict = bad.verdict(requirement.id)
        if verdict.result is Result.FAILED:
            evidence = verdict.finding.evidence[0]
            shown = evidence.exchanges[-1] if evidence.exchanges else None
            broken = {"seen": evidence.seen, "expected": evidence.expected, **_shown(shown)}
            alike = _counterpart(bad, good, shown)
            same = {"judged": kept.finding.judged, **_shown(alike)} if kept.result is Result.PASSED else None
            return _Example(deviation.name, same, broken)
    return _Example(deviations[0].name, None, None)


def _judge(contract: Contract, deviation: Deviation | None) -> Judge:
    target = EmbeddedTarget(contract)
    target.mock.deviation = deviation
    return Judge(contract, target, _FEW)


def _counterpart(bad: Judge, good: Judge, shown: Exchange | None) -> Exchange | None:
    """What the good mock answered to the same request: asked as often before, since a refusal is followed by a try that
    succeeds; or else to the last one of the same kind."""
    if shown is None:
        return None
    role = next((role for role, each in _seen(bad) if each is shown), None)
    before = [each for known, each in _seen(bad) if known is role and _asks(each) == _asks(shown)]
    same = [each for known, each in _seen(good) if known is role and _asks(each) == _asks(shown)]
    if same and any(each is shown for each in before):
        place = next(place for place, each in enumerate(before) if each is shown)
        return same[min(place, len(same) - 1)]
    kin = [each for known, each in _seen(good) if known is role and each.sent.method == shown.sent.method]
    exact = [each for each in kin if _asks(each)[1:] == _asks(shown)[1:]]
    return next(reversed(exact or kin), None)


def _asks(exchange: Exchange) -> tuple[object, ...]:
    """For which requirement a request was sent, and what it asks."""
    sent = exchange.sent
    return sent.purpose, sent.method, sent.body, sent.credential


def _seen(judge: Judge) -> Iterable[tuple[Role, Exchange]]:
    return judge.session.client.seen


def _shown(exchange: Exchange | None) -> dict[str, Any]:
    """Request and answer of an example, in a line each."""
    if exchange is None:
        return {"request": None, "answer": None}
    redactor, sent = Redactor(), exchange.sent
    body = "" if sent.body is None else " " + body_shown(sent.body, redactor, 300)
    headers = " ".join(f"{name}: {redactor.header(name, value)}" for name, value in exchange.headers if _tells(name))
    answer = f"{exchange.status} {headers and headers + ' '}{body_shown(exchange.body, redactor, 300)}".strip()
    return {"request": f"{sent.method} {urlsplit(sent.url).path}{body}", "answer": answer}


def _tells(header: str) -> bool:
    """Whether an example shows this header of an answer: not those that every answer has."""
    return header.lower() not in ("content-type", "content-length", "date", "server", "connection")


def _reproduce(called: str, contract: Contract, requirement: Requirement[Any], deviation: str | None) -> list[str]:
    """Commands that show it."""
    name = shlex.quote(called)
    if requirement.suite == RECEIVERS:
        return [f"screentest callback {name} --to http://127.0.0.1:8000/hooks"]
    if isinstance(requirement.subject, Situations):
        names = shown_in(contract, requirement)
        if not names:
            return []
        chosen = [f" --scenario {each}" for each in names[:1] if each != "*"]
        return [f"screentest client {name}{''.join(chosen)} -- python my_client.py"]
    if requirement.untestable is not None:
        return []
    alone = f"pytest --provider {name} -k {shlex.quote(requirement.id)}"
    if deviation is None:
        return [alone]
    key = f"{contract.key_variable}={shlex.quote(account_keys(contract)['good'])}"
    broken = f"{key} {alone} --target http://127.0.0.1:8080 --speed 60"
    return [alone, f"screentest serve {name} --deviation {deviation}", broken]


def _print(
    console: Console, told: dict[str, Any], contract: Contract, requirement: Requirement[Any], *, quiet: bool
) -> None:
    def line(heading: str, words: str | None) -> None:
        if words:
            shown = escape(escape_control_characters(words))
            console.print(
                f"[bold]{heading}:[/] {shown}" if heading else f"  {shown}", soft_wrap=not console.is_terminal
            )

    line(f"{told['level']} {told['id']}", told["statement"])
    if quiet:
        return
    line("models", ", ".join(told["models"]))
    line("why", told["why"])
    line("level", level_told(requirement))
    for source in told["sources"]:
        line("source", f"{source['title']} {source['url']} ({source['mark']}, read {source['read']})")
    line("not tested", told["untestable"])
    for number, situation in enumerate(situations_told(contract, requirement)):
        line("situations" if number == 0 else "", situation)
    line("is sent", told["sends"])
    line("is broken where", told["says"])
    line("cannot see", told["blind"])
    line("rests on", ", ".join(told["depends"]))
    for heading in ("kept", "broken"):
        _print_example(line, heading, told[heading])
    line("deviations that break it", listing(told["deviations"]))
    for number, command in enumerate(told["reproduce"]):
        line("to see it" if number == 0 else "", command)


def _print_example(line: Any, heading: str, example: dict[str, Any] | None) -> None:
    if example is None:
        return
    judged = example.get("judged")
    kept = f"our mock, in {judged} observation{'s' if judged != 1 else ''}"
    unshown = "" if example["request"] else ", which no single answer shows"
    line(f"example, {heading}", kept + unshown if judged else example["seen"])
    line("", example.get("expected") and f"expected: {example['expected']}")
    line("", example["request"])
    line("", example["answer"] and f"answered {example['answer']}")
