"""What several test modules need: a small made-up document with every role, and a caller that drives a mock."""

import gc
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, settings

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.contract import ErrorRow
from screentest_contracts.generate import derived
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_mockserver import ManualClock, ProviderMock
from screentest_mockserver.state.facts import MockOptions
from screentest_mockserver.state.records import File
from screentest_mockserver.state.store import Store
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.answer import Answer, Headers, Request
from tests.redis_server import RedisServer, own_redis

# The same commit gives the same result; `nox -s explore` looks where no run has looked before.
# A slow machine is no failure.
patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("screentest", patient, print_blob=True, derandomize=True)
settings.register_profile("explore", patient, print_blob=True, max_examples=2000)
settings.load_profile("screentest")

# A shell that starts the tests in the background (so does many a CI runner) has SIGINT ignored, and every program that
# a test starts would inherit that: no Ctrl-C could be tested. A handler, whatever it does, is not inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # under nohup
    signal.signal(signal.SIGHUP, lambda *_: None)

# What the programs that the tests start must not inherit: containers like to forbid bytecode, and each program would
# compile all that it imports; the others change what pytest and rich print (in CI, pytest says every error twice).
for name in (
    *("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS", "CI", "BUILD_NUMBER", "COLUMNS", "LINES"),
    *("NO_COLOR", "FORCE_COLOR", "PY_COLORS", "CLICOLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"),
):
    os.environ.pop(name, None)


# What others would have: tests of ours copy and install it.
collect_ignore = ["extension_package", "user_project"]


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not walk it again with each of the runs that the tests judge."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


SMALL = """\
openapi: 3.1.0
info: {title: Acme, version: "1"}
servers: [{url: "https://api.acme.example"}]
security: [{key: []}]
paths:
  /jobs:
    post:
      operationId: make
      parameters: [{name: X-Async, in: header, required: true, schema: {type: string, enum: [enable]}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Clip"}}}}
      responses: &answers
        "200": &answer {description: an object, content: {application/json: {schema: {type: object}}}}
        default: *answer
    get:
      operationId: all
      parameters: [{name: limit, in: query, schema: {type: integer}}]
      responses: *answers
  /jobs/{task_id}:
    parameters: &id [{name: task_id, in: path, required: true, schema: {type: string}}]
    get: {operationId: look, responses: *answers}
  /look:
    get:
      operationId: lookByQuery
      parameters: [{name: task_id, in: query, required: true, schema: {type: string}}]
      responses: *answers
    post:
      operationId: lookByBody
      requestBody:
        content:
          application/json: {schema: {type: object, properties: {task_id: {type: string}}, required: [task_id]}}
      responses: *answers
  /jobs/{task_id}/result:
    parameters: *id
    get: {operationId: result, responses: *answers}
  /jobs/{task_id}/content:
    parameters: *id
    get: {operationId: bytes, responses: {"200": {description: a video}, default: *answer}}
  /jobs/{task_id}/cancel:
    parameters: *id
    post: {operationId: stop, responses: {"202": *answer, default: *answer}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key, x-prefix: "Key "}}
  schemas:
    Clip:
      type: object
      required: [model]
      additionalProperties: false
      properties:
        model: {const: clip-1}
        prompt: {type: string, maxLength: 20}
        duration: {type: integer, minimum: 2, maximum: 9, default: 4}
        callback_url: {type: string, x-public-url: {schemes: [https]}}
x-task:
  version: 1
  source: [A1]
  provider: {name: acme, title: Acme, key: ACME_API_KEY}
  sources: {A1: {title: A page}, A2: {title: Another page}}
  settings:
    colour:
      statement: Two pages print two colours.
      default: red
      readings: {red: the first page, blue: the second page}
  roles:
    create: [make]
    query: [look, lookByQuery, lookByBody]
    result: [result]
    content: [bytes]
    list: [all]
    cancel: [stop]
  success:
    create: {status: [200, 201], present: [/job/id], absent: [/error]}
    query: {status: [200], equals: {/ok: [true]}}
    cancel: {status: [202]}
  error: {code: [/error/code], message: [/error/message], param: [/error/param]}
  request: {model: /model, prompt: /prompt, duration: /duration, callback_url: /callback_url}
  models: {clip-1: {schema: Clip, base: {model: clip-1}}}
  id: {at: [/job/id, /id], forms: {make: "job-{{random:hex:12}}", pattern: "^job-"}}
  values: {row: "integer:1:9"}
  lifecycle:
    status: /state
    receipt: /job/state
    initial: {WAIT: queued}
    statuses:
      WAIT: {class: queued}
      RUN: {class: running}
      DONE: {class: succeeded}
      BAD: {class: failed}
      STOPPED: {class: cancelled}
    transitions: {WAIT: [RUN, DONE, BAD, STOPPED], RUN: [DONE, BAD, STOPPED]}
  profiles:
    default:
      typical: 100
      receipt: {job: {id: "{{id}}", state: WAIT}, created: "{{created|epoch-s}}", row: "{{value:row}}"}
      stages:
        - {status: WAIT, share: 25}
        - {status: RUN, share: 75, progress: [10, 90]}
      outcomes:
        succeeded: {status: DONE, progress: 100}
        failed: {status: BAD}
        cancelled: {status: STOPPED}
      bodies:
        WAIT: &body
          ok: true
          id: "{{id}}"
          state: WAIT
          progress: "{{progress|percent}}"
          data: {~json: {job: "{{id}}", created: "{{created|iso-ms}}", ended: "{{finished|iso-ms|omit}}"}}
          row: "{{value:row}}"
          said: "{{prompt}}"
        RUN: {<<: *body, state: RUN}
        DONE: {<<: *body, state: DONE}
        BAD: {<<: *body, state: BAD, why: "{{reason_code}}: {{reason}}"}
        STOPPED: {<<: *body, state: STOPPED}
      result: {DONE: {id: "{{id}}", video: "{{link}}", colour: red}}
      item: {id: "{{id}}", state: "{{status}}"}
  failures: [{code: dull, message: Nobody would watch it.}, {code: dim, message: Too dark.}]
  errors:
    - condition: missing-key
      readings: {status: 401, body: {error: {code: no-key, message: "{{text:Who are you?}}"}}}
    - condition: unknown-task
      "on": [query, result, content, cancel]
      readings:
        - {when: {colour: red}, status: 404, body: &gone {error: {code: no-job, message: "No job {{task_id}}."}}}
        - {when: {colour: blue}, status: 410, body: *gone}
    - condition: invalid-body
      readings: {status: 422, body: {error: {code: bad, message: "{{detail}}", param: "{{param||omit}}"}}}
    - condition: not-ready
      "on": [result, content]
      readings: {status: 409, headers: {Retry-After: "7"}, body: {error: {code: wait, message: "It is {{status}}."}}}
    - condition: not-cancellable
      "on": [cancel]
      readings: {status: 409, body: {error: {code: late, message: "It is {{status}}."}}}
    - {condition: rate-limited, readings: {status: 429, headers: {Retry-After: "3"}, body: {error: {code: slow}}}}
  link: {at: /video, make: "{{base}}/jobs/{{id}}/content", auth: required, life: 3600, range: true}
  list: {body: {jobs: "{{items}}"}, items: /jobs, parameter: limit, default: 2, maximum: 3}
  cancel: {from: [queued, running], body: {id: "{{id}}", state: "{{status}}"}}
  callback: {url: /callback_url, "on": [succeeded, failed, cancelled], timeout: 5, retries: [1, 2, 4]}
  retention: {task: 7200, from: finished}
  headers: {X-Trace: {make: "{{random:uuid}}"}}
"""

Settings = Mapping[str, str]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Caller:
    """Drives the mock of one contract as an HTTP client would, in virtual time and without a network."""

    def __init__(self, contract: Contract, store: Store | None = None, **options: Any) -> None:
        self.contract = contract
        self.clock = ManualClock(1_780_000_000)
        self.mock = ProviderMock(contract, self.clock, store=store, options=MockOptions(seed=0, **options))
        for reference in contract.upload.stand_ins if contract.upload is not None else ():  # as if they were uploaded
            self.mock.store.add_file(File(str(reference), str(reference), "good", float("inf"), True))

    def send(
        self, method: str, path: str, body: bytes | None = None, *, key: str | None = GOOD_KEY, headers: Headers = ()
    ) -> Answer:
        """One request; `path` may have a query. Sends the key and every header that the create operation wants."""
        path, _, query = path.partition("?")
        fields = [(b"host", b"mock.test"), *headers]
        if key == GOOD_KEY and self.contract.token is not None:
            key = self.mock.credential()
        if key is not None and self.contract.key_header:
            fields.append((self.contract.key_header.encode(), (self.contract.key_prefix + key).encode()))
        if body is not None and not any(name == b"content-type" for name, _ in headers):
            fields.append((b"content-type", b"application/json"))
        for parameter in self.contract.roles[Role.CREATE][0].parameters:
            if parameter.get("in") == "header" and parameter.get("required"):
                fields.append((parameter["name"].lower().encode(), parameter["schema"]["enum"][0].encode()))
        return self.mock.handle(Request(method, path, query.encode(), fields, body or b"", "http://mock.test"))

    def create(self, body: Any = None, *, model: str = "", operation: Any = None, **options: Any) -> Answer:
        """Creates with a JSON value (default: the model's base body)."""
        chosen = self.contract.models[model] if model else next(iter(self.contract.models.values()))
        operation = operation or chosen.operations[0]
        content = body if isinstance(body, bytes) else orjson.dumps(chosen.base if body is None else body)
        return self.send(operation.method, operation.path, content, **options)

    def new(self, body: Any = None, **options: Any) -> str:
        """Creates and gives the task's id."""
        answer = self.create(body, **options)
        found = self.contract.id.at.find(orjson.loads(answer.body))
        assert isinstance(found, str), (answer.status, answer.body)
        return found

    def on(self, role: Role, task_id: str, operation: Any = None, **options: Any) -> Answer:
        """Calls an operation about a task, its id wherever the operation wants it."""
        operation = operation or self.contract.roles[role][0]
        carrier = operation.id_parameter
        task = self.mock.store.get_task(task_id)
        if operation.shown_id is not None:
            name = operation.shown_id.value
            task_id = str(derived(self.contract.values[name], task_id, name))
        path, body = operation.path.replace("{" + operation.carrier + "}", task_id), None
        model = next(iter(self.contract.models.values())) if task is None else task.model
        for name, word in operation.model_parameters:
            path = path.replace("{" + name + "}", quote(model.word(word), safe=""))
        if carrier is not None and carrier["in"] == "query":
            path = f"{path}?{carrier['name']}={task_id}"
        elif carrier is None:
            body = orjson.dumps({operation.carrier: task_id})
        return self.send(operation.method, path, body, **options)

    def query(self, task_id: str, operation: Any = None, **options: Any) -> Answer:
        return self.on(Role.QUERY, task_id, operation, **options)

    def status(self, task_id: str) -> str:
        """The status word that a query shows."""
        status = self.contract.lifecycle.read(orjson.loads(self.query(task_id).body))
        assert status is not None
        return status.name

    def accepted(self, answer: Answer) -> bool:
        """Whether a create was accepted."""
        return judge_call(self.contract, Role.CREATE, answer.status, orjson.loads(answer.body)) is CallOutcome.ACCEPTED

    def says(self, role: Role, condition: str, answer: Answer, member: str = "") -> bool:
        """Whether an answer is what the document lets the mock say under a condition."""
        row = self.contract.error(role, condition, member)
        assert row is not None, f"{self.contract.name} has no row for {condition} on {role}"
        return shows(row, answer)

    def documented(self, role: Role, answer: Answer) -> bool:
        """Whether an answer is a success, or any refusal of the catalogue in the vendor's own words."""
        if judge_call(self.contract, role, answer.status, orjson.loads(answer.body)) is CallOutcome.ACCEPTED:
            return True
        return any(shows(row, answer) for (on, _), rows in self.contract.errors.items() if on is role for row in rows)


def shows(row: ErrorRow, answer: Answer) -> bool:
    """Whether an answer has the status and the literal members of what the mock says for a row."""
    made = row.made
    if answer.status != made.status or made.body is None:
        return answer.status == made.status and answer.body == b""
    return not made.body.mismatches(orjson.loads(answer.body))


@pytest.fixture(scope="session")
def caller() -> Callable[..., Caller]:
    """Makes a Caller from a contract and options of ProviderMock."""
    return Caller


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that runs while these tests do."""
    with own_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def small_text() -> str:
    """The small document as YAML."""
    return SMALL


@pytest.fixture(scope="session")
def small_tree() -> Callable[[], dict[str, Any]]:
    """Makes fresh copies of the small document as plain data."""
    text = json.dumps(yaml.safe_load(SMALL))
    return lambda: json.loads(text)  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def load_tree(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Contract]:
    """Loads a document given as plain data, by way of a file called `acme.json`."""
    file = tmp_path_factory.mktemp("document") / "acme.json"

    def load(tree: Any, chosen: Settings | None = None) -> Contract:
        file.write_text(json.dumps(tree))
        return load_contract(file, chosen)

    return load


@pytest.fixture(scope="session")
def small(small_tree: Any, load_tree: Any) -> Contract:
    """The contract of the small document."""
    return load_tree(small_tree())


@pytest.fixture(scope="module")  # while it is open, no other event loop can run in this thread
def browser() -> Iterator[Any]:
    """A headless Chromium of the system (CONTRIBUTING.md says how to get one). Without it these tests are skipped."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: --group dev has it")
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no Chromium on this machine: none of {', '.join(BROWSERS)} is on the path")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()
