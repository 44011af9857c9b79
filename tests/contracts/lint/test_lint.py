"""Lint: every rule fires on a document that breaks it, and on nothing sound; findings stand where they say."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from screentest_contracts import UsageError, built_in
from screentest_contracts.lint import RULES, Finding, Severity, lint_file
from screentest_contracts.location import MISSING, replaced, segments
from screentest_contracts.raw.files import find_document

PLAIN = Path(__file__).parents[1] / "descriptions" / "lantern.yaml"
Tree = dict[str, Any]


def without_notes(findings: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in findings if each.severity is not Severity.NOTE]


def lint_tree(tmp_path: Path, tree: Tree) -> list[Finding]:
    """Errors and warnings of a document given as data."""
    file = tmp_path / "document.yaml"
    file.write_text(json.dumps(tree))  # JSON is YAML
    return without_notes(lint_file(str(file)).findings)


def put(tree: Tree, pointer: str, value: Any) -> Tree:
    changed: Tree = replaced(tree, segments(pointer), value)
    return changed


# -- sound documents say nothing ------------------------------------------------------------------------------------


def test_a_sound_document_has_no_findings(tmp_path: Path, small_tree: Callable[[], Tree]) -> None:
    assert lint_tree(tmp_path, small_tree()) == []


def test_a_sound_plain_description_has_no_findings() -> None:
    report = lint_file(str(PLAIN))
    assert (report.plain, report.contract, report.findings) == (True, None, ())


# -- every rule fires -----------------------------------------------------------------------------------------------

EXAMPLES = "/paths/~1renders~1{render_id}/get/responses/200/content/application~1json/examples"
DONE, BROKEN = f"{EXAMPLES}/done/value", f"{EXAMPLES}/broken/value"
REQUEST, RENDER = "/components/schemas/RenderRequest", "/components/schemas/Render"

PLAIN_BREAKS: dict[str, list[tuple[str, Any, str]]] = {
    "document.openapi": [("/paths/~1renders/get/responses", {}, "")],
    "schema.required-undefined": [(f"{REQUEST}/required", ["model", "prompt", "mood"], f"{REQUEST}/required")],
    "sample.schema": [(f"{DONE}/status", "ready", f"{DONE}/status")],
    "sample.failed-with-result": [(f"{BROKEN}/output", {"url": "https://files.lantern.example/x"}, f"{BROKEN}/output")],
    "sample.succeeded-with-error": [(f"{DONE}/error", {"code": "late"}, f"{DONE}/error")],
    "sample.ids": [(f"{DONE}/task_id", "rnd_82", f"{DONE}/task_id")],
    "time.unit": [(f"{DONE}/finished_at", 1_767_225_700_000, f"{DONE}/updated_at")],
    "time.order": [(f"{DONE}/finished_at", 1_767_225_601, f"{DONE}/finished_at")],
    "link.life": [(f"{RENDER}/properties/output/properties/url/description", "Link, valid for 24 hours.",
                   f"{DONE}/output/url")],
    "range.default": [(f"{REQUEST}/properties/seconds/default", 20, f"{REQUEST}/properties/seconds/default")],
    "range.example": [(f"{REQUEST}/properties/seconds/example", 1, f"{REQUEST}/properties/seconds/example")],
    "range.empty": [(f"{REQUEST}/properties/seed", {"type": "integer", "minimum": 9, "maximum": 3},
                     f"{REQUEST}/properties/seed/minimum")],
    "range.enum": [(f"{REQUEST}/properties/aspect_ratio/enum", ["16:9", 9],
                    f"{REQUEST}/properties/aspect_ratio/enum/1")],
    "error.no-body": [("/components/responses/Problem", {"description": "No."}, "/components/responses/Problem")],
}  # fmt: skip

BODIES = "/x-task/profiles/default/bodies"
LIFE = "/x-task/lifecycle"
RECEIPT = {"type": "object", "properties": {"job": {"type": "object", "properties": {"state": {"enum": ["SOON"]}}}}}
ANSWER_200 = {"description": "d", "content": {"application/json": {"schema": RECEIPT}}}
TASK = {"type": "object", "properties": {"state": {"enum": ["WAIT", "RUN", "DONE", "BAD", "STOPPED", "LOST"]}}}
ANSWER_TASK = {"description": "d", "content": {"application/json": {"schema": TASK}}}
NUMBERS = {"type": "object", "properties": {"id": {"type": "integer"}}}
ANSWER_NUMBERS = {"description": "d", "content": {"application/json": {"schema": NUMBERS}}}
RECORD = {"name": "a", "statement": "s", "reading": "r"}

TASK_BREAKS: dict[str, list[tuple[str, Any, str]]] = {
    "document.structure": [("/x-task/roles/pause", ["stop"], "/x-task/roles/pause")],
    "sample.body": [("/paths/~1jobs~1{task_id}/get/responses", {"200": ANSWER_NUMBERS, "default": ANSWER_NUMBERS},
                     f"{BODIES}/WAIT/id")],
    "sample.failed-with-result": [("/x-task/profiles/default/result/BAD", {"video": "{{link}}"},
                                   "/x-task/profiles/default/result/BAD/video")],
    "sample.succeeded-with-error": [("/x-task/profiles/default/result/DONE/why", "{{reason}}",
                                     "/x-task/profiles/default/result/DONE/why")],
    "sample.presence": [("/x-task/presence", [{"at": "/mood", "on": ["DONE"], "is": "present"}], f"{BODIES}/DONE")],
    "status.initial": [("/paths/~1jobs/post/responses", {"200": ANSWER_200, "default": ANSWER_200},
                        f"{LIFE}/initial/WAIT"),
                       (f"{LIFE}/initial", {"RUN": "running"}, "/x-task/profiles/default/receipt")],
    "status.callback": [("/x-task/callback/on", ["succeeded", "expired"], "/x-task/callback/on/1")],
    "status.no-class": [("/paths/~1jobs~1{task_id}/get/responses", {"200": ANSWER_TASK, "default": ANSWER_TASK},
                         "/paths/~1jobs~1{task_id}/get/responses/200/content/application~1json/schema/properties/state/enum")],
    "status.no-way-in": [(f"{LIFE}/transitions", {"WAIT": ["RUN", "DONE", "BAD"], "RUN": ["DONE", "BAD"]},
                          f"{LIFE}/statuses/STOPPED")],
    "status.no-way-out": [(f"{LIFE}/transitions/RUN", [], f"{LIFE}/statuses/RUN")],
    "status.way-out-of-end": [(f"{LIFE}/transitions/BAD", ["WAIT"], f"{LIFE}/transitions/BAD")],
    "status.no-body": [(f"{LIFE}/statuses/HELD", {"class": "queued"}, f"{LIFE}/statuses/HELD")],
    "ending.class": [("/x-task/cancel/deletes", ["failed", "expired"], "/x-task/cancel/deletes/1"),
                     (f"{LIFE}/statuses/STOPPED", {"class": "failed"}, "/x-task/cancel/from")],
    "outcome.class": [("/x-task/profiles/default/outcomes/succeeded", {"status": "BAD"},
                       "/x-task/profiles/default/outcomes/succeeded")],
    "time.zone": [(f"{BODIES}/RUN/at", "{{started|naive}}", f"{BODIES}/RUN/at")],
    "time.unit": [(f"{BODIES}/RUN/times", {"a": "{{created|epoch-s}}", "b": "{{started|epoch-ms}}"},
                   f"{BODIES}/RUN/times/b")],
    "time.order": [(f"{BODIES}/DONE/times", {"created": "{{finished|iso}}", "finished": "{{created|iso}}"},
                    f"{BODIES}/DONE/times/finished")],
    "link.life": [("/x-task/link/make", "{{media}}.mp4?X-Store-Expires=600", "/x-task/link/make")],
    "alias.operation": [("/paths/~1look/get/responses", {"200": ANSWER_TASK}, "/x-task/roles/query/1")],
    "alias.member": [("/x-task/request/duration", ["/duration", "/seconds"],
                      "/components/schemas/Clip/properties/seconds")],
    "error.no-body": [("/x-task/errors/0/readings", {"status": 401}, "/x-task/errors/0/readings")],
    "error.undeclared": [("/paths/~1jobs/post/responses", {"200": {"description": "d"}}, "/x-task/errors/0/readings")],
    "error.body": [("/paths/~1jobs~1{task_id}/get/responses", {"200": ANSWER_NUMBERS, "default": {
        "description": "d", "content": {"application/json": {"schema": {"required": ["fault"]}}}}},
        "/x-task/errors/0/readings/body")],
    "error.looks-like-success": [("/x-task/errors/0/readings", {"status": 202, "body": {"error": {"code": "no"}}},
                                  "/x-task/errors/0/readings")],
    "schema.keyword-unjudged": [("/components/schemas/Clip/properties/mood", {"type": "object", "minProperties": 1},
                                 "/components/schemas/Clip/properties/mood/minProperties"),
                                ("/paths/~1jobs/get/parameters/0/schema", {"type": "array", "prefixItems": [{}]},
                                 "/paths/~1jobs/get/parameters/0/schema/prefixItems")],
    "balance.no-price": [("/x-task/resources", {"balance": {"body": {"left": "{{balance}}"}}},
                          "/x-task/resources/balance")],
    "fact.no-source": [("/x-task/link/source", [], "/x-task/link")],
    "contradiction.stale": [("/x-task/contradictions", [{**RECORD, "at": ["/no"]}],
                             "/x-task/contradictions/0/at/0"),
                            ("/x-task/contradictions", [{**RECORD, "setting": "no"}],
                             "/x-task/contradictions/0/setting"),
                            ("/x-task/contradictions", [{**RECORD, "accepts": ["no"]}],
                             "/x-task/contradictions/0/accepts/0")],
}  # fmt: skip


def cases(table: dict[str, list[tuple[str, Any, str]]]) -> list[Any]:
    return [pytest.param(rule, *case, id=f"{rule}-{i}") for rule, rows in table.items() for i, case in enumerate(rows)]


@pytest.mark.parametrize(("rule", "pointer", "value", "place"), cases(PLAIN_BREAKS))
def test_a_rule_fires_on_a_plain_description(tmp_path: Path, rule: str, pointer: str, value: Any, place: str) -> None:
    found = lint_tree(tmp_path, put(yaml.safe_load(PLAIN.read_text()), pointer, value))
    mine = [each for each in found if each.rule == rule]
    assert mine, [str(each) for each in found]
    assert not place or place in {each.pointer for each in mine}
    assert all(each.mend and each.message and each.line >= 1 for each in mine)


@pytest.mark.parametrize(("rule", "pointer", "value", "place"), cases(TASK_BREAKS))
def test_a_rule_fires_on_x_task(
    tmp_path: Path, small_tree: Callable[[], Tree], rule: str, pointer: str, value: Any, place: str
) -> None:
    tree = small_tree()
    if rule == "alias.member":
        tree["components"]["schemas"]["Clip"]["properties"]["seconds"] = {"type": "integer", "minimum": 1, "maximum": 5}
    found = lint_tree(tmp_path, put(tree, pointer, value))
    assert place in {each.pointer for each in found if each.rule == rule}, [str(each) for each in found]


def test_what_reaches_no_operation_is_declared_by_none(tmp_path: Path, small_tree: Callable[[], Tree]) -> None:
    tree = small_tree()
    readings = {"status": 405, "body": {"error": {"code": "no"}}}
    tree["x-task"]["errors"] += [{"condition": name, "readings": readings} for name in ("unknown-path", "wrong-method")]
    assert "error.undeclared" not in {each.rule for each in lint_tree(tmp_path, tree)}


def test_no_rule_is_without_a_document_that_breaks_it() -> None:
    stated = {"document.contradiction", "document.silence"}  # what a document records itself: tested below
    stated |= {"document.overlay", "overlay.provider"}  # found while overlays are applied: tests/contracts/overlays
    stated |= {"wait.shorter-than-tasks"}  # a note: tests/contracts/test_waiting.py
    stated |= {"constraint.not-alone"}  # found by who makes requests, and tested there
    warnings = "parameter.header-of-http error.hole operation.no-role server.variables"  # test_warnings.py
    warnings += (
        " model.name model.two-schemas model.unused-schema marks.keyword field.unread row.unobservable model.earlier"
        " ending.refusal"
    )
    assert set(RULES) == set(PLAIN_BREAKS) | set(TASK_BREAKS) | stated | set(warnings.split())


def test_a_naive_time_in_an_example_has_no_zone(tmp_path: Path) -> None:
    tree = yaml.safe_load(PLAIN.read_text())
    tree = put(tree, f"{RENDER}/properties/seen", {"type": "string"})
    found = lint_tree(tmp_path, put(tree, f"{DONE}/seen", "2026-01-01 10:00:00"))
    assert [(each.rule, each.severity) for each in found] == [("time.zone", Severity.WARNING)]


# -- what the built-in documents record -----------------------------------------------------------------------------

RECORDED = {
    "ark": "cancelled error-null seed-maximum list-defaults unknown-task queue",
    "dashscope": "resolution-480p ratios retention-start status-words cancel-unknown",
    "evolink": "seed-zero id-form cancelled can-cancel estimated-time credits-unit key-refusal-text task-error-type "
    "balance-code rate-limit-type quota-retry nullable-error first-item-taken reference-shape family-overview "
    "model-required client-notes",
    "nexusflow": "first-status create-status id-form absent-or-null error-kinds default-resolution balance-error "
    "missing-prompt invalid-status poll-interval ratios image-size prompt-of-image-to-video edit-billing currency "
    "usage-in-output list-scope unlisted-modes",
    "fal": "receipt-members cancelled-request",
    "gemini": "length-type ratio-of-gateways filtered",
    "kling": "hosts result-in-lists unknown-task",
    "luma": "create-path reason-name list-bounds",
    "replicate": "start-event cancel-ended aborted",
    "runway": "deleted-or-cancelled address-life headers-of-reads",
    "newapi": "query-shape receipt-status unknown-task error-shape",
    "openai": "seconds sizes expiry delete-early content-early list-bounds",
    "tokenbay": "receipt-case query-shape error-convention failed-word failed-call progress-types unlisted-statuses "
    "submitted result-address media-type-video media-type-optional two-first-frames no-first-frame reference-type "
    "long-prompts mixed-prompts prompt-required reference-size size-default ratio-of-image-to-video seed-zero "
    "duration-type creation-times hosts",
    "tokenhot": "request-shape receipt-case envelope trimmed-sample model-of-sample variant-name unlisted-statuses "
    "progress-figures progress-falls failure-result-url status-list-of-query unknown-task key-refusal refusal-text "
    "ended-upstream limits blank-prompt success-word two-hosts message-language",
}
"""The contradictions that the facts about each vendor hold, in the order in which they were recorded there."""


@pytest.mark.parametrize("name", built_in())
def test_built_in_documents_list_their_contradictions_and_nothing_else(name: str) -> None:
    report = lint_file(name)
    assert without_notes(report.findings) == []
    assert sorted(each.name for each in report.findings) == sorted(RECORDED[name].split())
    assert all(each.reading and each.message for each in report.findings)
    assert {each.rule for each in report.findings} <= {"document.contradiction", "document.silence"}
    assert report.contract is not None


def test_a_record_answers_for_what_its_rule_finds(tmp_path: Path) -> None:
    """Without the record the very finding that it accepts comes back as an error."""
    text = find_document("tokenhot").read_text()
    file = tmp_path / "tokenhot.yaml"
    assert "accepts: [sample.failed-with-result], " in text
    file.write_text(text.replace("accepts: [sample.failed-with-result], ", ""))
    found = without_notes(lint_file(str(file)).findings)
    assert {each.rule for each in found} == {"sample.failed-with-result"}


def test_a_setting_between_documented_readings_is_a_contradiction(tmp_path: Path, small_text: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(small_text)
    notes = lint_file(str(file)).findings
    assert [(each.rule, each.name, each.reading) for each in notes] == [
        ("document.contradiction", "colour", "red: the first page")
    ]
    file.write_text(small_text.replace("default: red\n", "default: red\n      kind: silence\n"))
    assert lint_file(str(file)).findings == ()


# -- broken copies of built-in documents ----------------------------------------------------------------------------

BROKEN_COPIES = [
    ("evolink", "initial: {pending: queued, processing: running}", "initial: {waiting: queued}", "status.initial"),
    ("nexusflow", "minimum: 3, maximum: 15, default: 5", "minimum: 3, maximum: 15, default: 2", "range.default"),
    (
        "tokenbay",
        "      - {status: IN_PROGRESS, share: 75",
        "      - {status: RUNNING, share: 75",
        "document.structure",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "rule"), BROKEN_COPIES)
def test_a_broken_copy_is_found_at_its_line(tmp_path: Path, name: str, old: str, new: str, rule: str) -> None:
    text = find_document(name).read_text()
    assert text.count(old) >= 1
    file = tmp_path / "copy.yaml"
    file.write_text(text.replace(old, new, 1))
    report = lint_file(str(file))
    assert report.failed
    mine = [each for each in report.findings if each.rule == rule]
    line = text[: text.index(old)].count("\n") + 1
    assert any(abs(each.line - line) <= 3 for each in mine), [(each.line, line, each.message) for each in mine]
    also = {"document.openapi"} if rule == "range.default" else set()  # its validator looks at defaults, too
    assert {each.rule for each in without_notes(report.findings)} == {rule} | also


# -- places ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", built_in())
def test_findings_stand_where_their_key_is(name: str) -> None:
    lines = find_document(name).read_text().splitlines()
    for each in lint_file(name).findings:
        key = segments(each.pointer)[-1]
        shown = lines[each.line - 1][each.column - 1 :]
        assert key.isdecimal() or shown.lstrip("\"'-{ ").startswith(key), (each.pointer, shown)


# -- what is no description at all ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openapi: [", "line 2"),
        ("- 1", "not an object"),
        ("swagger: '2.0'", "`openapi` is missing"),
        ("a: 1", "missing"),
    ],
)
def test_no_description_at_all_is_a_usage_error(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match="(?s)" + said.replace("(", "\\(")) as raised:
        lint_file(str(file))
    assert raised.value.hint


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/x-task", None),
        ("/x-task/lifecycle", []),
        ("/x-task/lifecycle/statuses", ["a"]),
        ("/x-task/errors", {"a": 1}),
        ("/x-task/contradictions", [1]),
        ("/paths", []),
        ("/components/schemas/Clip", 7),
        ("/x-task/profiles/default/bodies/WAIT", {"id": "{{nothing}}"}),
        ("/components/schemas/Clip/properties", {"a": {"$ref": "#/nowhere"}}),
        ("/x-task/roles", MISSING),
    ],
)
def test_whatever_is_broken_gives_findings_and_no_traceback(
    tmp_path: Path, small_tree: Callable[[], Tree], pointer: str, value: Any
) -> None:
    assert any(each.severity is Severity.ERROR for each in lint_tree(tmp_path, put(small_tree(), pointer, value)))
