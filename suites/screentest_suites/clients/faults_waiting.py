"""Faults in how a client waits."""

from dataclasses import replace
from typing import Any

import httpx

from screentest_contracts.contract import Role
from screentest_suites.clients.calls import NoVideoError
from screentest_suites.clients.faults import fault, has_floor
from screentest_suites.clients.reference import ReferenceClient
from screentest_suites.core.exchange import SentRequest


class _Burst(ReferenceClient):
    """Hurries for most of its polls, and then no longer: it lives to see its task's end."""

    polls = 0

    def often(self) -> float:
        """Seconds between two polls of a hurry."""
        raise NotImplementedError

    def interval(self, failures: int) -> float:
        self.polls += 1
        return self.often() if self.polls < 100 else super().interval(failures)


@fault(
    "polls-too-fast",
    "polls come faster than the document allows",
    "client.poll.floor",
    also=("client.poll.*",),
    applies=has_floor,
)
class _TooFast(_Burst):
    def often(self) -> float:
        return 0.3 * self.contract.polling.floor / self.pace


@fault(
    "polls-without-pause",
    "polls come one after the other",
    "client.poll.floor",
    "client.poll.interval",
    also=("client.*",),
)
class _NoPause(ReferenceClient):
    def interval(self, failures: int) -> float:
        return 0.02 / self.pace


@fault(
    "polls-often",
    "polls come more often than is advised",
    "client.poll.interval",
    applies=lambda c: c.polling.floor * 1.1 < c.polling.interval[0] * 0.8,
)
class _Often(_Burst):
    def often(self) -> float:
        return 1.1 * self.contract.polling.floor / self.pace


@fault(
    "lists-without-pause",
    "the list of tasks is asked over and over to see one end",
    "client.poll.floor",
    "client.poll.interval",
    also=("client.poll.rate",),
    applies=lambda c: Role.LIST in c.roles,
)
class _Lists(ReferenceClient):
    def query(self, task: str) -> SentRequest:
        for _ in range(3):
            self.send(self.builder.request(self.contract.roles[Role.LIST][0]))
            self.wire.sleep(0.1 * self.contract.polling.floor / self.pace)
        return super().query(task)


@fault("gives-up-early", "a task is given up on before tasks are done", "client.poll.patient", also=("client.*",))
class _GivesUpEarly(ReferenceClient):
    def patience(self) -> float:
        return 0.7 * self.contract.polling.shortest_wait / self.pace


@fault("polls-at-once", "the first poll comes at once", "client.poll.first", applies=lambda c: c.polling.first > 0)
class _AtOnce(ReferenceClient):
    def first_wait(self) -> float:
        return 0.0


@fault("ignores-retry-after", "polls do not wait as long as they are told to", "client.poll.retry-after")
class _IgnoresRetryAfter(ReferenceClient):
    poll_failures = 60

    def wait_for(self, answer: httpx.Response, failures: int) -> None:
        self.wire.sleep(self.interval(0) if answer.status_code != 429 else min(0.5, self.told_wait(answer) / 4))


@fault(
    "reads-no-dates",
    "Retry-After is understood as a number only",
    "client.poll.retry-after",
    "client.survives.retry-after-date",
)
class _ReadsNoDates(ReferenceClient):
    def wait_for(self, answer: httpx.Response, failures: int) -> None:
        told = answer.headers.get("retry-after", "0")
        if not told.isdigit():
            raise NoVideoError("Retry-After is no number")
        super().wait_for(answer, failures)


@fault(
    "gives-up-at-429",
    "a poll that is answered 429 ends all",
    "client.survives.rate-limited",
    also=("client.survives.*",),
)
class _GivesUpAt429(ReferenceClient):
    def is_trouble(self, answer: httpx.Response) -> bool:
        if answer.status_code == 429:
            raise NoVideoError("429")
        return super().is_trouble(answer)


@fault("gives-up-at-500", "a poll that is answered with a server error ends all", "client.survives.server-errors")
class _GivesUpAt500(ReferenceClient):
    def is_trouble(self, answer: httpx.Response) -> bool:
        if answer.status_code >= 500:
            raise NoVideoError("a server error")
        return super().is_trouble(answer)


@fault("gives-up-at-lost-poll", "a poll without an answer ends all", "client.survives.lost-polls")
class _GivesUpAtLostPoll(ReferenceClient):
    def give_up_after(self, failures: int, why: str) -> None:
        if why == "polls get no answer":
            raise NoVideoError(why)


@fault("hammers-after-500", "polls come faster after a server error", "client.poll.back-off", also=("client.poll.*",))
class _Hammers(ReferenceClient):
    def wait_for(self, answer: httpx.Response, failures: int) -> None:
        if answer.status_code >= 500:
            self.wire.sleep(0.1 * self.interval(0))
        else:
            super().wait_for(answer, failures)


@fault(
    "waits-for-ever", "a task that never ends is waited for without end", "client.poll.bounded", also=("client.end.*",)
)
class _ForEver(ReferenceClient):
    def patience(self) -> float:
        return 1e9


@fault(
    "looks-by-head",
    "HEAD asks whether there is anything new, before each poll",
    "client.paths",
    also=("client.poll.rate",),
)
class _LooksByHead(ReferenceClient):
    def query(self, task: str) -> SentRequest:
        sent = super().query(task)
        self.send(replace(sent, method="HEAD"))
        return sent


@fault(
    "polls-after-success",
    "a task that has succeeded is asked for on and on",
    "client.poll.ends.succeeded",
    also=("client.poll.*",),
)
class _PollsAfterSuccess(ReferenceClient):
    def fetch(self, task: str, body: Any) -> bytes:
        for _ in range(6):
            self.send(self.query(task))
            self.wire.sleep(self.interval(0))
        return super().fetch(task, body)


@fault("asks-for-other-task", "polls ask for another id than the receipt's", "client.poll.task", also=("client.*",))
class _OtherTask(ReferenceClient):
    def wait(self, task: str) -> Any:
        return super().wait(task[:-1] + ("a" if task[-1] != "a" else "b"))


@fault("asks-for-lost-task", "a task that is unknown is asked for on and on", "client.poll.lost-task")
class _AsksForLost(ReferenceClient):
    refused_polls = 10_000

    def interval(self, failures: int) -> float:
        return super().interval(0)

    def patience(self) -> float:
        return 1e9
