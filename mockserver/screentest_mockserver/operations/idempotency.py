"""Creates that are repeated with a key: the first task's receipt again, and no second task."""

import json
from hashlib import sha256
from typing import Any

from screentest_contracts.contract import Idempotency, Model, Role
from screentest_contracts.location import MISSING, replaced, segments
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.records import Key, Remembered
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account


def keys_of(call: Call, rule: Idempotency, account: Account, model: Model, body: Any) -> tuple[Key, ...]:
    """The keys under which a create is looked up and remembered: one, none where it brings none."""
    text = call.request.header(call.facts.idempotency_header) if rule.at is None else rule.at.find(body)
    if not isinstance(text, str) or not text:
        return ()
    asked = digest(rule, model, body)
    expires = None if rule.life is None else call.now + rule.life / call.speed
    return tuple(Key(owner, key, asked, expires) for owner, key in call.hooks.keys(account, text, asked))


def check_replay(call: Call, asked: bytes, known: Remembered, task: Task) -> bool:
    """Whether a create repeats the task that its key stands for; False: the key counts for nothing. Raises Refusal
    where it stands for something else."""
    find_replayed_task = call.hooks.recall(call, asked, known, task)
    if find_replayed_task is None:
        return False
    if find_replayed_task.asked != asked:
        raise Refusal(Role.CREATE, "idempotency-conflict", detail="the key was used with another body")
    return True


def digest(rule: Idempotency, model: Model, body: Any) -> bytes:
    """The same for requests that ask for the same, however their bodies are written and whatever their keys."""
    if rule.at is not None:
        body = replaced(body, segments(rule.at.pointers[0]), MISSING)
    return sha256(json.dumps([model.name, body], sort_keys=True).encode()).digest()
