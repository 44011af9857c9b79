"""Tasks as their owners see them: their end, their bytes, cancelling, lists."""

from collections.abc import Callable
from typing import Any

import orjson
from tests.providers import FEW, known

from screentest_contracts import Contract, Role
from screentest_mockserver.wire.accounts import OTHER_KEY
from screentest_mockserver.wire.answer import Answer, Request

CONTRACTS = {name: known(name) for name in FEW}


def test_tasks_end_their_days_as_documented(client: Any) -> None:
    retention = client.contract.retention
    identity = client.new()
    client.clock.advance(client.mock.store.get_task(identity).plan.end)
    if retention is None:
        client.clock.advance(9e8)
        assert client.query(identity).status == 200
        return
    left = retention.task - (client.mock.store.get_task(identity).plan.end if retention.since == "created" else 0)
    client.clock.advance(left)
    assert client.documented(Role.QUERY, client.query(identity))
    assert not client.says(Role.QUERY, "expired-task", client.query(identity))
    client.clock.advance(1)
    assert client.says(Role.QUERY, "expired-task", client.query(identity))


def test_content_before_during_and_after_its_life(small: Contract, caller: Callable[..., Any]) -> None:
    client = caller(small)
    identity = client.new()
    early = client.on(Role.CONTENT, identity)
    assert (early.status, orjson.loads(early.body)) == (409, {"error": {"code": "wait", "message": "It is WAIT."}})
    assert dict(early.headers)[b"retry-after"] == b"7"
    assert client.on(Role.RESULT, identity).status == 409
    client.clock.advance(100)
    whole = client.on(Role.CONTENT, identity)
    assert (whole.status, dict(whole.headers)[b"accept-ranges"]) == (200, b"bytes")
    part = client.on(Role.CONTENT, identity, headers=[(b"range", b"bytes=4-7")])
    assert (part.status, part.body) == (206, b"ftyp")
    assert dict(part.headers)[b"content-range"] == b"bytes 4-7/%d" % len(whole.body)
    stale = client.on(Role.CONTENT, identity, headers=[(b"range", b"bytes=4-7"), (b"if-range", b'"other"')])
    fresh = client.on(
        Role.CONTENT, identity, headers=[(b"range", b"bytes=4-7"), (b"if-range", dict(whole.headers)[b"etag"])]
    )
    assert (stale.status, stale.body, fresh.status) == (200, whole.body, 206)
    beyond = client.on(Role.CONTENT, identity, headers=[(b"range", b"bytes=%d-" % len(whole.body))])
    assert (beyond.status, dict(beyond.headers)[b"content-range"]) == (416, b"bytes */%d" % len(whole.body))
    client.clock.advance(3600)
    assert client.on(Role.CONTENT, identity).status == 200
    client.clock.advance(1)
    assert client.on(Role.CONTENT, identity).status == 404


def test_media_behind_a_link(caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS["evolink"])

    def get(identity: str, method: str = "GET") -> int:
        return client.mock.media(Request(method, "", b"", [], b"", "http://mock.test"), identity).status

    identity = client.new()
    assert (get(identity), get("nosuch"), get("%ff")) == (404, 404, 404)
    client.clock.advance(client.mock.store.get_task(identity).plan.end)
    assert (get(identity), get(identity, "HEAD"), get(identity, "POST")) == (200, 200, 405)
    client.clock.advance(86_400)
    assert get(identity) == 200
    client.clock.advance(1)
    assert get(identity) == 403


def test_cancelling(small: Contract, caller: Callable[..., Any]) -> None:
    client = caller(small)
    waiting, running, done = client.new(), None, None
    answer = client.on(Role.CANCEL, waiting)
    assert (answer.status, orjson.loads(answer.body)) == (202, {"id": waiting, "state": "STOPPED"})
    running = client.new()
    client.clock.advance(60)
    assert client.on(Role.CANCEL, running).status == 202
    done = client.new()
    client.clock.advance(100)
    late = client.on(Role.CANCEL, done)
    assert (late.status, orjson.loads(late.body)["error"]["code"]) == (409, "late")
    assert [client.status(each) for each in (waiting, running, done)] == ["STOPPED", "STOPPED", "DONE"]
    assert orjson.loads(client.query(running).body)["progress"] == "47%"  # as just before: 35 of 75 s from 10 to 90
    assert client.on(Role.CANCEL, waiting).status == 409
    client.clock.advance(1000)
    assert client.status(waiting) == "STOPPED"


def test_lists(small: Contract, caller: Callable[..., Any]) -> None:
    client = caller(small)
    made = [client.new() for _ in range(5)]
    client.create(key=OTHER_KEY)

    def listed(query: str = "", **options: Any) -> list[str]:
        return [job["id"] for job in orjson.loads(client.send("GET", "/jobs" + query, **options).body)["jobs"]]

    newest = made[::-1]
    assert listed() == newest[:2]
    assert listed("?limit=1") == newest[:1]
    assert listed("?limit=99") == newest[:3]
    for odd in ("?limit=0", "?limit=-1", "?limit=" + "9" * 9, "?other=1"):
        assert listed(odd) in (newest[:2], newest[:3])
    for no_number in ("?limit=x", "?limit=", "?limit=" + "9" * 5000, "?limit=%ff"):
        refusal = client.send("GET", "/jobs" + no_number)
        assert (refusal.status, orjson.loads(refusal.body)["error"]["param"]) == (422, "limit")
    assert len(listed(key=OTHER_KEY)) == 1
    client.clock.advance(100 + 7200)
    assert listed() == newest[:2]
    client.clock.advance(1)
    assert listed() == []


def test_same_seed_same_ids(caller: Callable[..., Any]) -> None:
    for contract in CONTRACTS.values():
        first, second = caller(contract), caller(contract)
        assert [first.new() for _ in range(3)] == [second.new() for _ in range(3)]
        assert len({first.new() for _ in range(200)}) == 200


def test_reset(client: Any) -> None:
    identity = client.new()
    client.mock.schedule("failure", 5)
    client.mock.reset()
    assert client.says(Role.QUERY, "unknown-task", client.query(identity))
    identity = client.new()
    client.clock.advance(10_000)
    assert client.contract.lifecycle.statuses[client.status(identity)].status_class == "succeeded"


def test_the_helpers_can_say_no(small: Contract, caller: Callable[..., Any]) -> None:
    wrong = Answer(404, [], b'{"error": {"code": "other", "message": "No job x."}}')
    assert not caller(small).documented(Role.QUERY, wrong)
    assert not caller(small).says(Role.QUERY, "unknown-task", wrong)
