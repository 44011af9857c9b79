"""Whose key opens what, and in which order a create is checked."""

from collections.abc import Callable
from typing import Any

import orjson

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.reading import CallOutcome, judge_call, task_id
from screentest_mockserver.wire.accounts import OTHER_KEY, POOR_KEY, RESTRICTED_KEY
from screentest_mockserver.wire.answer import Request


def test_keys(client: Any) -> None:
    identity = client.new()
    for role, call in ((Role.CREATE, client.create), (Role.QUERY, lambda **o: client.query(identity, **o))):
        assert client.says(role, "missing-key", call(key=None))
        for wrong in ("sk-nobody", "", "sk-screentestx", "\xe9", "sk-screentest\x00"):
            answer = call(key=wrong)
            assert client.says(role, "wrong-key", answer) or client.says(role, "missing-key", answer)
        assert client.says(role, "wrong-key", call(key="sk-nobody"))
    assert client.mock.store.count_tasks() == 1, "a refused create makes no task"


def test_the_word_before_the_key(client: Any) -> None:
    contract, identity = client.contract, client.new()
    operation = contract.roles[Role.QUERY][0]
    path = operation.path.replace("{" + contract.id.parameter + "}", identity)
    header = contract.key_header.encode()
    prefix = contract.key_prefix.encode()

    def status(value: bytes) -> int:
        answer = client.send(operation.method, path, key=None, headers=[(header, value)])
        return int(judge_call(contract, Role.QUERY, answer.status, orjson.loads(answer.body)) is CallOutcome.ACCEPTED)

    assert status(prefix + b"sk-screentest") == 1
    if prefix:
        assert status(prefix.lower() + b"sk-screentest") == status(prefix.upper() + b"sk-screentest") == 1
        assert status(b"sk-screentest") == status(b"Basic sk-screentest") == 0


def test_another_account_sees_nothing(client: Any) -> None:
    contract, identity = client.contract, client.new()
    assert client.says(Role.QUERY, "foreign-task", client.query(identity, key=OTHER_KEY))
    client.clock.advance(1000)
    for role in (Role.CONTENT, Role.RESULT, Role.CANCEL):
        if role in contract.roles:
            assert client.says(role, "foreign-task", client.on(role, identity, key=OTHER_KEY))
    other = task_id(contract, orjson.loads(client.create(key=OTHER_KEY).body))
    assert client.says(Role.QUERY, "foreign-task", client.query(other))
    assert client.documented(Role.QUERY, client.query(other, key=OTHER_KEY))


def test_an_account_without_balance_and_one_for_one_model(client: Any) -> None:
    contract = client.contract
    assert client.says(Role.CREATE, "insufficient-balance", client.create(key=POOR_KEY))
    first, *others = contract.models
    assert client.accepted(client.create(model=first, key=RESTRICTED_KEY))
    for model in others:
        assert client.says(Role.CREATE, "forbidden-model", client.create(model=model, key=RESTRICTED_KEY))


def test_a_key_of_ones_own(caller: Callable[..., Any]) -> None:
    client = caller(load_contract("evolink"), api_key="my-key")
    assert client.accepted(client.create(key="my-key"))
    assert client.says(Role.CREATE, "wrong-key", client.create())


def test_a_key_in_the_query(small_tree: Any, load_tree: Any, caller: Callable[..., Any]) -> None:
    tree = small_tree()
    tree["components"]["securitySchemes"]["key"] = {"type": "apiKey", "in": "query", "name": "key"}
    client = caller(load_tree(tree))
    assert [client.send("GET", f"/jobs{query}").status for query in ("?key=sk-screentest", "?key=no", "", "?key=")] == [
        *(200, 401, 401, 401)
    ]


def test_a_vendor_without_keys(small_tree: Any, load_tree: Any, caller: Callable[..., Any]) -> None:
    tree = small_tree()
    tree["security"] = []
    for options in ({}, {"api_key": "my-key"}):
        client = caller(load_tree(tree), **options)
        identity = task_id(client.contract, orjson.loads(client.create(key=None).body))
        assert client.query(identity, key=None).status == 200
        assert client.send("GET", "/jobs", key=None).status == 200


def test_the_order_of_checks(small: Contract, caller: Callable[..., Any]) -> None:
    """Key, required header, size, JSON, model, permission, members, balance: the first that fails is told."""
    client = caller(small)

    def code(body: bytes, key: str | None = "sk-screentest", *, headers: Any = ()) -> tuple[int, str]:
        fields = [(b"content-type", b"application/json"), *headers]
        if key:
            fields.append((b"x-key", b"Key " + key.encode()))
        answer = client.mock.handle(Request("POST", "/jobs", b"", fields, body, "http://mock.test"))
        found = orjson.loads(answer.body)
        return answer.status, found.get("error", {}).get("param") or found.get("error", {}).get("code", "made")

    good, header = b'{"model": "clip-1"}', [(b"x-async", b"enable")]
    assert code(b"{", None) == (401, "no-key")
    assert code(b"{") == (422, "X-Async")
    assert code(good, headers=[(b"x-async", b"disable")]) == (422, "X-Async")
    assert code(b"{", headers=header) == (422, "bad")
    assert code(b'{"model": "clip-2", "duration": 99}', headers=header) == (422, "model")
    assert code(b'{"model": "clip-1", "duration": 99}', POOR_KEY, headers=header) == (422, "duration")
    assert code(good, headers=header) == (200, "made")
