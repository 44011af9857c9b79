"""Provider documents of families that the built-in ones do not belong to: each is served and judged without any Python
of its own, and what breaks its promises is caught."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from screentest_contracts import Contract, DocumentError, load_contract
from screentest_contracts.compile import lint
from screentest_contracts.contract import Operation, Role, StatusClass
from screentest_contracts.location import MISSING, Location
from screentest_mockserver.accounts import GOOD_KEY
from screentest_mockserver.answer import Answer
from screentest_mockserver.app import MockServer
from screentest_mockserver.clock import ManualClock
from screentest_mockserver.deviations import Deviation, deviation
from screentest_mockserver.deviations.edit import put
from screentest_mockserver.server import running
from screentest_mockserver.store import Task
from screentest_suites.judge import Judge
from screentest_suites.options import Options
from screentest_suites.samples import probes
from screentest_suites.target import EmbeddedTarget
from screentest_suites.verdicts import Result, Verdict

HERE = Path(__file__).parent
NAMES = ("ark", "dashscope", "envelope", "files", "jobs", "openai", "presigned", "queue", "rest", "signed")


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    """Every document by the name of its file, linted in all its readings."""
    return {name: lint(str(HERE / f"{name}.yaml")) for name in NAMES}


@pytest.fixture(scope="module")
def server(contracts: dict[str, Contract]) -> Iterator[tuple[MockServer, str]]:
    """All of them behind one address on a manual clock."""
    with running(list(contracts.values()), clock=ManualClock(1_780_000_000.0)) as served:
        yield served


def judge(contract: Contract, broken: Deviation | None = None) -> list[Verdict]:
    """Every verdict on the embedded mock."""
    target = EmbeddedTarget(contract)
    target.mock.deviation = broken
    return list(Judge(contract, target, Options(examples=20)).verdicts())


def failures(verdicts: list[Verdict]) -> set[str]:
    """The requirements that were broken; a broken harness is no verdict at all."""
    assert not [verdict.finding.reason for verdict in verdicts if verdict.result is Result.ERROR]
    return {verdict.requirement.id for verdict in verdicts if verdict.result is Result.FAILED}


@pytest.mark.parametrize("name", NAMES)
def test_judged_clean(contracts: dict[str, Contract], name: str) -> None:
    verdicts = judge(contracts[name])
    assert failures(verdicts) == set()
    skipped = [verdict.requirement for verdict in verdicts if verdict.result is Result.SKIPPED]
    # Few bodies are generated, and which depends on what is imported: there may be no invalid one among them.
    assert {each.id for each in skipped if each.untestable is None} <= {"create.generated.refuses"}


@pytest.mark.parametrize(
    ("name", "setting", "reading"), [("ark", "queue", "short"), ("envelope", "address", "absolute")]
)
def test_other_readings_are_judged_clean(name: str, setting: str, reading: str) -> None:
    contract = load_contract(HERE / f"{name}.yaml", {setting: reading})
    assert failures(judge(contract)) == set()


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    """A copy of a document in which `old`, which occurs, is `new`."""
    text = (HERE / f"{name}.yaml").read_text()
    assert old in text
    file = tmp_path / f"{name}.yaml"
    file.write_text(text.replace(old, new))
    return file


def test_a_create_that_takes_forms_only(tmp_path: Path) -> None:
    """What a form cannot carry, such as the type of a number, is not asked of it."""
    contract = load_contract(changed(tmp_path, "openai", "          application/json: *body\n", ""))
    verdicts = judge(contract)
    assert failures(verdicts) == set()
    judged = {verdict.requirement.id for verdict in verdicts if verdict.result is Result.PASSED}
    assert {"create.prompt.required", "create.size.enum", "create.metadata.shot.type"} <= judged
    strict = Deviation(
        "refuses-long-prompts", "", (), refuses=lambda model, body: "prompt" if len(body["prompt"]) > 31_000 else None
    )
    assert "create.prompt.max-length" in failures(judge(contract, strict))


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
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
        ("openai", "{values: [720x1281]}", "{value: 720x1281}", "x-tolerates"),
    ],
)
def test_misuse_of_a_word_is_named(tmp_path: Path, name: str, old: str, new: str, problem: str) -> None:
    with pytest.raises(DocumentError) as raised:
        load_contract(changed(tmp_path, name, old, new))
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    ("name", "member", "kind", "tolerated"),
    [
        ("openai", "seconds", "enum", "5"),
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


def _body(name: str, hook: Any) -> Deviation:
    return Deviation(name, "", (), body=hook)


def _without_envelope(mock: Any, refusal: Any, status: int, body: Any, headers: Any) -> Any:
    return (body["code"] if status == 200 else status), body, headers


def _unwrapped(view: Any, body: Any) -> Any:
    text = (body.get("data") or {}).get("resultJson")
    return put(body, "/data/resultJson", json.loads(text)) if text else body


def _no_null(model: Any, body: Any) -> str | None:
    return next((name for name, value in body.items() if value is None), None)


def _numbers(view: Any, body: Any) -> Any:
    return {**body, "seconds": int(body["seconds"])} if "seconds" in body else body


def _only_done(view: Any, body: Any) -> Any:
    return put(body, "/data/response", MISSING)


def _failed_looks_fine(mock: Any, request: Any, answer: Answer) -> Answer:
    if answer.status == 422 and request.path.rpartition("/")[0].endswith("requests"):
        return Answer(
            200, answer.headers, b'{"video":{"url":"https://queue.acme.example/none.mp4","content_type":"video/mp4"}}'
        )
    return answer


def _plain_json(mock: Any, request: Any, answer: Answer) -> Answer:
    answer.headers = [(name, value.replace(b"problem+", b"")) for name, value in answer.headers]
    return answer


def _ids_as_text(view: Any, body: Any) -> Any:
    return put(body, "/render/id", str(body["render"]["id"])) if "render" in body else body


def _some_result(mock: Any, operation: Operation, task_id: str, task: Task | None) -> Task | None:
    """For an id that nobody knows, the result of some task."""
    done = (each for each in reversed(list(mock.store)) if mock.state(each).status_class is StatusClass.SUCCEEDED)
    return next(done, None) if task is None and operation.role is Role.RESULT else task


PLANTED: list[tuple[str, str | Deviation, str]] = [
    ("dashscope", "times-in-the-past", "query.times.order"),
    ("dashscope", "short-retention", "query.retention"),
    ("dashscope", "list-first-page-only", "list.pages"),
    ("dashscope", "answer-ids-disagree", "query.request_id.header"),
    ("dashscope", "forgives-missing-header", "error.create.missing-header"),
    ("ark", "cancel-without-effect", "cancel.works"),
    ("ark", "delete-keeps-the-task", "cancel.deletes"),
    ("ark", "no-callback-at-stages", "callback.delivered.running"),
    ("ark", Deviation("null-refused", "", (), refuses=_no_null), "create.accepted"),
    ("ark", "not-cancellable-other-status", "error.cancel.not-cancellable"),
    ("openai", "refuses-forms", "create.form"),
    ("openai", "bytes-without-key", "result.auth"),
    ("openai", "wrong-resolution", "result.resolution"),
    ("openai", _body("seconds-as-number", _numbers), "query.schema"),
    ("openai", "status-in-other-case", "query.status.case"),
    ("queue", "receipt-addresses-lead-nowhere", "create.status_url.answers"),
    ("queue", "queue-grows", "query.queue_position.falls"),
    ("queue", "idempotency-by-body", "create.idempotent.other-key"),
    ("queue", "idempotency-key-forgotten-early", "create.idempotent.life"),
    ("queue", Deviation("failure-hidden", "", (), answer=_failed_looks_fine), "error.result.failed-task"),
    ("jobs", _body("result-not-text", _unwrapped), "query.data.resultJson.present"),
    ("jobs", Deviation("codes-as-statuses", "", (), refusal=_without_envelope), "auth.create.missing-key"),
    ("jobs", "times-in-other-form", "query.data.createTime.form"),
    ("jobs", "callback-unsigned", "callback.signature"),
    ("jobs", "callback-signature-wrong", "callback.signature"),
    ("jobs", "callback-signed-by-another", "callback.signature"),
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
    ("rest", Deviation("problems-as-plain-json", "", (), answer=_plain_json), "error.create.schema"),
    ("rest", _body("ids-as-text", _ids_as_text), "query.schema"),
    ("files", "result-id-leads-nowhere", "result.link"),
    ("files", "upload-without-reference", "upload.reference"),
    ("files", "upload-reference-of-another-form", "upload.reference"),
    ("files", "upload-reference-leads-nowhere", "create.accepted"),
    ("files", "upload-server-error", "upload.accepted"),
    ("files", "upload-as-web-page", "upload.schema"),
    ("files", "uploads-live-short", "upload.life"),
    ("files", "forgives-unknown-file", "error.create.unknown-file"),
    ("files", "forgives-foreign-file", "auth.create.foreign-file"),
    ("files", "missing-key-accepted-upload", "auth.upload.missing-key"),
    ("files", "wrong-key-accepted-upload", "auth.upload.wrong-key"),
    ("files", "missing-key-accepted-result", "auth.result.missing-key"),
    ("files", "foreign-task-shown", "auth.owner-only"),
    ("files", Deviation("some-result", "", (), find=_some_result, keeps_tasks=True), "error.result.unknown-task"),
    ("presigned", "upload-address-takes-nothing", "upload.put"),
    ("presigned", "refuses-minimal-requests", "create.accepted"),
]


@pytest.mark.parametrize(
    ("name", "planted", "requirement"),
    PLANTED,
    ids=[f"{name}-{planted if isinstance(planted, str) else planted.name}" for name, planted, _ in PLANTED],
)
def test_planted_deviations_are_caught(
    contracts: dict[str, Contract], name: str, planted: str | Deviation, requirement: str
) -> None:
    contract = contracts[name]
    broken = deviation(planted, contract) if isinstance(planted, str) else planted
    assert requirement in failures(judge(contract, broken))


# -- by hand, as a client of each vendor would -----------------------------------------------------------------------


class Client:
    """A client of one provider; `wait` lets seconds pass on the mock's clock."""

    def __init__(self, server: tuple[MockServer, str], name: str, key: dict[str, str]) -> None:
        app, url = server
        self.clock = app.clock
        self.mock = app.providers[name]
        self.http = httpx.Client(base_url=f"{url}/{name}", headers=key, trust_env=False, timeout=10)

    def wait(self, seconds: float) -> None:
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(seconds)

    def get(self, path: str, **options: Any) -> Any:
        return self.http.get(path, **options).json()

    def post(self, path: str, body: Any, **options: Any) -> Any:
        return self.http.post(path, json=body, **options).json()


BEARER = {"authorization": f"Bearer {GOOD_KEY}"}

Connect = Callable[[str, dict[str, str]], Client]


@pytest.fixture
def connect(server: tuple[MockServer, str]) -> Iterator[Connect]:
    """Makes a client of a provider with the headers of its key."""
    with contextlib.ExitStack() as stack:

        def connected(name: str, key: dict[str, str]) -> Client:
            client = Client(server, name, key)
            stack.enter_context(client.http)
            return client

        yield connected


def test_dashscope_by_hand(connect: Connect) -> None:
    client = connect("dashscope", BEARER)
    path, body = (
        "/api/v1/services/aigc/video-generation/video-synthesis",
        {
            "model": "happyhorse-1.0-t2v",
            "input": {"prompt": "A paper boat.", "function": "video-synthesis", "extend_prompt": True},
            "parameters": {"duration": 3},
        },
    )
    assert client.http.post(path, json=body).status_code == 403
    answer = client.http.post(path, json=body, headers={"x-dashscope-async": "enable"})
    made = answer.json()
    assert answer.headers["x-request-id"] == made["request_id"]
    task = made["output"]["task_id"]
    assert client.http.post(f"/api/v1/tasks/{task}/cancel").json().keys() == {"request_id"}
    assert client.get(f"/api/v1/tasks/{task}")["output"]["task_status"] == "CANCELED"
    task = client.post(path, body, headers={"x-dashscope-async": "enable"})["output"]["task_id"]
    client.wait(300)
    done = client.get(f"/api/v1/tasks/{task}")
    assert done["output"]["task_status"] == "SUCCEEDED"
    assert done["output"]["submit_time"] == "2026-05-29 04:26:40.000"  # the mock's 20:26:40 UTC
    assert done["usage"]["output_video_duration"] == 3
    assert client.http.get(done["output"]["video_url"]).headers["content-type"] == "video/mp4"
    listed = client.get("/api/v1/tasks/", params={"page_no": 2, "page_size": 1})
    assert (listed["total"], listed["total_page"], len(listed["data"])) == (2, 2, 1)
    client.wait(100_000)
    assert client.get(f"/api/v1/tasks/{task}")["output"] == {"task_id": task, "task_status": "UNKNOWN"}


def test_ark_by_hand(connect: Connect) -> None:
    client, path = connect("ark", BEARER), "/api/v3/contents/generations/tasks"
    body = {
        "model": "doubao-seedance-1-5-pro-251215",
        "content": [{"type": "text", "text": "A paper boat."}],
        **dict.fromkeys(("resolution", "ratio", "duration", "seed", "callback_url", "service_tier")),
    }
    made = client.post(path, body)
    assert set(made) == {"id"}
    client.wait(30)
    assert client.get(f"{path}/{made['id']}")["status"] == "running"
    refused = client.http.delete(f"{path}/{made['id']}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "InvalidAction.RunningTaskDeletion")
    client.wait(100)
    done = client.get(f"{path}/{made['id']}")
    assert done["usage"]["total_tokens"] == 108900  # what the vendor's own example shows for 5 s of 720p
    assert client.http.delete(f"{path}/{made['id']}").json() == {}
    assert client.http.get(f"{path}/{made['id']}").status_code == 404
    queued = client.post(path, body)["id"]
    client.http.delete(f"{path}/{queued}")
    assert client.get(f"{path}/{queued}")["status"] == "cancelled"


def test_openai_by_hand(connect: Connect) -> None:
    client = connect("openai", BEARER)
    fields = {"prompt": "A paper boat.", "seconds": "8", "size": "1280x720", "loop": "true", "metadata[shot]": "3"}
    picture = {"input_reference": ("boat.png", b"\x89PNG", "image/png")}
    made = client.http.post("/v1/videos", data=fields, files=picture).json()
    assert (made["model"], made["seconds"], made["size"]) == ("sora-2", "8", "1280x720")  # the model may be left out
    assert client.http.post("/v1/videos", data={**fields, "loop": "yes"}, files=picture).status_code == 400
    assert client.http.post("/v1/videos", data=fields).status_code == 400  # a form of the other kind
    assert client.http.get(f"/v1/videos/{made['id']}/content").status_code == 400
    client.wait(200)
    done = client.get(f"/v1/videos/{made['id']}")
    assert "url" not in json.dumps(done)
    assert client.http.get(f"/v1/videos/{made['id']}/content").content[4:8] == b"ftyp"
    second = client.post("/v1/videos", {"prompt": "Another."})["id"]
    page = client.get("/v1/videos", params={"limit": 1})
    assert (page["data"][0]["id"], page["has_more"]) == (second, True)
    assert client.get("/v1/videos", params={"limit": 1, "after": page["last_id"]})["data"][0]["id"] == made["id"]
    assert client.http.delete(f"/v1/videos/{made['id']}").json()["deleted"] is True
    assert client.http.get(f"/v1/videos/{made['id']}").status_code == 404


def test_queue_by_hand(connect: Connect) -> None:
    client = connect("acme-queue", {"authorization": f"Key {GOOD_KEY}"})
    client.mock.schedule("failure")
    made = client.post("/acme/kite/text-to-video", {"prompt": "A red kite."})
    assert made["queue_position"] == 3
    client.wait(12)
    assert client.get(made["status_url"])["queue_position"] < 3
    assert client.http.get(made["response_url"]).status_code == 400
    assert client.http.get(made["status_url"].replace("/kite/", "/boat/")).status_code == 404
    client.wait(100)
    assert client.get(made["status_url"])["status"] == "COMPLETED"
    refused = client.http.get(made["response_url"])
    assert (refused.status_code, refused.json()["error_type"]) == (422, "content_policy_violation")
    good = client.post("/acme/boat/text-to-video", {"prompt": "A paper boat.", "duration": "10s"})
    client.wait(100)
    assert client.http.get(client.get(good["response_url"])["video"]["url"]).status_code == 200


def test_jobs_by_hand(connect: Connect) -> None:
    client = connect("acme-jobs", {"x-api-key": GOOD_KEY})
    path = "/api/v1/jobs/createTask"
    body = {"model": "boat-text", "input": {"prompt": "A paper boat."}}
    assert client.post(path, {**body, "input": {}})["code"] == 422
    assert client.post(path, body, headers={"x-api-key": "sk-wrong"})["code"] == 401
    task = client.post(path, body)["data"]["taskId"]
    record = client.get("/api/v1/jobs/recordInfo", params={"taskId": task})["data"]
    assert (record["successFlag"], record["resultJson"], record["completeTime"]) == (0, None, None)
    assert json.loads(record["param"]) == {"prompt": "A paper boat."}
    client.wait(200)
    record = client.get("/api/v1/jobs/recordInfo", params={"taskId": task})["data"]
    assert (record["successFlag"], record["creditsConsumed"]) == (1, 30)  # 0.3 dollars, in cents
    assert record["completeTime"] - record["createTime"] == 150_000
    assert client.http.get(json.loads(record["resultJson"])["resultUrls"][0]).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/proxy"])
def test_envelope_by_hand(connect: Connect, prefix: str) -> None:
    client = connect("acme-envelope", BEARER)
    body = {"model": "boat-fast", "prompt": "A paper boat.", "metadata": {"durationSeconds": 4}}
    name = client.post(f"{prefix}/v1/video/generations", body)["data"]["name"]
    assert name.startswith("operations/")
    client.wait(55)
    data = client.post(f"{prefix}/v1/video/fetch", {"name": name})["data"]
    assert (data["done"], "response" in data) == (False, False)
    assert 0.4 < data["metadata"]["progress"] < 0.6
    client.wait(100)
    data = client.post(f"{prefix}/v1/video/fetch", {"name": name})["data"]
    assert data["done"] is True
    assert client.http.get(data["response"]["videos"][0]["uri"]).status_code == 200
    assert client.http.post(f"{prefix}/v1/video/fetch", json={"name": "operations/none"}).status_code == 400


def test_rest_by_hand(connect: Connect) -> None:
    client = connect("acme-rest", {"x-acme-version": "2026-01"})
    key, body = {"api_key": GOOD_KEY}, {"engine": "skiff-1", "script": "A paper boat."}
    answers = [client.http.post("/v2/renders", params=key, json=body) for _ in range(3)]
    first = answers[0].json()["render"]["id"]
    assert (answers[0].status_code, answers[0].headers["retry-after"], type(first)) == (202, "5", int)
    assert answers[0].headers["location"] == f"/v2/renders/{first}"
    assert client.get(f"/v2/renders/{first}", params=key)["render"]["id"] == first
    refused = client.http.post("/v2/renders", params=key, json={**body, "engine": "raft"})
    assert refused.headers["content-type"] == "application/problem+json"
    page, seen = client.get("/v2/renders", params={**key, "page_size": 2}), []
    while True:
        seen += [each["id"] for each in page["renders"]]
        if page["next_cursor"] is None:
            break
        assert str(seen[-1]) not in page["next_cursor"]
        page = client.get("/v2/renders", params={**key, "page_size": 2, "cursor": page["next_cursor"]})
    assert seen == [each.json()["render"]["id"] for each in reversed(answers)]
    once = {"idempotency-key": "of-this-test"}
    made, again = (client.http.post("/v2/renders", params=key, json=body, headers=once) for _ in range(2))
    assert (made.json(), made.headers["location"]) == (again.json(), again.headers["location"])
    told = [each.headers.get("idempotency-replayed") for each in (made, again)]
    assert told == [None, "true"]
    used = client.http.post("/v2/renders", params=key, json={**body, "engine": "skiff-2"}, headers=once)
    assert (used.status_code, used.json()["type"]) == (409, "https://rest.acme.example/problems/key-reused")
    stopped = client.http.delete(f"/v2/renders/{first}", params=key)
    assert (stopped.status_code, stopped.content) == (204, b"")
    assert not {"content-type", "content-length"} & set(stopped.headers)
    assert client.get(f"/v2/renders/{first}", params=key)["render"]["state"] == 50
    assert client.get("/v2/renders", params={**key, "cursor": "%%"})["renders"]


def test_files_by_hand(connect: Connect) -> None:
    client, path, base = connect("acme-files", BEARER), "/v1/video_generation", {"model": "sail-1-picture"}
    picture = {"file": ("boat.png", b"\x89PNG", "image/png")}
    sent = client.http.post("/v1/files/upload", data={"purpose": "video_first_frame"}, files=picture).json()
    assert (sent["file"]["bytes"], sent["base_resp"]["status_code"]) == (4, 0)
    own = {**base, "first_frame_file_id": sent["file"]["file_id"]}
    assert client.post(path, {**base, "first_frame_file_id": 176844000000001})["base_resp"]["status_code"] == 2013
    other = {"authorization": "Bearer sk-screentest-other"}
    assert client.post(path, own, headers=other)["base_resp"]["status_code"] == 1004
    task = client.post(path, own)["task_id"]
    client.wait(60)
    running = client.get("/v1/query/video_generation", params={"task_id": task})
    assert (running["status"], running["file_id"]) == ("Processing", "")
    client.wait(70)
    done = client.get("/v1/query/video_generation", params={"task_id": task})
    assert done["file_id"] != task
    file = client.get("/v1/files/retrieve", params={"file_id": done["file_id"]})["file"]
    assert file["file_id"] == int(done["file_id"])
    assert client.http.get(file["download_url"]).content[4:8] == b"ftyp"
    by_task = client.get("/v1/files/retrieve", params={"file_id": task})
    assert by_task["base_resp"]["status_code"] == 2013
    client.wait(86_400)
    assert client.post(path, own)["base_resp"]["status_code"] == 2013


@pytest.mark.parametrize(
    ("data", "files"),
    [
        ({"purpose": "video_first_frame"}, None),
        ({"purpose": "video_first_frame"}, {"file": ("boat.png", b"", "image/png")}),
        ({"purpose": "holiday"}, {"file": ("boat.png", b"\x89PNG", "image/png")}),
        ({}, {"file": ("boat.png", b"\x89PNG", "image/png")}),
    ],
)
def test_uploads_that_are_refused(connect: Connect, data: Any, files: Any) -> None:
    client = connect("acme-files", BEARER)
    assert client.http.post("/v1/files/upload", data=data, files=files).json()["base_resp"]["status_code"] == 2013
    assert client.post("/v1/files/upload", data)["base_resp"]["status_code"] == 2013


def test_signed_by_hand(connect: Connect) -> None:
    client = connect("acme-presigned", BEARER)
    upload = client.post("/v1/uploads", {"content_type": "video/mp4"})
    body = {"model": "restyle-1", "video_url": upload["file_url"]}
    assert client.http.post("/v1/videos", json=body).status_code == 422  # no bytes yet
    assert client.http.put(upload["upload_url"].replace("/media/", "/media/0")).status_code == 404
    assert client.http.put(upload["upload_url"]).status_code == 400
    assert client.http.put(upload["upload_url"], content=b"bytes").status_code == 200
    assert client.http.post("/v1/videos", json=body).status_code == 201
    assert client.http.post("/v1/uploads", json={"content_type": "text/html"}).status_code == 400
