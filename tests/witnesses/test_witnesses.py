"""The suites against servers that were written from the vendors' facts alone: a part of the whole matrix.

`run_matrix.py` has all of it. A defect must make a MUST fail, and the right one; an oddity must not.
"""

import sys
from pathlib import Path

import pytest
from tests.turns import by_turns

sys.path.insert(0, str(Path(__file__).parent))  # the servers are scripts, not a package

import run_matrix

FEW = {
    "evolink": ("happyhorse-1.1-text-to-video", "happyhorse-1.0-image-to-video"),
    "nexusflow": ("happyhorse-1.0-t2v", "happyhorse-1.0-i2v"),
    "tokenhot": ("happyhorse-1.0-t2v", "happyhorse-1.0-i2v", "doubao-seedance-2.0"),
}
"""Models judged where there are many and something is wrong or odd."""

CAUGHT = {
    "evolink": {
        "duration-16-accepted": "create.duration.maximum",
        "prompt-long-refused": "create.prompt.text-limit",
        "results-missing": "query.results.present",
        "foreign-visible": "auth.query.foreign-task",
        "film-ratio": "result.ratio",
        "error-missing": "query.error.present",
    },
    "nexusflow": {
        "watermark-false-refused": "create.watermark.type",
        "receipt-pending": "create.status",
        "created-epoch": "query.created_at.form",
        "error-object": "query.schema",
        "unknown-model-400": "error.create.unknown-model",
        "list-empty": "list.contains",
        "query-wrapped": "query.status-code",
    },
    "tokenbay": {
        "i2v-ratio-refused": "create.metadata.ratio.ignored",
        "receipt-object": "create.",
        "result-url-other-task": "result.link",
        "query-alias-differs": "query.alias",
        "content-range-wrong": "result.range",
        "error-beside-receipt": "error.query.unknown-task",
    },
    "tokenhot": {
        "envelope-code-word": "query.status-code",
        "progress-number": "query.schema",
        "nested-status-running": "query.",
        "submit-time-iso": "query.",
        "receipt-wrapped": "create.",
        "no-key-403": "auth.create.missing-key",
    },
    "rest": {
        "drafts-unmarked": "create.parameter.x-acme-draft.needed",
        "location-other": "create.location.answers",
        "id-other-in-query": "query.render.id.stable",
        "problem-plain-json": "error.create.schema",
        "expires-early": "result.render.outputs.expires_ms.life",
        "cursor-ignored": "list.pages",
        "cursor-missing": "list.pages",
        "engines-ignored": "list.engines.filter",
        "state-ignored": "list.state.filter",
        "page-size-51-accepted": "list.page_size.maximum",
        "delete-200": "cancel.",
        "callback-first-only": "callback.signature",
        "idempotency-ignored": "create.idempotent",
        "idempotency-conflict-accepted": "error.create.idempotency-conflict",
        "idempotency-by-order": "create.idempotent.other-key",
    },
}
QUIET = {
    "evolink": ("short-id", "cancelled", "sibling-400-code", "media-probed"),
    "nexusflow": ("nulls", "adapter-error", "poor-402", "offset-times"),
    "tokenbay": ("strict-errors", "lower-case", "row-fields", "content-redirect-free-key"),
    "tokenhot": ("trimmed", "statuses", "fails-url-reason", "query-503-rare"),
    "rest": (
        "location-absolute",
        "problem-charset",
        "problem-details",
        "long-ids",
        "callback-rotated",
        "replay-tells-more",
    ),
}


def outcome(provider: str, kind: str, switch: str, only: tuple[str, ...] = ("*",)) -> run_matrix.Outcome:
    waits: tuple[str, ...] = () if kind == "default" else ("list.newest-first",)  # seconds between creates
    if not switch.startswith("callback"):
        waits += ("callback.*",)
    models = () if kind == "default" else FEW.get(provider, ())
    found = run_matrix.run(
        provider, kind, switch, task_seconds=0.2, examples=2, models=models, only=only, leave_out=waits
    )
    assert not found.errors
    assert only != ("*",) or found.counts["passed"] > 30
    return found


@pytest.mark.parametrize("provider", by_turns(run_matrix.PROVIDERS, 2))
def test_a_server_that_is_right_by_the_facts_passes(provider: str) -> None:
    found = outcome(provider, "default", "")
    assert {name: found.reasons[name] for name in found.musts} == {}


@pytest.mark.parametrize(
    ("provider", "switch", "requirement"),
    by_turns([(provider, switch, name) for provider, caught in CAUGHT.items() for switch, name in caught.items()], 6),
)
def test_a_defect_is_caught(provider: str, switch: str, requirement: str) -> None:
    """With what it rests on: whether anything else is blamed, the whole matrix tells."""
    assert outcome(provider, "defect", switch, (f"{requirement}*",)).musts


@pytest.mark.parametrize(
    ("provider", "switch"), by_turns([(provider, each) for provider, names in QUIET.items() for each in names], 12)
)
def test_an_oddity_is_no_fault(provider: str, switch: str) -> None:
    found = outcome(provider, "oddity", switch)
    assert {name: found.reasons[name] for name in found.musts} == {}


@pytest.mark.parametrize("provider", run_matrix.PROVIDERS)
def test_every_switch_is_wired(provider: str) -> None:
    here = Path(__file__).parent
    code = "".join(each.read_text() for each in (here / "common.py", *here.glob(f"{provider}_*.py")))
    assert [name for _, name in run_matrix.switches(provider)[1:] if code.count(f'"{name}"') < 2] == []
