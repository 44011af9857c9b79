"""Creates that are repeated with a key: the first task's receipt again, and no second task."""

import json
from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from screentest_contracts.contract import Idempotency, Model, Role
from screentest_contracts.location import MISSING, replaced, segments
from screentest_mockserver.state.refusals import Refusal
from screentest_mockserver.tasks.store import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock


class Remembered(NamedTuple):
    """What a key stands for: its task, and a digest of what was asked for."""

    task: Task
    asked: bytes


class Keys:
    """The keys of a mock's accounts. One is forgotten after its life, or when the store has forgotten its task."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Remembered] = OrderedDict()

    def add(self, mock: "ProviderMock", account: Account, key: str, made: Remembered) -> None:
        """Remembers a new key."""
        self._known[account.name, key] = made
        self._known.move_to_end((account.name, key))
        while self._known and not self._lives(mock, next(iter(self._known.values()))):
            self._known.popitem(last=False)

    def find(self, mock: "ProviderMock", account: Account, key: str) -> Remembered | None:
        """What an account's key stands for."""
        found = self._known.get((account.name, key))
        return found if found is not None and self._lives(mock, found) else None

    def clear(self) -> None:
        """Forgets everything."""
        self._known.clear()

    def __iter__(self) -> Iterator[tuple[str, str, Remembered]]:
        """(name of the account, key, what it stands for), the oldest first."""
        return ((account, key, made) for (account, key), made in self._known.items())

    def __len__(self) -> int:
        return len(self._known)

    def _lives(self, mock: "ProviderMock", made: Remembered) -> bool:
        rule = mock.contract.idempotency
        ended = rule is not None and rule.life is not None and mock.elapsed(made.task) >= rule.life
        return not ended and mock.store.get(made.task.id) is not None


def key_of(rule: Idempotency, request: Request, body: Any) -> str | None:
    """The key that comes with a create, or None."""
    key = request.header(str(rule.header).lower().encode("latin-1")) if rule.at is None else rule.at.find(body)
    return key if isinstance(key, str) and key else None


def find_replayed_task(mock: "ProviderMock", account: Account, key: str, asked: bytes) -> Task | None:
    """The task that a create repeats, or None for a new one. Raises Refusal where the key stands for something else."""
    known = mock.idempotency_keys.find(mock, account, key)
    if mock.deviation is not None and mock.deviation.recall is not None:
        known = mock.deviation.recall(mock, account, key, asked, known)
    if known is None:
        return None
    if known.asked != asked:
        raise Refusal(Role.CREATE, "idempotency-conflict", detail="the key was used with another body")
    return known.task


def digest(rule: Idempotency, model: Model, body: Any) -> bytes:
    """The same for requests that ask for the same, however their bodies are written and whatever their keys."""
    if rule.at is not None:
        body = replaced(body, segments(rule.at.pointers[0]), MISSING)
    return sha256(json.dumps([model.name, body], sort_keys=True).encode()).digest()
