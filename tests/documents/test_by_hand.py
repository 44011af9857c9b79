"""The mocks of other families of APIs, called by hand as a client of each would call the vendor."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from screentest_mockserver.server.app import MockServer
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.clock import ManualClock


class Client:
    """A client of one provider; `wait` lets seconds pass on the mock's clock."""

    def __init__(self, server: tuple[MockServer, str], name: str, key: dict[str, str]) -> None:
        app, url = server
        self.clock = app.clock
        self.mock = app.providers[name]
        self.http = httpx.Client(base_url=f"{url}/{name}", headers=key, trust_env=False, timeout=600)

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
    keys = {each["api_key_id"] for each in client.get("/api/v1/tasks")["data"]}
    assert len(keys) == 1
    assert client.get("/api/v1/tasks", params={"status": "CANCELED"})["total"] == 1
    assert client.get("/api/v1/tasks", params={"model_name": "happyhorse-1.1-t2v"})["total"] == 0
    assert client.http.get("/api/v1/tasks/x/more").status_code == 404
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
    assert "last_frame_url" not in done["content"]
    framed = client.post(path, {**body, "return_last_frame": True})["id"]
    client.wait(200)
    picture = client.http.get(client.get(f"{path}/{framed}")["content"]["last_frame_url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    listed = client.get(path, params={"filter.task_ids": [made["id"], "cgt-none"]})
    assert [each["id"] for each in listed["items"]] == []  # it was deleted
    assert client.get(path, params={"filter.task_ids": [framed]})["total"] == 1
    items = [{"type": "text", "text": "A paper boat."}, {"type": "image_url", "image_url": {}}]
    wrong = client.post(path, {**body, "content": items})["error"]
    assert wrong["message"].startswith("content[1].image_url.url: ")
    queued = client.post(path, body)["id"]
    client.http.delete(f"{path}/{queued}")
    assert client.get(f"{path}/{queued}")["status"] == "cancelled"


def test_openai_by_hand(connect: Connect) -> None:
    client = connect("openai", BEARER)
    fields = {"prompt": "A paper boat.", "seconds": "8", "size": "1280x720"}
    picture = {"input_reference": ("boat.png", b"\x89PNG", "image/png")}
    made = client.http.post("/v1/videos", data=fields, files=picture).json()
    assert (made["model"], made["seconds"], made["size"]) == ("sora-2", "8", "1280x720")  # the model may be left out
    assert client.http.post("/v1/videos", data={**fields, "seconds": "8s"}, files=picture).status_code == 400
    assert client.http.post("/v1/videos", data=fields).status_code == 400  # a form of the other kind
    assert client.http.get(f"/v1/videos/{made['id']}/content").status_code == 400
    client.wait(200)
    done = client.get(f"/v1/videos/{made['id']}")
    assert "url" not in json.dumps(done)
    content = f"/v1/videos/{made['id']}/content"
    assert client.http.get(content).content[4:8] == b"ftyp"
    sheet = client.http.get(content, params={"variant": "spritesheet"})
    assert (sheet.headers["content-type"], sheet.content[4:8] == b"ftyp") == ("image/jpeg", False)
    assert client.http.get(content, params={"variant": "poster"}).status_code == 400
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


def test_a_form_with_what_was_told_by_hand(connect: Connect) -> None:
    client = connect("acme-posted", BEARER)
    assert client.http.get("/v1/uploads").status_code == 400
    told = client.get("/v1/uploads?action=policy")["data"]
    form = {
        "key": f"{told['folder']}/boat.mp4",
        "policy": told["policy"],
        "Signature": told["signature"],
        "success_action_status": "200",
    }
    file = {"file": ("boat.mp4", b"bytes", "video/mp4")}

    def create(name: str) -> int:
        body = {"model": "restyle-1", "video_url": f"store://{told['folder']}/{name}"}
        return client.http.post("/v1/videos", json=body).status_code

    def post(**other: str) -> int:
        return httpx.post(told["host"], data=form | other, files=file).status_code

    assert create("boat.mp4") == 422  # no bytes yet
    assert post(Signature="none") == 403
    assert post(key="in/elsewhere/boat.mp4") == 403
    assert httpx.post(told["host"], data=form).status_code == 400
    assert httpx.post(told["host"], data=form, files={"file": ("boat.mp4", b"")}).status_code == 400
    assert httpx.put(told["host"], content=b"bytes").status_code == 405
    assert create("boat.mp4") == 422
    assert post() == 200
    assert (create("boat.mp4"), create("ship.mp4")) == (201, 422)


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
