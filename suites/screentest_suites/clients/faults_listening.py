"""Faults in what a client does with callbacks."""

from collections.abc import Mapping
from typing import Any

import orjson

from screentest_contracts.contract import Contract, StatusClass
from screentest_suites.clients.calls import NoVideoError
from screentest_suites.clients.faults import fault
from screentest_suites.clients.listening import ListeningClient, can_listen


def _signs(contract: Contract) -> bool:
    return contract.callback is not None and contract.callback.signature is not None


def _shows_task(contract: Contract) -> bool:
    """Whether callbacks show what a query does."""
    return contract.callback is not None and not contract.callback.bodies


@fault("callback-refused", "callbacks are answered 500", "client.callback.answered", applies=can_listen)
class _Refuses(ListeningClient):
    def acknowledged(self) -> int:
        return 500


@fault("callback-redirected", "callbacks are answered by a redirect", "client.callback.answered", applies=can_listen)
class _Redirects(ListeningClient):
    def acknowledged(self) -> int:
        return 302


@fault("callback-unanswered", "callbacks get no answer in time", "client.callback.answered", applies=can_listen)
class _Silent(ListeningClient):
    def acknowledged(self) -> int:
        return 0


@fault("callback-unverified", "the signature of callbacks is not looked at", "client.callback.forged", applies=_signs)
class _Unverified(ListeningClient):
    def verified(self, body: bytes, headers: Mapping[str, str]) -> bool:
        return True


@fault(
    "callback-believed",
    "what a callback says is believed, whoever sent it",
    "client.callback.forged",
    applies=_shows_task,
)
class _Believes(ListeningClient):
    def verified(self, body: bytes, headers: Mapping[str, str]) -> bool:
        return True

    def progress(self, body: Any) -> Any:
        told = [self.contract.lifecycle.read(orjson.loads(each), view="callback") for each in self.callbacks]
        if any(each is not None and each.status_class is StatusClass.FAILED for each in told):
            raise NoVideoError("a callback says that the task has failed")
        return super().progress(body)


@fault(
    "callback-counted",
    "a callback that comes twice ends all",
    "client.callback.repeated",
    also=("client.callback.*",),
    applies=can_listen,
)
class _Counts(ListeningClient):
    def progress(self, body: Any) -> Any:
        if len(self.callbacks) != len(set(self.callbacks)):
            raise NoVideoError("the task has ended twice")
        return super().progress(body)


@fault(
    "callback-awaited",
    "a task is not asked for before a callback has come",
    "client.callback.no",
    also=("client.*",),
    applies=can_listen,
)
class _OnlyListens(ListeningClient):
    def wait(self, task: str) -> Any:
        self.task, until = task, self.wire.now() + self.patience()
        while not self.callbacks:
            if self.wire.now() > until:
                raise NoVideoError("no callback has come")
            self.wire.sleep(self.interval(0))
        return super().wait(task)
