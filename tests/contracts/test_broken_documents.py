"""Documents with one mistake each: what is told of it, where, and how it is mended."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contracts.reading_documents import refused

from screentest_contracts import load_contract
from screentest_contracts.location import MISSING, replaced, segments

Tree = dict[str, Any]


X = "/x-task"
BROKEN: dict[str, tuple[str, Any, str, str, str]] = {
    # name: (where it is broken, by what, pointer of the problem, what is said, mend)
    "no x-task": ("/x-task", MISSING, "/", "no x-task extension", "`screentest schema document` prints it"),
    "no version": ("/openapi", MISSING, "/openapi", "`openapi` is missing", "write `openapi: 3.1.0`"),
    "old version": ("/openapi", "3.0.3", "/openapi", "`openapi` is '3.0.3'", "write `openapi: 3.1.0`"),
    "number as version": ("/openapi", 3.1, "/openapi", "`openapi` is 3.1", "write `openapi: 3.1.0`"),
    "openapi structure": ("/info/title", MISSING, "/info", '"title" is missing', "mend the OpenAPI part"),
    "responses of a wrong type": (
        "/paths/~1jobs/post/responses", 5, "/paths/~1jobs/post/responses", "5 must be an object",
        "mend the OpenAPI part",
    ),
    "unknown word of OpenAPI": (
        "/paths/~1jobs/post/sumary", "x", "/paths/~1jobs/post/sumary", '"sumary" is not known here',
        "mend the OpenAPI part",
    ),
    "operationId twice": (
        "/paths/~1jobs~1more/get", {"operationId": "make", "responses": {"200": {"description": "OK"}}},
        "/paths/~1jobs~1more/get/operationId",
        "the operationId 'make' is there twice", "an operationId of its own",
    ),
    "path parameter missing": (
        "/paths/~1jobs~1{one}~1{part}", {"get": {"responses": {"200": {"description": "OK"}}}},
        "/paths/~1jobs~1{one}~1{part}/get", "{one} of the path is not described", "as a parameter `in: path`",
    ),
    "parameter twice": (
        "/paths/~1jobs/post/parameters", [{"name": "a", "in": "query", "schema": {}}] * 2,
        "/paths/~1jobs/post/parameters/1",
        "the parameter 'a' is there twice", "remove one",
    ),
    "default of a wrong type": (
        "/components/schemas/Clip/properties/x", {"type": "string", "default": 5},
        "/components/schemas/Clip/properties/x/default",
        "5 must be a string", "mend either",
    ),
    "unknown word": (f"{X}/profles", {}, f"{X}/profles", '"profles" is not known here', "did you mean 'profiles'?"),
    "unknown word deeper": (
        f"{X}/link/exipry", {}, f"{X}/link/exipry", '"exipry" is not known', "did you mean 'expiry'?",
    ),
    "unknown word, nothing near": (
        f"{X}/provider/qqq", 1, f"{X}/provider/qqq", '"qqq" is', "known here: key, kind, name, title",
    ),
    "missing part": (f"{X}/lifecycle", MISSING, X, '"lifecycle" is missing', ""),
    "wrong type": (f"{X}/lifecycle/status", 5, f"{X}/lifecycle/status", "5 must be an array or a string", ""),
    "unknown class": (f"{X}/lifecycle/statuses/RUN/class", "busy", f"{X}/lifecycle/statuses/RUN/class", '"busy"', ""),
    "unknown mark": (f"{X}/mark", "sure", f"{X}/mark", '"sure" must be "documented"', ""),
    "bad regular expression": (
        f"{X}/id/forms/pattern", "job-(", f"{X}/id/forms/pattern", "pattern: no regular expression", "mend it",
    ),
    "bad hole": (f"{X}/link/make", "{{bse}}/x", f"{X}/link/make", "unknown hole 'bse'", "see Templates"),
    "bad hole in a body": (
        f"{X}/profiles/default/bodies/RUN", {"id": "{{id|upperr}}"},
        f"{X}/profiles/default/bodies/RUN/id", "unknown form 'upperr'", "see Templates",
    ),
    "bad hole in an error": (
        f"{X}/errors/0/readings/body", {"error": "{{now}}"}, f"{X}/errors/0/readings/body/error",
        "needs a form such as",
        "see Templates",
    ),
    "undeclared value": (f"{X}/values", {}, f"{X}/profiles/default/receipt/row", "no value 'row'", "x-task.values"),
    "unknown form of value": (f"{X}/values/row", "base61:4", f"{X}/values/row", '"base61:4" must match', ""),
    "dangling reference": (
        "/paths/~1jobs/post/requestBody/content/application~1json/schema/$ref", "#/components/schemas/Clop",
        "/paths/~1jobs/post/requestBody/content/application~1json/schema",
        "'#/components/schemas/Clop' leads nowhere", "every $ref must lead",
    ),
    "reference to a file": (
        "/components/schemas/Clip/properties/model", {"$ref": "models.yaml#/Model"},
        "/components/schemas/Clip/properties/model", "reference 'models.yaml#/Model': there is no such file",
        "paths begin at the file that has the reference",
    ),
    "reference to the web": (
        "/components/schemas/Clip/properties/model", {"$ref": "https://example.com/model.json"},
        "/components/schemas/Clip/properties/model", "is an address, and nothing is fetched", "save the file beside",
    ),
    "schema that holds itself": (
        "/components/schemas/Clip/properties/inner", {"$ref": "#/components/schemas/Clip"},
        f"{X}/models/clip-1/schema", "#/components/schemas/Clip holds itself, which only answers may", "type: object",
    ),
    "not a number": (f"{X}/profiles/default/typical", math.nan, f"{X}/profiles/default/typical", "not a finite", ""),
    "infinity": (f"{X}/prices", [{"amount": math.inf}], f"{X}/prices/0/amount", "not a finite number", "JSON has no"),
    "unknown operationId": (
        f"{X}/roles/query/1", "lookByHeart", f"{X}/roles/query/1", "no operationId 'lookByHeart'", "known: ",
    ),
    "operationId missing": (
        "/paths/~1jobs/post/operationId", MISSING, f"{X}/roles/create/0", "no operationId 'make'", "",
    ),
    "nothing carries the id": (
        f"{X}/id/parameter", "job", "/paths/~1jobs~1{task_id}/get", "no parameter 'job' carries the task's id",
        "id.parameter",
    ),
    "no body for a status": (
        f"{X}/profiles/default/bodies/RUN", MISSING, f"{X}/profiles/default/bodies",
        "no body for status 'RUN'", "write one",
    ),
    "body of no status": (
        f"{X}/profiles/default/bodies/WALK", {}, f"{X}/profiles/default/bodies/WALK", "'WALK' is no status", "known: ",
    ),
    "stage of no status": (
        f"{X}/profiles/default/stages/0/status", "WALK", f"{X}/profiles/default/stages/0/status", "'WALK' is no status",
        "known: ",
    ),
    "transition to nowhere": (
        f"{X}/lifecycle/transitions/WAIT/0", "WALK", f"{X}/lifecycle/transitions/WAIT/0", "'WALK' is no status", "",
    ),
    "presence at nothing": (
        f"{X}/presence", [{"at": "/id", "on": ["WALK"], "is": "present"}], f"{X}/presence/0/on/0",
        "'WALK' is no status", "",
    ),
    "no such schema": (
        f"{X}/models/clip-1/schema", "Clop", f"{X}/models/clip-1/schema", "no schema 'Clop'", "known: Clip",
    ),
    "no such profile": (
        f"{X}/models/clip-1/profile", "fast", f"{X}/models/clip-1/profile", "must name one of the profiles", "default",
    ),
    "no such operation": (
        f"{X}/models/clip-1/operation", "look", f"{X}/models/clip-1/operation", "'look' is not in roles.create", "",
    ),
    "base is not valid": (
        f"{X}/models/clip-1/base/duration", 99, f"{X}/models/clip-1/base/duration",
        "does not validate: 99 must be at most 9", "base must be valid",
    ),
    "base without a required member": (
        f"{X}/models/clip-1/base", {}, f"{X}/models/clip-1/base", '"model" is missing',
        "base must be valid",
    ),
    "unknown source": (f"{X}/source", ["A9"], f"{X}/source", "source 'A9' is not in x-task.sources", "add it there"),
    "unknown source deeper": (
        f"{X}/link/range_source", ["A9"], f"{X}/link/range_source", "source 'A9' is not", "add it there",
    ),
    "unknown mark of an outcome": (
        f"{X}/profiles/default/bodies/RUN", [{"when": {"a": "b"}, "body": {"id": "x"}, "mark": "sure"}],
        f"{X}/profiles/default/bodies/RUN/0", "mark 'sure' or source None is none", "marks: documented",
    ),
    "unknown setting": (
        f"{X}/errors/1/readings/0/when", {"color": "red"}, f"{X}/errors/1/readings/0/when/color",
        "names color: red, which is not a reading", "",
    ),
    "unknown reading": (
        f"{X}/errors/1/readings/0/when", {"colour": "green"}, f"{X}/errors/1/readings/0/when/colour",
        "colour: green, which is not a reading", "",
    ),
    "default is no reading": (
        f"{X}/settings/colour/default", "green", f"{X}/settings/colour/default", "'green' is no reading", "red",
    ),
    "no reading holds": (
        f"{X}/errors/1/readings", [{"when": {"colour": "blue"}, "status": 410}], f"{X}/errors/1/readings",
        "no reading holds under these settings", "add one without `when`",
    ),
    "no server": ("/servers", MISSING, "/servers", "no server", "the vendor's real address"),
    "list without a section": (f"{X}/list", MISSING, f"{X}/roles/list", "roles.list needs a `list` section", ""),
    "cancel without a section": (f"{X}/cancel", MISSING, f"{X}/roles/cancel",
        "roles.cancel needs a `cancel` section", ""),
    "nothing for a missing key": (
        f"{X}/errors/0", MISSING, f"{X}/errors", "nothing says how query answers missing-key", "add a row",
    ),
    "row for a role that is not there": (f"{X}/roles/cancel", MISSING, f"{X}/errors/1/on/3", "has no role cancel", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_documents(tmp_path: Path, small_tree: Callable[[], Tree], name: str) -> None:
    at, by, pointer, what, mend = BROKEN[name]
    tree = replaced(small_tree(), segments(at), by)
    for file in (tmp_path / "broken.json", tmp_path / "broken.yaml"):
        file.write_text(json.dumps(tree) if file.suffix == ".json" else yaml.safe_dump(tree))
        error = refused(file)
        found = [
            each for each in error.problems if each.pointer == (pointer if pointer != "/" else "") and what in each.what
        ]
        assert found, str(error)
        assert any(mend in each.mend for each in found)
        assert f"  {pointer}: " in str(error)
        assert "docs/" not in error.hint, "a file that nobody has who installed the package"
        assert "`screentest schema document`" in error.hint


def test_the_small_document_is_not_broken(tmp_path: Path, small_text: str, small_tree: Callable[[], Tree]) -> None:
    """Or the test above would prove nothing."""
    file = tmp_path / "acme.yaml"
    file.write_text(small_text)
    assert load_contract(file).document == small_tree()


def test_every_problem_is_named_and_long_lists_are_cut(tmp_path: Path, small_tree: Callable[[], Tree]) -> None:
    tree = replaced(replaced(small_tree(), segments(f"{X}/link/make"), "{{a}}"), segments(f"{X}/cancel/body"), "{{b}}")
    file = tmp_path / "two.json"
    file.write_text(json.dumps(tree))
    assert {problem.pointer for problem in refused(file).problems} == {f"{X}/link/make", f"{X}/cancel/body"}
    row = {"at": "/id", "on": ["WALK"], "is": "present"}
    file.write_text(json.dumps(replaced(small_tree(), segments(f"{X}/presence"), [row] * 50)))
    error = refused(file)
    assert len(error.problems) == 50
    assert "... and 30 more" in str(error)
