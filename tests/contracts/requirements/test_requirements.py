"""Requirements: one per fact, under names that stay."""

import dataclasses
import re
from collections import Counter
from typing import Any

import pytest
from tests.providers import known

from screentest_contracts import Contract, Level, Mark, built_in, load_contract
from screentest_contracts.contract import Presence
from screentest_contracts.requirements import ENCODING, SUITES, Requirement, requirements

ALL = {name: requirements(known(name)) for name in built_in()}


@pytest.fixture(params=built_in())
def found(request: pytest.FixtureRequest) -> tuple[Requirement, ...]:
    return ALL[request.param]


def test_ids_are_unique_slugs(found: tuple[Requirement, ...]) -> None:
    counts = Counter(requirement.id for requirement in found)
    assert counts.most_common(1)[0][1] == 1
    for slug in counts:
        assert re.fullmatch(r"[a-z][a-z-]*(\.[A-Za-z0-9_-]+)+", slug), slug


@pytest.mark.parametrize("name", built_in())
def test_ids_do_not_depend_on_order_or_chance(name: str) -> None:
    again = requirements(load_contract(load_contract(name).file))
    assert [each.id for each in again] == [each.id for each in ALL[name]]
    assert [each.statement for each in again] == [each.statement for each in ALL[name]]


def test_every_requirement_says_what_and_where(found: tuple[Requirement, ...]) -> None:
    for requirement in found:
        assert requirement.untestable or re.match(r"[A-Z0-9`].*\.$", requirement.statement, re.DOTALL), requirement.id
        assert requirement.statement
        assert requirement.fact.source or requirement.level is Level.NOTE, f"{requirement.id} rests on nothing"


@pytest.mark.parametrize("name", built_in())
def test_sources_are_known_pages(name: str) -> None:
    known = load_contract(name).sources
    for requirement in ALL[name]:
        assert set(requirement.fact.source) <= set(known), requirement.id


def test_levels_follow_marks(found: tuple[Requirement, ...]) -> None:
    for requirement in found:
        expected = Level.NOTE if requirement.untestable else requirement.fact.mark.level
        if requirement.id.endswith(".numeric-text"):  # leniency breaks no promise but the documented type
            expected = Level.SHOULD if expected is Level.MUST else Level.NOTE
        if requirement.id == ENCODING:  # of RFC 8259, whatever the document is sure of
            expected = Level.MUST
        assert requirement.level is expected, requirement.id
    assert {requirement.level for requirement in found} == set(Level)


def test_dependencies_exist_and_have_no_cycle(found: tuple[Requirement, ...]) -> None:
    by_id = {requirement.id: requirement for requirement in found}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"cycle: {' -> '.join((*path, name))}"
        if name not in done:
            for depends in by_id[name].depends:
                visit(depends, (*path, name))
            done.add(name)

    for name in by_id:
        visit(name, ())


def test_suites_come_in_their_order(found: tuple[Requirement, ...]) -> None:
    order = [SUITES.index(requirement.suite) for requirement in found]
    assert order == sorted(order)


def test_only_the_unobservable_is_untestable(found: tuple[Requirement, ...]) -> None:
    for requirement in found:
        assert (requirement.untestable is not None) == (requirement.suite == "unobservable")


@pytest.mark.parametrize("name", built_in())
def test_every_constraint_of_every_model_is_covered(name: str) -> None:
    contract = load_contract(name)
    cases = [case for each in ALL[name] if each.kind == "constraint" for case in each.subject.cases]
    covered = {(case.model, case.constraint.path, case.constraint.kind) for case in cases}
    model_member = contract.model_at.pointers[0].strip("/") if contract.model_at else ""
    for model in contract.models.values():
        for constraint in model.constraints:
            if constraint.name != model_member:
                assert (model.name, constraint.path, constraint.kind) in covered
    assert covered


@pytest.mark.parametrize("name", built_in())
def test_every_presence_row_and_promise_is_covered(name: str) -> None:
    contract = load_contract(name)
    rows = [each.subject for each in ALL[name] if isinstance(each.subject, Presence)]
    for row in contract.presence:  # one that speaks of receipts and of more is split
        mine = [each for each in rows if dataclasses.replace(each, on=row.on) == row and set(each.on) <= set(row.on)]
        assert {word for each in mine for word in each.on} == set(row.on)
    kinds = {requirement.kind for requirement in ALL[name]}
    assert {f"promise-{promise}" for promise in contract.promises} <= kinds
    untestable = [requirement for requirement in ALL[name] if requirement.untestable]
    assert len(untestable) == len(contract.unobservable)


def ids(contract: Contract) -> set[str]:
    return {requirement.id for requirement in requirements(contract)}


def test_names_are_what_they_were(small: Contract) -> None:
    """Slugs are ours and stable for ever: this list may grow, never change."""
    assert ids(small) >= {
        "create.accepted", "create.status-code", "create.schema", "create.id.form", "create.id.unique",
        "create.id.copies", "create.status.initial", "create.created.form", "create.duration.minimum",
        "create.duration.maximum", "create.duration.type", "create.prompt.max-length",
        "create.body.unknown", "create.callback_url.public-url", "query.status-code", "query.schema",
        "query.status.known", "query.status.transitions", "query.status.terminal", "query.ends", "query.id.stable",
        "query.progress.form", "query.data.created.form", "query.data.created.stable", "query.times.order",
        "query.copies.id", "query.alias.lookByQuery", "query.alias.lookByBody", "query.retention",
        "auth.query.missing-key", "auth.query.missing-key.body", "error.query.unknown-task",
        "error.content.not-ready", "error.cancel.not-cancellable", "error.create.invalid-body", "result.link",
        "result.fetch", "result.playable", "result.media-type", "result.duration", "result.range",
        "result.range.suffix", "result.range.unsatisfiable", "result.auth", "result.link.life", "list.status-code",
        "list.schema", "list.contains", "cancel.works", "callback.delivered.succeeded", "callback.delivered.failed",
        "callback.body", "callback.retries", "callback.once", "query.progress.monotonic",
        "create.generated.accepts", "create.generated.refuses", "create.generated.conforms",
    }  # fmt: skip


def test_a_fact_left_out_leaves_its_requirements_out(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    del tree["x-task"]["callback"], tree["x-task"]["retention"], tree["x-task"]["link"]["life"]
    left = ids(load_tree(tree))
    assert not {slug for slug in left if slug.startswith("callback.")}
    assert not left & {"query.retention", "result.link.life"}


@pytest.mark.parametrize("mark", Mark)
def test_the_nearest_mark_counts(small_tree: Any, load_tree: Any, mark: Mark) -> None:
    tree = small_tree()
    clip = tree["components"]["schemas"]["Clip"]["properties"]
    clip["prompt"]["x-mark"] = clip["duration"]["x-mark"] = "recommended"
    clip["duration"]["x-marks"] = {"minimum": str(mark)}
    tree["x-task"]["retention"]["mark"] = tree["x-task"]["link"]["life_mark"] = str(mark)
    levels = {each.id: each.level for each in requirements(load_tree(tree))}
    assert levels["create.prompt.max-length"] is levels["create.duration.maximum"] is Level.SHOULD
    assert levels["create.duration.minimum"] is levels["query.retention"] is levels["result.link.life"] is mark.level
    assert levels["result.fetch"] is Level.MUST


def test_what_was_derived_stays_as_it_is(small: Contract) -> None:
    """Checks share these values: none may change them for the next."""
    subjects = {each.kind: each for each in requirements(small)}
    frozen = [subjects["error-status"], subjects["error-status"].subject, subjects["constraint"].subject.cases[0]]
    for value in frozen:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, "other")
