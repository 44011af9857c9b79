"""Every documented request against `screentest serve`, with curl, from the create to the last byte of the video."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import pytest
import yaml
from tests.providers import FEW
from tests.turns import by_turns

from screentest_contracts import Contract, Role, StatusClass, built_in, load_contract
from screentest_contracts.contract import Model, Operation
from screentest_contracts.location import MISSING, replaced, segments
from screentest_contracts.reading import link_of, status_of, task_id
from screentest_contracts.template import digits

FILES = sorted((Path(__file__).parent.parent / "vectors").rglob("*.yaml"))
VECTORS = {f"{file.parent.name}/{file.stem}": yaml.safe_load(file.read_text("utf-8")) for file in FILES}
REQUESTS = [name for name, vector in VECTORS.items() if vector["side"] == "request" and name.split("/")[0] in FEW]

PAUSE = 0.03
"""Seconds between polls of a task that takes a few tenths of a second."""


class User:
    """Someone who calls one provider's API with curl."""

    def __init__(self, curl: Any, served: str, provider: str, key: str = "sk-screentest") -> None:
        self.curl, self.contract, self.base = curl, load_contract(provider), f"{served}/{provider}"
        self.key = ("-H", f"{self.contract.key_header}: {self.contract.key_prefix}{key}")

    def valid(self, operation: Operation, answer: Any) -> Any:
        """The answer, which must have a declared status and validate."""
        response = operation.response(answer.status)
        assert response is not None, f"{operation.id} declares no {answer.status}: {answer.body[:300]!r}"
        validator = response.validators["application/json"]
        assert [error.message for error in validator.iter_errors(answer.json)] == []
        assert answer.headers["content-type"].startswith("application/json")
        return answer

    def create(self, model: Model, body: Any) -> Any:
        operation = model.operations[0]
        fixed = [
            option
            for each in operation.parameters
            if each.get("in") == "header" and each.get("required")
            for option in ("-H", f"{each['name']}: {each['schema']['enum'][0]}")
        ]
        return self.curl(self.base + operation.path, "-X", operation.method, *self.key, *fixed, body=body)

    def start(self, body: Any = None, model: str = "") -> str:
        """Creates a task and gives its id."""
        chosen = self.contract.models[model] if model else next(iter(self.contract.models.values()))
        answer = self.valid(chosen.operations[0], self.create(chosen, chosen.base if body is None else body))
        assert self.contract.success[Role.CREATE].holds(answer.status, answer.json)
        identity = task_id(self.contract, answer.json)
        assert identity is not None
        assert any(form.pattern.search(identity) for form in self.contract.id.forms)
        return identity

    def query(self, task: str, base: str = "") -> Any:
        operation = self.contract.roles[Role.QUERY][0]
        assert operation.id_parameter is not None
        assert operation.id_parameter["in"] == "path"
        path = operation.path.replace("{" + operation.id_parameter["name"] + "}", task)
        return self.curl((base or self.base) + path, *self.key)

    def follow(self, task: str) -> tuple[StatusClass, Any]:
        """Polls to the end, each poll valid and each move allowed; gives the end and its body."""
        operation, deadline, before = self.contract.roles[Role.QUERY][0], time.monotonic() + 600, ""
        while time.monotonic() < deadline:
            answer = self.valid(operation, self.query(task))
            status = status_of(self.contract, answer.json)
            assert status is not None, answer.body
            assert not before or self.contract.lifecycle.allows(before, status.name), f"{status.name} after {before}"
            if status.status_class.terminal:
                return status.status_class, answer.json
            before = status.name
            time.sleep(PAUSE)
        raise AssertionError(f"{task} has not ended; it is {before}")

    def video(self, body: Any, *options: str) -> Any:
        """A download of a finished task's result."""
        link = link_of(self.contract, body)
        assert link is not None
        url = self.base + link if link.startswith("/") else link
        return self.curl(url, *(self.key if self.contract.link.auth == "required" else ()), *options)


def unsigned(contract: Contract, body: Any) -> Any:
    """A body whose result address has lost its query: signatures may be renewed."""
    for pointer, link in contract.link.at.all(body):
        body = replaced(body, segments(pointer), str(link).partition("?")[0])
    return body


def decoded(data: bytes) -> tuple[int, float]:
    """How many frames a video has, and its length in seconds: every frame is decoded."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(stream))
        assert stream.average_rate is not None
        return frames, frames / float(stream.average_rate)


@pytest.mark.parametrize("name", by_turns(REQUESTS, 3))
def test_a_documented_request_from_create_to_video(name: str, served: str, curl: Any, receiver: Any) -> None:
    vector, provider = VECTORS[name], name.partition("/")[0]
    user = User(curl, served, provider)
    contract = user.contract
    model, body = contract.models[vector["model"]], vector["body"]
    path = f"/hook/{name}"
    calls_back = contract.callback is not None and model.request.callback_url is not None
    if calls_back:
        assert model.request.callback_url is not None
        body = replaced(body, segments(model.request.callback_url.pointers[0]), receiver.base + path)

    end, last = user.follow(task := user.start(body, model.name))
    assert end is StatusClass.SUCCEEDED

    whole = user.video(last)
    assert (whole.code, whole.status) == (0, 200)
    assert whole.headers["content-type"] == contract.link.media_type
    assert int(whole.headers["content-length"]) == len(whole.body)
    frames, seconds = decoded(whole.body)
    wanted = MISSING if model.request.duration is None else model.request.duration.find(body)
    wanted = model.defaults.get("duration") if wanted is MISSING else wanted
    assert frames > 24
    assert seconds == pytest.approx(digits(wanted), abs=0.1)

    if contract.link.range:
        size = len(whole.body)
        part = user.video(last, "-r", "10-29")
        assert (part.status, part.body) == (206, whole.body[10:30])
        assert part.headers["content-range"] == f"bytes 10-29/{size}"
        suffix = user.video(last, "-r", "-16")
        assert (suffix.status, suffix.body) == (206, whole.body[-16:])
        assert user.video(last, "-r", f"{size}-").status == 416

    if calls_back:
        import json

        assert contract.callback is not None
        told = json.loads(receiver.wait(path))
        assert unsigned(contract, told) == unsigned(contract, user.query(task).json)


def test_every_provider_is_tried() -> None:
    assert {name.partition("/")[0] for name in REQUESTS} == set(FEW)


@pytest.mark.parametrize("provider", FEW)
def test_a_provider_answers_to_its_own_host_name(provider: str, served: str, curl: Any) -> None:
    user, port = User(curl, served, provider), urlsplit(served).port
    task, host = user.start(), user.contract.hosts[0]
    curl_there = user.curl
    user.curl = lambda url, *options, **more: curl_there(url, "--resolve", f"{host}:{port}:127.0.0.1", *options, **more)
    answer = user.query(task, base=f"http://{host}:{port}{urlsplit(user.contract.base_url).path}")
    assert status_of(user.contract, user.valid(user.contract.roles[Role.QUERY][0], answer).json) is not None


@pytest.mark.parametrize("provider", FEW)
def test_without_a_key_nothing_is_made(provider: str, served: str, curl: Any, control: Callable[..., Any]) -> None:
    user = User(curl, served, provider, key="sk-nobody")
    model = next(iter(user.contract.models.values()))
    answer = user.valid(model.operations[0], user.create(model, model.base))
    assert not user.contract.success[Role.CREATE].holds(answer.status, answer.json)
    assert control("/tasks")["count"] == 0


# -- the control plane --------------------------------------------------------------------------------------------


@pytest.fixture(params=FEW)
def user(request: pytest.FixtureRequest, served: str, curl: Any) -> User:
    return User(curl, served, request.param)


def test_a_failing_task(user: User, control: Callable[..., Any]) -> None:
    control("/scenario", name="failure", provider=user.contract.name)
    failing, fine = user.start(), user.start()
    assert user.follow(failing)[0] is StatusClass.FAILED
    assert user.follow(fine)[0] is StatusClass.SUCCEEDED


def test_a_lost_answer_leaves_a_task(user: User, control: Callable[..., Any]) -> None:
    control("/scenario", name="lost-answer", provider=user.contract.name)
    model = next(iter(user.contract.models.values()))
    answer = user.create(model, model.base)
    assert answer.code == 52, "curl's status for an empty reply"
    tasks = control("/tasks")["tasks"]
    assert [(each["provider"], each["model"]) for each in tasks] == [(user.contract.name, model.name)]
    assert user.follow(tasks[0]["id"])[0] is StatusClass.SUCCEEDED
    assert control("/journal")["entries"][0]["status"] == 0


def test_a_rate_limit_passes(user: User, control: Callable[..., Any]) -> None:
    control("/scenario", name="rate-limited:2", provider=user.contract.name)
    task = user.start()
    limited = [user.query(task), user.query(task)]
    assert [each.status for each in limited] == [429, 429]
    row = user.contract.error(Role.QUERY, "rate-limited")
    for answer in limited if row is None or row.made.headers else ():
        assert answer.headers["retry-after"].isdecimal()
    assert user.follow(task)[0] is StatusClass.SUCCEEDED


def test_slow_answers(user: User, control: Callable[..., Any]) -> None:
    control("/scenario", name="slow-answers:180", provider=user.contract.name)
    slow, fast = user.start(), user.start()
    assert user.query(slow).seconds >= 0.3  # 180 s at 600 times the pace
    assert user.query(fast).status == 200


def test_a_download_that_breaks_off(user: User, control: Callable[..., Any]) -> None:
    control("/scenario", name="truncated-bytes", provider=user.contract.name)
    _, last = user.follow(user.start())
    broken = user.video(last)
    assert broken.code == 18, "curl's status for a partial file"
    assert 0 < len(broken.body) < int(broken.headers["content-length"])


def test_the_journal_tells_what_came_and_no_keys(user: User, control: Callable[..., Any]) -> None:
    task = user.start()
    user.query(task)
    journal = control("/journal")
    assert journal["count"] == 2
    made, asked = journal["entries"]
    assert (made["task"], asked["task"], asked["method"]) == (task, task, "GET")
    assert made["provider"] == user.contract.name
    assert "sk-screentest" not in str(journal)


def test_a_deviation_is_switched_on_and_off(user: User, control: Callable[..., Any]) -> None:
    control("/scenario", name="never-ending", provider=user.contract.name)
    control("/deviation", name="status-missing", provider=user.contract.name)
    task = user.start()
    assert status_of(user.contract, user.query(task).json) is None
    control("/deviation", name=None, provider=user.contract.name)
    assert status_of(user.contract, user.query(task).json) is not None


def test_time_cannot_be_moved_where_it_runs_by_itself(served: str, curl: Any, control: Callable[..., Any]) -> None:
    assert control("/health") == {"status": "ok", "providers": list(built_in())}
    before = time.time()
    clock = control("/clock")
    assert (clock["speed"], clock["manual"]) == (600, False)
    assert before <= clock["now"] <= time.time()
    refused = curl(f"{served}/_screentest/clock/advance", body={"seconds": 60})
    assert refused.status == 400
    assert "clock" in refused.json["error"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/scenario", {"name": "failrue"}, "did you mean failure?"),
        ("/scenario", {}, "scenarios: "),
        ("/scenario", {"name": "failure", "count": 0}, "count"),
        ("/scenario", {"name": "failure", "provider": "evolnk"}, "evolink"),
        ("/deviation", {"name": "never-end"}, "did you mean never-ends?"),
    ],
)
def test_mistakes_in_steering_are_told(path: str, body: Any, said: str, served: str, curl: Any) -> None:
    answer = curl(f"{served}/_screentest{path}", "-X", "POST", body=body)
    assert answer.status == 400
    assert said in answer.json["error"] + answer.json["hint"]
