"""Sends requests: within the budget, patient with who says slow down, and every answer kept."""

import threading
from collections.abc import Iterable
from dataclasses import replace

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.location import MISSING
from screentest_contracts.reading import CallOutcome, judge_call, task_id
from screentest_contracts.times import read_date
from screentest_suites.core.credential import is_good_account
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import EXTRA_TASK, PAID_IN_VAIN, NotObservedError, Skip
from screentest_suites.requests.builder import RequestBuilder
from screentest_suites.spending import Entry, Ledger, ReservationState, model_named, worst_price
from screentest_suites.targets.target import Target
from screentest_suites.tasks.earlier import EarlierTasks
from screentest_suites.tasks.pace import Pace
from screentest_suites.tasks.uploads import Uploads

MAX_RETRIES = 4
"""How often one request is repeated after 429 before the answer is taken as it is."""


class Client:
    """Sends the requests of a run to its target. Thread-safe.

    `seen` holds every answer with the role of its request, `unwanted_tasks` the tasks that were made although their
    request should have been refused; `earlier` has the tasks from which creates go on. The purpose of a request stands
    in it.
    """

    def __init__(self, builder: RequestBuilder, target: Target, options: Options, ledger: Ledger) -> None:
        self.contract = builder.contract
        self.builder = builder
        self.target = target
        self.options = options
        self.ledger = ledger
        self.pace = Pace(self.contract, target, options)
        self.uploads = Uploads(builder, target, self._exchange, options.speed)
        self.earlier: EarlierTasks | None = None
        self.seen: list[tuple[Role, Exchange]] = []
        self.unwanted_tasks: list[Trace] = []
        self._ahead: dict[tuple[object, ...], Exchange | NotObservedError] = {}
        self._paid_in_vain: set[str] = set()
        self._waited_in_vain = False
        self.spelling = threading.Lock()  # while it is found out how ids are spelled
        self._lock = threading.Lock()

    def send(
        self, role: Role, sent: SentRequest, *, patient: bool = True, valid: bool = False, once: bool = False
    ) -> Exchange:
        """Sends a request; a create only if the budget covers it.

        `patient`: 429 is waited for and the request repeated. `valid`: a create is meant to be accepted; `once`: it is
        not sent where another one of its purpose was accepted that should have been refused, and paid for. Raises
        NotObservedError for a request that was not sent for want of money, or that a recording does not hold.
        """
        if role is not Role.CREATE:
            return self._exchange(role, sent, patient=patient)
        if not self.options.metered:
            return self._exchange(role, self._whole(sent), patient=patient)
        answered = self._ahead.get(self.builder.identity(sent))
        if isinstance(answered, NotObservedError):
            raise answered
        if answered is not None:
            return answered
        if once and sent.purpose in self._paid_in_vain:
            raise NotObservedError(Skip.NEEDS_SPEND, PAID_IN_VAIN)
        price = worst_price(self.contract, sent, self.options.assumed_price)
        entry = self.ledger.reserve(sent, sent.purpose, model_named(self.contract, sent), price)
        try:
            whole = self._whole(sent)
        except BaseException:
            self.ledger.close(entry, ReservationState.RELEASED)  # the create itself was not sent
            raise
        try:
            exchange = self._exchange(role, whole, patient=patient)
        except BaseException:
            self.ledger.close(entry, ReservationState.UNKNOWN)
            raise
        self._settle(entry, sent, exchange, valid=valid)
        return exchange

    def ask_ahead(self, planned: Iterable[Entry]) -> None:
        """Sends creates that are to be refused, before anything is paid for; `send` returns their answers later. Those
        of a requirement for which a task was made are left to its check, which may have seen enough."""
        for entry in planned:
            if entry.purpose in self._paid_in_vain or (self.earlier and self.earlier.needed_by(entry.sent)):
                continue  # the task to go on from is not paid for yet
            try:
                answer: Exchange | NotObservedError = self.send(Role.CREATE, replace(entry.sent, purpose=entry.purpose))
            except NotObservedError as unseen:
                answer = unseen
            self._ahead[self.builder.identity(entry.sent)] = answer

    def _whole(self, sent: SentRequest) -> SentRequest:
        """A create with the files and the earlier task that it names; they are made if they are not there."""
        return self.uploads.with_files(sent if self.earlier is None else self.earlier.with_earlier(sent))

    def refuse_extra_tasks(self) -> None:
        """Raises NotObservedError where tasks cost money: for a task beside the one that checks share."""
        if self.options.metered:
            raise NotObservedError(Skip.NEEDS_SPEND, EXTRA_TASK)

    def _settle(self, entry: Entry, sent: SentRequest, exchange: Exchange, *, valid: bool) -> None:
        """Notes what an answer says about the money, and a task that nobody wanted."""
        identity = None if exchange.error else task_id(self.contract, exchange.json)
        outcome = judge_call(self.contract, Role.CREATE, exchange.status, exchange.json)
        if exchange.error:
            never_sent = exchange.status == 0 and exchange.error.startswith("no connection")
            self.ledger.close(entry, ReservationState.RELEASED if never_sent else ReservationState.UNKNOWN)
        elif outcome is CallOutcome.ACCEPTED and identity is not None:
            self.ledger.close(entry, ReservationState.SETTLED, identity)
            entry.unwanted = not valid
            if entry.unwanted:
                self._paid_in_vain.add(sent.purpose)
            if entry.unwanted and is_good_account(sent.credential):  # nobody else's task can be asked for
                self._regret(Trace(entry.model, MISSING, exchange, identity, plan=entry.purpose))
        elif outcome is CallOutcome.REFUSED and identity is None and _nothing_was_made(entry, exchange):
            self.ledger.close(entry, ReservationState.RELEASED)
        else:
            self.ledger.close(entry, ReservationState.UNKNOWN, identity or "")

    def _regret(self, trace: Trace) -> None:
        """Cancels a task that nobody wanted, at once, where that can be; later it is followed to its end."""
        self.unwanted_tasks.append(trace)
        if trace.model:
            self.builder.note_model(trace.task_id, self.contract.models[trace.model])
        cancel = self.contract.operation(Role.CANCEL) or self.contract.stopping(StatusClass.QUEUED)
        if cancel is not None:
            purpose = trace.created.sent.purpose
            self.send(cancel.role, self.builder.request(cancel, task=trace.task_id, purpose=purpose))

    def _exchange(self, role: Role, sent: SentRequest, *, patient: bool = True) -> Exchange:
        """Sends; waits and repeats when told to slow down (429: nothing was created, unless an id came with it).

        Who still says 429 after all the waiting has not limited a rate but refused: that is the answer, without
        waiting again, until something else is said. So it is where the wait that is asked for is longer than a task may
        take, or than patience allows after a first wait.
        """
        exchange, waited = self._once(role, sent), 0.0
        for attempt in range(MAX_RETRIES + 1):
            with self._lock:
                created = exchange.error or task_id(self.contract, exchange.json) is not None
                if exchange.status != 429 or (created and role is Role.CREATE):
                    self._waited_in_vain = False
                    return exchange
                if attempt == MAX_RETRIES:
                    self._waited_in_vain = True
                if not patient or self._waited_in_vain:
                    return exchange
            stated = retry_after(exchange)
            wait = min(self.pace.interval * 2**attempt, self.pace.patience) if stated is None else stated
            if excessive_wait(exchange, self.pace.timeout) or (waited and waited + wait > self.pace.patience):
                self._waited_in_vain = True
                return exchange
            self.target.sleep(wait)
            waited += wait
            try:
                exchange = self._once(role, sent)
            except NotObservedError:  # a recording in which it was not asked once more
                return exchange
        return exchange

    def _once(self, role: Role, sent: SentRequest) -> Exchange:
        exchange = self.target.send(sent)
        with self._lock:
            self.seen.append((role, exchange))
        return exchange


def _nothing_was_made(entry: Entry, exchange: Exchange) -> bool:
    """Whether a refusal leaves no doubt that nothing was made. A 408 tells of time, not of the task; a server error
    does so only where no known model was named, as documents have it."""
    return exchange.status != 408 and (exchange.status < 500 or not entry.model)


def retry_after(exchange: Exchange) -> float | None:
    """Seconds that an answer asks to wait, as a number or as an HTTP date; None where it does not say."""
    text = (exchange.header("retry-after") or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    moment = read_date(text)
    return None if moment is None else max(moment - exchange.received_at, 0.0)


def excessive_wait(exchange: Exchange, timeout: float) -> str:
    """What is said of an answer that asks to wait longer than a task may take; "" for any other."""
    wait = retry_after(exchange) if exchange.status == 429 and not exchange.error else None
    if wait is None or wait <= timeout:
        return ""
    return f"answered 429, and asks to wait {wait:g} s, where a task may take {timeout:g} s"
