"""Every refusing probe of every document breaks one constraint by the validator, and its twin is valid; and made-up
schemas in which a neighbour, a composite or another keyword stands in the way."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.contract import Constraint, Model
from screentest_contracts.lint import Severity, lint_file
from screentest_contracts.lint.rules.probes import NOT_ALONE
from screentest_contracts.location import MISSING, Location, resolve
from screentest_contracts.parameters import RULES
from screentest_contracts.schemas import member_schemas
from screentest_suites.requests.alone import breaks_alone
from screentest_suites.requests.near_misses import LADDERS, near_misses
from screentest_suites.requests.probes import Probe, attempt
from screentest_suites.requests.unshown import counted, not_alone, unshown
from screentest_suites.requests.values import sample

HERE = Path(__file__).parent
OURS = sorted((HERE.parents[1] / "documents").glob("*.yaml"))
DOCUMENTS = [*built_in(), *map(str, OURS)]
COMPOSITES = {"anyOf", "oneOf", "not"}

Load = Callable[..., Contract]


def broken(model: Model, body: Any) -> set[tuple[tuple[str, ...], str]]:
    """What a body breaks, place by place, without what only wraps something else; a choice counts where no other rule
    of the same member is broken."""
    found = {
        (tuple(str(step) for step in error.instance_path), str(error.schema_path[-1]))
        for error in model.validator.iter_errors(body)
    }
    plain = {each for each in found if each[1] not in COMPOSITES} or found
    keywords = {keyword for _, keyword in plain} - {"enum", "const"}
    return {each for each in plain if not (keywords and each[1] in {"enum", "const"})}


def implied(constraint: Constraint) -> set[str]:
    """What no value that breaks the constraint can keep: what is no address is no public one, an empty text has no
    form, and an empty list holds nothing."""
    if constraint.kind in {"minLength", "minItems"} and constraint.value == 1:
        return {"pattern", "format", "contains", "minContains"}
    return {"x-public-url"} if constraint.kind == "format" else set()


def place_of(constraint: Constraint, probe: Probe) -> tuple[str, ...]:
    return probe.at[:-1] if constraint.kind == "required" else probe.at


@pytest.mark.parametrize("name", DOCUMENTS, ids=lambda name: Path(name).stem)
def test_a_refusing_probe_breaks_one_constraint_and_has_a_valid_twin(name: str) -> None:
    contract = load_contract(name)
    tried = 0
    for model in contract.models.values():
        for constraint in model.constraints:
            for probe in attempt(model, constraint, near_misses(contract, model, constraint)).probes:
                assert model.validator.is_valid(probe.twin), probe.label
                assert model.validator.is_valid(probe.body) is probe.accept, probe.label
                if not probe.accept:
                    tried += 1
                    wrong = broken(model, probe.body)
                    if constraint.kind in RULES:  # what a rule asks for may stand deeper inside
                        wrong = {(place[: len(probe.at)], keyword) for place, keyword in wrong}
                        assert breaks_alone(model.validator, constraint, probe.body), probe.label
                    assert {place for place, _ in wrong} == {place_of(constraint, probe)}, (probe.label, wrong)
                    assert len({keyword for _, keyword in wrong} - implied(constraint)) == 1, (probe.label, wrong)
    assert tried


@pytest.mark.parametrize("name", DOCUMENTS, ids=lambda name: Path(name).stem)
def test_constraints_without_a_probe_are_counted_and_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    contract = load_contract(name)
    for why, number in counted(contract).items():
        print(f"{contract.name}: {number} constraints: {why}")
    assert "refusals, each with its twin" in capsys.readouterr().out
    assert [f"{each.constraint.name}: {each.why}" for each in unshown(contract)] == []


def test_the_ladder_has_what_the_built_in_documents_take() -> None:
    for name in built_in():
        for model in load_contract(name).models.values():
            for meaning in LADDERS:
                location: Location | None = getattr(model.request, meaning)
                for member in member_schemas(model.schema, location):
                    known = {str(value).lower() for value in LADDERS[meaning]}
                    words = {str(value).lower() for value in member.get("enum", ()) if value is not None}
                    words = {
                        word for word in words if not re.fullmatch(r"[0-9]{3,}[x:][0-9]{3,}", word)
                    }  # sizes in pixels
                    assert meaning == "duration" or words <= known, (name, model.name, words - known)


@pytest.fixture
def modelled(small_tree: Callable[[], dict[str, Any]], load_tree: Load) -> Callable[..., Contract]:
    """Makes a contract whose model has further members and keywords."""

    def make(members: dict[str, Any], **keywords: Any) -> Contract:
        tree = small_tree()
        clip = tree["components"]["schemas"]["Clip"]
        clip["properties"] |= members
        clip |= keywords
        return load_tree(tree)

    return make


def of(contract: Contract, name: str, kind: str) -> tuple[Model, Constraint]:
    model = contract.models["clip-1"]
    return model, next(each for each in model.constraints if (each.name, each.kind) == (name, kind))


def refused(contract: Contract, name: str, kind: str) -> list[Any]:
    model, constraint = of(contract, name, kind)
    return [resolve(probe.body, probe.at) for probe in attempt(model, constraint).probes if not probe.accept]


FRAME = {
    "type": "object",
    "required": ["role", "image"],
    "properties": {
        "role": {"type": "string", "enum": ["first", "last"]},
        "image": {"type": "string", "pattern": r"^(https://|data:)\S+$"},
    },
}
ROUTE = {
    "type": "object",
    "required": ["stop", "code", "when"],
    "properties": {
        "stop": {"type": "integer", "minimum": 5},
        "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
        "when": {"oneOf": [{"type": "object", "required": ["at"]}, {"type": "string", "format": "date-time"}]},
    },
}


@pytest.mark.parametrize(
    ("members", "name", "kind", "expected"),
    [
        (
            {"frames": {"type": "array", "maxItems": 2, "items": FRAME}},
            "frames.role",
            "enum",
            ["firstx", "no-such-value"],
        ),
        ({"frames": {"type": "array", "maxItems": 2, "items": FRAME}}, "frames.role", "required", [MISSING]),
        ({"route": ROUTE}, "route.stop", "minimum", [4, -995]),
        ({"routes": {"type": "array", "items": ROUTE}}, "routes.stop", "minimum", [4, -995]),
    ],
)
def test_members_around_the_probed_one_are_valid(
    modelled: Any, members: Any, name: str, kind: str, expected: list[Any]
) -> None:
    assert refused(modelled(members), name, kind) == expected


def test_another_value_is_tried_where_the_usual_ones_break_more(modelled: Any) -> None:
    contract = modelled({"code": {"type": "string", "pattern": "^[a-f]+$", "minLength": 4, "maxLength": 6}})
    model, constraint = of(contract, "code", "pattern")
    (first, *_) = refused(contract, "code", "pattern")
    assert 4 <= len(first) <= 6
    assert breaks_alone(model.validator, constraint, {**model.base, "code": first})


def test_a_member_that_cannot_be_filled_in_is_named(modelled: Any) -> None:
    never = {"type": "string", "minLength": 5, "maxLength": 2}
    contract = modelled(
        {"box": {"type": "object", "required": ["key"], "properties": {"key": never, "n": {"minimum": 1}}}}
    )
    assert refused(contract, "box.n", "minimum") == []
    told = {
        each.constraint.kind: (each.why, each.mend) for each in unshown(contract) if each.constraint.name == "box.n"
    }
    assert told["minimum"] == (
        "`box.key` cannot be filled in: no valid value of it is found",
        "give `box.key` an `example`",
    )


def test_lint_warns_of_it_where_it_stands(small_tree: Any, tmp_path: Path) -> None:
    tree = small_tree()
    never = {"type": "string", "minLength": 5, "maxLength": 2}
    box = {"type": "object", "required": ["key"], "properties": {"key": never, "n": {"type": "integer", "minimum": 1}}}
    tree["components"]["schemas"]["Clip"]["properties"]["box"] = {"$ref": "#/components/schemas/Box"}
    tree["components"]["schemas"]["Box"] = box
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(tree))
    told = {each.pointer: each for each in lint_file(str(file), not_alone).findings if each.rule == NOT_ALONE.id}
    one = told["/components/schemas/Box/properties/n/minimum"]
    assert one.severity is Severity.WARNING
    assert "`box.key` cannot be filled in" in one.message
    assert one.mend == "give `box.key` an `example`"
    never["example"] = "a key"
    del never["maxLength"]
    file.write_text(json.dumps(tree))
    assert NOT_ALONE.id not in {each.rule for each in lint_file(str(file), not_alone).findings}


def test_what_another_keyword_always_breaks_too_is_named(modelled: Any) -> None:
    contract = modelled({"n": {"type": "integer", "minimum": 3, "exclusiveMinimum": 3}})
    assert refused(contract, "n", "minimum") == []
    assert [each.why for each in unshown(contract)] == ["whatever breaks it breaks the `exclusiveMinimum` of `n`, too"]


def test_a_branch_that_wraps_the_constraint_is_no_second_one(modelled: Any) -> None:
    contract = modelled({"n": {"allOf": [{"type": "integer", "minimum": 3}]}, "mode": {"enum": ["a", "b"]}})
    model, constraint = of(contract, "n", "minimum")
    assert breaks_alone(model.validator, constraint, {**model.base, "n": 2})
    assert not breaks_alone(model.validator, constraint, {**model.base, "n": 2, "mode": "c"}), "a second member"
    assert not breaks_alone(model.validator, constraint, {**model.base, "n": 3}), "nothing"
    assert not breaks_alone(model.validator, constraint, {**model.base, "n": "x"}), "its type"


def test_five_point_nought_is_an_integer(modelled: Any) -> None:
    """JSON Schema says so: it is never a probe that is to be refused."""
    contract = modelled({"n": {"type": "integer", "enum": [5, 10]}})
    assert all(value != 5.0 or isinstance(value, str) for value in refused(contract, "n", "enum"))
    assert 5.5 in refused(contract, "n", "type")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "format": "uuid"}, str),
        ({"type": "string", "pattern": "^v[0-9]+$"}, str),
        ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "minItems": 3}, list),
        ({"examples": [7, 8], "type": "integer", "minimum": 8}, int),
        ({"type": "string", "pattern": "^a$", "minLength": 3}, type(MISSING)),
    ],
)
def test_values_keep_every_keyword(schema: dict[str, Any], expected: type) -> None:
    assert type(sample(schema)) is expected
