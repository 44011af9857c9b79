"""How each condition of the error catalogue is brought about: which requests go out, and when none can."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Role
from screentest_contracts.raw.files import find_document
from screentest_contracts.requirements import ErrorCase
from screentest_suites.checks.probes import Refused, refusals
from screentest_suites.checks.provoke import provoke
from screentest_suites.core.credential import GOOD, AccountKey
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import NotObservedError, Skip
from tests.suites.checks.findings import refused

DOCUMENTS = Path(__file__).parents[2] / "documents"
OWN = "rate-limited", "server-error", "unavailable"
CREATE = 'POST /jobs?mode=fast {"model":"clip-1"}'
WRONG = "as =sk-screentest-no-such-key-0000"


def looks(task: str, status: int, who: str = "") -> list[str]:
    """A query by each of the three operations."""
    paths = f"GET /jobs/{task}", f"GET /look?task_id={task}", f'POST /look {{"task_id":"{task}"}}'
    return [f"{path}{who and ' ' + who}: {status}" for path in paths]


@pytest.mark.parametrize(
    ("condition", "role", "lines"),
    [
        ("missing-key", "create", [f"{CREATE} without key: 401"]),
        ("missing-key", "query", looks("#3", 401, "without key")),
        ("missing-key", "list", ["GET /jobs without key: 401"]),
        ("wrong-key", "create", [f"{CREATE} {WRONG}: 403"]),
        ("wrong-key", "content", [f"GET /jobs/#3/content {WRONG}: 403"]),
        ("foreign-task", "query", looks("#3", 406, "as second")),
        ("foreign-task", "cancel", ["POST /jobs/#3/cancel as second: 406"]),
        ("insufficient-balance", "create", [f"{CREATE} as poor: 402"]),
        ("forbidden-model", "create", ['POST /jobs?mode=fast {"model":"clip-2","prompt":"Two."} as restricted: 407']),
        ("malformed-json", "create", ['POST /jobs?mode=fast {"model":: 400']),
        ("wrong-content-type", "create", ["POST /jobs?mode=fast <task/>: 415"]),
        ("missing-model", "create", ["POST /jobs?mode=fast {}: 423"]),
        ("unknown-model", "create", ['POST /jobs?mode=fast {"model":"no-such-model-0000"}: 424']),
        ("missing-header", "create", [f"{CREATE}: 425"]),
        ("invalid-body", "create", ["POST /jobs?mode=fast []: 422"]),
        ("unknown-task", "query", looks("#?", 404)),
        ("unknown-task", "result", ["GET /jobs/#?/result: 404"]),
        ("malformed-id", "query", looks("not-a-task-id", 426)),
        ("not-ready", "result", ["GET /jobs/#3/result: 409"]),
        ("not-ready", "content", ["GET /jobs/#3/content: 409"]),
        ("failed-task", "result", ["GET /jobs/#3/result: 427"]),
        ("expired-task", "query", looks("#3", 410)),
        ("link-expired", "content", ["GET /jobs/#3/content: 428"]),
        ("bad-range", "content", ["GET /jobs/#3/content: 416"]),
        ("not-cancellable", "cancel", ["POST /jobs/#3/cancel: 409"]),
        ("unknown-path", "query", ["GET /v1/no-such-path: 430"]),
        ("wrong-method", "create", ["DELETE /jobs?mode=fast: 405"]),
        ("wrong-method", "query", ["DELETE /jobs/#3: 405"]),
        ("too-large", "create", ['POST /jobs?mode=fast {"prompt":"' + "a" * 49 + ": 413"]),
        ("rate-limited", "create", [f"{CREATE}: 429"]),
        ("rate-limited", "query", ["GET /jobs/#3: 429"]),
        ("server-error", "create", [f"{CREATE}: 500"]),
        ("server-error", "query", ["GET /jobs/#3: 500"]),
        ("unavailable", "query", ["GET /jobs/#3: 503"]),
    ],
)
def test_a_condition_is_met_by_these_requests(
    rich: Any, condition: str, role: str, lines: list[str], bench: Any
) -> None:
    made = bench(rich)
    made.session.ensure_base_tasks()  # tasks #1 and #2, which all checks share
    before = len(made.wire.log)
    assert made.lines(made.provoke(condition, Role(role))) == lines
    count = len(made.wire.log)
    made.provoke(condition, Role(role))
    assert len(made.wire.log) == count, "answers are kept for the second requirement"
    if condition in {"unknown-path", "unknown-task"} or (role in {"create", "list"} and condition not in OWN):
        known = condition in {"insufficient-balance", "forbidden-model"}  # is asked once of the account's key
        assert count - before == len(lines) + known, "and no task is made for it"


def test_requests_differ_from_good_ones_in_one_thing(rich: Any, bench: Any) -> None:
    made = bench(rich)
    (answer,) = made.provoke("missing-header")
    good = made.session.request(made.contract.operations["make"], body={"model": "clip-1"})
    assert set(good.headers) - set(answer.sent.headers) == {("X-Async", "enable")}
    (answer,) = made.provoke("wrong-content-type")
    assert dict(answer.sent.headers)["content-type"] == "text/xml"
    (answer,) = made.provoke("malformed-json")
    assert dict(answer.sent.headers)["content-type"] == "application/json"
    (answer,) = made.provoke("bad-range", Role.CONTENT)
    assert dict(answer.sent.headers)["range"] == "bytes=99999999999-"
    assert answer.header("content-range") is not None
    (answer,) = made.provoke("wrong-method")
    assert answer.sent.body is None


def test_conditions_of_different_roles_and_members_are_kept_apart(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich)
    first = made.provoke("missing-key", Role.LIST)
    assert made.provoke("missing-key", Role.CREATE) is not first
    row = tools.row(made.contract, "unknown-model")
    first = provoke(made.session, ErrorCase(Role.CREATE, row))
    second = provoke(made.session, ErrorCase(Role.CREATE, replace(row, members=("model",))))
    assert first is not second


@pytest.mark.parametrize(("limit", "size"), [(1000, 1013), (None, 11 * 1024 * 1024 + 13)])
def test_a_large_body_is_just_beyond_the_limit(rich: Any, limit: int | None, size: int, bench: Any, tools: Any) -> None:
    made = bench(rich)
    (answer,) = provoke(made.session, ErrorCase(Role.CREATE, tools.row(made.contract, "too-large", limit=limit)))
    assert len(answer.sent.body) == size
    assert answer.status == 413


def test_large_bodies_are_not_sent_to_strangers(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich, remote=True)
    assert tools.is_skip(made.provoke("too-large"), Skip.NOT_OBSERVED, "large bodies are not sent to foreign servers")
    assert made.wire.log == []


# -- keys and accounts --------------------------------------------------------------------------------------------


def no_list(tree: Any) -> None:
    del tree["paths"]["/jobs"]["get"], tree["x-task"]["roles"]["list"], tree["x-task"]["list"]


def test_a_role_that_the_vendor_lacks_is_not_asked(bench: Any, tools: Any) -> None:
    made = bench(no_list)
    case = ErrorCase(Role.LIST, tools.row(made.contract, "missing-key"))
    assert tools.is_skip(provoke(made.session, case), Skip.NOT_OBSERVED)
    assert made.wire.log == []


def test_a_model_that_is_only_assumed_is_not_what_a_key_is_tried_on(rich: Any, bench: Any, tools: Any) -> None:
    def assumed(tree: Any) -> None:
        tree["x-task"]["models"]["clip-9"] = {**tree["x-task"]["models"]["clip-2"], "mark": "assumed"}
        tree["x-task"]["models"]["clip-9"]["base"] = {"model": "clip-9", "prompt": "Nine."}
        tree["components"]["schemas"]["Clip2"]["properties"]["model"] = {"enum": ["clip-2", "clip-9"]}

    made = bench(rich, assumed)
    assert list(made.contract.models)[-1] == "clip-9"
    (answer,) = made.provoke("forbidden-model")
    assert b"clip-2" in answer.sent.body


def test_accounts_without_a_key_are_missed(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich, remote=True)
    assert tools.is_skip(made.provoke("insufficient-balance"), Skip.NEEDS_SECOND_KEY, "of the poor account")
    assert tools.is_skip(made.provoke("forbidden-model"), Skip.NEEDS_SECOND_KEY, "of the restricted account")
    assert tools.is_skip(made.provoke("foreign-task", Role.QUERY), Skip.NEEDS_SECOND_KEY)
    assert made.wire.log == []


def test_one_model_cannot_be_forbidden(bench: Any, tools: Any) -> None:
    made = bench()
    row = tools.row(made.contract, "missing-key", condition="forbidden-model")
    found = provoke(made.session, ErrorCase(Role.CREATE, row))
    assert tools.is_skip(found, Skip.NOT_OBSERVED, "the provider has one model only")
    assert made.wire.log == []
    row = replace(row, condition="insufficient-balance")
    assert made.lines(provoke(made.session, ErrorCase(Role.CREATE, row))) == [
        'POST /jobs {"model":"clip-1"} as poor: 422'
    ]


def test_without_a_task_an_unknown_one_is_asked_for(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich, alter=refused(tools, key="good"))
    assert made.lines(made.provoke("missing-key", Role.RESULT)) == ["GET /jobs/#?/result without key: 401"]
    assert tools.is_skip(made.provoke("foreign-task", Role.RESULT), Skip.NOT_OBSERVED)
    for condition, role in (("not-ready", "result"), ("expired-task", "query"), ("failed-task", "result")):
        assert tools.is_skip(made.provoke(condition, Role(role)), Skip.NOT_OBSERVED)
    for condition, role in (("server-error", "create"), ("server-error", "query")):
        assert tools.is_skip(made.provoke(condition, Role(role)), Skip.NOT_OBSERVED)
    assert not made.wire.mock.scheduled, "and nothing is left for a later task"


def test_where_nothing_may_be_made_an_unknown_task_is_asked_for(rich: Any, bench: Any) -> None:
    def unseen(exchange: Exchange) -> Exchange:
        if exchange.sent.operation == "make":
            raise NotObservedError(Skip.NEEDS_SPEND)
        return exchange

    made = bench(rich, alter=unseen)
    assert made.lines(made.provoke("wrong-key", Role.CANCEL)) == [f"POST /jobs/#?/cancel {WRONG}: 403"]


def test_a_task_of_its_own_is_asked_for_where_time_is_virtual(rich: Any, bench: Any, tools: Any) -> None:
    remote = bench(rich, remote=True)
    assert remote.lines(remote.provoke("wrong-key", Role.RESULT)) == [f"GET /jobs/#1/result {WRONG}: 403"]
    fallen = bench(rich, alter=refused(tools, key="good", first=2))
    assert fallen.lines(fallen.provoke("wrong-key", Role.RESULT)) == [f"GET /jobs/#1/result {WRONG}: 403"]
    assert fallen.lines(fallen.provoke("foreign-task", Role.RESULT)) == ["GET /jobs/#1/result as second: 406"]


def test_of_several_models_the_last_is_the_forbidden_one_and_the_first_the_usual_one(bench: Any, tools: Any) -> None:
    made = bench(DOCUMENTS / "queue.yaml")
    for condition, path in (("forbidden-model", "kite"), ("insufficient-balance", "boat"), ("invalid-body", "boat")):
        case = ErrorCase(Role.CREATE, tools.row(made.contract, "invalid-body", condition=condition))
        (answer,) = provoke(made.session, case)
        assert f"/acme/{path}/text-to-video" in answer.sent.url


def twice(tree: Any) -> None:
    """A second create operation, another word for the model, and a cookie that every create needs."""
    again = {**tree["paths"]["/jobs"]["post"], "operationId": "again"}
    again["parameters"] = [
        *again["parameters"],
        {"name": "sid", "in": "cookie", "required": True, "schema": {"const": "1"}},
    ]
    tree["paths"]["/again"] = {"post": again}
    task, clip = tree["x-task"], tree["components"]["schemas"]["Clip"]
    task["roles"]["create"] = ["make", "again"]
    task["request"]["model"] = ["/model", "/engine"]
    clip["properties"]["engine"] = {"type": "string"}


def test_of_several_operations_each_is_asked_where_it_is_about_the_call(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich, twice)

    def paths(condition: str) -> list[str]:
        answers = made.provoke(condition)
        return [each.sent.url.removeprefix(made.wire.base_url).partition("?")[0] for each in answers]

    for condition in (
        "missing-key",
        "wrong-key",
        "malformed-json",
        "wrong-content-type",
        "too-large",
        "missing-header",
    ):
        assert paths(condition) == ["/jobs", "/again"]
    for condition in ("insufficient-balance", "unknown-model", "missing-model", "invalid-body", "wrong-method"):
        assert paths(condition) == ["/jobs"]
    (answer,) = made.provoke("missing-model")
    assert (answer.sent.body, answer.status) == (b"{}", 423)


# -- creates ------------------------------------------------------------------------------------------------------


def test_a_model_that_is_not_in_the_body_cannot_be_left_out(bench: Any, tools: Any) -> None:
    made = bench(DOCUMENTS / "queue.yaml")
    for condition in ("missing-model", "unknown-model"):
        case = ErrorCase(Role.CREATE, tools.row(made.contract, "invalid-body", condition=condition))
        assert tools.is_skip(provoke(made.session, case), Skip.NOT_OBSERVED, "the model is not named in the body")
    assert made.wire.log == []


def test_each_required_header_is_left_out_on_each_create(bench: Any, tools: Any) -> None:
    def two(tree: Any) -> None:
        header = {"name": "X-Task", "in": "header", "required": True, "schema": {"enum": ["on"]}}
        tree["paths"]["/jobs"]["post"]["parameters"].append(header)

    made = bench(two)
    answers = provoke(
        made.session, ErrorCase(Role.CREATE, tools.row(made.contract, "invalid-body", condition="missing-header"))
    )
    assert [sorted(name for name, _ in each.sent.headers if name.startswith("X-")) for each in answers] == [
        ["X-Task"],
        ["X-Async"],
    ]
    assert {each.sent.operation for each in answers} == {"make"}


def test_no_header_to_leave_out(bench: Any, tools: Any) -> None:
    made = bench(DOCUMENTS / "queue.yaml")
    case = ErrorCase(Role.CREATE, tools.row(made.contract, "invalid-body", condition="missing-header"))
    assert tools.is_skip(provoke(made.session, case), Skip.NOT_OBSERVED, "no header is required")


def noted(made: Any, row: Any, status: int, at: float) -> Exchange:
    """A refusal as the parameter suite notes it."""
    sent = made.session.request(made.contract.operations["make"], body={})
    exchange = Exchange(sent, status, (), b"{}", at, at)
    refusals(made.session).append(Refused("duration", row, exchange, ""))
    return exchange


def test_refusals_of_the_parameter_suite_are_taken_in_order(bench: Any, tools: Any) -> None:
    made = bench()
    row = tools.row(made.contract, "invalid-body")
    late, _, early = noted(made, row, 422, 9), noted(made, row, 429, 5), noted(made, row, 422, 1)
    noted(made, tools.row(made.contract, "unknown-task"), 422, 2)
    broken = noted(made, row, 500, 10)
    assert made.provoke("invalid-body") == [early, late, broken]
    assert made.wire.log == []


def test_an_answer_of_impatience_is_no_refusal(bench: Any, tools: Any) -> None:
    made = bench()
    noted(made, tools.row(made.contract, "invalid-body"), 429, 5)
    assert tools.is_skip(made.provoke("invalid-body"), Skip.NOT_OBSERVED)


def demanding(tree: Any) -> None:
    """Members of which two may be missed, in words of their own; `duration` is in no body."""
    clip, task = tree["components"]["schemas"]["Clip"], tree["x-task"]
    clip["required"] = ["model", "prompt", "camera"]
    clip["properties"]["camera"] = {"type": "object", "required": ["lens"], "properties": {"lens": {"type": "string"}}}
    task["models"]["clip-1"]["base"] = {
        "model": "clip-1",
        "prompt": "A boat.",
        "camera": {"lens": "wide"},
        "duration": 4,
    }
    row = {"condition": "invalid-body", "name": "missed", "for": ["prompt", "camera.lens", "duration", "callback_url"]}
    task["errors"].append({**row, "readings": {"status": 421, "body": {"error": {"code": "{{param}}"}}}})


def missed(made: Any) -> Any:
    row = next(row for row in made.contract.error_rows() if row.members)
    return provoke(made.session, ErrorCase(Role.CREATE, row))


def test_members_with_words_of_their_own_are_left_out_one_by_one(bench: Any, tools: Any) -> None:
    made = bench(demanding)
    answers = missed(made)
    assert [(each.json["error"]["code"], each.status) for each in answers] == [("prompt", 421), ("camera.lens", 421)]
    assert answers == made.wire.log, "a body without duration is a good one, and one without an address is the base"
    assert tools.is_skip(
        missed(bench(demanding, alter=tools.on("make", status=200, body={"job": {"id": "job-1"}}))), Skip.NOT_OBSERVED
    )


def test_a_create_that_takes_forms_gets_an_empty_one(bench: Any, tmp_path: Path) -> None:
    text = find_document("openai").read_text().replace("          application/json: *body\n", "")
    (tmp_path / "openai.yaml").write_text(text)
    made = bench(tmp_path / "openai.yaml")
    (answer,) = made.provoke("invalid-body")
    assert dict(answer.sent.headers)["content-type"].startswith("multipart/form-data")
    assert answer.status == 400


# -- conditions of the server's own -------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", OWN)
def test_a_steered_refusal_is_asked_for_once_and_used_up(rich: Any, condition: str, bench: Any) -> None:
    made = bench(rich)
    made.session.ensure_base_tasks()
    before = len(made.wire.log)
    (answer,) = made.provoke(condition)
    assert made.lines()[before:] == [*made.lines([answer]), f"{CREATE}: 200"]
    assert not made.wire.mock.scheduled
    before = len(made.wire.log)
    (answer,) = made.provoke(condition, Role.QUERY)
    assert made.lines()[before:] == [f"{CREATE}: 200", *made.lines([answer])]


def test_other_roles_and_servers_are_taken_as_they_come(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich)
    assert tools.is_skip(made.provoke("server-error", Role.CANCEL), Skip.NOT_OBSERVED)
    remote = bench(rich, remote=True)
    for role in (Role.CREATE, Role.QUERY):
        assert tools.is_skip(remote.provoke("server-error", role), Skip.NOT_OBSERVED)
    assert made.wire.log == remote.wire.log == []


@pytest.mark.parametrize(
    ("condition", "statuses"),
    [("rate-limited", {429}), ("server-error", {500}), ("unavailable", {502, 503, 504}), ("missing-key", set())],
)
def test_what_came_by_itself_is_found_by_its_status(condition: str, statuses: set[int], bench: Any, tools: Any) -> None:
    made = bench(remote=True)
    sent = made.session.request(made.contract.operations["look"], task="job-1")
    for status in range(400, 600):
        made.session.client.seen.append((Role.QUERY, Exchange(sent, status, (), b"{}", 0, 1000 - status)))
        made.session.client.seen.append((Role.CREATE, Exchange(sent, status, (), b"{}", 0, 0)))
        made.session.client.seen.append(
            (Role.QUERY, Exchange(replace(sent, credential=AccountKey("poor")), status, (), b"{}", 0, 0))
        )
    from screentest_suites.checks.provoke import spontaneous

    found = spontaneous(
        made.session, ErrorCase(Role.QUERY, tools.row(made.contract, "missing-key", condition=condition))
    )
    if not statuses:
        assert tools.is_skip(found, Skip.NOT_OBSERVED)
        return
    assert isinstance(found, list)
    assert [each.status for each in found] == sorted(statuses, reverse=True), "the first that came is the first"
    assert all(each.sent.credential == GOOD and each.received_at for each in found)


def test_a_few_of_many_are_enough(rich: Any, bench: Any) -> None:
    made = bench(rich, remote=True)
    sent = made.session.request(made.contract.operations["look"], task="job-1")
    made.session.client.seen += [(Role.QUERY, Exchange(sent, 500, (), b"{}", 0, at)) for at in (7, 3, 1, 6, 2, 5)]
    assert [each.received_at for each in made.provoke("server-error", Role.QUERY)] == [1, 2, 3, 5, 6]
