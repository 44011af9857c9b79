"""Legal but unusual answers, for which no server is blamed; and beside each the broken one that is."""

from collections.abc import Callable
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_contracts.location import MISSING
from screentest_contracts.requirements import requirements
from screentest_suites.core.exchange import Trace
from screentest_suites.core.verdicts import Result
from tests.suites.checks.findings import failure, passed, said

Put = Callable[[Trace, str, Any], Trace]


@pytest.fixture
def everywhere(traces: Any) -> Put:
    """The trace with a value at a pointer of its receipt and of every poll."""

    def put(trace: Trace, pointer: str, value: Any) -> Trace:
        trace = traces.created(trace, pointer, value)
        for index in range(len(trace.polls)):
            trace = traces.polled(trace, index, pointer, value)
        return trace

    return put


# -- members that are demanded and may be null ----------------------------------------------------------------------


def nullable(on: list[str], *, required: bool = True, types: Any = ("string", "null")) -> Any:
    def change(tree: Any) -> None:
        members = {"type": "object", "properties": {"remark": {"type": list(types)}}}
        answer = {**members, "required": ["remark"]} if required else members
        for path in ("/jobs", "/jobs/{task_id}", "/look"):
            for operation in tree["paths"][path].values():
                if isinstance(operation, dict):
                    content = {"application/json": {"schema": answer}}
                    operation["responses"] = {"200": {"description": "ok", "content": content}}
        row = {"at": "/remark", "on": on, "is": "present", "type": "string", "name": "remark"}
        tree["x-task"]["presence"] = [*tree["x-task"].get("presence", ()), row]
        bodies = tree["x-task"]["profiles"]["default"]["bodies"]
        for body in (tree["x-task"]["profiles"]["default"]["receipt"], *bodies.values()):
            body["remark"] = "{{text:Fine.}}"

    return change


@pytest.mark.parametrize(("on", "name"), [(["all"], "query.remark.present"), (["receipt"], "create.remark.present")])
def test_a_demanded_member_that_may_be_null_is_there_with_null(
    life: Any, everywhere: Put, on: list[str], name: str
) -> None:
    contract, trace = life(nullable(on))
    assert said(contract, name, everywhere(trace, "/remark", None))
    assert said(contract, name, everywhere(trace, "/remark", MISSING)) == "/remark is missing" + (
        " at WAIT" if on == ["all"] else ""
    )
    assert "/remark is '7'" in str(said(contract, name, everywhere(trace, "/remark", 7)))


@pytest.mark.parametrize(
    "change",
    [
        nullable(["all"], types=["string"]),
        nullable(["all"], required=False),
        nullable(["WAIT", "RUN", "DONE"]),
    ],
    ids=["not null by the schema", "not demanded", "a value at these statuses"],
)
def test_null_is_no_value_elsewhere(life: Any, everywhere: Put, change: Any) -> None:
    contract, trace = life(change)
    assert said(contract, "query.remark.present", trace)
    assert "missing" in str(said(contract, "query.remark.present", everywhere(trace, "/remark", None)))


# -- results in several parts ---------------------------------------------------------------------------------------


def parts(*urls: Any, schema: Any = None) -> Any:
    """Success lists these parts, each with an address, beside the plain one."""

    def change(tree: Any) -> None:
        task = tree["x-task"]
        task["roles"].pop("result")
        task["profiles"]["default"].pop("result")
        task["link"]["at"] = "/parts/0/url"
        task["profiles"]["default"]["bodies"]["DONE"] = {
            **task["profiles"]["default"]["bodies"]["DONE"],
            "parts": [{"url": url} for url in urls],
        }
        for row in task["errors"]:
            row["on"] = [role for role in row.get("on", ()) if role != "result"] or row.get("on")
            if row["on"] is None:
                del row["on"]
        if schema is not None:
            content = {"application/json": {"schema": schema}}
            tree["paths"]["/jobs/{task_id}"]["get"]["responses"] = {"200": {"description": "ok", "content": content}}

    return change


FILE = "https://cdn.example.net/second.mp4"


def test_a_further_part_may_have_an_address_of_its_own(life: Any, traces: Any) -> None:
    contract, trace = life(parts("{{link}}"))
    last = len(trace.polls) - 1
    more = traces.polled(trace, last, "/parts/1", {"url": FILE})
    assert said(contract, "query.links.declared", more)
    astray = traces.polled(trace, last, "/elsewhere", {"url": FILE})
    assert "/elsewhere/url" in str(said(contract, "query.links.declared", astray))


def test_an_address_that_the_schema_names_is_documented(life: Any, traces: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"preview": {"type": "object", "properties": {"url": {"type": "string"}}}},
    }
    contract, trace = life(parts("{{link}}", schema=schema))
    index = next(at for at, poll in enumerate(trace.polls) if poll.exchange.json["state"] == "DONE")
    assert said(contract, "query.links.declared", traces.polled(trace, index, "/preview", {"url": FILE}))
    astray = traces.polled(trace, index, "/preview", {"uri": FILE})
    assert "/preview/uri" in str(said(contract, "query.links.declared", astray))


def test_two_documented_parts_are_no_copies(life: Any, traces: Any) -> None:
    contract, trace = life(parts("{{link}}", "{{link}}"))
    assert "query.copies.link" not in {each.id for each in requirements(contract)}
    contract, trace = life(parts("{{link}}", "{{link}}"), lambda tree: _body(tree).update(video="{{link}}"))
    (copies,) = [each for each in requirements(contract) if each.id == "query.copies.link"]
    assert sorted(copies.subject.pointers) == ["/parts/0/url", "/video"]
    last = len(trace.polls) - 1
    assert said(contract, "query.copies.link", traces.polled(trace, last, "/parts/1/url", FILE))
    assert FILE in str(said(contract, "query.copies.link", traces.polled(trace, last, "/parts/0/url", FILE)))


def _body(tree: Any) -> Any:
    return tree["x-task"]["profiles"]["default"]["bodies"]["DONE"]


# -- words of refusals that are known only in part ------------------------------------------------------------------


def refusal(*readings: Any) -> Any:
    def change(tree: Any) -> None:
        rows = tree["x-task"]["errors"]
        rows[:] = [row for row in rows if row["condition"] != "unknown-task"]
        rows.append({"condition": "unknown-task", "on": ["query"], "readings": list(readings)})

    return change


GONE = {"error": {"code": "no-job", "param": None}}
NAME = "error.query.unknown-task.body"


@pytest.mark.parametrize(
    ("mark", "code", "param", "result"),
    [
        ("derived", "no-job", MISSING, Result.PASSED),
        ("derived", "no-job", "task_id", Result.PASSED),
        ("derived", "no-task", MISSING, Result.FAILED),
        ("documented", "no-job", "task_id", Result.FAILED),
        ("documented", "no-job", None, Result.PASSED),
    ],
)
def test_a_null_of_a_body_that_was_never_printed_is_held_against_nobody(
    bench: Any, tools: Any, mark: str, code: str, param: Any, result: Result
) -> None:
    change = refusal({"status": 404, "body": GONE, "body_mark": mark})
    alter = tools.on("look", at={"/error/param": param, "/error/code": code})
    made = bench(change, lambda tree: tree["x-task"]["roles"].update(query=["look"]), alter=alter)
    assert made.judge(NAME).result is result


def test_an_answer_is_held_to_readings_as_sure_as_the_requirement(bench: Any, tools: Any) -> None:
    """404 is what the mock says, by a body that is assumed; 410 has a printed one."""
    printed = {"status": 410, "body": {"error": {"code": "expired"}}}
    change = refusal({"status": 404, "body": GONE, "body_mark": "assumed"}, printed)

    def one(tree: Any) -> None:
        tree["x-task"]["roles"].update(query=["look"])

    made = bench(change, one, alter=tools.on("look", at={"/error/code": "lost"}))
    levels = {each.id: each.level for each in requirements(made.contract) if each.id.startswith(NAME)}
    assert levels == {NAME: "MUST", f"{NAME}.assumed": "NOTE"}
    assert made.judge(NAME).result is Result.SKIPPED
    assert failure(made.judge(f"{NAME}.assumed"))[0] == "/error/code is 'lost', not 'no-job'"
    other = bench(change, one, alter=tools.on("look", status=410, at={"/error/code": "lost"}))
    assert failure(other.judge(NAME))[0] == "/error/code is 'lost', not 'expired'"
    right = bench(change, one, alter=tools.on("look", status=410, at={"/error/code": "expired"}))
    assert passed(right.judge(NAME)) == 1


def test_the_assumed_words_of_a_built_in_document_are_no_must() -> None:
    """One status is documented with its words, the other without."""
    found = {each.id: each.level for each in requirements(load_contract("evolink"))}
    assert found["error.create.unknown-model.body"] == "MUST"
    assert found["error.create.unknown-model.body.assumed"] == "NOTE"
