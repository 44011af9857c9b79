"""Whatever is sent, the answer is a receipt or the vendor's own error body, in the documented order of checks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screentest_contracts import Contract, Role, built_in, load_contract
from screentest_contracts.contract import ErrorRow
from screentest_contracts.location import MISSING, replaced, resolve
from screentest_contracts.reading import Verdict, judge_call, matching_reading, task_id
from screentest_mockserver.accounts import OTHER_KEY, POOR_KEY, RESTRICTED_KEY
from screentest_mockserver.answer import Answer, Request

CONTRACTS = {name: load_contract(name) for name in built_in()}
MODELS = [(name, model) for name, contract in CONTRACTS.items() for model in contract.models]


@pytest.fixture(params=built_in())
def client(request: pytest.FixtureRequest, caller: Callable[..., Any]) -> Any:
    return caller(CONTRACTS[request.param])


def says(contract: Contract, role: Role, condition: str, answer: Answer, member: str = "") -> bool:
    """Whether an answer is what the mock's document says under a condition."""
    row = contract.error(role, condition, member)
    assert row is not None, f"{contract.name} has no row for {condition} on {role}"
    return shows(row, answer)


def shows(row: ErrorRow, answer: Answer) -> bool:
    made = row.made
    if answer.status != made.status:
        return False
    if made.body is None:
        return answer.body == b""
    return not made.body.mismatches(orjson.loads(answer.body))


def documented(contract: Contract, role: Role, answer: Answer) -> bool:
    """Whether an answer is a receipt (or a task), or any refusal of the catalogue in the vendor's own words."""
    body = orjson.loads(answer.body)
    if judge_call(contract, role, answer.status, body) is Verdict.ACCEPTED:
        return True
    rows: Iterator[ErrorRow] = (row for (on, _), rows in contract.errors.items() if on is role for row in rows)
    return any(shows(row, answer) for row in rows)


def accepted(contract: Contract, answer: Answer) -> bool:
    return judge_call(contract, Role.CREATE, answer.status, orjson.loads(answer.body)) is Verdict.ACCEPTED


# -- keys and accounts ------------------------------------------------------------------------------------------------


def test_keys(client: Any) -> None:
    contract, identity = client.contract, client.new()
    for role, call in ((Role.CREATE, client.create), (Role.QUERY, lambda **o: client.query(identity, **o))):
        assert says(contract, role, "missing-key", call(key=None))
        for wrong in ("sk-nobody", "", "sk-screentestx", "\xe9", "sk-screentest\x00"):
            answer = call(key=wrong)
            assert says(contract, role, "wrong-key", answer) or says(contract, role, "missing-key", answer)
        assert says(contract, role, "wrong-key", call(key="sk-nobody"))
    assert len(client.mock.store) == 1, "a refused create makes no task"


def test_the_word_before_the_key(client: Any) -> None:
    contract, identity = client.contract, client.new()
    operation = contract.roles[Role.QUERY][0]
    path = operation.path.replace("{" + contract.id.parameter + "}", identity)
    header = contract.key_header.encode()
    prefix = contract.key_prefix.encode()

    def status(value: bytes) -> int:
        answer = client.send(operation.method, path, key=None, headers=[(header, value)])
        return int(judge_call(contract, Role.QUERY, answer.status, orjson.loads(answer.body)) is Verdict.ACCEPTED)

    assert status(prefix + b"sk-screentest") == 1
    if prefix:
        assert status(prefix.lower() + b"sk-screentest") == status(prefix.upper() + b"sk-screentest") == 1
        assert status(b"sk-screentest") == status(b"Basic sk-screentest") == 0


def test_another_account_sees_nothing(client: Any) -> None:
    contract, identity = client.contract, client.new()
    assert says(contract, Role.QUERY, "foreign-task", client.query(identity, key=OTHER_KEY))
    client.clock.advance(1000)
    for role in (Role.CONTENT, Role.RESULT, Role.CANCEL):
        if role in contract.roles:
            assert says(contract, role, "foreign-task", client.on(role, identity, key=OTHER_KEY))
    other = task_id(contract, orjson.loads(client.create(key=OTHER_KEY).body))
    assert says(contract, Role.QUERY, "foreign-task", client.query(other))
    assert documented(contract, Role.QUERY, client.query(other, key=OTHER_KEY))


def test_an_account_without_balance_and_one_for_one_model(client: Any) -> None:
    contract = client.contract
    assert says(contract, Role.CREATE, "insufficient-balance", client.create(key=POOR_KEY))
    first, *others = contract.models
    assert accepted(contract, client.create(model=first, key=RESTRICTED_KEY))
    for model in others:
        assert says(contract, Role.CREATE, "forbidden-model", client.create(model=model, key=RESTRICTED_KEY))


def test_a_key_of_ones_own(caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS["evolink"], api_key="my-key")
    assert accepted(client.contract, client.create(key="my-key"))
    assert says(client.contract, Role.CREATE, "wrong-key", client.create())


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


# -- members ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_excess_of_a_text_is_cut_or_refused_as_documented(name: str, model: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    chosen = client.contract.models[model]
    for constraint in chosen.constraints:
        if constraint.kind == "x-text-limit" and resolve(chosen.base, constraint.path) is not MISSING:
            for text in ("a" * (constraint.value["units"] + 1), "城" * (constraint.value["units"] + 1)):
                answer = client.create(replaced(chosen.base, constraint.path, text), model=model)
                assert accepted(client.contract, answer) == (constraint.value.get("excess") != "refuse")


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_ignored_members_have_no_effect(name: str, model: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    chosen = client.contract.models[model]
    plain = client.mock.store.get(client.new(chosen.base, model=model)).wanted
    for constraint in chosen.constraints:
        if constraint.kind == "x-ignored" and len(constraint.path) == 1:
            for value in constraint.schema.get("enum", [])[:3]:
                identity = client.new(replaced(chosen.base, constraint.path, value), model=model)
                assert client.mock.store.get(identity).wanted == plain


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_a_member_missing_or_of_a_wrong_type_is_named(name: str, model: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    contract, chosen = client.contract, client.contract.models[model]
    for member in chosen.schema.get("required", []):
        if (member,) == tuple(part.strip("/") for part in contract.model_at.pointers):
            continue
        for body in (replaced(chosen.base, (member,), MISSING), replaced(chosen.base, (member,), {"x": []})):
            if not chosen.validator.is_valid(body):
                assert says(contract, Role.CREATE, "invalid-body", client.create(body, model=model), member)


def test_models(client: Any) -> None:
    contract, model = client.contract, next(iter(client.contract.models.values()))
    at = tuple(contract.model_at.pointers[0].split("/")[1:])
    for nothing in (MISSING, None, ""):
        assert says(contract, Role.CREATE, "missing-model", client.create(replaced(model.base, at, nothing)))
    for unknown in ("no-such-model", model.name + "x", model.name.upper() + "!", "城", "x" * 100_000):
        assert says(contract, Role.CREATE, "unknown-model", client.create(replaced(model.base, at, unknown)))
    for wrong in (5, True, ["x"], {"a": 1}):
        assert documented(contract, Role.CREATE, client.create(replaced(model.base, at, wrong)))


def test_seed_zero_and_none_mean_any(small_tree: Any, load_tree: Any, caller: Callable[..., Any]) -> None:
    tree = small_tree()
    tree["x-task"]["request"]["seed"] = "/seed"
    tree["components"]["schemas"]["Clip"]["properties"]["seed"] = {"type": ["integer", "null"]}
    tree["x-task"]["profiles"]["default"]["receipt"]["seed"] = "{{seed}}"
    client = caller(load_tree(tree))

    def seed(**members: Any) -> int:
        return orjson.loads(client.create({"model": "clip-1", **members}).body)["seed"]

    assert seed(seed=7) == 7
    chosen = {seed(), seed(seed=0), seed(seed=None), seed(seed=0), seed()}
    assert len(chosen) == 5
    assert all(1 <= each <= 2147483647 for each in chosen)


def test_a_document_without_bounds(small_tree: Any, load_tree: Any, caller: Callable[..., Any]) -> None:
    """Whatever a loose schema lets through, there is a video of some reasonable size."""
    tree = small_tree()
    tree["x-task"]["request"] |= {"ratio": "/ratio", "resolution": "/size"}
    tree["components"]["schemas"]["Clip"] = {"type": "object", "properties": {"model": {"const": "clip-1"}}}
    client = caller(load_tree(tree))
    odd = [
        "",
        "0:0",
        "16:9",
        "1:0",
        "0x0",
        "99999x99999",
        "a:b",
        "16:9:9",
        "城",
        "1280x720",
        "-1:1",
        "٣:٤",
        "x",
        "*",
        "4k",
    ]
    for value in [*odd, 0, -5, 1e308, 10**30, True, [], {}, None, 1.5, "5s", "1e400"]:
        for member in ("duration", "ratio", "size"):
            identity = client.new(json.dumps({"model": "clip-1", member: value}).encode())
            client.clock.advance(100)
            answer = client.on(Role.CONTENT, identity)
            assert (answer.status, answer.body[4:8]) == (200, b"ftyp"), (member, value)
            assert len(answer.body) < 1_000_000


# -- bodies -----------------------------------------------------------------------------------------------------------

NOT_JSON = [
    b"", b" ", b"{", b"nonsense", b"{'model': 1}", b'{"model": "x",}', b"\xff\xfe", b'{"model": "\xff"}', b'"\\ud800"',
    b'{"model": "\\ud800"}', b"NaN", b'{"duration": NaN}', b'{"duration": Infinity}', b"[" * 1_000_000,
    b'{"a":' * 100_000,
    b"\x00", b"\x1f\x8b\x08\x00", b"model=x&prompt=y", "{\"model\": \"x\"}".encode("utf-16"), b"{} {}",
]  # fmt: skip
NOT_OBJECTS = [b"null", b"5", b'"text"', b"[]", b"[{}]", b"true"]


def test_what_is_no_json(client: Any) -> None:
    for body in NOT_JSON:
        answer = client.create(body)
        assert says(client.contract, Role.CREATE, "malformed-json", answer), body[:50]
    for body in NOT_OBJECTS:
        answer = client.create(body)
        assert says(client.contract, Role.CREATE, "invalid-body", answer), body
    assert len(client.mock.store) == 0


def test_other_media(client: Any) -> None:
    base = orjson.dumps(next(iter(client.contract.models.values())).base)
    for media in (b"text/plain", b"application/xml", b"application/x-www-form-urlencoded", b"\xff"):
        answer = client.create(base, headers=[(b"content-type", media)])
        assert says(client.contract, Role.CREATE, "wrong-content-type", answer)
    for media in (b"application/json; charset=utf-8", b"APPLICATION/JSON", b"application/vnd.x+json"):
        assert accepted(client.contract, client.create(base, headers=[(b"content-type", media)]))


def test_ten_megabytes(client: Any) -> None:
    model = next(iter(client.contract.models.values()))
    fill = client.mock.max_body + 1
    body = orjson.dumps({**model.base, "x": "y" * fill})
    assert says(client.contract, Role.CREATE, "too-large", client.create(body))


DEEP = b"[" * 450 + b'{"a":' * 450 + b"1" + b"}" * 450 + b"]" * 450  # what the JSON parser just lets through
ODD_VALUES = [
    None, True, False, 0, -1, 5.5, 1e308, -1e308, 2**63, 2**64 - 1, -(2**63), "", " ", "\0", "\ud7ff", "x" * 100_000,
    "城" * 50_000, [], {}, [[]], [None], [{}], {"": ""}, "https://10.0.0.1/x", "../../etc/passwd",
    "javascript:alert(1)", "'; DROP TABLE tasks",
]  # fmt: skip


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_odd_values_for_every_member(name: str, model: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    base = client.contract.models[model].base
    members = {*client.contract.models[model].schema.get("properties", {}), "unknown", "__proto__"}
    for member in sorted(members):
        for value in ODD_VALUES:
            answer = client.create(replaced(base, (member,), value), model=model)
            assert documented(client.contract, Role.CREATE, answer), (member, value)
        place = orjson.dumps(replaced(base, (member,), "PLACE"))
        for raw in (DEEP, b"9" * 30, b"9" * 5000, b"-1e400", b"0.1e-400"):
            answer = client.create(place.replace(b'"PLACE"', raw), model=model)
            assert documented(client.contract, Role.CREATE, answer), (member, raw[:30])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # no lone surrogates: those are no JSON, see NOT_JSON
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.sampled_from(MODELS), st.data())
def test_any_body(caller: Callable[..., Any], spot: tuple[str, str], data: st.DataObject) -> None:
    client = caller(CONTRACTS[spot[0]])
    model = client.contract.models[spot[1]]
    if data.draw(st.booleans()):
        body = data.draw(JSON)
    else:
        path = data.draw(st.sampled_from([constraint.path for constraint in model.constraints if constraint.path]))
        body = replaced(model.base, tuple("0" if part == "*" else part for part in path), data.draw(JSON))
    answer = client.create(orjson.dumps(body), model=model.name)
    assert documented(client.contract, Role.CREATE, answer)
    if accepted(client.contract, answer):
        client.clock.advance(10_000)
        assert client.query(task_id(client.contract, orjson.loads(answer.body))).status == 200


@given(st.sampled_from(built_in()), st.binary() | st.text().map(str.encode))
def test_any_bytes(caller: Callable[..., Any], name: str, body: bytes) -> None:
    client = caller(CONTRACTS[name])
    assert documented(client.contract, Role.CREATE, client.create(body))


# -- ids, paths, methods ----------------------------------------------------------------------------------------------

ODD_IDS = [
    "x",
    "-",
    "0",
    "null",
    "undefined",
    "task",
    "%00",
    "%ff",
    "%",
    "%2e%2e",
    "é",
    "x" * 100_000,
    "task_",
    "{task_id}",
    "*",
    "' or 1=1",
]


def test_ids_of_no_task(client: Any) -> None:
    contract = client.contract
    client.new()
    for operation in (
        each for role in (Role.QUERY, Role.RESULT, Role.CONTENT, Role.CANCEL) for each in contract.roles.get(role, ())
    ):
        for identity in ODD_IDS:
            answer = client.on(operation.role, identity, operation)
            told = [says(contract, operation.role, name, answer) for name in ("malformed-id", "unknown-task")]
            assert any(told), (operation.id, identity[:50])


def test_an_id_that_is_missing(small: Contract, caller: Callable[..., Any]) -> None:
    client = caller(small)
    for method, path, body in [
        *(("GET", "/look", None), ("GET", "/look?task_id=", None), ("GET", "/look?id=x", None), ("POST", "/look", b"")),
        *(
            ("POST", "/look", b"{}"),
            ("POST", "/look", b"[]"),
            ("POST", "/look", b'{"task_id": 5}'),
            ("POST", "/look", b"{"),
        ),
    ]:
        answer = client.send(method, path, body)
        assert (answer.status, orjson.loads(answer.body)["error"]["code"]) == (422, "bad"), (method, path, body)


def test_unknown_paths_and_methods(client: Any) -> None:
    contract = client.contract
    paths = [
        "/",
        "",
        "/v1",
        "/v1/nope",
        "/v1/tasks/a/b/c",
        "//",
        "/../v1",
        "/%2e%2e",
        "/v1/videos/" + "x/" * 50,
        "/\x00",
        "/é",
    ]
    for path in paths:
        answer = client.send("GET", path)
        assert says(contract, Role.QUERY, "unknown-path", answer), path
    for operation in contract.operations.values():
        path = operation.path.replace("{" + contract.id.parameter + "}", "x")
        own = {each.method for each in contract.operations.values() if each.pattern.fullmatch(path)}
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} - own:
            answer = client.send(method, path)
            assert says(contract, operation.role, "wrong-method", answer), (method, path)
            if answer.status == 405:
                assert dict(answer.headers)[b"allow"].decode().split(", ") == sorted(own)


TEXTS = st.text(st.characters(max_codepoint=255))


@settings(max_examples=200)
@given(
    st.sampled_from(built_in()),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]) | TEXTS,
    TEXTS | st.sampled_from([operation.path for c in CONTRACTS.values() for operation in c.operations.values()]),
    st.binary(max_size=30),
    st.lists(st.tuples(st.sampled_from([b"authorization", b"content-type", b"range", b"x"]), st.binary(max_size=30))),
    st.binary(max_size=50),
)
def test_any_request(
    caller: Callable[..., Any], name: str, method: str, path: str, query: bytes, headers: Any, body: bytes
) -> None:
    client = caller(CONTRACTS[name])
    for sent in (headers, [(b"authorization", b"Bearer sk-screentest"), *headers]):
        answer = client.mock.handle(Request(method, path, query, sent, body, "http://mock.test"))
        assert 200 <= answer.status < 500
        assert isinstance(orjson.loads(answer.body), dict)
    assert client.mock.media(Request("GET", path, query, headers, body, "http://x"), path).status in (401, 404)


# -- tasks ------------------------------------------------------------------------------------------------------------


def test_tasks_end_their_days_as_documented(client: Any) -> None:
    retention = client.contract.retention
    identity = client.new()
    client.clock.advance(client.mock.store.get(identity).plan.end)
    if retention is None:
        client.clock.advance(9e8)
        assert client.query(identity).status == 200
        return
    left = retention.task - (client.mock.store.get(identity).plan.end if retention.since == "created" else 0)
    client.clock.advance(left)
    assert documented(client.contract, Role.QUERY, client.query(identity))
    assert not says(client.contract, Role.QUERY, "expired-task", client.query(identity))
    client.clock.advance(1)
    assert says(client.contract, Role.QUERY, "expired-task", client.query(identity))


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
    client.clock.advance(client.mock.store.get(identity).plan.end)
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
    assert orjson.loads(client.query(running).body)["progress"] == "10%"
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
    for odd in ("?limit=0", "?limit=-1", "?limit=x", "?limit=", "?limit=" + "9" * 5000, "?other=1", "?limit=%ff"):
        assert listed(odd) in (newest[:2], newest[:3])
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
    assert says(client.contract, Role.QUERY, "unknown-task", client.query(identity))
    identity = client.new()
    client.clock.advance(10_000)
    assert client.contract.lifecycle.statuses[client.status(identity)].status_class == "succeeded"


def test_a_matching_reading_is_needed_to_be_documented(small: Contract) -> None:
    """The helpers above can say no."""
    wrong = Answer(404, [], b'{"error": {"code": "other", "message": "No job x."}}')
    assert not documented(small, Role.QUERY, wrong)
    assert not says(small, Role.QUERY, "unknown-task", wrong)
    row = small.error(Role.QUERY, "unknown-task")
    assert row is not None
    assert matching_reading(row, 404, orjson.loads(wrong.body)) is None
