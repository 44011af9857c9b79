"""Provider documents of other families than those of `FEW`: each is served and judged without any Python
of its own, and what breaks its promises is caught."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from tests.documents.planted import PLANTED
from tests.providers import FEW, known
from tests.turns import by_turns

from screentest_contracts import Contract, DocumentError, load_contract
from screentest_contracts.location import Location
from screentest_contracts.raw.files import find_document
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import DEVIATIONS, Deviation, applicable, deviation
from screentest_mockserver.state.hooks import Hooks
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Skip, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.requests.probes import probes
from screentest_suites.targets.embedded import EmbeddedTarget

HERE = Path(__file__).parent
NAMES = (
    "ark",
    "dashscope",
    "envelope",
    "files",
    "jobs",
    "modes",
    "openai",
    "posted",
    "presigned",
    "queue",
    "relay",
    "rest",
    "rules",
    "sequel",
    "signed",
    "studio",
)


def judge(contract: Contract, broken: Deviation | None = None) -> list[Verdict]:
    """Every verdict on the embedded mock."""
    target = EmbeddedTarget(contract)
    target.mock.deviation = broken
    return list(Judge(contract, target, Options(examples=20)).verdicts())


def verdict(contract: Contract, broken: Deviation, requirement: str) -> Verdict:
    """That of one requirement alone, and of what it rests on; `screentest selfcheck` judges them all."""
    target = EmbeddedTarget(contract)
    target.mock.deviation = broken
    return Judge(contract, target, Options(examples=20)).verdict(requirement)


def failures(verdicts: list[Verdict]) -> set[str]:
    """The requirements that were broken; a broken harness is no verdict at all."""
    assert not [verdict.finding.reason for verdict in verdicts if verdict.result is Result.ERROR]
    return {verdict.requirement.id for verdict in verdicts if verdict.result is Result.FAILED}


NOT_SHOWN = {
    name: {"result.links"} for name in ("envelope", "jobs", "relay", "rest", "signed", "studio")
}  # lists of one address
NOT_SHOWN["dashscope"] = {"error.upload.rate-limited", "error.upload.rate-limited.body"}  # no scenario is for uploads
"""What the mock of a document shows nothing of."""


@pytest.mark.parametrize("name", by_turns(NAMES, 3))
def test_judged_clean(contracts: dict[str, Contract], name: str) -> None:
    verdicts = judge(contracts[name])
    assert failures(verdicts) == set()
    skips = [verdict for verdict in verdicts if verdict.result is Result.SKIPPED]
    assert not [each.id for each in skips if not each.finding.reason.startswith(tuple(Skip))]
    skipped = [verdict.requirement for verdict in skips]
    # Few bodies are generated, and which depends on what is imported: there may be no invalid one among them.
    untried = {each.id for each in skipped if each.untestable is None} - {"create.generated.refuses"}
    assert untried == NOT_SHOWN.get(name, set())


@pytest.mark.parametrize(
    ("name", "setting", "reading"),
    [
        ("ark", "queue", "short"),
        ("envelope", "address", "absolute"),
        ("studio", "link-life", "day"),
        ("studio", "deletes", "all"),
    ],
)
def test_other_readings_are_judged_clean(name: str, setting: str, reading: str) -> None:
    contract = load_contract(find(name), {setting: reading})
    assert failures(judge(contract)) == set()


def find(name: str) -> Path:
    """The file of one of this folder's documents, or of a built-in one."""
    own = HERE / f"{name}.yaml"
    return own if own.exists() else find_document(name)


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    """A copy of a document in which `old`, which occurs, is `new`."""
    text = find(name).read_text()
    assert old in text
    file = tmp_path / f"{name}.yaml"
    file.write_text(text.replace(old, new))
    return file


def test_a_create_that_takes_forms_only(tmp_path: Path) -> None:
    """What a form cannot carry, such as the type of a number, is not asked of it."""
    file = changed(tmp_path, "openai", "          application/json: *body\n", "")
    shot = "        metadata: {type: object, properties: {shot: {type: integer}}}\n"
    file.write_text(file.read_text().replace("        input_reference:\n", f"{shot}        input_reference:\n", 1))
    contract = load_contract(file)
    verdicts = judge(contract)
    assert failures(verdicts) == set()
    judged = {verdict.requirement.id for verdict in verdicts if verdict.result is Result.PASSED}
    assert {"create.prompt.required", "create.size.enum", "create.metadata.shot.type"} <= judged
    hooks = Hooks(refuses=lambda model, body: "prompt" if len(body["prompt"]) > 31_000 else None)
    strict = Deviation("refuses-long-prompts", "", (), hooks=hooks)
    assert "create.prompt.max-length" in failures(judge(contract, strict))


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("modes", "{{asset:part}}", "{{asset:parts}}", "no body shows {{asset:part}}"),
        ("modes", "{{asset:part}}", "{{asset:parts}}", "nothing says what {{asset:parts}} is"),
        ("modes", "([a-z]+)", "[a-z]+", "has 0 groups"),
        ("modes", "file_digest:md5", "file_digest:crc", "file_digest:crc| is none; known: md5"),
        ("modes", "([a-z]+)", "([a-z]+", "no regular expression"),
        ("queue", "/response_url: getResult", "/response_url: getNothing", "'getNothing' plays no role"),
        ("queue", " result: [getResult],", "", "`result: refused` needs a result operation"),
        ("openai", " content: [getContent],", "", "neither `at` nor a content operation"),
        ("openai", "deletes: [succeeded, failed], ", "", "/x-task/cancel"),
        ("jobs", "{{charge:100}}", "{{charge:ten}}", "charge:ten is not a factor"),
        ("rest", "header:Location: getRender", "header:Location: getNothing", "'getNothing' plays no role"),
        ("rest", "header:Location: getRender", "Location: getRender", "/x-task/id/addresses"),
        ("rest", "{parameter: cursor, next: /next_cursor}", "{parameter: cursor}", "/x-task/list/cursor"),
        ("files", "value: video,", "value: clip,", "no success of a query has {{value:clip}} at /file_id"),
        ("files", ", upload: [uploadFile]}", "}", "roles.upload and an `upload` section need each other"),
        ("files", "multipart/form-data", "application/json", "uploadFile takes no multipart/form-data"),
        ("files", "format: binary", "maxLength: 9", "name the form's member in `file`"),
        ("files", "file_id: 176844000000001", "file_id: 17684", "a base holds 17684 there"),
        ("files", 'pattern: "^[0-9]+$"', 'pattern: "("', "/x-task/upload/pattern"),
        ("presigned", "    put: /upload_url\n", "", "or the address in `put`"),
        ("openai", "{values: [1920x1080,", "{value: [1920x1080,", "x-tolerates"),
        ("ark", "when: {/return_last_frame", "when: {/last_frame", "no model's request has a member /last_frame"),
        ("openai", "parameters: {variant: thumbnail}", "parameters: {size: small}", "has no parameter 'size'"),
        ("openai", "parameters: {variant: thumbnail}, ", "", "/x-task/assets/thumbnail"),
        (
            "sequel",
            "reel-1: {schema: FromText, operation: createClip,",
            "reel-1: {schema: FromText,",
            "to upscaleClip, too",
        ),
        ("sequel", "{parameter: source_id, mark", "{parameter: other_id, mark", "no parameter of its create carries"),
        ("sequel", "clip: clip_000000000000000000000000}", "clip: c}", "the base holds no id at /after/clip"),
        ("sequel", "models: [reel-1, reel-1-longer]", "models: [reel-2]", "no model 'reel-2'"),
        ("sequel", "models: [reel-1, reel-1-longer]", "models: [reel-1-longer]", "no task could be the first"),
        ("sequel", "mark: recommended}", "from: [running]}", "/x-task/models/reel-1-larger/earlier/from"),
        ("sequel", "models: [reel-1-larger], readings", "models: [boat], readings", "no model is called 'boat'"),
        ("signed", "list: {processing", "list: {working", "'working' is no status"),
        ("signed", "getTaskOfAnyMode: {submitted", "getTask: {submitted", "'getTask' is no further query operation"),
        ("signed", "getTaskOfAnyMode: {submitted", "getTaskOfAnyMode: {waiting", "'waiting' is no status"),
        ("rules", "    transitions:", "    words: {callback: {done: DONE}}\n    transitions:", "there is no callback"),
        ("sequel", "unknown-task, on", "unknown-task, models: [reel-1], on", "does not tell of a model"),
    ],
)
def test_misuse_of_a_word_is_named(tmp_path: Path, name: str, old: str, new: str, problem: str) -> None:
    with pytest.raises(DocumentError) as raised:
        load_contract(changed(tmp_path, name, old, new))
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    ("name", "member", "kind", "tolerated"),
    [
        ("openai", "size", "enum", "1920x1080"),
        ("queue", "seed", "type", 0),
        ("envelope", "metadata.sampleCount", "minimum", 0),
    ],
)
def test_tolerated_values_are_never_expected_to_be_refused(
    contracts: dict[str, Contract], name: str, member: str, kind: str, tolerated: Any
) -> None:
    model = next(iter(contracts[name].models.values()))
    constraint = next(each for each in model.constraints if each.name == member and each.kind == kind)
    refused = [constraint_value(probe.body, member) for probe in probes(model, constraint) if not probe.accept]
    assert refused
    assert tolerated not in refused


def constraint_value(body: Any, member: str) -> Any:
    return Location("/" + member.replace(".", "/")).find(body)


@pytest.mark.parametrize(
    ("name", "planted", "requirement"),
    by_turns(PLANTED, 3),
    ids=[f"{name}-{planted if isinstance(planted, str) else planted.name}" for name, planted, _ in PLANTED],
)
def test_planted_deviations_are_caught(
    contracts: dict[str, Contract], name: str, planted: str | Deviation, requirement: str
) -> None:
    contract = contracts[name]
    broken = deviation(planted, contract) if isinstance(planted, str) else planted
    assert verdict(contract, broken, requirement).result is Result.FAILED


def test_every_deviation_is_tried_and_caught(small: Contract, contracts: dict[str, Contract]) -> None:
    """By the matrix on the documents of `FEW`, on the small one, in the rows above, or here where it fits first."""
    tried = {each.name for each in applicable(small)} | {planted for _, planted, _ in PLANTED}
    for name in FEW:
        tried |= {each.name for each in applicable(known(name))}
    for name, contract in contracts.items():
        for each in applicable(contract):
            if each.name not in tried:
                named = [
                    one.id for one in requirements(contract) if any(fnmatchcase(one.id, glob) for glob in each.breaks)
                ]
                found = (verdict(contract, each, one).result for one in named)
                assert any(result is Result.FAILED for result in found), (name, each.name, named)
                tried.add(each.name)
    assert set(DEVIATIONS) <= tried
