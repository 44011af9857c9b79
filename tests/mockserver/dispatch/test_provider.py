"""Whatever is sent, the answer is a receipt or the vendor's own error body."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.providers import FEW, known

from screentest_contracts import Contract, Role
from screentest_contracts.location import MISSING, replaced, resolve
from screentest_contracts.reading import task_id
from screentest_mockserver.wire.answer import Request

CONTRACTS = {name: known(name) for name in FEW}
MODELS = [(name, model) for name, contract in CONTRACTS.items() for model in contract.models]


# -- members ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_excess_of_a_text_is_cut_or_refused_as_documented(name: str, model: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    chosen = client.contract.models[model]
    for constraint in chosen.constraints:
        if constraint.kind == "x-text-limit" and resolve(chosen.base, constraint.path) is not MISSING:
            for text in ("a" * (constraint.value["units"] + 1), "城" * (constraint.value["units"] + 1)):
                answer = client.create(replaced(chosen.base, constraint.path, text), model=model)
                assert client.accepted(answer) == (constraint.value.get("excess") != "refuse")


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_ignored_members_have_no_effect(name: str, model: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    chosen = client.contract.models[model]
    plain = client.mock.store.get_task(client.new(chosen.base, model=model)).wanted
    for constraint in chosen.constraints:
        if constraint.kind == "x-ignored" and len(constraint.path) == 1:
            for value in constraint.schema.get("enum", [])[:3]:
                identity = client.new(replaced(chosen.base, constraint.path, value), model=model)
                assert client.mock.store.get_task(identity).wanted == plain


def test_no_answer_repeats_an_ignored_member(caller: Callable[..., Any]) -> None:
    client = caller(known("ark"))
    model = client.contract.models["doubao-seedance-1-0-pro-250528"]
    plain = client.mock.store.get_task(client.new(model.base, model=model.name)).request
    identity = client.new({**model.base, "generate_audio": "no boolean"}, model=model.name)
    assert client.mock.store.get_task(identity).request == plain


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_a_member_missing_or_of_a_wrong_type_is_named(name: str, model: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    contract, chosen = client.contract, client.contract.models[model]
    for member in chosen.schema.get("required", []):
        if (member,) == tuple(part.strip("/") for part in contract.model_at.pointers):
            continue
        for body in (replaced(chosen.base, (member,), MISSING), replaced(chosen.base, (member,), {"x": []})):
            if not chosen.validator.is_valid(body):
                assert client.says(Role.CREATE, "invalid-body", client.create(body, model=model), member)


def test_models(client: Any) -> None:
    contract, model = client.contract, next(iter(client.contract.models.values()))
    at = tuple(contract.model_at.pointers[0].split("/")[1:])
    for nothing in (MISSING, None, ""):
        assert client.says(Role.CREATE, "missing-model", client.create(replaced(model.base, at, nothing)))
    for unknown in ("no-such-model", model.name + "x", model.name.upper() + "!", "城", "x" * 100_000):
        assert client.says(Role.CREATE, "unknown-model", client.create(replaced(model.base, at, unknown)))
    for wrong in (5, True, ["x"], {"a": 1}):
        assert client.documented(Role.CREATE, client.create(replaced(model.base, at, wrong)))


def test_no_seed_and_one_that_leaves_it_open_mean_any(
    small_tree: Any, load_tree: Any, caller: Callable[..., Any]
) -> None:
    tree = small_tree()
    tree["x-task"]["request"]["seed"] = "/seed"
    word = {"x-vendor-chooses": [0, -1]}
    tree["components"]["schemas"]["Clip"]["properties"]["seed"] = {"type": ["integer", "null"], **word}
    tree["x-task"]["profiles"]["default"]["receipt"]["seed"] = "{{seed}}"
    client = caller(load_tree(tree))

    def seed(**members: Any) -> int:
        return orjson.loads(client.create({"model": "clip-1", **members}).body)["seed"]

    assert seed(seed=7) == 7
    chosen = {seed(), seed(seed=0), seed(seed=None), seed(seed=-1), seed()}
    assert len(chosen) == 5
    assert all(1 <= each <= 2147483647 for each in chosen)
    del tree["components"]["schemas"]["Clip"]["properties"]["seed"]["x-vendor-chooses"]
    client = caller(load_tree(tree))
    assert (seed(seed=0), seed(seed=7)) == (0, 7), "a seed as any other where the document does not say so"
    assert seed(seed=-1) > 0, "no seed is negative"


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
        assert client.says(Role.CREATE, "malformed-json", answer), body[:50]
    for body in NOT_OBJECTS:
        answer = client.create(body)
        assert client.says(Role.CREATE, "invalid-body", answer), body
    assert client.mock.store.count_tasks() == 0


def test_other_media(client: Any) -> None:
    base = orjson.dumps(next(iter(client.contract.models.values())).base)
    for media in (b"text/plain", b"application/xml", b"application/x-www-form-urlencoded", b"\xff"):
        answer = client.create(base, headers=[(b"content-type", media)])
        assert client.says(Role.CREATE, "wrong-content-type", answer)
    for media in (b"application/json; charset=utf-8", b"APPLICATION/JSON", b"application/vnd.x+json"):
        assert client.accepted(client.create(base, headers=[(b"content-type", media)]))


def test_ten_megabytes(client: Any) -> None:
    model = next(iter(client.contract.models.values()))
    fill = client.mock.max_body + 1
    body = orjson.dumps({**model.base, "x": "y" * fill})
    assert client.says(Role.CREATE, "too-large", client.create(body))


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
            assert client.documented(Role.CREATE, answer), (member, value)
        place = orjson.dumps(replaced(base, (member,), "PLACE"))
        for raw in (DEEP, b"9" * 30, b"9" * 5000, b"-1e400", b"0.1e-400"):
            answer = client.create(place.replace(b'"PLACE"', raw), model=model)
            assert client.documented(Role.CREATE, answer), (member, raw[:30])


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
    assert client.documented(Role.CREATE, answer)
    if client.accepted(answer):
        client.clock.advance(10_000)
        assert client.query(task_id(client.contract, orjson.loads(answer.body))).status == 200


@given(st.sampled_from(FEW), st.binary() | st.text().map(str.encode))
def test_any_bytes(caller: Callable[..., Any], name: str, body: bytes) -> None:
    client = caller(CONTRACTS[name])
    assert client.documented(Role.CREATE, client.create(body))


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
            told = [client.says(operation.role, name, answer) for name in ("malformed-id", "unknown-task")]
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
        assert client.says(Role.QUERY, "unknown-path", answer), path
    for operation in contract.operations.values():
        path = operation.path.replace("{" + contract.id.parameter + "}", "x")
        own = {each.method for each in contract.operations.values() if each.pattern.fullmatch(path)}
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} - own:
            answer = client.send(method, path)
            assert client.says(operation.role, "wrong-method", answer), (method, path)
            if answer.status == 405:
                assert dict(answer.headers)[b"allow"].decode().split(", ") == sorted(own)


TEXTS = st.text(st.characters(max_codepoint=255))


@settings(max_examples=200)
@given(
    st.sampled_from(FEW),
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
