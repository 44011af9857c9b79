"""The suites against the mock: every deviation is caught by what names it, and no legal variation is reported.

Each deviation is tried on one of the providers that it fits. Some cases judge every requirement of the provider, so
that a check that fails for something it does not name shows up here, by as few models as show them all; the others
judge what must notice, and `nox -s slow` all of it. `screentest selfcheck`, a session of its own in CI, tries every
deviation on every provider and every model.
"""

from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

from screentest_contracts import Contract, load_contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours import deviations, variations
from screentest_mockserver.behaviours.deviations import Deviation
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Skip, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.judging.selfcheck import Job, run
from screentest_suites.targets.embedded import EmbeddedTarget
from tests.providers import FEW
from tests.turns import by_turns

contract = cache(load_contract)
PROVIDERS = FEW
OTHERS = sorted(map(str, (Path(__file__).parents[2] / "documents").glob("*.yaml")))
"""For what no built-in provider has."""
OPTIONS = Options(examples=8)


@cache
def few_models(provider: str) -> tuple[str, ...]:
    """Models that together have every constraint and every profile of a provider; the last, which a deviation refuses,
    is one of them."""
    shows = {model.name: {f"profile {model.profile}"} for model in contract(provider).models.values()}
    for requirement in requirements(contract(provider)):
        for case in requirement.subject.cases if requirement.kind == "constraint" else ():
            shows[case.model].add(requirement.id)
    chosen = [list(shows)[-1]]
    missing = set[str]().union(*shows.values()) - shows[chosen[0]]
    while missing:
        chosen.append(max(shows, key=lambda name: len(shows[name] & missing)))
        missing -= shows[chosen[-1]]
    return tuple(chosen)


Setting = tuple[str, str]


def judge(
    provider: str, deviation: Deviation | None, setting: Setting | None = None, *, models: tuple[str, ...] | None = None
) -> tuple[list[Verdict], list[object]]:
    """Every verdict on a mock that deviates, or follows another reading of the document; and all that it sent."""
    promised = contract(provider)
    target = EmbeddedTarget(load_contract(provider, dict([setting])) if setting else promised)
    target.mock.deviation = deviation
    answers: list[object] = []
    send = target.send

    def record(*args: object, **options: object) -> object:
        exchange = send(*args, **options)  # type: ignore[arg-type]
        answers.append((exchange.status, exchange.headers, exchange.body, exchange.received_at))
        return exchange

    target.send = record  # type: ignore[method-assign, assignment]
    options = replace(OPTIONS, models=few_models(provider) if models is None else models)
    return list(Judge(promised, target, options).verdicts()), [*answers, *target.callbacks.arrived]


@cache
def usual_answers(provider: str) -> list[object]:
    """What the mock answers when it does not deviate: runs are reproducible to the byte."""
    return judge(provider, None)[1]


def is_any(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def explain(verdicts: list[Verdict]) -> str:
    return "\n".join(f"{each.requirement.level} {each.id}: {each.finding.reason[:300]}" for each in verdicts)


@cache
def cases() -> list[tuple[str, str]]:
    """Every deviation that some provider has the fact for, with one such provider, by turns."""
    fits: dict[str, list[str]] = {}
    for provider in PROVIDERS:
        for each in deviations.applicable(contract(provider)):
            fits.setdefault(each.name, []).append(provider)
    return [(found[turn % len(found)], name) for turn, (name, found) in enumerate(sorted(fits.items()))]


WHOLE = 30
"""Of so many deviations one is judged by every requirement."""


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_mock_keeps_every_promise(provider: str) -> None:
    verdicts, _ = judge(provider, None, models=())
    wrong = [each for each in verdicts if each.result in (Result.FAILED, Result.ERROR)]
    assert not wrong, explain(wrong)
    skipped = [each for each in verdicts if each.result is Result.SKIPPED]
    assert not [each.id for each in skipped if not each.finding.reason.startswith(tuple(Skip))]


@pytest.mark.parametrize(("provider", "name"), by_turns(cases(), WHOLE))
def test_a_deviation_is_caught_and_nothing_else_is_blamed(provider: str, name: str) -> None:
    deviation = deviations.DEVIATIONS[name]
    assert_caught(deviation, judge(provider, deviation)[0])


@pytest.mark.parametrize(("provider", "name"), by_turns([case for turn, case in enumerate(cases()) if turn % WHOLE], 2))
def test_a_deviation_is_caught(provider: str, name: str) -> None:
    """By one of the requirements that name it, judged alone with what they rest on; those that read what others have
    asked for may see nothing then, and are judged with all others."""
    promised, deviation = contract(provider), deviations.DEVIATIONS[name]
    target = EmbeddedTarget(promised)
    target.mock.deviation = deviation
    alone = Judge(promised, target, replace(OPTIONS, models=few_models(provider)))
    named = [each.id for each in requirements(promised) if is_any(each.id, deviation.breaks)]
    found = {each: alone.verdict(each).finding for each in named}
    if Result.FAILED not in {each.result for each in found.values()}:
        assert_caught(deviation, judge(provider, deviation)[0])
    assert Result.ERROR not in {each.result for each in found.values()}, found


def assert_caught(deviation: Deviation, verdicts: list[Verdict]) -> None:
    broken = [each for each in verdicts if each.result is Result.ERROR]
    assert not broken, f"{deviation.name}: {explain(broken)}"
    failed = [each for each in verdicts if each.result is Result.FAILED]
    named = [each for each in verdicts if is_any(each.requirement.id, deviation.breaks)]
    assert [each for each in failed if each in named], f"{deviation.name}: not noticed by\n{explain(named)}"
    kin = (*deviation.breaks, *deviation.also)
    noise = [each for each in failed if each.fails_run and not is_any(each.requirement.id, kin)]
    assert not noise, f"{deviation.name}: also blamed\n{explain(noise)}"


def test_a_provider_added_tomorrow_gets_its_deviations(small: Contract) -> None:
    """The small document has roles and facts that no built-in one has; nothing was written for it. Tried are the
    deviations that no built-in document fits, and some of the others."""
    found = deviations.applicable(small)
    assert len(found) > 100
    known = {name for _, name in cases()}
    for deviation in [each for each in found if each.name not in known] + [
        each for each in found if each.name in known
    ][::12]:
        target = EmbeddedTarget(small)
        target.mock.deviation = deviation
        assert_caught(deviation, list(Judge(small, target, OPTIONS).verdicts()))


UNASKED = {"link-ends-soon"}
"""What no document here lets a run ask about: an address that ends nobody knows when, with a row for its refusal."""


@pytest.mark.parametrize("name", by_turns(sorted(variations.VARIATIONS), 10))
def test_a_legal_variation_raises_no_alarm(name: str) -> None:
    variation = variations.VARIATIONS[name]
    shown = []
    fits = [each for each in PROVIDERS if variation.applies(contract(each))]
    fits = fits or [each for each in OTHERS if variation.applies(contract(each))]
    first = sorted(variations.VARIATIONS).index(name) % len(fits)
    for provider in fits[first:] + fits[:first]:  # two of them, by turns, and more until one shows it
        verdicts, answers = judge(provider, variation)
        shown.append(answers != usual_answers(provider))
        alarms = [each for each in verdicts if each.fails_run or each.result is Result.ERROR]
        assert not alarms, f"{variation.about}:\n{explain(alarms)}"
        if len(shown) > 1 and any(shown):
            break
    assert any(shown) or name in UNASKED, "no provider's answers differ from the usual ones"


@pytest.mark.parametrize(
    ("provider", "setting"),
    by_turns(
        [
            (provider, (setting.name, reading))
            for provider in PROVIDERS
            for setting in contract(provider).settings.values()
            for reading in setting.readings
            if reading != setting.chosen
        ],
        3,
    ),
)
def test_every_documented_reading_passes(provider: str, setting: Setting) -> None:
    verdicts, _ = judge(provider, None, setting)
    alarms = [each for each in verdicts if each.fails_run or each.result is Result.ERROR]
    assert not alarms, explain(alarms)


DOCUMENTS = Path(__file__).parents[2] / "documents"


@pytest.mark.parametrize(
    ("document", "kind", "name"),
    by_turns(
        [
            ("replicate", "variation", "immediate"),  # a cancel of an ended task is answered as a path nobody knows
            (str(DOCUMENTS / "sequel.yaml"), "variation", "absolute-link"),  # relative ones begin at the origin
            (str(DOCUMENTS / "sequel.yaml"), "deviation", "query-not-there"),  # a scenario of a create that is not sent
            (str(DOCUMENTS / "relay.yaml"), "deviation", "unknown-failure-status"),  # the end of a stream
            ("openai", "deviation", "open-names-refused"),  # no create is accepted, with or without balance
            ("ark", "deviation", "answers-hold-nan"),  # the list is the only place that shows an ignored member
            ("gemini", "deviation", "unknown-status"),  # a running task has no status at all
            ("replicate", "deviation", "unknown-failure-status"),  # has a word that others lack
        ],
        8,
    ),
)
def test_where_a_document_is_unlike_the_others(document: str, kind: str, name: str) -> None:
    assert run(Job(document, kind, name)).good
