"""What a refusal proves: nothing where the same request with a valid value is refused, too, and little where no such
request may be sent and the refusal names nothing."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_contracts.requirements import requirements
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Hooks
from screentest_suites.checks.parameters import NOT_ALONE
from screentest_suites.checks.twins import names
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Finding, Result, Skip, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting import report
from screentest_suites.reporting.render import render
from screentest_suites.targets.credentials import redactor
from screentest_suites.targets.embedded import EmbeddedTarget

PATTERN = r"^(https://|data:)\S+$"


def frames(tree: Any) -> None:
    """A list of objects: one member is a choice, and beside it is a text that has to have a form."""
    item = {
        "type": "object",
        "required": ["role", "image"],
        "properties": {
            "role": {"type": "string", "enum": ["first", "last"]},
            "image": {"type": "string", "pattern": PATTERN},
        },
    }
    tree["components"]["schemas"]["Clip"]["properties"]["frames"] = {"type": "array", "maxItems": 2, "items": item}


def scene(tree: Any) -> None:
    """An object whose sibling has to be of a form, in another shape: no list."""
    properties = {
        "pace": {"type": "integer", "minimum": 3},
        "token": {"type": "string", "pattern": "^[A-Z]{4}[0-9]{4}$"},
    }
    tree["components"]["schemas"]["Clip"]["properties"]["scene"] = {
        "type": "object",
        "required": ["pace", "token"],
        "properties": properties,
    }


def judged(made: Any, hooks: Hooks) -> dict[str, Finding]:
    """What the checks of a server with these hooks say, by the end of the id."""
    made.wire.mock.deviation = Deviation("broken", "", (), hooks=hooks)
    ids = [each.id for each in requirements(made.contract) if each.kind == "constraint"]
    return {name.removeprefix("create."): made.judge(name) for name in ids}


def accepting(*members: str) -> Hooks:
    """A server that takes any value of these members; they must be there."""
    return Hooks(accepts=lambda contract, member, keyword, body: member in members and keyword != "required")


def refusing(test: Any) -> Hooks:
    """A server that refuses valid requests, too."""
    return Hooks(refuses=lambda model, body: "frames" if test(body) else None)


@pytest.mark.parametrize(
    ("document", "loose", "failing"),
    [
        (frames, "frames.role", {"frames.role.enum", "frames.role.type"}),
        (frames, "frames.image", {"frames.image.pattern", "frames.image.type"}),
        (scene, "scene.pace", {"scene.pace.minimum", "scene.pace.type", "scene.pace.numeric-text"}),
        (scene, "scene.token", {"scene.token.pattern", "scene.token.type"}),
    ],
)
def test_a_server_that_takes_anything_is_caught_beside_a_sibling_of_a_form(
    bench: Any, document: Any, loose: str, failing: set[str]
) -> None:
    found = judged(bench(document), accepting(loose))
    assert {name for name, finding in found.items() if finding.result is Result.FAILED} == failing


@pytest.mark.parametrize("document", [frames, scene])
def test_a_sound_server_passes_on_proof(bench: Any, document: Any) -> None:
    found = judged(bench(document), Hooks())
    assert {finding.result for finding in found.values()} == {Result.PASSED}
    assert not any(finding.weak for finding in found.values())


@pytest.mark.parametrize(
    ("test", "about"),
    [
        (lambda body: "frames" in body, "frames.image.pattern"),
        (lambda body: body.get("frames", [{}])[0] != {}, "frames.role.required"),
    ],
)
def test_a_refusal_proves_nothing_where_its_twin_is_refused(bench: Any, test: Any, about: str) -> None:
    found = judged(bench(frames), refusing(test))
    member = about.rpartition(".")[0]
    assert found[about].result is Result.SKIPPED
    assert f"the same request with a valid `{member}` is refused, too" in found[about].reason
    assert found["frames.role.enum"].result is Result.FAILED, "to take a documented value is documented"
    assert found["duration.minimum"].result is Result.PASSED


def test_a_twin_is_sent_once_for_all_constraints_of_its_member(bench: Any) -> None:
    made = bench(frames)
    found = judged(made, Hooks())
    assert found["frames.role.type"].result is Result.PASSED
    valid = {"model": "clip-1", "frames": [{"role": "first", "image": "https://media.example.com/clip.png"}]}
    sent = [orjson.loads(each.sent.body) for each in made.wire.log if each.sent.operation == "make"]
    assert sent.count(valid) == 1


def silent(exchange: Exchange) -> Exchange:
    """Refuses without a word about why."""
    if exchange.status != 422:
        return exchange
    return replace(exchange, body=orjson.dumps({"error": {"code": "bad", "message": "No."}}))


def test_where_the_twin_costs_money_the_refusal_has_to_name_the_member(bench: Any) -> None:
    named = bench(frames, metered=True).judge("create.frames.role.enum")
    assert (named.result, named.weak) == (Result.PASSED, False)
    unnamed = bench(frames, metered=True, alter=silent).judge("create.frames.role.enum")
    assert (unnamed.result, unnamed.weak) == (Result.PASSED, True)
    assert "evidence: weak" in unnamed.reason
    made = bench(metered=True, alter=silent, remote=True)
    made.session.pool.prepare(made.session.runner)
    shared = made.judge("create.duration.minimum")
    assert (shared.result, shared.weak) == (Result.PASSED, False), "the paid task has a valid duration: it is the twin"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"param": "frames[0].role"}}, True),
        ({"error": {"message": "role must be one of first, last"}}, True),
        ({"error": {"message": "Parole is a word that only holds the name."}}, False),
        ({"detail": [{"loc": ["body", "frames", 0, "role"], "msg": "wrong"}]}, True),
        ({"error": {"message": "invalid request", "param": None}}, False),
    ],
)
def test_whether_a_refusal_names_a_member(bench: Any, body: Any, expected: bool) -> None:
    made = bench(frames)
    constraint = made.requirement("create.frames.role.enum").subject.cases[0].constraint
    refusal = made.session.create(made.session.models[0], {"model": "clip-1", "duration": 1}, valid=False)
    assert names(made.contract, replace(refusal, body=orjson.dumps(body)), constraint) is expected


def test_what_was_tried_is_said(bench: Any) -> None:
    made = bench(frames, metered=True)
    assert made.judge("create.frames.role.enum").reason == "2 refused, nothing accepted was tried"
    assert bench(frames).judge("create.frames.role.enum").reason == "2 accepted, 2 refused"
    statement = made.requirement("create.frames.role.enum").statement
    assert "each documented value" not in statement


def test_a_constraint_that_no_request_shows_alone_is_skipped(bench: Any, tools: Any) -> None:
    def twice(tree: Any) -> None:
        tree["components"]["schemas"]["Clip"]["properties"]["duration"]["exclusiveMinimum"] = 2

    assert tools.is_skip(bench(twice).judge("create.duration.minimum"), Skip.NOT_OBSERVED, NOT_ALONE)


# -- reports ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weak_report(variant: Any) -> dict[str, Any]:
    contract = variant(frames)
    target = EmbeddedTarget(contract)
    judge, secrets = Judge(contract, target, Options()), redactor([target])
    requirement = next(each for each in judge.requirements if each.id == "create.frames.role.enum")
    finding = Finding(Result.PASSED, "2 refused (evidence: weak)", judged=2, weak=True)
    row = report.verdict_json(contract, Verdict(requirement, contract.name, finding), secrets)
    head = report.header([contract], target, Options(), "2026-11-20T08:00:00Z")
    return report.document(head, [row], finished=True)


def test_weak_evidence_is_counted_apart(weak_report: dict[str, Any]) -> None:
    (row,) = weak_report["requirements"]
    assert (row["verdict"], row["weak"]) == ("passed", True)
    assert {word: number for word, number in weak_report["totals"]["MUST"].items() if number} == {"weak": 1}


@pytest.mark.parametrize(
    ("suffix", "shown"),
    [
        (".xml", '<property name="evidence" value="weak" />'),
        (".md", "0 of 1, 1 weak"),
        (".html", "passed (weak)"),
    ],
)
def test_every_report_tells_weak_evidence(weak_report: dict[str, Any], suffix: str, shown: str) -> None:
    assert shown in render([weak_report], suffix)
