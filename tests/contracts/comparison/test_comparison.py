"""Comparison from documents alone: facts checked by hand against what is known of the vendors, and its own laws."""

import copy
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.providers import FEW, known

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.comparison import Comparison, Difference, Effect, compare, compare_all, matrix
from screentest_contracts.comparison.difference import span
from screentest_contracts.errors import UsageError

PAIRS = list(itertools.permutations(FEW, 2))
RING = list(itertools.pairwise([*built_in(), built_in()[0]]))
Tree = dict[str, Any]


@pytest.fixture(scope="module")
def compared() -> Callable[[str, str], Comparison]:
    known = {(one, two): compare(load_contract(one), load_contract(two)) for one, two in PAIRS}
    return lambda one, two: known[one, two]


def rows(comparison: Comparison) -> set[tuple[str, str, str, str, str]]:
    return {(e.effect.value, e.subject, e.kind, e.before, e.after) for e in comparison.differences}


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_every_pair(compared: Callable[[str, str], Comparison], one: str, two: str) -> None:
    found = compared(one, two)
    effects = [list(Effect).index(each.effect) for each in found.differences]
    assert effects == sorted(effects), "what breaks comes first"
    assert len(set(found.differences)) == len(found.differences)
    topics = {each.topic for each in found.differences}
    assert {"address", "key", "models", "status", "result", "errors", "polling"} <= topics
    assert {"request", "times"} <= topics or "newapi" in (one, two), "which shares no model with the others"
    assert found.count(Effect.BREAKS) >= 9
    for each in found.differences:
        assert each.before != each.after, each
        assert each.subject
        assert each.kind


@pytest.mark.parametrize("name", FEW)
def test_a_vendor_does_not_differ_from_itself(name: str) -> None:
    again = load_contract(name, {})
    found = [each for each in compare(load_contract(name), again).differences if each.topic != "models"]
    assert found == []


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_what_is_narrower_one_way_is_wider_the_other_way(
    compared: Callable[[str, str], Comparison], one: str, two: str
) -> None:
    back = rows(compared(two, one))
    for each in compared(one, two).differences:
        if each.topic == "request" and each.subject == "ratio" and each.kind == "narrower":
            assert any(row[2] == "wider" and (row[3], row[4]) == (each.after, each.before) for row in back)


# Checked by hand against the facts about the vendors.

EVOLINK_TO_TOKENBAY = [
    ("breaks", "base address", "other", "https://api.evolink.ai", "https://api.tokenbay.com"),
    ("breaks", "call to make a task", "other path", "POST /v1/videos/generations", "POST /v1/videos"),
    ("breaks", "call to read a task", "other path", "GET /v1/tasks/{task_id}", "GET /v1/videos/{task_id}"),
    ("breaks", "happyhorse 1.0 video-edit", "missing", "happyhorse-1.0-video-edit", "none"),
    ("breaks", "happyhorse 1.0 text-to-video", "renamed", "happyhorse-1.0-text-to-video", "happyhorse-1.0-t2v"),
    ("breaks", "quality", "renamed", "quality", "size"),
    ("changes", "quality", "other default", "720p", "1080P"),
    ("informs", "quality", "respelled", "720p, 1080p", "720P, 1080P"),
    ("breaks", "aspect_ratio", "renamed", "aspect_ratio", "metadata.ratio"),
    ("breaks", "seed", "moved", "seed", "metadata.seed"),
    ("breaks", "image_urls", "retyped", "array of string", "array of object"),
    ("changes", "callback_url", "missing", "callback_url: string", "none"),
    ("breaks", "callbacks", "missing", "by callback_url", "none"),
    ("breaks", "words for queued", "other words", "pending", "SUBMITTED, QUEUED"),
    ("breaks", "words for running", "other words", "processing", "IN_PROGRESS"),
    ("breaks", "words for succeeded", "other words", "completed", "SUCCESS"),
    ("breaks", "words for failed", "other words", "failed", "FAILURE"),
    ("breaks", "progress in a poll", "other form", "progress as integer", "progress as percent"),
    ("breaks", "place of the result", "moved", "results.0", "result_url or data.result_url"),
    ("breaks", "form of the address", "other", "absolute", "relative"),
    ("breaks", "key for the download", "other", "key not needed", "key needed"),
    ("breaks", "refusal of a create", "other", "a status of 4xx or 5xx", "HTTP 200 with an error, too"),
    ("changes", "create: insufficient-balance", "other", "402 insufficient_quota", "200 insufficient_user_quota"),
    ("changes", "query: unknown-task", "other", "404 task_not_found", "200 task_not_exist"),
    ("changes", "interval", "other", "3 to 5 s", "10 to 15 s"),
    ("informs", "call to download", "only there", "none", "GET /v1/videos/{task_id}/content"),
]

NEXUSFLOW_TO_TOKENHOT = [
    ("breaks", "base address", "other", "https://nexusflow.vip", "https://api.tokenhot.ai"),
    ("breaks", "call to make a task", "other path", "POST /v1/tasks", "POST /v1/video/generations"),
    ("breaks", "call to list tasks", "missing", "GET /v1/tasks", "none"),
    ("breaks", "prompt", "moved", "prompt", "input.prompt"),
    ("breaks", "duration", "moved", "duration", "parameters.duration"),
    ("breaks", "resolution", "moved", "resolution", "parameters.resolution"),
    ("changes", "resolution", "other default", "720P", "1080P"),
    ("breaks", "img_url", "renamed", "img_url", "input.media"),
    ("breaks", "img_url", "retyped", "string", "array of object"),
    ("informs", "ratio", "wider", "16:9, 9:16, 1:1, 4:3, 3:4", "16:9, 9:16, 1:1, 4:3, 3:4, 4:5, 5:4, 9:21, 21:9"),
    ("breaks", "first status", "other words", "running", "queued"),
    ("breaks", "place of the status", "moved", "status", "data.status"),
    ("breaks", "word of a good query", "new and required", "no word", "code is success"),
    ("breaks", "words for succeeded", "other words", "succeeded", "SUCCESS"),
    ("breaks", "place of the result", "moved", "output.video_url", "data.result_url"),
    ("breaks", "progress in a poll", "moved and rewritten", "progress as integer", "data.progress as percent"),
    ("breaks", "time created, in the receipt", "other form", "created_at as iso-ms", "created_at as epoch-s"),
    ("changes", "query: unknown-task", "other", "404 task_not_found", "400 task_not_exist"),
    ("changes", "create: unknown-model", "other", "404 model_not_found", "503 model_not_found"),
    ("informs", "life of a task", "other", "24 h after it was created", "not stated"),
    ("informs", "5 s at 720p", "other", "4.5 CNY", "0.85 USD (assumed)"),
    ("informs", "5 s at 1080p", "other", "8 CNY", "not stated"),
]


@pytest.mark.parametrize(
    ("one", "two", "facts"),
    [("evolink", "tokenbay", EVOLINK_TO_TOKENBAY), ("nexusflow", "tokenhot", NEXUSFLOW_TO_TOKENHOT)],
)
def test_facts_checked_by_hand(
    compared: Callable[[str, str], Comparison], one: str, two: str, facts: list[tuple[str, ...]]
) -> None:
    found = rows(compared(one, two))
    assert [fact for fact in facts if fact not in found] == []


def test_ids_of_another_type_break_a_client() -> None:
    numbers = load_contract(Path(__file__).parents[2] / "documents" / "rest.yaml")
    found = rows(compare(numbers, load_contract("tokenbay")))
    assert ("breaks", "type of ids", "other", "a number", "a text") in found
    assert ("breaks", "words for running", "other words", "20", "IN_PROGRESS") in found


def test_vendors_of_another_family_have_no_counterpart() -> None:
    found = compare(load_contract("tokenhot"), load_contract("evolink"))
    missing = {each.before for each in found.differences if (each.topic, each.kind) == ("models", "missing")}
    assert "doubao-seedance-1-5-pro-251215" in missing
    versions = [pair for pair in compare(load_contract("evolink"), load_contract("tokenbay")).pairs if not pair.exact]
    assert {pair.kin.version for pair in versions} == {"1.1", "1.0"}, "1.1 has a 1.0 there, video edit has nothing"


# One change at a time, on a document of our own.

SIGNATURE = {"scheme": "hmac-sha256", "header": "X-S", "over": "{{body}}", "secret": {"variable": "ACME_SECRET"}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda clip, task: clip.update(prompt={"type": "string", "maxLength": 9}), ("breaks", "prompt", "narrower")),
        (lambda clip, task: clip.update(prompt={"type": "string", "maxLength": 99}), ("informs", "prompt", "wider")),
        (lambda clip, task: clip.update(prompt={"type": "string", "x-text-limit": {"units": 9, "excess": "cut"}}),
         ("changes", "prompt", "narrower")),
        (lambda clip, task: clip.update(prompt={"type": "string", "x-text-limit": {"units": 9, "excess": "refuse"}}),
         ("breaks", "prompt", "narrower")),
        (lambda clip, task: clip["duration"].update(maximum=8), ("breaks", "duration", "narrower")),
        (lambda clip, task: clip["duration"].update(default=5), ("changes", "duration", "other default")),
        (lambda clip, task: clip.update(prompt={"type": "integer", "maxLength": 20}), ("breaks", "prompt", "retyped")),
        (lambda clip, task: clip["duration"].update({"x-ignored": True}), ("changes", "duration", "without effect")),
        (lambda clip, task: clip.pop("prompt"), ("changes", "prompt", "missing")),
        (lambda clip, task: clip.update(mood={"type": "string"}), ("informs", "mood", "only there")),
        (lambda clip, task: task["link"].update(life=60), ("changes", "life of a link", "other")),
        (lambda clip, task: task["link"].update(life=7200), ("informs", "life of a link", "other")),
        (lambda clip, task: task["link"].update(life="unknown"), ("changes", "life of a link", "other")),
        (lambda clip, task: task["link"].update(life=[{"life": 60}]), ("changes", "life of a link", "other")),
        (lambda clip, task: task["link"].update(auth="none"), ("informs", "key for the download", "other")),
        (lambda clip, task: task["link"].update(range=False), ("changes", "parts of the file", "missing")),
        (lambda clip, task: task.pop("callback"), ("breaks", "callbacks", "missing")),
        (lambda clip, task: task["callback"].update({"on": ["failed"]}), ("changes", "events", "other")),
        (lambda clip, task: task["callback"].update(signature=SIGNATURE), ("informs", "signature", "other")),
        (lambda clip, task: task.update(idempotency={"header": "X-1"}), ("informs", "idempotency key", "only there")),
        (lambda clip, task: task.update(wait={"header": "Prefer", "value": "wait", "seconds": 60}),
         ("informs", "create that waits", "only there")),
        (lambda clip, task: task["cancel"].update({"from": ["queued"]}),
         ("changes", "statuses in which it cancels", "other")),
        (lambda clip, task: task["lifecycle"].update(words={"lookByBody": {"WAIT": "SOON"}}),
         ("changes", "lifecycle words", "other")),
        (lambda clip, task: task["list"].update(maximum=9), ("changes", "maximum of a list", "other")),
        (lambda clip, task: task["success"]["create"].update(status=[202]),
         ("changes", "status of a good create", "other")),
        (lambda clip, task: task["error"].update(message=["/m"]), ("breaks", "place of an error's message", "moved")),
        (lambda clip, task: task["retention"].update(task=60), ("changes", "life of a task", "other")),
        (lambda clip, task: clip["duration"].update({"x-marks": {"maximum": "assumed"}}),
         ("informs", "duration: maximum", "known otherwise")),
        (lambda clip, task: clip["prompt"].update(pattern="^A"), ("changes", "prompt: pattern", "other rule")),
        (lambda clip, task: task["link"].update(expiry={"query": "E", "form": "epoch-s"}),
         ("changes", "link expiry", "other")),
        (lambda clip, task: task["list"].update(note="Seen.", source=[]), None),
        (lambda clip, task: task["link"].update(auth_mark="assumed"), ("informs", "link auth_mark", "known otherwise")),
        (lambda clip, task: task["lifecycle"]["statuses"]["WAIT"].update(class_mark="assumed"),
         ("informs", "lifecycle statuses WAIT class_mark", "known otherwise")),
        (lambda clip, task: task["callback"].update(headers={"X-Sent": "yes"}),
         ("changes", "callback headers", "other")),
        (lambda clip, task: task.update(promises=[{"name": "restricted-owns"}]),
         ("changes", "promises restricted-owns", "other")),
    ],
)  # fmt: skip
def test_one_change_is_one_difference(
    small_tree: Callable[[], Tree],
    load_tree: Callable[[Tree], Contract],
    change: Callable[[Tree, Tree], Any],
    expected: tuple[str, str, str] | None,
) -> None:
    changed = copy.deepcopy(small_tree())
    change(changed["components"]["schemas"]["Clip"]["properties"], changed["x-task"])
    found = compare(load_tree(small_tree()), load_tree(changed)).differences
    assert [(each.effect.value, each.subject, each.kind) for each in found] == ([expected] if expected else [])


def test_who_verifies_needs_the_same_signature(
    small_tree: Callable[[], Tree], load_tree: Callable[[Tree], Contract]
) -> None:
    signed, otherwise = small_tree(), small_tree()
    signed["x-task"]["callback"]["signature"] = SIGNATURE
    otherwise["x-task"]["callback"]["signature"] = {**SIGNATURE, "encoding": "base64"}
    for other, after in ((small_tree(), "none"), (otherwise, "X-S: {{signature}}, hmac-sha256 of {{body}} in base64")):
        (found,) = compare(load_tree(signed), load_tree(other)).differences
        assert (found.effect.value, found.subject, found.after) == ("breaks", "signature", after)


def test_who_repeats_creates_needs_the_same_key(
    small_tree: Callable[[], Tree], load_tree: Callable[[Tree], Contract]
) -> None:
    def keyed(header: str) -> Contract:
        tree = small_tree()
        tree["x-task"]["idempotency"] = {"header": header}
        return load_tree(tree)

    for other, kind, after in (
        (load_tree(small_tree()), "missing", "none"),
        (keyed("X-Twice"), "moved", "header X-Twice"),
    ):
        (found,) = compare(keyed("X-Once"), other).differences
        assert (found.effect.value, found.subject, found.kind) == ("changes", "idempotency key", kind)
        assert (found.before, found.after) == ("header X-Once", after)
    assert compare(keyed("X-Once"), keyed("x-once")).differences == (), "the case of a header's name is nothing"


def test_renamed_by_meaning(small_tree: Callable[[], Tree], load_tree: Callable[[Tree], Contract]) -> None:
    """`x-means` finds a member that neither name nor place would."""
    one, two = small_tree(), small_tree()
    one["components"]["schemas"]["Clip"]["properties"]["start"] = {"type": "string", "x-means": "first-frame"}
    two["components"]["schemas"]["Clip"]["properties"]["image"] = {"type": "string", "x-means": "first-frame"}
    found = compare(load_tree(one), load_tree(two)).differences
    assert [(each.kind, each.before, each.after) for each in found] == [("renamed", "start", "image")]
    del two["components"]["schemas"]["Clip"]["properties"]["image"]["x-means"]
    assert {each.kind for each in compare(load_tree(one), load_tree(two)).differences} == {"missing", "only there"}


def test_matrix_of_all() -> None:
    found = matrix([load_contract(name) for name in FEW])
    assert found.names == FEW
    cells = {name: dict(zip(found.names, row, strict=True)) for _, name, row in found.rows}
    assert cells["list"] == {
        "evolink": "no", "newapi": "no", "nexusflow": "GET /v1/tasks", "tokenbay": "no", "tokenhot": "no",
    }  # fmt: skip
    assert cells["callbacks"]["evolink"] == "on succeeded, failed, cancelled"
    assert cells["happyhorse 1.1 text-to-video"]["nexusflow"] == "happyhorse-1.1-t2v"
    assert cells["happyhorse 1.0 video-edit"]["tokenbay"] == "no"
    assert cells["link lives"] == {
        "evolink": "24 h", "newapi": "24 h (assumed)", "nexusflow": "24 h", "tokenbay": "24 h (derived)",
        "tokenhot": "24 h (derived)",
    }  # fmt: skip
    assert cells["5 s at 720p"]["nexusflow"] == "4.5 CNY"
    assert all(len(row) == len(found.names) for _, _, row in found.rows)


def test_fewer_than_two_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        compare_all([load_contract("evolink")])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "not stated"),
        (1, "1 s"),
        (90, "90 s"),
        (300, "5 min"),
        (86_400, "24 h"),
        (604_800, "7 d"),
        (1.5, "1.5 s"),
    ],
)
def test_spans(seconds: float | None, text: str) -> None:
    assert span(seconds) == text


def test_differences_are_values() -> None:
    one = Difference("key", Effect.BREAKS, "a", "b", "c", "d")
    assert {one, Difference("key", Effect.BREAKS, "a", "b", "c", "d")} == {one}


def test_a_task_that_is_unknown_at_first_changes_a_client(small_tree: Any, load_tree: Any) -> None:
    usual, tree = load_tree(small_tree()), small_tree()
    tree["x-task"]["polling"] = {"first": 30, "grace": 10}
    late = load_tree(tree)
    found = {(each.subject, each.before, each.after): each.effect for each in compare(usual, late).differences}
    assert found["unknown at first", "0 s", "10 s"] is Effect.CHANGES
    assert found["first", "0 s", "30 s"] is Effect.INFORMS
    back = {each.subject: each.effect for each in compare(late, usual).differences}
    assert back["unknown at first"] is Effect.INFORMS


@pytest.mark.parametrize(("home", "other"), RING)
def test_every_provider_is_compared_with_another(home: str, other: str) -> None:
    assert compare(known(home), known(other)).differences
    assert compare(known(other), known(home)).differences


def test_a_version_that_nobody_states_is_no_other_version(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "overlay: 1.1.0\ninfo: {title: Mine, version: '1'}\nextends: newapi\nactions:\n"
        "  - {target: \"$['x-task'].provider\", update: {name: mine, title: Mine, key: MINE_API_KEY}}\n"
        "  - {target: \"$['x-task'].models['kling-v1'].match.version\", remove: true}\n"
    )
    found = compare(load_contract("newapi"), load_contract(str(file))).differences
    texts = [each.text for each in found if each.kind == "other version"]
    assert texts == ["one of the documents states no version; compared all the same"]


def test_a_code_that_no_document_fixes_is_told_in_words() -> None:
    found = {each.subject: (each.before, each.after) for each in compare(known("evolink"), known("openai")).differences}
    assert found["create: missing-key"] == ("401 unauthorized", "401 with a code that the document leaves open")


def test_where_no_limit_is_stated_that_is_said(small_tree: Any, load_tree: Any) -> None:
    usual, tree = load_tree(small_tree()), small_tree()
    del tree["components"]["schemas"]["Clip"]["properties"]["prompt"]["maxLength"]
    (found,) = compare(load_tree(tree), usual).differences
    assert (found.before, found.after) == ("no limit stated", "..20 characters")
