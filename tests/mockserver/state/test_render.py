"""What the mock says is what the document promises: every provider, model, status, refusal and documented reading."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from tests.providers import known

from screentest_contracts import Contract, Role, StatusClass, built_in, load_contract
from screentest_contracts.contract import Bodies, Model, Operation
from screentest_contracts.location import MISSING, is_empty
from screentest_contracts.reading import (
    CallOutcome,
    bodies_of,
    holes_in,
    judge_call,
    link_of,
    matching_reading,
    respelled,
    status_of,
    task_id,
)
from screentest_contracts.requirements import requirements
from screentest_contracts.template import TIMES, Template
from screentest_contracts.times import precision, read_time
from screentest_mockserver.state.render import ErrorContext, TaskContext
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.wire.answer import Answer
from screentest_suites.requests.samples import variation

# the built-in documents, and those of made-up vendors whose key is in a header, which is all that `Caller` sends
_OTHERS = sorted((Path(__file__).parents[2] / "documents").glob("*.yaml"))
DOCUMENTS = [*built_in(), *(str(file) for file in _OTHERS if file.stem not in {"rest", "studio"})]
READINGS: list[tuple[str, dict[str, str]]] = [
    (name, chosen)
    for name in DOCUMENTS
    for chosen in [
        {},
        *(
            {setting.name: reading}
            for setting in known(name).settings.values()
            for reading in setting.readings
            if reading != setting.chosen
        ),
    ]
]
OF_TASKS = {"unknown-task", "malformed-id", "foreign-task", "expired-task", "not-ready", "failed-task"}
TASKS = {Role.QUERY, Role.RESULT, Role.CONTENT, Role.CANCEL}


@pytest.fixture(
    scope="module",
    params=READINGS,
    ids=lambda param: "-".join([Path(param[0]).stem, *(f"{k}={v}" for k, v in param[1].items())]),
)
def contract(request: pytest.FixtureRequest) -> Contract:
    return load_contract(*request.param)


def problems(operation: Operation, status: int, body: Any) -> list[str]:
    """What the schema of a status says against a body."""
    response = operation.response(status)
    if response is None:
        return [f"{operation.id} declares no {status}"]
    validator = response.validators.get("application/json")
    if validator is None:
        return [] if body is None else [f"{operation.id} declares no JSON for {status}"]
    return [
        f"{operation.id} {status} {list(error.instance_path)}: {error.message}" for error in validator.iter_errors(body)
    ]


def read(operation: Operation, answer: Answer) -> Any:
    """The JSON of an answer, after it was validated."""
    assert (b"content-type", b"application/json") in answer.headers
    body = orjson.loads(answer.body)
    assert problems(operation, answer.status, body) == []
    return body


def moments(caller: Any, identity: str) -> list[float]:
    """A moment within each stage of a task, and two after its end. Seconds since creation."""
    plan = caller.mock.store.get_task(identity).plan
    ends = [plan.end, plan.end + 1] if plan.end < 1e9 else []
    return [0.0, *((phase.start + min(phase.end, plan.end, 1e6)) / 2 for phase in plan.phases), *ends]


def first_of_all(contract: Contract) -> list[Model]:
    """The models whose tasks go on from none; of the others tests/mockserver/operations/test_earlier.py tells."""
    return [model for model in contract.models.values() if model.earlier is None]


def creates(contract: Contract, condition: str) -> list[Operation]:
    """The creates that can be refused so: what is wrong with an earlier task is told by those that go on from one."""
    models = [model for model in contract.models.values() if condition not in OF_TASKS or model.earlier is not None]
    return [operation for model in models for operation in model.operations]


def test_every_model_in_every_outcome(contract: Contract, caller: Callable[..., Any]) -> None:
    """Receipt, every stage and every end, by every alias: valid, read as what it is, and telling the same."""
    for model in first_of_all(contract):
        profile = contract.profiles[model.profile]
        for outcome, ends in profile.outcomes.items():
            for body in [model.base, variation(model)]:
                client = caller(contract)
                scenario = {"succeeded": "success", "failed": "failure"}.get(outcome, str(outcome))
                client.mock.schedule(scenario)
                follow(client, client.create(body, model=model.name), {end.status for end in ends if end.selected})


def follow(client: Any, made: Answer, ends: set[str]) -> None:
    contract: Contract = client.contract
    receipt = read(contract.roles[Role.CREATE][0], made)
    assert judge_call(contract, Role.CREATE, made.status, receipt) is CallOutcome.ACCEPTED
    assert made.status == contract.success[Role.CREATE].made
    identity = task_id(contract, receipt)
    assert identity is not None
    assert contract.id.made.pattern.search(identity)
    assert {value for _, value in contract.id.at.all(receipt)} == {identity}
    task, start = client.mock.store.get_task(identity), client.clock.now()
    check_times(client, selected_template(contract.profiles[task.model.profile].receipt), receipt, task.plan.receipt)
    for moment in moments(client, identity):
        client.clock.advance(max(start + moment - client.clock.now(), 0))
        state = client.mock.state(task)
        shown = []
        for operation in contract.roles[Role.QUERY]:
            answer = client.query(identity, operation)
            assert answer.body == client.query(identity, operation).body or has_chance(contract, task, operation, state)
            body = read(operation, answer)
            assert judge_call(contract, Role.QUERY, answer.status, body) is CallOutcome.ACCEPTED
            if operation.id not in contract.profiles[task.model.profile].views:
                status = status_of(contract, body, operation.id)
                assert status is not None
                body = respelled(contract.lifecycle, body, contract.lifecycle.status_at, operation.id, back=True)
                if not contract.lifecycle.statuses[state.status].by_result:  # then only the result tells
                    assert (status.name, status.status_class) == (state.status, state.status_class)
                check_copies(contract, task, body, state)
                shown.append(body)
            template = selected_template(bodies_of(contract.profiles[task.model.profile], operation)[state.status])
            check_times(client, template, body, state)
            check_values(client, template, body, identity)
        assert all(body == shown[0] for body in shown[1:]) or has_chance(
            contract, task, contract.roles[Role.QUERY][0], state
        )
    assert client.mock.state(task).status in ends
    check_link(client, task)


def selected_template(readings: Any) -> Template:
    return next(each.template for each in readings if each.selected)


def has_chance(contract: Contract, task: Any, operation: Operation, state: State) -> bool:
    """Whether two answers about one state may differ."""
    return selected_template(bodies_of(contract.profiles[task.model.profile], operation)[state.status]).volatile


def check_values(client: Any, template: Template, body: Any, identity: str) -> None:
    """Whole holes hold what they stand for, in their form."""
    task = client.mock.store.get_task(identity)
    duration = task.wanted[0]
    for found in holes_in(template, body, *{slot.hole.name for slot in template.slots}):
        assert found.hole.problem(found.value) is None, found
        if found.hole.name == "id":
            assert found.value == identity
        elif found.hole.name == "model":
            assert found.value == task.named
        elif found.hole.name == "duration" and not found.hole.form:
            assert found.value == duration


def check_times(client: Any, template: Template, body: Any, state: State) -> None:
    """Times of one task are the task's own, wherever and however they are written, and in their order."""
    task = client.mock.tasks()[0]
    created, life = task.created, client.contract.link.life
    retention = client.contract.retention
    finished = None if state.finished is None else created + state.finished
    since = created if retention is None or retention.since == "created" else finished
    true: dict[str, float | None] = {
        "created": created,
        "submitted": created,
        "started": None if state.started is None else created + state.started,
        "finished": finished,
        "link_expires": None if finished is None or life is None else finished + life,
        "task_expires": None if retention is None or since is None else since + retention.task,
        "now": client.clock.now(),
    }
    seen = [true[name] for name in ("created", "started", "finished") if true[name] is not None]
    assert seen == sorted(seen)
    for found in holes_in(template, body, *TIMES):
        expected = true.get(found.hole.name, MISSING)
        if expected is MISSING:
            assert found.hole.name == "updated"
            assert created <= found.hole.read(found.value) + precision(found.hole.form) <= client.clock.now() + 2
        elif expected is None:
            assert found.value is MISSING or found.value == found.hole.unset or found.value is None, found
        else:
            error = found.hole.read(found.value) - expected  # type: ignore[operator]
            assert abs(error) <= precision(found.hole.form), found


def check_copies(contract: Contract, task: Any, body: Any, state: State) -> None:
    for copy in contract.profiles[task.model.profile].copies:
        word = copy.at.find(body)
        if not is_empty(word):
            assert copy.classes[word] is state.status_class, f"{copy.at} says {word} of a task that is {state.status}"


def check_link(client: Any, task: Any) -> None:
    """The address is there exactly after success, tells its own end where it is documented to, and gives a video."""
    contract: Contract = client.contract
    operation = (contract.roles.get(Role.RESULT) or contract.roles[Role.QUERY])[0]
    if client.mock.state(task).status_class is not StatusClass.SUCCEEDED:
        if operation.role is Role.QUERY:
            link = link_of(contract, orjson.loads(client.query(task.id).body))
            assert not (link and link.startswith(("http://", "https://", "/")))
        return
    link = link_of(contract, orjson.loads(client.on(operation.role, task.id, operation).body))
    rule = contract.link
    if link is None:  # the bytes are had from an operation alone
        check_video(contract, client.on(Role.CONTENT, task.id))
        return
    if rule.expiry_query is not None:
        text = parse_qs(urlsplit(link).query)[rule.expiry_query][0]
        form = str(rule.expiry_form)
        value = int(text) if form.startswith("epoch") and not form.endswith("-string") else text
        assert abs(read_time(value, form) - (task.created + task.plan.end + (rule.life or 0))) <= precision(form)
    path = link.removeprefix("http://mock.test")
    assert path.startswith("/"), link
    if not link.startswith("http"):  # from the origin on
        path = path.removeprefix(urlsplit(contract.base_url).path)
    media = path.split("?")[0].split("/")
    if media[1] == "media":
        from screentest_mockserver.wire.answer import Request

        request = Request("GET", path.split("?")[0], b"", [], b"", "http://mock.test")
        answer = client.mock.media(request, media[2])
    else:
        answer = client.send("GET", path)
    check_video(contract, answer)


def check_video(contract: Contract, answer: Answer) -> None:
    assert answer.status == 200
    assert answer.body[4:8] == b"ftyp"
    assert dict(answer.headers)[b"content-type"] == contract.link.media_type.encode()


# -- what the mock's own tasks do not reach ---------------------------------------------------------------------------


def all_bodies(contract: Contract) -> Iterator[tuple[str, Operation, Bodies]]:
    for profile in contract.profiles.values():
        for operation in [*contract.roles[Role.QUERY], *contract.roles.get(Role.RESULT, ())]:
            yield profile.name, operation, bodies_of(profile, operation)


def test_every_reading_of_every_body_is_valid(contract: Contract, caller: Callable[..., Any]) -> None:
    """Also of statuses and readings that this mock does not choose: a check lets them pass, so they must be valid."""
    client = caller(contract)
    for profile, operation, bodies in all_bodies(contract):
        model = next(model for model in contract.models.values() if model.profile == profile)
        client.create(model=model.name)
        task = client.mock.tasks()[-1]
        for word, readings in bodies.items():
            status_class = contract.lifecycle.statuses[word].status_class
            done = status_class.terminal
            started = None if status_class is StatusClass.QUEUED else 1.0
            progress = 100.0 if status_class is StatusClass.SUCCEEDED else 0.0
            state = State(word, status_class, progress, started, 2.0 if done else None)
            for reading in readings:
                body = reading.template.render(TaskContext(client.mock.call(), task, state))
                body = respelled(contract.lifecycle, body, contract.lifecycle.status_at, operation.id)
                assert (
                    problems(operation, contract.success[operation.role].made, orjson.loads(orjson.dumps(body))) == []
                )
                if operation.role is Role.QUERY and operation.id not in contract.profiles[profile].views:
                    status = status_of(contract, body, operation.id)
                    assert status is not None
                    assert status.name == word or contract.lifecycle.statuses[word].by_result


def test_every_receipt_reading_is_valid(contract: Contract, caller: Callable[..., Any]) -> None:
    client = caller(contract)
    for model in first_of_all(contract):
        client.create(model=model.name)
        task = client.mock.tasks()[-1]
        for reading in contract.profiles[model.profile].receipt:
            body = reading.template.render(TaskContext(client.mock.call(), task, task.plan.receipt))
            for status in contract.success[Role.CREATE].statuses:
                assert problems(model.operations[0], status, orjson.loads(orjson.dumps(body))) == []
                assert judge_call(contract, Role.CREATE, status, body) is CallOutcome.ACCEPTED
            at, initial = contract.lifecycle.receipt_at, contract.lifecycle.initial
            if at is not None and initial and at.find(body) is not MISSING:
                assert at.find(body) in initial


def test_every_refusal_is_valid(contract: Contract, caller: Callable[..., Any]) -> None:
    """Every reading of every condition that can arise is a refusal, and valid where documented."""
    client, judged = caller(contract), 0
    values = dict.fromkeys(("detail", "param", "task_id", "status", "model", "reason", "reason_code"), "x")
    for requirement in requirements(contract):
        if requirement.kind != "error-status":
            continue
        role, row = requirement.subject.role, requirement.subject.row
        for reading in row.readings:
            context = ErrorContext(client.mock.call(), values)
            body = None if reading.body is None else reading.body.render(context)
            asked = creates(contract, row.condition) if role is Role.CREATE else contract.roles[role]
            for operation in () if reading.tolerated else asked:
                assert problems(operation, reading.status, body) == [], requirement.id
            assert matching_reading(row, reading.status, body) is not None
            if role in (Role.CREATE, Role.QUERY) and reading.status < 500:
                assert judge_call(contract, role, reading.status, body) is CallOutcome.REFUSED, requirement.id
            judged += 1
    assert judged >= 5


def test_refusals_on_demand(contract: Contract, caller: Callable[..., Any]) -> None:
    """`refuse-create` and `refuse-query` answer once as the document says under that condition, then truly."""
    for role, scenario in ((Role.CREATE, "refuse-create"), (Role.QUERY, "refuse-query")):
        conditions = {row.condition for row in contract.error_rows() if role in row.roles}
        operation = contract.roles[role][0]
        for condition in conditions & {"rate-limited", "server-error", "unavailable", "insufficient-balance"}:
            client = caller(contract)
            client.mock.schedule(f"{scenario}:{condition}")
            answer = client.create() if role is Role.CREATE else client.query(client.new())
            row = contract.error(role, condition)
            assert row is not None
            body = read(operation, answer)
            assert answer.status == row.made.status
            assert matching_reading(row, answer.status, body) is row.made
            answer = client.create()
            assert judge_call(contract, Role.CREATE, answer.status, orjson.loads(answer.body)) is CallOutcome.ACCEPTED


def test_lists_are_valid(contract: Contract, caller: Callable[..., Any]) -> None:
    operation = contract.operation(Role.LIST)
    if operation is None or contract.listing is None:
        assert Role.LIST not in contract.roles
        return
    client, models, path = caller(contract), first_of_all(contract), operation.path
    for name, word in operation.model_parameters:  # one list for each mode
        models = models[:1]
        path = path.replace(f"{{{name}}}", models[0].word(word))
    assert contract.listing.items.find(read(operation, client.send("GET", path))) == []
    made = []
    for index, scenario in enumerate(["success", "failure", "never-ending", "immediate"]):
        client.mock.schedule(scenario)
        made.append(client.new(model=models[index % len(models)].name))
        client.clock.advance(1)
    client.clock.advance(500)
    body = read(operation, client.send("GET", path))
    items = contract.listing.items.find(body)
    text = [orjson.dumps(item).decode() for item in items]
    assert [identity in shown for identity, shown in zip(reversed(made), text, strict=True)] == [True] * 4
    assert judge_call(contract, Role.LIST, 200, body) is CallOutcome.ACCEPTED
