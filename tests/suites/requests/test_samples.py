"""Probes: each breaks what it says and nothing else, for every constraint of every model and for made-up schemas."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.contract import Constraint, Model
from screentest_contracts.location import MISSING, replaced, resolve
from screentest_suites.checks.receipt import asked
from screentest_suites.requests.probes import Probe, probes
from screentest_suites.requests.samples import variation
from screentest_suites.requests.values import sample
from tests.providers import known

MODELS = [(name, model) for name in built_in() for model in known(name).models]

Load = Callable[..., Contract]


def check_probe(model: Model, constraint: Constraint, probe: Probe) -> None:
    assert model.validator.is_valid(probe.body) is probe.accept, probe.label
    assert model.validator.is_valid(probe.twin), probe.label
    assert resolve(probe.twin, probe.at) is not MISSING
    assert replaced(probe.twin, probe.at, None) == replaced(probe.body, probe.at, None), "they differ in the member"
    if constraint.kind == "one-of-required":
        missing = {name for names in constraint.value for name in names}
        kept = {name: value for name, value in resolve(probe.twin, probe.at).items() if name not in missing}
        assert resolve(probe.body, probe.at) == kept
    elif constraint.kind == "additionalProperties":
        assert replaced(probe.body, (*probe.at, "x_unknown_member"), MISSING) == probe.twin


@pytest.mark.parametrize(("provider", "name"), MODELS)
def test_every_probe_breaks_what_it_says(provider: str, name: str) -> None:
    model = load_contract(provider).models[name]
    assert model.validator.is_valid(model.base)
    labels: Counter[tuple[str, bool, str]] = Counter()
    for constraint in model.constraints:
        for probe in probes(model, constraint):
            check_probe(model, constraint, probe)
            labels[constraint.kind, probe.accept, f"{constraint.path} {probe.label}"] += 1
    assert max(labels.values()) == 1, "a probe is sent once"
    assert {accept for _, accept, _ in labels} == {True, False}


@pytest.mark.parametrize(("provider", "name"), MODELS)
def test_bounds_are_probed_on_both_sides(provider: str, name: str) -> None:
    model = load_contract(provider).models[name]
    for constraint in model.constraints:
        tolerated = constraint.schema.get("x-tolerates", ())
        if constraint.kind in {"minimum", "maximum"} and not tolerated and len(constraint.path) == 1:
            values = {accept: set() for accept in (True, False)}  # type: dict[bool, set[Any]]
            for probe in probes(model, constraint):
                values[probe.accept].add(resolve(probe.body, constraint.path))
            step = 1 if constraint.kind == "maximum" else -1
            if values[True] or values[False]:
                assert constraint.value in values[True] or "enum" in constraint.schema
                assert constraint.value + step in values[False]


@pytest.mark.parametrize(("provider", "name"), MODELS)
def test_a_variation_is_valid_and_asks_for_something_else(provider: str, name: str) -> None:
    model = load_contract(provider).models[name]
    body = variation(model)
    assert model.validator.is_valid(body)
    for aspect in ("duration", "ratio", "resolution"):
        location = getattr(model.request, aspect)
        if location is not None and location.find(body) != location.find(model.base):
            assert location.find(body) != model.defaults.get(aspect)


# -- made-up schemas ----------------------------------------------------------------------------------------------


@st.composite
def integers(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(-50, 50))
    return {"type": "integer", "minimum": low, "maximum": low + draw(st.integers(0, 100))}


@st.composite
def texts(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(0, 30))
    return {"type": "string", "minLength": low, "maxLength": low + draw(st.integers(0, 100)) + 1}


def choices() -> st.SearchStrategy[dict[str, Any]]:
    words = st.lists(st.from_regex("[a-z0-9]{1,5}p?", fullmatch=True), min_size=1, max_size=4, unique=True)
    return words.map(lambda each: {"type": "string", "enum": each})


SIMPLE = st.one_of(integers(), texts(), choices(), st.just({"type": "boolean"}))


@st.composite
def arrays(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(0, 3))
    return {"type": "array", "items": draw(SIMPLE), "minItems": low, "maxItems": max(low + draw(st.integers(0, 3)), 1)}


@st.composite
def objects(draw: st.DrawFn, members: st.SearchStrategy[dict[str, Any]] = SIMPLE) -> dict[str, Any]:
    found = draw(st.dictionaries(st.sampled_from("abcd"), members, min_size=1, max_size=3))
    required = sorted(draw(st.sets(st.sampled_from(sorted(found)))))
    return {"type": "object", "properties": found, "required": required, "additionalProperties": draw(st.booleans())}


SCHEMAS = objects(SIMPLE | arrays() | objects())


@given(SCHEMAS)
def test_a_sample_of_a_schema_is_valid(schema: dict[str, Any]) -> None:
    validator = jsonschema_rs.validator_for(schema)
    assert [error.message for error in validator.iter_errors(sample(schema))] == []


@pytest.fixture(scope="module")
def modelled(small_tree: Callable[[], dict[str, Any]], load_tree: Load) -> Callable[[dict[str, Any]], Model]:
    """Makes a model of an object schema."""

    def make(schema: dict[str, Any]) -> Model:
        tree = small_tree()
        clip = tree["components"]["schemas"]["Clip"]
        clip["properties"] |= schema["properties"]
        clip["required"] += schema["required"]
        clip["additionalProperties"] = schema["additionalProperties"]
        tree["x-task"]["models"]["clip-1"]["base"] |= sample(schema)
        return load_tree(tree).models["clip-1"]

    return make


@given(SCHEMAS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_probes_of_made_up_schemas(modelled: Callable[[dict[str, Any]], Model], schema: dict[str, Any]) -> None:
    model = modelled(schema)
    for constraint in model.constraints:
        found = list(probes(model, constraint))
        for probe in found:
            check_probe(model, constraint, probe)
        if (
            constraint.kind in {"minimum", "maximum", "enum", "maxLength", "maxItems"}
            and constraint.path[0] in schema["properties"]
        ):
            assert False in {probe.accept for probe in found}, f"nothing breaks {constraint.path} {constraint.kind}"


# -- single kinds -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def probed(small_tree: Callable[[], dict[str, Any]], load_tree: Load) -> Callable[..., Iterator[Probe]]:
    """Gives the probes of one kind for one member `x` with a schema, and `base` for its value."""

    def make(schema: dict[str, Any], kind: str, base: Any = MISSING) -> Iterator[Probe]:
        tree = small_tree()
        tree["components"]["schemas"]["Clip"]["properties"]["x"] = schema
        if base is not MISSING:
            tree["x-task"]["models"]["clip-1"]["base"]["x"] = base
        model = load_tree(tree).models["clip-1"]
        constraint = next(each for each in model.constraints if each.path == ("x",) and each.kind == kind)
        return probes(model, constraint)

    return make


def outcomes(found: Iterator[Probe]) -> dict[bool, list[Any]]:
    split: dict[bool, list[Any]] = {True: [], False: []}
    for probe in found:
        split[probe.accept].append(probe.body.get("x"))
    return split


def test_text_limits_weigh_wide_characters(probed: Callable[..., Iterator[Probe]]) -> None:
    rule = {"units": 10, "wide": 2, "excess": "refuse"}
    found = outcomes(probed({"type": "string", "x-text-limit": rule}, "x-text-limit"))
    assert found == {
        True: ["a" * 10, "城" * 5, "城" * 2 + "a" * 6],
        False: ["a" * 11, "城" * 6, "城" * 2 + "a" * 7],
    }
    found = outcomes(probed({"type": "string", "x-text-limit": {**rule, "excess": "cut"}}, "x-text-limit"))
    assert (len(found[True]), found[False]) == (6, [])


def test_public_urls(probed: Callable[..., Iterator[Probe]]) -> None:
    found = outcomes(probed({"type": "string", "x-public-url": {"schemes": ["https"]}}, "x-public-url"))
    assert [url.split(":")[0] for url in found[True]] == ["https"]
    assert any("127.0.0.1" in url for url in found[False])
    assert any(url.startswith("http://") for url in found[False])


def test_what_is_tolerated_is_not_asserted(probed: Callable[..., Iterator[Probe]]) -> None:
    schema = {"type": "integer", "minimum": 3, "maximum": 9}
    assert outcomes(probed(schema, "numeric-text"))[False] == ["3", "5"]
    with pytest.raises(StopIteration):
        probed({**schema, "x-tolerates": ["numeric-string"]}, "numeric-text")
    assert outcomes(probed({**schema, "x-tolerates": ["out-of-range"]}, "maximum"))[False] == []
    assert list(probed({**schema, "x-tolerates": ["any"]}, "maximum")) == []


def test_a_near_miss_of_a_choice_is_no_other_choice(probed: Callable[..., Iterator[Probe]]) -> None:
    found = outcomes(probed({"type": "string", "enum": ["720p", "721p", "1080P"]}, "enum"))
    assert found[True] == ["720p", "721p", "1080P"]
    assert {each.lower() for each in found[False]}.isdisjoint({"720p", "721p", "1080p"})


def test_equal_items(probed: Callable[..., Iterator[Probe]]) -> None:
    schema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    assert [value[0] == value[1] for value in outcomes(probed(schema, "uniqueItems"))[False]] == [True]


def test_a_pattern(probed: Callable[..., Iterator[Probe]]) -> None:
    found = outcomes(probed({"type": "string", "pattern": "^[0-9]+s$"}, "pattern"))
    assert found[False]
    assert not any(re.search("^[0-9]+s$", value) for value in found[False])


@pytest.mark.parametrize(
    ("schema", "missed"),
    [
        ({"pattern": "^https://", "format": "uri"}, {"http://media.example.com/clip.png"}),
        ({"pattern": "^https://"}, {"http://media.example.com/clip.png"}),
        ({"pattern": "^(wss|http)://", "example": "wss://a.example/1"}, {"https://a.example/1"}),
        ({"pattern": "^https?://"}, set()),
        ({"pattern": "^[a-z]+$"}, set()),
    ],
)
def test_an_address_of_another_scheme(probed: Callable[..., Iterator[Probe]], schema: Any, missed: set[str]) -> None:
    found = outcomes(probed({"type": "string", **schema}, "pattern"))
    assert {value for value in found[False] if re.match("https?://", value)} == missed


def test_a_boolean_of_which_one_value_is_allowed(probed: Callable[..., Iterator[Probe]]) -> None:
    assert outcomes(probed({"type": "boolean", "enum": [False]}, "enum")) == {True: [False], False: [True]}
    assert outcomes(probed({"type": "boolean", "const": True}, "const")) == {True: [True], False: [False]}
    assert outcomes(probed({"type": "boolean", "enum": [True, False]}, "enum")) == {True: [True, False], False: []}


def test_what_is_no_address_is_plainly_none(probed: Callable[..., Iterator[Probe]]) -> None:
    assert outcomes(probed({"type": "string", "format": "uri"}, "format"))[False] == ["no address"]
    kept = {"type": "string", "format": "uri", "pattern": "^https://", "example": "https://a.example.com"}
    # Servers that read an address without looking at its spelling take an IRI, or a space in the host.
    assert outcomes(probed(kept, "format"))[False] == []


def test_what_leaves_the_choice_to_the_vendor_is_neither_asked_for_nor_judged() -> None:
    model = load_contract("tokenhot").models["doubao-seedance-2.0"]
    asked_for = variation(model)
    for name in ("duration", "ratio", "seed"):
        value = asked(model, asked_for, name)
        assert value is not None
        assert not model.leaves_open(name, value)
    for name, value in (("duration", -1), ("ratio", "adaptive"), ("seed", -1)):
        assert asked(model, {**model.base, name: value}, name) is None
    assert asked(model, {**model.base, "seed": 0}, "seed") == 0
