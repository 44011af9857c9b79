"""Faults that are planted in the mocks of these documents, each with the requirement that must notice it."""

import json
from typing import Any

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.location import MISSING
from screentest_mockserver.behaviours.deviations import Deviation
from screentest_mockserver.behaviours.deviations.edit import put
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def _body(name: str, hook: Any) -> Deviation:
    return Deviation(name, "", (), hooks=Hooks(body=hook))


def _without_envelope(call: Any, refusal: Any, status: int, body: Any, headers: Any) -> Any:
    return (body["code"] if status == 200 else status), body, headers


def _unwrapped(view: Any, body: Any) -> Any:
    text = (body.get("data") or {}).get("resultJson") if view.role is Role.QUERY else None
    return put(body, "/data/resultJson", json.loads(text)) if text else body


def _no_null(model: Any, body: Any) -> str | None:
    return next((name for name, value in body.items() if value is None), None)


def _numbers(view: Any, body: Any) -> Any:
    return {**body, "seconds": int(body["seconds"])} if "seconds" in body else body


def _only_done(view: Any, body: Any) -> Any:
    return put(body, "/data/response", MISSING)


def _failed_looks_fine(call: Call, answer: Answer) -> Answer:
    if answer.status == 422 and call.request.path.rpartition("/")[0].endswith("requests"):
        return Answer(
            200, answer.headers, b'{"video":{"url":"https://queue.acme.example/none.mp4","content_type":"video/mp4"}}'
        )
    return answer


def _plain_json(call: Call, answer: Answer) -> Answer:
    answer.headers = [(name, value.replace(b"problem+", b"")) for name, value in answer.headers]
    return answer


def _ids_as_text(view: Any, body: Any) -> Any:
    return put(body, "/render/id", str(body["render"]["id"])) if "render" in body else body


def _noted(call: Call, task: Task, state: State) -> State:
    if state.status_class is StatusClass.SUCCEEDED:
        call.notes.put("done", task.id)
    return state


def _some_result(call: Call, task_id: str) -> str:
    """For an id that nobody knows, the result of some task."""
    return call.notes.get("done") or "" if call.role is Role.RESULT else ""


SOME_RESULT = Hooks(state=_noted, instead=_some_result, keeps_tasks=True)

NULLS = "doubao-seedance-1-5-pro-251215"
"""The model of ark that has a null in its smallest request."""

PLANTED: list[tuple[str, str | Deviation, str]] = [
    ("dashscope", "times-in-the-past", "query.times.order"),
    ("dashscope", "short-retention", "query.retention"),
    ("dashscope", "list-first-page-only", "list.pages"),
    ("dashscope", "answer-ids-disagree", "query.request_id.header"),
    ("dashscope", "forgives-missing-header", "error.create.missing-header"),
    ("dashscope", "needed-header-in-vain", "create.parameter.x-dashscope-ossresourceresolve.accepted"),
    ("ark", "cancel-without-effect", "cancel.works"),
    ("ark", "delete-keeps-the-task", "cancel.deletes"),
    ("ark", "no-callback-at-stages", "callback.delivered.running"),
    ("ark", Deviation("null-refused", "", (), hooks=Hooks(refuses=_no_null)), f"create.accepted.{NULLS}"),
    ("ark", "assets-not-shown", "result.asset.last-frame"),
    ("ark", "list-without-filters", "list.filter.task_ids.filter"),
    ("ark", "not-cancellable-other-status", "error.cancel.not-cancellable"),
    ("openai", "refuses-forms", "create.form"),
    ("openai", "bytes-without-key", "result.auth"),
    ("openai", "wrong-resolution", "result.resolution"),
    ("openai", _body("seconds-as-number", _numbers), "query.schema"),
    ("openai", "status-in-other-case", "query.status.case"),
    ("openai", "file-told-otherwise", "file.name.told"),
    ("openai", "forgives-unknown-file", "error.file.unknown-file"),
    ("queue", "receipt-addresses-lead-nowhere", "create.status_url.answers"),
    ("queue", "wrong-resolution", "result.resolution"),
    ("queue", "wrong-ratio", "result.ratio"),
    ("queue", "other-default-resolution", "result.default.resolution"),
    ("queue", "other-default-ratio", "result.default.ratio"),
    ("queue", "queue-grows", "query.queue_position.falls"),
    ("queue", "idempotency-by-body", "create.idempotent.other-key"),
    ("queue", "idempotency-key-forgotten-early", "create.idempotent.life"),
    ("queue", Deviation("failure-hidden", "", (), hooks=Hooks(answer=_failed_looks_fine)), "error.result.failed-task"),
    ("relay", "callback-keys-missing", "callback.keys"),
    ("relay", "callback-without-challenge", "callback.handshake"),
    ("relay", "callback-whatever-is-answered", "callback.handshake.refused"),
    ("relay", "callback-signed-by-another", "callback.signature"),
    ("relay", "callback-headers-of-another-status", "callback.headers"),
    ("relay", "stream-as-json", "stream.answer"),
    ("relay", "stream-never-ends", "stream.end"),
    ("relay", "stream-breaks-off", "stream.end"),
    ("relay", "stream-unnamed", "stream.events"),
    ("relay", "stream-other-word", "stream.life"),
    ("relay", "wait-ignored", "create.wait.time"),
    ("relay", "wait-too-long", "create.wait.time"),
    ("relay", "wait-hides-the-end", "create.wait.answer"),
    ("relay", "wait-without-result", "create.wait.answer"),
    ("jobs", _body("result-not-text", _unwrapped), "query.data.resultJson.present"),
    ("jobs", Deviation("codes-as-statuses", "", (), hooks=Hooks(refusal=_without_envelope)), "auth.create.missing-key"),
    ("jobs", "times-in-other-form", "query.data.createTime.form"),
    ("jobs", "callback-unsigned", "callback.signature"),
    ("jobs", "callback-other-event", "callback.body"),
    ("jobs", "callback-events-ignored", "callback.events"),
    ("jobs", "callback-without-headers", "callback.headers"),
    ("jobs", "callback-not-retried", "callback.retries"),
    ("jobs", "balance-never-charged", "balance.charged"),
    ("queue", "no-callback-on-success", "callback.delivered.succeeded"),
    ("signed", "callback-other-event", "callback.body"),
    ("signed", "list-in-words-of-queries", "list.items"),
    ("signed", "list-other-status", "list.contains"),
    ("signed", "callback-in-words-of-queries", "callback.body"),
    ("signed", "alias-in-words-of-queries", "query.alias.getTaskOfAnyMode.words"),
    ("signed", "batch-loses-one", "batch.items"),
    ("signed", "batch-item-of-another", "batch.life"),
    ("signed", "batch-as-object", "batch.schema"),
    ("signed", "batch-other-status", "batch.status-code"),
    ("sequel", "batch-repeats-one", "batch.items"),
    ("sequel", "batch-in-other-order", "batch.order"),
    ("sequel", "batch-shows-another-for-unknown", "batch.unknown"),
    ("sequel", "foreign-task-shown", "batch.owner-only"),
    ("studio", "delete-keeps-the-task", "delete.works"),
    ("studio", "cancel-without-effect", "delete.cancels"),
    ("studio", "deleted-task-listed", "delete.unlisted"),
    ("studio", "deleted-task-other-status", "delete.unknown"),
    ("studio", "delete-costs", "balance.deleted"),
    ("studio", "not-deletable-other-status", "error.delete.not-deletable"),
    ("studio", "balance-charged-twice", "balance.charged"),
    ("studio", "balance-charged-for-failure", "balance.failed"),
    ("studio", "balance-given-back-twice", "balance.failed"),
    ("studio", "balance-charged-for-refusal", "balance.refused"),
    ("studio", "models-list-lacks-one", "models.listed"),
    ("studio", "forgives-content-refused", "error.create.content-refused"),
    ("studio", "restricted-key-cannot-ask", "auth.restricted-owns"),
    ("studio", "link-not-renewed", "result.link.renewed"),
    ("studio", "short-link-life", "result.link.life"),
    ("studio", "link-states-other-end", "result.link.expiry"),
    ("jobs", "callback-signature-wrong", "callback.signature"),
    ("jobs", "callback-signed-by-another", "callback.signature"),
    ("rules", "refuses-what-is-accepted", "create.strength.maximum.accepted"),
    ("rules", "refuses-good-parameters", "list.order.enum.accepted"),
    ("modes", "assets-not-shown", "result.asset.cover"),
    ("modes", "assets-lead-nowhere", "result.asset.part.fetch"),
    ("modes", "assets-called-a-page", "result.asset.part.media-type"),
    ("modes", "assets-without-key", "result.asset.cover.auth"),
    ("modes", "assets-die-early", "result.asset.cover.life"),
    ("modes", "file-size-wrong", "result.bytes.size"),
    ("modes", "file-digest-wrong", "result.checksum.digest"),
    ("modes", "account-value-of-the-task", "query.owner.account"),
    ("modes", "refusal-other-code", "error.create.invalid-body.body"),
    ("modes", "first-mode-only", "create.accepted.boat-2-from-image"),
    ("modes", "rules-of-the-first-mode", "create.seconds.enum"),
    ("modes", "wrong-ratio", "result.ratio"),
    ("modes", "other-default-ratio", "result.default.ratio"),
    ("envelope", _body("done-without-response", _only_done), "query.status.known"),
    ("envelope", "progress-in-other-form", "query.data.metadata.progress.form"),
    ("envelope", "refusal-without-headers", "error.create.rate-limited.headers"),
    ("rest", "receipt-addresses-lead-nowhere", "create.location.answers"),
    ("rest", "without-promised-headers", "create.header.location"),
    ("rest", "states-early-end-of-link", "result.render.outputs.expires_ms.life"),
    ("rest", "list-first-page-only", "list.pages"),
    ("rest", "list-without-cursor", "list.pages"),
    ("rest", "query-other-id", "query.render.id.stable"),
    ("rest", "list-of-everyone", "auth.list.owner-only"),
    ("rest", "id-of-another-form", "create.id.form"),
    ("rest", "idempotency-key-ignored", "create.idempotent"),
    ("rest", "idempotency-by-body", "create.idempotent.other-key"),
    ("rest", "idempotency-conflict-unnoticed", "error.create.idempotency-conflict"),
    ("rest", "idempotency-conflict-makes-a-task", "error.create.idempotency-conflict"),
    ("rest", "idempotency-key-forgotten-early", "create.idempotent.life"),
    ("rest", "replay-untold", "create.idempotent.replayed"),
    ("rest", "replay-told-always", "create.idempotent.replayed"),
    ("rest", "callback-unsigned", "callback.signature"),
    ("rest", "callback-unsigned-again", "callback.signature"),
    ("rest", "callback-signature-wrong", "callback.signature"),
    ("rest", "callback-signed-by-another", "callback.signature"),
    ("rest", "callback-signed-long-ago", "callback.signature"),
    ("signed", "expired-token-accepted", "auth.create.expired-token"),
    ("signed", "expired-token-accepted", "auth.query.expired-key"),
    ("signed", "forged-token-accepted", "auth.query.forged-token"),
    ("signed", "forged-token-accepted", "auth.list.forged-token"),
    ("signed", "unsigned-token-accepted", "auth.create.unsigned-token"),
    ("signed", "expired-key-other-status", "auth.list.expired-key"),
    ("signed", "wrong-key-accepted-create", "auth.create.wrong-key"),
    ("rest", Deviation("problems-as-plain-json", "", (), hooks=Hooks(answer=_plain_json)), "error.create.schema"),
    ("rest", _body("ids-as-text", _ids_as_text), "query.schema"),
    ("files", "result-id-leads-nowhere", "result.link"),
    ("files", "upload-without-reference", "upload.reference"),
    ("files", "upload-reference-of-another-form", "upload.reference"),
    ("files", "upload-reference-leads-nowhere", "create.accepted.sail-1-picture"),
    ("files", "upload-server-error", "upload.accepted"),
    ("files", "upload-as-web-page", "upload.schema"),
    ("files", "uploads-live-short", "upload.life"),
    ("files", "forgives-unknown-file", "error.create.unknown-file"),
    ("files", "forgives-foreign-file", "auth.create.foreign-file"),
    ("files", "missing-key-accepted-upload", "auth.upload.missing-key"),
    ("files", "wrong-key-accepted-upload", "auth.upload.wrong-key"),
    ("files", "missing-key-accepted-result", "auth.result.missing-key"),
    ("files", "foreign-task-shown", "auth.owner-only"),
    (
        "files",
        Deviation("some-result", "", (), hooks=Hooks(state=_noted, instead=_some_result, keeps_tasks=True)),
        "error.result.unknown-task",
    ),
    ("files", "foreign-file-other-status", "auth.create.foreign-file"),
    ("files", "unknown-file-other-status", "error.create.unknown-file"),
    ("files", "wrong-key-accepted-result", "auth.result.wrong-key"),
    ("presigned", "upload-address-takes-nothing", "upload.put"),
    ("posted", "upload-form-untold", "upload.form"),
    ("posted", "takes-bad-parameters", "upload.action.enum"),
    ("posted", "upload-address-takes-nothing", "upload.form"),
    ("posted", "upload-reference-of-another-form", "upload.reference"),
    ("posted", "upload-reference-leads-nowhere", "create.accepted"),
    ("jobs", "unknown-for-too-long", "query.status-code"),
    ("rest", "missing-header-other-status", "error.create.missing-header"),
    ("rest", "needed-header-other-status", "error.create.needed-header"),
    ("rest", "forgives-needed-header", "create.parameter.x-acme-draft.needed"),
    ("queue", "wrong-key-accepted-cancel", "auth.cancel.wrong-key"),
    ("signed", "expired-key-server-error", "auth.create.expired-key"),
    ("presigned", "refuses-minimal-requests", "create.accepted"),
    ("rules", "accepts-broken-conditions", "create.body.if-seconds-then-size"),
    ("rules", "accepts-broken-conditions", "create.body.if-size-then-strength-else-weight"),
    ("rules", "accepts-broken-conditions", "create.sound.dependent-required"),
    ("rules", "accepts-broken-conditions", "create.mask.dependent-schema"),
    ("rules", "accepts-what-is-excluded", "create.body.not"),
    ("rules", "accepts-other-forms", "create.speed.any-of"),
    ("rules", "accepts-other-forms", "create.parts.exactly-one"),
    ("rules", "accepts-any-names", "create.labels.property-names"),
    ("rules", "accepts-between-steps", "create.step.multiple-of"),
    ("rules", "accepts-equal-items", "create.parts.unique-items"),
    ("rules", "accepts-any-mixture", "create.parts.contains"),
    ("rules", "accepts-unknown-members", "create.body.unknown"),
    ("jobs", "takes-calls-without-an-id", "query.taskId.required"),
    ("rules", "takes-bad-parameters", "list.limit.maximum"),
    ("rules", "refuses-good-parameters", "list.limit.maximum"),
    ("rules", "list-without-filters", "list.filter-state.filter"),
    ("rules", "list-filter-loses-one", "list.filter-state.filter"),
    ("rules", "list-in-one-order", "list.order.order"),
    ("rules", "list-without-limit", "list.limit"),
    ("rules", "list-other-default", "list.limit.default"),
    ("rules", "list-page-loses-one", "list.pages.whole"),
    ("rules", "list-page-repeats-one", "list.pages.whole"),
    ("rules", "misformed-id-shown", "query.clip_id.pattern"),
    ("rules", "invalid-parameter-other-status", "error.list.invalid-parameter"),
    ("rest", "list-without-filters", "list.engines.filter"),
    ("rest", "list-without-filters", "list.state.filter"),
    ("openai", "takes-bad-parameters", "content.variant.enum"),
    ("openai", "content-other-default", "content.variant.default"),
    ("rest", "second-link-broken", "result.links"),
    ("rest", "takes-bad-parameters", "create.parameter.priority.maximum"),
    ("rest", "takes-bad-parameters", "cancel.reason.enum"),
    ("rest", "invalid-parameter-other-status", "error.create.invalid-parameter"),
    ("rest", "refuses-good-parameters", "create.parameter.priority.maximum"),
    ("rest", "refuses-good-parameters", "cancel.reason.enum"),
    ("queue", "query-address-elsewhere", "query.response_url.answers"),
    ("jobs", "query-charges-double", "query.data.creditsConsumed.amount"),
    ("openai", "receipt-other-copies", "create.size.echo"),
    ("openai", "assets-lead-nowhere", "result.asset.thumbnail.fetch"),
    ("openai", "assets-called-a-page", "result.asset.spritesheet.media-type"),
    ("openai", "refusals-other-weak-words", "error.create.unknown-model.body.words.derived"),
    ("queue", "result-answer-drops-members", "result.answer.video.file_name.present"),
    ("files", "result-answer-times-in-other-form", "result.answer.file.created_at.form"),
    ("queue", "result-answer-with-foreign-members", "result.answer.result-queue-position.absent"),
]
