"""The create operation: a task for what is asked, and its receipt."""

import sys
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import orjson

from screentest_contracts.contract import Callback, Model, Role, StatusClass
from screentest_contracts.generate import derived
from screentest_contracts.location import MISSING, replaced
from screentest_mockserver.operations.asked import Asked
from screentest_mockserver.operations.balance import booked
from screentest_mockserver.operations.callbacks import callbacks_of
from screentest_mockserver.operations.find import alias_of
from screentest_mockserver.operations.waiting import end_of, wait_of
from screentest_mockserver.operations.wanted import value_at, wanted_video
from screentest_mockserver.state.effects import Outcome, TaskAdded
from screentest_mockserver.state.hooks import NO_HOOKS, BodyHookContext, Call
from screentest_mockserver.state.render import TaskContext, response_headers
from screentest_mockserver.state.written import written
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer


def create(call: Call, account: Account, asked: Asked, scenario: Scenario) -> Outcome:
    """A new task that follows a scenario, and its receipt. Its id may be taken: then nothing is to come of it."""
    scenario = _as_asked(call, asked, scenario)
    task = new_task(call, account, asked, scenario)
    answer = receipt(call, task)
    answer.drop = scenario.lose_create
    answer.delay = scenario.delay / call.speed + scenario.create_delay
    seconds = wait_of(call, task, asked.body)
    if seconds is not None and not answer.drop:
        answer.delay += seconds
        answer.later = _after_wait
    aliases = _aliases(call, task) if call.facts.other_ids else ()
    callbacks = callbacks_of(call, task) if task.callback_url else ()
    return answer, (TaskAdded(task, aliases, asked.keys, callbacks), *booked(call, task))


def _as_asked(call: Call, asked: Asked, scenario: Scenario) -> Scenario:
    """The scenario, which ends as the request asks where it is one of those that are documented to fail."""
    failures = call.facts.failures and [each for each in call.facts.failures if each.is_asked_by(asked.body)]
    failure = next((each for each in failures if call.hooks.fails(call, each)), None) if failures else None
    if failure is None or scenario.outcome is not StatusClass.SUCCEEDED:
        return scenario
    return replace(scenario, outcome=StatusClass.FAILED, failure=failure.code)


def _after_wait(call: Call, task: Task) -> Answer:
    """The answer to a create that has waited: the end of its task, or the receipt."""
    return end_of(call, task) or receipt(call, task)


def _aliases(call: Call, task: Task) -> tuple[str, ...]:
    """By what operations find the task that want another id than its own."""
    values = call.facts.contract.values
    other_ids = call.facts.other_ids.items()
    return tuple(alias_of(role, str(derived(values[name], task.id, name))) for role, name in other_ids)


def new_task(call: Call, account: Account, asked: Asked, scenario: Scenario) -> Task:
    """A task that follows a scenario, with an id that is new in all likelihood."""
    facts, model, body = call.facts, asked.model, asked.body
    callback = facts.contract.callback
    callback_url = _address(call, callback, body) if callback is not None else None
    task = Task(
        id="",
        account=account,
        model=model,
        plan=facts.plan(model, scenario),
        created=call.now,
        wanted=wanted_video(call, model, body, asked.earlier),
        seed=value_at(model.request.seed, body),
        request=_heard(call, model, body) if facts.keeps_request[model.profile] else None,
        base=sys.intern(call.request.base),  # tasks share one text
        callback_url=callback_url if isinstance(callback_url, str) and callback_url else None,
        scenario=scenario if scenario.has_faults else None,
        name=_name(asked),
        earlier=None if asked.earlier is None else asked.earlier.id,
    )
    task.id = str(facts.contract.id.made.make.render(TaskContext(call, task, task.plan.receipt)))
    return call.hooks.task(call, task)


def _heard(call: Call, model: Model, body: Any) -> Any:
    """What has an effect of a request."""
    for path in call.facts.ignored[model.name]:
        body = replaced(body, path, MISSING)
    return body


def _name(asked: Asked) -> str | None:
    """The name of the model that answers show, where it is not that of its entry."""
    if asked.earlier is not None and not asked.model.is_named_in(asked.body):
        return asked.earlier.named
    return None if asked.model.names is None else asked.model.named_in(asked.body)


def _address(call: Call, rule: Callback, body: Any) -> Any:
    """Where a task calls back: what the request or its address says."""
    if rule.parameter is None:
        return rule.url.find(body)
    return next(iter(parse_qs(call.request.query.decode("latin-1")).get(rule.parameter, ())), None)


def receipt(call: Call, task: Task) -> Answer:
    """What a create answers with."""
    state = task.plan.receipt
    template = call.facts.receipt_templates[task.model.profile]
    status = call.facts.success_statuses[Role.CREATE]
    if call.hooks.body is not NO_HOOKS.body:
        view = BodyHookContext(call, Role.CREATE, "receipt", task, state)
        body = orjson.dumps(call.hooks.body(view, template.render(TaskContext(call, task, state))))
    else:
        body = written(call, task, state, template)
    headers = response_headers(call, Role.CREATE, status, task, state)
    answer = Answer(status, headers, body, task.id)
    answer.said = "receipt"
    return answer


def replay(call: Call, task: Task) -> Outcome:
    """The receipt of a task once more, for a create that repeats it."""
    answer = receipt(call, task)
    answer.said = "replayed"
    rule = call.facts.contract.idempotency
    if rule is not None and rule.replayed is not None:
        name, value = rule.replayed
        answer.headers.append((name.lower().encode("latin-1"), (value or "true").encode("latin-1")))
    return answer, ()
