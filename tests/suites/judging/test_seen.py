"""Runs that saw little say so, and one fact is one verdict: on a gateway that shares no code with the mock."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

import screentest
from screentest_contracts import Contract, load_contract
from screentest_contracts.raw.files import find_document
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting.seen import seen_json, told, unseen
from screentest_suites.targets.credentials import redactor
from screentest_suites.targets.http import HttpTarget
from tests.suites.judging import small_gateway
from tests.suites.judging.small_gateway import KEY, Fault, refusal, sound
from tests.turns import by_turns

DOCUMENT = find_document("openai")
OPTIONS = Options(poll_interval=0.05, task_timeout=2.0, examples=1, models=("sora-2", "sora-2-pro", "remix"))
LEFT_OUT = ("create.form", "list.newest-first", "result.range")
"""What the gateway does not have, and what needs seconds."""


class Judged:
    """A run against the gateway, without the probes of parameters."""

    def __init__(self, fault: Fault, contract: Contract | None = None) -> None:
        contract = contract or load_contract(str(DOCUMENT))
        with small_gateway.running(fault) as url, closing(HttpTarget(url, {"good": KEY})) as target:
            judge = Judge(contract, target, OPTIONS)
            self.verdicts: dict[str, Verdict] = {
                each.id: judge.verdict(each.id)
                for each in judge.requirements
                if each.suite not in ("parameters", "generated") and not each.id.startswith(LEFT_OUT)
            }
            rows = [
                {
                    "provider": contract.name,
                    "id": name,
                    "level": str(each.requirement.level),
                    "verdict": str(each.result),
                    "reason": each.finding.reason,
                }
                for name, each in self.verdicts.items()
            ]
            self.seen = seen_json(judge.observation(), rows, redactor([target]))

    @property
    def musts(self) -> list[str]:
        return [name for name, each in self.verdicts.items() if each.fails_run]

    def reason(self, name: str) -> str:
        return self.verdicts[name].finding.reason


def test_a_sound_gateway_is_sound_and_what_was_seen_is_told() -> None:
    judged = Judged(sound)
    assert {name: judged.reason(name) for name in judged.musts} == {}
    assert not unseen(judged.seen)
    assert judged.seen["tasks"]["succeeded"] > 2
    assert judged.seen["polls"] > 4
    assert told(judged.seen)[0] == "3 models: 3 accepted a request"


# -- basics -------------------------------------------------------------------------------------------------------


def in_queries(change: Callable[[Any], Any]) -> Fault:
    """Every task that a query shows is shown otherwise."""

    def fault(role: str, request: Request, answer: Response) -> Response:
        if role != "query" or answer.status_code != 200:
            return answer
        return JSONResponse(change(json.loads(bytes(answer.body))))

    return fault


BLIND: dict[str, tuple[Fault, str]] = {
    "each task wrapped once more": (in_queries(lambda task: {"code": 0, "data": task}), "query.status-code"),
    "a list of one task": (in_queries(lambda task: [task]), "query.status-code"),
    "a strange word for ever": (in_queries(lambda task: {**task, "status": "done"}), "query.status.known"),
    "a foreign envelope": (
        in_queries(lambda task: {"status": "done", "base_resp": {"status_code": 77}}),
        "query.status.known",
    ),
    "no end": (
        in_queries(lambda task: {**task, "status": "in_progress", "progress": 50, "completed_at": None}),
        "query.ends",
    ),
    "no task at all": (lambda role, *_: refusal(402, "pay") if role == "create" else _[1], "create.accepted"),
}


QUERY = "query: {status: [200], present: [/status]"


def derived(document: str) -> str:
    """The document with what a query answers merely derived."""
    return document.replace(QUERY, f"{QUERY}, mark: derived")


@pytest.mark.parametrize(
    ("case", "mark"), by_turns([*((case, "derived") for case in BLIND), ("no end", "documented")], 3)
)
def test_a_run_that_saw_no_end_fails_and_says_so(case: str, mark: str, tmp_path: Path) -> None:
    fault, name = BLIND[case]
    document = tmp_path / "openai.yaml"
    document.write_text(DOCUMENT.read_text() if mark == "documented" else derived(DOCUMENT.read_text()))
    judged = Judged(fault, load_contract(str(document)))
    assert name in judged.musts
    assert unseen(judged.seen)
    assert told(judged.seen)[0].startswith("no task was seen to its end")
    blocked = [each for each in judged.seen["unjudged"] if each["reason"].startswith("blocked by")]
    assert {each["reason"].removeprefix("blocked by ") for each in blocked} <= set(judged.musts)


def test_some_tasks_without_an_end_leave_the_others_to_be_judged() -> None:
    def fault(role: str, request: Request, answer: Response) -> Response:
        found = in_queries(lambda task: {**task, "status": "in_progress", "progress": 50, "completed_at": None})
        return found(role, request, answer) if b'"sora-2-pro"' in answer.body else answer

    judged = Judged(fault)
    assert "query.ends" in judged.musts
    assert judged.verdicts["result.fetch"].result is Result.PASSED
    assert judged.seen["tasks"]["never ended"] > 0
    assert not unseen(judged.seen)


# -- operations ---------------------------------------------------------------------------------------------------


def missing(role: str, answer: Response) -> Fault:
    """An operation that a framework answers for."""
    return lambda asked, request, given: answer if asked == role else given


MISSING = {
    "cancel": missing("cancel", JSONResponse({"detail": "Method Not Allowed"}, 405)),
    "list": missing("listing", JSONResponse({"detail": "Not Found"}, 404)),
    "content": missing("content", PlainTextResponse("404 page not found", 404)),
    "query": missing("query", PlainTextResponse("Not Implemented", 501)),
    "create": missing("create", JSONResponse({"detail": "Not Found"}, 404)),
}


@pytest.mark.parametrize("role", by_turns(MISSING, 2))
def test_a_missing_operation_is_one_verdict(role: str) -> None:
    judged = Judged(MISSING[role])
    assert {name: judged.reason(name) for name in judged.musts}.keys() == {f"{role}.there"}
    assert judged.reason(f"auth.{role}.missing-key") == f"blocked by {role}.there"


def test_files_that_nobody_knows_are_no_musts_where_not_every_account_has_them() -> None:
    """Neither the upload nor what tells of a file: nothing rests on a call that is not there."""

    def fault(role: str, request: Request, answer: Response) -> Response:
        return PlainTextResponse("Not Found", 404) if role in ("character", "known_character") else answer

    judged = Judged(fault)
    assert judged.musts == []
    assert judged.verdicts["file.there"].result is Result.FAILED
    assert judged.reason("auth.file.missing-key") == "blocked by file.there"


def test_a_create_that_is_missing_is_one_verdict() -> None:
    """What else is asked of creates is asked of those that are there."""

    def fault(role: str, request: Request, answer: Response) -> Response:
        missing = request.method == "POST" and request.url.path.endswith("/remix")
        return PlainTextResponse("Not Found", 404) if missing else answer

    judged = Judged(fault)
    assert judged.musts == ["create.accepted.remix"]
    assert judged.verdicts["error.create.malformed-json"].result is Result.PASSED


def test_a_create_that_refuses_all_is_still_asked_for_its_key() -> None:
    """It is there: what holds of creates holds of it."""

    def fault(role: str, request: Request, answer: Response) -> Response:
        remix = request.method == "POST" and request.url.path.endswith("/remix")
        return refusal(400, "not today") if remix else answer

    judged = Judged(fault)
    assert judged.musts[0] == "create.accepted.remix"
    assert judged.reason("auth.create.missing-key") == "answered 400"


def test_an_operation_that_knows_no_task_of_ours_is_there() -> None:
    judged = Judged(missing("cancel", refusal(404, "no such video", "not_found")))
    assert judged.verdicts["cancel.there"].result is Result.PASSED
    assert "cancel.deletes" in judged.musts


# -- encodings ----------------------------------------------------------------------------------------------------


def encoded(change: Callable[[bytes], bytes], *roles: str) -> Fault:
    """JSON bodies, of some roles or all, in another encoding."""

    def fault(role: str, request: Request, answer: Response) -> Response:
        if "json" not in answer.headers.get("content-type", "") or (roles and role not in roles):
            return answer
        return Response(change(bytes(answer.body)), answer.status_code, media_type="application/json")

    return fault


FLAWS: dict[str, tuple[Fault, str]] = {
    "mark": (encoded(lambda body: b"\xef\xbb\xbf" + body), "begins with a byte order mark"),
    "utf-16": (encoded(lambda body: body.decode().encode("utf-16")), "begins with a byte order mark"),
    "gbk": (encoded(lambda body: body.replace(b"{", '{"note":"视频",'.encode("gbk"), 1)), "is not UTF-8"),
    "latin-1 lists": (
        encoded(lambda body: body.replace(b"{", '{"note":"Vidéo",'.encode("latin-1"), 1), "listing"),
        "is not UTF-8",
    ),
    "nan": (encoded(lambda body: body.replace(b"{", b'{"eta":NaN,', 1), "query"), "holds NaN"),
    "infinity": (encoded(lambda body: body.replace(b"{", b'{"eta":-Infinity,', 1)), "holds -Infinity"),
    "line break": (encoded(lambda body: body.replace(b"{", b'{"note":"a\nb",', 1)), "holds a control character"),
}


@pytest.mark.parametrize("flaw", by_turns(FLAWS, 5))
def test_an_encoding_that_cannot_be_read_is_one_verdict_with_its_name(flaw: str) -> None:
    fault, words = FLAWS[flaw]
    judged = Judged(fault)
    assert {name: judged.reason(name) for name in judged.musts}.keys() == {"answers.encoding"}
    assert words in judged.reason("answers.encoding")


# -- models -------------------------------------------------------------------------------------------------------


def refuses_pro(answer: Response) -> Fault:
    def fault(role: str, request: Request, given: Response) -> Response:
        return answer if role == "create" and b'"sora-2-pro"' in given.body else given

    return fault


FORBIDDEN = """    - condition: forbidden-model
      on: [create]
      readings:
        status: 403
        body: {error: {message: "{{text:No.}}", type: invalid_request_error, param: null, code: model_not_allowed}}
    - {condition: unknown-model"""


@pytest.fixture
def with_access(tmp_path: Path) -> Contract:
    """The document with a row for models that a key may not use."""
    path = tmp_path / "openai.yaml"
    text = re.sub(
        r"    - condition: forbidden-model\n(      .*\n)+", "", DOCUMENT.read_text()
    )  # which leaves the code open
    path.write_text(text.replace("    - {condition: unknown-model", FORBIDDEN, 1))
    return load_contract(str(path))


@pytest.mark.parametrize("status", by_turns([400, 403, 503], 3))
def test_a_model_that_refuses_everything_fails(status: int, with_access: Contract) -> None:
    judged = Judged(refuses_pro(refusal(status, "no", "odd")), with_access)
    assert judged.musts == ["create.accepted.sora-2-pro"]
    assert [each["create"] for each in judged.seen["models"]] == ["accepted", "refused", "accepted"]


def test_a_model_that_the_key_may_not_use_is_said_and_no_failure(with_access: Contract) -> None:
    judged = Judged(refuses_pro(refusal(403, "not for you", "model_not_allowed")), with_access)
    assert judged.musts == []
    found = judged.verdicts["create.accepted.sora-2-pro"]
    assert found.result is Result.SKIPPED
    assert "the key may not use it" in found.finding.reason
    assert "the key may not use: sora-2-pro (answered 403)" in told(judged.seen)


# -- Python -------------------------------------------------------------------------------------------------------


def test_python_is_told_too(small_text: str, tmp_path: Path) -> None:
    document = tmp_path / "acme.yaml"
    document.write_text(small_text)
    options = screentest.Options(poll_interval=0.02, task_timeout=1.0, speed=1000, examples=1)
    with screentest.serve(document, screentest.MockSettings(speed=1000)) as mock:
        mock.deviate("task-wrapped-again")
        target = screentest.HttpTarget(mock.url, {"good": mock.key})
        judgement = screentest.judge(document, target=target, options=options)
    assert judgement.unseen
    assert judgement.exit_status == 1
    assert judgement.report["observed"][0]["tasks"]["succeeded"] == 0
