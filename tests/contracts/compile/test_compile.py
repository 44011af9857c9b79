"""From a document to a contract: all built-in ones, in every documented reading."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.providers import FEW, known

from screentest_contracts import Contract, Role, UsageError, built_in, load_contract
from screentest_contracts.compile import lint
from screentest_contracts.document import read_document
from screentest_contracts.location import Location
from screentest_contracts.raw.files import find_document

SETTINGS = [
    (name, {setting.name: reading})
    for name in built_in()
    for setting in known(name).settings.values()
    for reading in setting.readings
]


def frozen_parts(value: Any, seen: set[int]) -> Iterator[Any]:
    """Every dataclass instance reachable from a contract."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield value
        for each in dataclasses.fields(value):
            yield from frozen_parts(getattr(value, each.name), seen)
    elif isinstance(value, dict):
        for each in value.values():
            yield from frozen_parts(each, seen)
    elif isinstance(value, tuple):
        for each in value:
            yield from frozen_parts(each, seen)


def readings_of(contract: Contract) -> Iterator[tuple[str, tuple[Any, ...]]]:
    yield from ((f"success {role}", success.readings) for role, success in contract.success.items())
    yield "id", contract.id.forms
    yield from ((f"{row.condition} {row.roles}", row.readings) for row in contract.error_rows())
    for profile in contract.profiles.values():
        yield f"{profile.name} receipt", profile.receipt
        if profile.item:
            yield f"{profile.name} item", profile.item
        yield from ((f"{profile.name} {key}", ends) for key, ends in profile.outcomes.items())
        for bodies in (profile.bodies, profile.result, *profile.views.values()):
            yield from ((f"{profile.name} {status}", readings) for status, readings in bodies.items())


@pytest.mark.parametrize("name", built_in())
def test_built_in_documents_are_as_sound_as_any_other(name: str) -> None:
    contract = lint(name)
    by_path = load_contract(find_document(name))
    assert (contract.name, contract.digest) == (name, by_path.digest)
    assert contract.models
    assert contract.hosts


@pytest.mark.parametrize("name", built_in())
def test_a_contract_is_frozen(name: str) -> None:
    parts = list(frozen_parts(load_contract(name), set()))
    assert len(parts) > (300 if name in FEW else 150)
    for part in parts:
        field = dataclasses.fields(part)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, field, None)


@pytest.mark.parametrize(("name", "chosen"), SETTINGS)
def test_in_every_reading_the_mock_has_exactly_one_thing_to_do(name: str, chosen: dict[str, str]) -> None:
    contract = load_contract(name, chosen)
    for setting, reading in chosen.items():
        assert contract.settings[setting].chosen == reading
    for what, readings in readings_of(contract):
        assert sum(reading.selected for reading in readings) == 1, what


@pytest.mark.parametrize("name", built_in())
def test_settings_change_what_the_mock_says_and_not_what_passes(name: str) -> None:
    contract = load_contract(name)
    for setting in contract.settings.values():
        others = [load_contract(name, {setting.name: reading}) for reading in setting.readings]
        selections = {
            str(
                [
                    [[r.selected for r in rs] for _, rs in readings_of(other)],
                    [p.stages for p in other.profiles.values()],
                ]
            )
            for other in others
        }
        assert len(selections) == len(others), f"{setting.name} chooses nothing"
        assert {tuple(len(rs) for _, rs in readings_of(other)) for other in others} == {
            tuple(len(rs) for _, rs in readings_of(contract))
        }


def test_unknown_settings_are_refused_by_name(small: Contract) -> None:
    with pytest.raises(UsageError) as caught:
        load_contract(small.file, {"color": "red"})
    assert (caught.value.message, caught.value.hint) == ("acme has no setting 'color'", "settings: colour")
    with pytest.raises(UsageError) as caught:
        load_contract(small.file, {"colour": "green"})
    assert caught.value.message == "setting colour has no reading 'green'"
    assert "red" in caught.value.hint


def test_the_first_reading_that_holds_is_chosen(small: Contract) -> None:
    def gone(contract: Contract) -> int:
        row = contract.error(Role.QUERY, "unknown-task")
        assert row is not None
        return row.made.status

    assert gone(small) == 404
    assert gone(load_contract(small.file, {"colour": "blue"})) == 410


def test_a_tolerated_reading_is_never_what_the_mock_says_by_itself(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    bodies = tree["x-task"]["profiles"]["default"]["bodies"]
    bodies["DONE"] = [{"tolerated": True, "body": {"a": 1}}, {"body": {"a": 2}}]
    bodies["BAD"] = [{"tolerated": True, "when": {"colour": "red"}, "body": {"a": 1}}, {"body": {"a": 2}}]
    profile = load_tree(tree).profiles["default"]
    assert [body.selected for body in profile.bodies["DONE"]] == [False, True]
    assert [body.selected for body in profile.bodies["BAD"]] == [True, False]


def test_errors_fall_back_to_the_nearest_relative(small: Contract) -> None:
    def condition(role: Role, name: str) -> str | None:
        row = small.error(role, name)
        return row.condition if row else None

    assert condition(Role.QUERY, "wrong-key") == "missing-key"
    assert condition(Role.QUERY, "foreign-task") == condition(Role.QUERY, "expired-task") == "unknown-task"
    assert condition(Role.CREATE, "malformed-json") == condition(Role.CREATE, "missing-model") == "invalid-body"
    assert condition(Role.CONTENT, "failed-task") == "not-ready"
    assert condition(Role.CREATE, "not-ready") is None
    assert condition(Role.CREATE, "insufficient-balance") is None


def test_a_row_for_a_member_comes_before_the_general_one() -> None:
    contract = load_contract("evolink")
    special = contract.error(Role.CREATE, "invalid-body", "video_urls")
    general = contract.error(Role.CREATE, "invalid-body", "prompt")
    assert special is not None
    assert general is not None
    assert special.members == ("video_urls",)
    assert general.members == ()


def test_paths_become_patterns(small: Contract) -> None:
    look = small.operations["look"].pattern
    assert look.fullmatch("/jobs/a-1.b~c").group("task_id") == "a-1.b~c"  # type: ignore[union-attr]
    assert look.fullmatch("/jobs/a/")
    assert not look.fullmatch("/jobs/")
    assert not look.fullmatch("/jobs/a/b")
    assert not look.fullmatch("/xjobs/a")


def test_declared_responses(small: Contract, small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    schema = {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "x"}
    tree["paths"]["/jobs/{task_id}"]["get"]["responses"] = {"200": schema, "4XX": schema, "default": schema}
    look = load_tree(tree).operations["look"]
    assert [look.response(status).status for status in (200, 404, 500)] == ["200", "4XX", "default"]
    del tree["paths"]["/jobs/{task_id}"]["get"]["responses"]["default"]
    assert load_tree(tree).operations["look"].response(500) is None


def test_how_a_key_travels(small: Contract, small_tree: Any, load_tree: Any) -> None:
    def key(scheme: dict[str, Any]) -> tuple[str, str, str | None]:
        tree = small_tree()
        tree["components"]["securitySchemes"]["key"] = scheme
        contract = load_tree(tree)
        return contract.key_header, contract.key_prefix, contract.key_query

    assert (small.key_header, small.key_prefix, small.key_query) == ("x-key", "Key ", None)
    assert key({"type": "http", "scheme": "bearer"}) == ("authorization", "Bearer ", None)
    assert key({"type": "http", "scheme": "bearer", "x-prefix": ""}) == ("authorization", "", None)
    assert key({"type": "apiKey", "in": "header", "name": "X-API-Key"}) == ("x-api-key", "", None)
    assert key({"type": "apiKey", "in": "query", "name": "key"}) == ("", "", "key")


def test_what_a_model_delivers(small: Contract) -> None:
    clip = small.models["clip-1"]
    assert clip.defaults == {"duration": 4}
    assert clip.echoes == ("duration",)
    assert clip.upstream == "clip-1"
    assert [operation.id for operation in clip.operations] == ["make"]


def test_defaults_of_sections_left_out(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    for section in ("retention", "callback", "headers", "failures"):
        del tree["x-task"][section]
    contract = load_tree(tree)
    assert (contract.retention, contract.callback, contract.headers, contract.failures) == (None, None, (), ())
    assert (contract.polling.interval, contract.polling.floor, contract.polling.timeout) == ((10, 15), 5, 500)


def test_statuses_are_read_from_several_members(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    lifecycle = tree["x-task"]["lifecycle"]
    lifecycle["status"] = "/done"
    lifecycle["statuses"] = {
        "WAIT": {"class": "queued", "wire": "absent"},
        "RUN": {"class": "running", "wire": False},
        "BAD": {"class": "failed", "wire": True, "present": ["/error"]},
        "DONE": {"class": "succeeded", "wire": True, "absent": ["/error"]},
        "STOPPED": {"class": "cancelled", "wire": 3},
    }
    read = load_tree(tree).lifecycle.read
    for body, word in [
        ({}, "WAIT"),
        ({"done": None}, "WAIT"),
        ({"done": False}, "RUN"),
        ({"done": True, "error": "x"}, "BAD"),
        ({"done": True, "error": {"code": 0}}, "DONE"),
        ({"done": True}, "DONE"),
        ({"done": 3}, "STOPPED"),
    ]:
        assert read(body).name == word
    for body in ({"done": 1}, {"done": 0}, {"done": "true"}, {"done": 3.5}, {"done": []}):
        assert read(body) is None, body


def test_case_matters_unless_the_document_says_otherwise(small: Contract, small_tree: Any, load_tree: Any) -> None:
    assert small.lifecycle.read({"state": "done"}) is None
    tree = small_tree()
    tree["x-task"]["lifecycle"]["case"] = "ignore"
    assert load_tree(tree).lifecycle.read({"state": "done"}).name == "DONE"


def test_transitions(small: Contract) -> None:
    allows = small.lifecycle.allows
    assert allows("WAIT", "DONE")
    assert allows("DONE", "DONE")
    assert not allows("RUN", "WAIT")
    assert not allows("DONE", "RUN")


@pytest.mark.parametrize("name", built_in())
def test_nothing_follows_an_end(name: str) -> None:
    lifecycle = load_contract(name).lifecycle
    ends = [status for status in lifecycle.statuses.values() if status.status_class.terminal]
    assert ends
    assert not any(lifecycle.transitions.get(status.name) for status in ends)


@pytest.mark.parametrize("name", built_in())
def test_locations_of_requests_exist_in_some_schema(name: str) -> None:
    contract = load_contract(name)
    shared = Counter(operation.id for model in contract.models.values() for operation in model.operations)
    for model in contract.models.values():
        by_operation = all(shared[operation.id] == 1 for operation in model.operations)  # whose path names the model
        for asked in ("prompt", "model"):
            location = getattr(model.request, asked)
            left_out = model.earlier is not None or (asked == "model" and by_operation)
            assert (left_out and location is None) or isinstance(location, Location), (model.name, asked)
        assert model.validator.is_valid(model.base)


@pytest.mark.parametrize("name", built_in())
def test_files_keep_no_member_order_that_matters(name: str) -> None:
    """The canonical operation of a role and the default profile come from lists and the file, never from hashing."""
    first, second = load_contract(name), load_contract(find_document(name))
    assert list(first.models) == list(second.models) == list(read_document(first.file).task["models"])
    assert list(first.operations) == list(second.operations)
