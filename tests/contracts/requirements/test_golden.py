"""What each document yields, line by line: requirements keep their names, levels and what they rest on.

A change here is a change for users: their reports and waivers name these ids. After a wanted change of a document run
`SCREENTEST_GOLDEN=write pytest tests/contracts/requirements/test_golden.py` and read the difference before it is
committed.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, Role, built_in, load_contract
from screentest_contracts.contract import RESOURCES
from screentest_contracts.requirements import client_requirements, receiver_requirements, requirements

HERE = Path(__file__).parents[1] / "golden"
DOCUMENTS = sorted((Path(__file__).parents[2] / "documents").glob("*.yaml"))


def told(contract: Contract, *, wording: bool) -> str:
    """One line per requirement. Wording of real providers is left free."""
    lines = []
    for each in requirements(contract):
        line = f"{each.id} | {each.level} | {each.kind} | {each.suite} | {' '.join(each.depends)}"
        lines.append(f"{line} | {each.statement}\n" if wording else f"{line}\n")
    return "".join(lines)


def compare(name: str, text: str) -> None:
    file = HERE / f"{name}.txt"
    if os.environ.get("SCREENTEST_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", built_in())
def test_requirements_of_providers_are_what_they_were(name: str) -> None:
    compare(name, told(load_contract(name), wording=False))


@pytest.mark.parametrize("name", built_in())
def test_requirements_of_clients_are_what_they_were(name: str) -> None:
    contract = load_contract(name)
    found = (*client_requirements(contract), *receiver_requirements(contract))
    rows = [f"{each.id} | {each.level} | {each.kind} | {' '.join(each.subject.names)}\n" for each in found]
    compare(f"clients/{name}", "".join(rows))


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.stem)
def test_requirements_of_documents_are_what_they_were(file: Path) -> None:
    compare(file.stem, told(load_contract(file), wording=True))


def test_requirements_of_the_small_document_are_what_they_were(small: Contract) -> None:
    compare("small", told(small, wording=True))


# -- the rules behind the lists, written down once more ---------------------------------------------------------------

ROLES_BY_CONDITIONS = {
    "content-refused region-refused": "create",
    "malformed-json missing-model unknown-model forbidden-model": "create",
    "unknown-file foreign-file": "create file",
    "wrong-content-type missing-header needed-header insufficient-balance idempotency-conflict": "create",
    "invalid-body too-large": "create upload",
    "unknown-task foreign-task expired-task malformed-id": "query result content cancel delete stream",
    "link-expired bad-range": "content",
    "not-ready failed-task": "content result",
    "not-cancellable": "cancel",
    "not-deletable": "delete",
    "invalid-parameter": "list upload create cancel delete",  # where there is one that can be got wrong
}
ARISES_ON = {name: set(roles.split()) for names, roles in ROLES_BY_CONDITIONS.items() for name in names.split()}
EVERYWHERE = {"missing-key", "wrong-key", "rate-limited", "server-error", "unavailable", "timed-out"}
EVERYWHERE |= {"unknown-path", "wrong-method"}


EARLIER = {"unknown-task", "foreign-task", "expired-task", "malformed-id", "not-ready", "failed-task"}
"""What can be said of an earlier task that a create names."""


def arises_on(contract: Any, condition: str) -> set[Role]:
    names_earlier = any(model.earlier is not None for model in contract.models.values())
    return ARISES_ON.get(condition, set(Role)) | ({Role.CREATE} if names_earlier and condition in EARLIER else set())


@pytest.mark.parametrize("document", [*built_in(), *DOCUMENTS], ids=str)
def test_a_condition_is_judged_where_it_can_arise(document: Any) -> None:
    contract = load_contract(document)
    judged = conditions(contract)
    possible = set()
    for row in contract.error_rows():
        for role in row.roles:
            known = role in contract.roles and (row.condition != "expired-task" or contract.retention is not None)
            named = row.condition not in {"missing-model", "unknown-model"} or contract.model_at is not None
            json = row.condition != "malformed-json" or not contract.roles[role][0].form_only
            file = contract.upload is not None or not row.condition.endswith("-file")
            needed = row.condition != "needed-header" or any(each.needed_headers for each in contract.roles[role])
            if known and named and json and file and needed and role in arises_on(contract, row.condition):
                possible.add((str(role), row.condition))
    assert judged == possible
    signed = {"expired-key"} if contract.token is not None else set()
    assert {condition for _, condition in judged} <= set(ARISES_ON) | EVERYWHERE | signed


@pytest.mark.parametrize(("seconds", "hours"), [(3600, "1 hours"), (5400, "1.5 hours"), (86400, "24 hours")])
def test_times_are_told_in_hours(small_tree: Any, load_tree: Any, seconds: int, hours: str) -> None:
    tree = small_tree()
    tree["x-task"]["link"]["life"] = tree["x-task"]["retention"]["task"] = seconds
    said = {each.id: each.statement for each in requirements(load_tree(tree))}
    assert said["result.link.life"] == f"The result's address works for {hours}."
    assert said["query.retention"] == f"A task can be queried for {hours} after it was finished."


def test_two_rows_about_one_member_are_both_judged(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    row = {"at": "/why", "on": ["BAD"], "is": "present"}
    tree["x-task"]["presence"] = [row, {**row, "mark": "assumed"}, {**row, "mark": "recommended"}]
    found = {each.id: str(each.level) for each in requirements(load_tree(tree)) if each.kind == "presence"}
    assert list(found) == ["query.why.present", "query.why.present.2", "query.why.present.3"]
    assert list(found.values()) == ["MUST", "NOTE", "SHOULD"]


def test_every_condition_on_every_role_of_a_document_that_has_them_all(small_tree: Any, load_tree: Any) -> None:
    """A row that names no roles speaks of each on which its condition can arise, and of no other."""
    tree = small_tree()
    known = {*ARISES_ON, *EVERYWHERE}
    tree["x-task"]["errors"] = [{"condition": name, "readings": {"status": 418}} for name in sorted(known)]
    tree["x-task"]["idempotency"] = {"header": "X-Once"}
    delete = {"operationId": "drop", "responses": {"204": {"description": "Gone."}}}
    tree["paths"]["/jobs/{task_id}"]["delete"] = delete
    tree["x-task"]["roles"]["delete"], tree["x-task"]["delete"] = ["drop"], {"from": ["succeeded"]}
    for each in (tree["paths"]["/jobs"]["post"], tree["paths"]["/jobs/{task_id}/cancel"]["post"], delete):
        each["parameters"] = [{"name": "why", "in": "query", "schema": {"enum": ["a", "b"]}}]
    judged = conditions(load_tree(tree))
    roles = {str(role) for role in Role} - {"upload", "stream", "batch", "file", *RESOURCES}
    filed = {"unknown-file", "foreign-file", "needed-header"}
    assert judged == {(role, name) for name in known - filed for role in roles & ARISES_ON.get(name, roles)}
    form = tree["paths"]["/jobs"]["post"]["requestBody"]["content"]
    form["multipart/form-data"] = form.pop("application/json")
    assert judged - conditions(load_tree(tree)) == {("create", "malformed-json")}, "a form is no JSON"


def test_only_a_token_expires(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["x-task"]["errors"].append({"condition": "expired-key", "readings": {"status": 418}})
    assert "expired-key" not in {name for _, name in conditions(load_tree(tree))}
    claims = {"iss": "{{key}}", "exp": "{{now+60}}"}
    scheme = tree["components"]["securitySchemes"]["key"]
    scheme |= {"x-jwt": {"algorithm": "HS384", "claims": claims}, "x-mark": "recommended"}
    contract = load_tree(tree)
    secured = {str(role) for role, operations in contract.roles.items() if operations[0].secured}
    assert {role for role, name in conditions(contract) if name == "expired-key"} == secured
    found = {each.id: str(each.level) for each in requirements(contract) if each.kind == "token-refused"}
    flaws = ("expired", "forged", "unsigned")
    assert found == {f"auth.{role}.{flaw}-token": "SHOULD" for role in secured for flaw in flaws}


def conditions(contract: Contract) -> set[tuple[str, str]]:
    subjects = [each.subject for each in requirements(contract) if each.kind == "error-status"]
    return {(str(each.role), each.row.condition) for each in subjects}
