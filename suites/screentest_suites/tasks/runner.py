"""Makes tasks and follows them, for one purpose."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Unpack

from screentest_contracts.contract import Contract, Model, Operation, Role, StatusClass
from screentest_contracts.reading import CallOutcome, judge_call, link_of, matching_reading, task_id
from screentest_suites.core.credential import GOOD, NO_KEY, Credential
from screentest_suites.core.exchange import Exchange, Poll, SentRequest, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import NotObservedError, OutOfTimeError, SilenceError
from screentest_suites.requests.options import RequestOptions
from screentest_suites.tasks.client import Client, excessive_wait
from screentest_suites.tasks.download import Delivered, fetch
from screentest_suites.tasks.records import NEVER_ENDED, TaskRecords
from screentest_suites.tasks.spelling import settle

LOOKS = 12
"""Polls of a task after its end, at the most, where time is real; a third of them where it is virtual."""

GIVE_UP = 5
"""Polls in a row that do not show a task, after which it is given up."""


_OF_MODELS = {"forbidden-model", "unknown-model"}
"""Conditions of refusals that speak of the model alone."""


@dataclass(frozen=True)
class TaskRunner:
    """Makes tasks and follows them to their end. `purpose` is the id of the requirement for which this is done: all
    requests carry it. Cheap to copy: `client` and `records` are shared by the copies."""

    client: Client
    records: TaskRecords
    purpose: str = ""

    def for_purpose(self, purpose: str) -> "TaskRunner":
        """The same for another purpose."""
        return replace(self, purpose=purpose)

    @property
    def contract(self) -> Contract:
        return self.client.contract

    # -- requests -----------------------------------------------------------------------------------------------

    def request(self, operation: Operation, **options: Unpack[RequestOptions]) -> SentRequest:
        """A request of this purpose; options as `RequestBuilder.request`. Sends nothing."""
        return self.client.builder.request(operation, purpose=self.purpose, **options)

    def send(
        self, role: Role, sent: SentRequest, *, patient: bool = True, valid: bool = False, once: bool = False
    ) -> Exchange:
        """Sends a request, for this purpose where it has none; as `Client.send`."""
        sent = replace(sent, purpose=sent.purpose or self.purpose)
        return self.client.send(role, sent, patient=patient, valid=valid, once=once)

    # -- making tasks -------------------------------------------------------------------------------------------

    def create(
        self,
        model: Model,
        body: Any,
        *,
        operation: Operation | None = None,
        credential: Credential = GOOD,
        valid: bool = True,
        extra: bool = True,
        idempotency: str | None = None,
        query: str = "",
        headers: Iterable[tuple[str, str]] = (),
        once: bool = False,
        change: Callable[[SentRequest], SentRequest] | None = None,
    ) -> Exchange:
        """Sends one create request: a task, if it is accepted. `valid`: it is meant to be accepted; `extra`: the task
        is beside the one that checks share; `idempotency`: the key with which it can be repeated; `headers`: further
        ones; `once`: as `Client.send`; `change`: what is done to the request before it is sent.

        Raises NotObservedError when it would cost more than the run may spend.
        """
        if valid and extra:
            self.client.refuse_extra_tasks()
        operation = operation or model.operations[0]
        sent = self.request(
            operation, body=body, credential=credential, idempotency=idempotency, query=query, headers=headers
        )
        exchange = self.send(Role.CREATE, change(sent) if change is not None else sent, valid=valid, once=once)
        self.records.note_create(exchange)
        identity = task_id(self.contract, exchange.json)
        if identity is not None:
            self.client.builder.note_model(identity, model)
        return exchange

    def accepted(self, exchange: Exchange) -> bool:
        """Whether a create was accepted and handed out an id."""
        return (
            judge_call(self.contract, Role.CREATE, exchange.status, exchange.json) is CallOutcome.ACCEPTED
            and task_id(self.contract, exchange.json) is not None
        )

    def lacks_access(self, refusal: Exchange) -> bool:
        """Whether a create for a documented model was refused as the document says it of a model that the key may not
        use, and in no other way that it knows; of a vendor's own server also as of a model that it does not have."""
        contract = self.contract
        conditions = {"forbidden-model", "unknown-model"} if self.client.target.kind == "live" else {"forbidden-model"}
        found = {
            row.condition
            for row in contract.error_rows()
            if Role.CREATE in row.roles and matching_reading(row, refusal.status, refusal.json) is not None
        }
        return bool(found & conditions) and not found - _OF_MODELS

    def start(
        self,
        model: Model,
        body: Any,
        *,
        plan: str = "",
        operation: Operation | None = None,
        extra: bool = True,
        query: str = "",
    ) -> Trace | Exchange:
        """Creates a task; the exchange alone when it was not accepted. Raises as `create`."""
        exchange = self.create(model, body, operation=operation, extra=extra, query=query)
        identity = task_id(self.contract, exchange.json)
        if not self.accepted(exchange) or identity is None:
            return exchange
        return Trace(model.name, body, exchange, identity, plan=plan)

    # -- following them -----------------------------------------------------------------------------------------

    def poll(self, trace: Trace, operation: Operation | None = None, *, patient: bool = True) -> Exchange:
        """One query, added to the trace."""
        operation, pace = operation or self.contract.roles[Role.QUERY][0], self.client.pace
        settle(self.client, operation, trace, self.purpose)
        self._keep_apart(trace)
        exchange = self.send(Role.QUERY, self.request(operation, task=trace.task_id), patient=patient)
        while self._may_be_unknown(trace, exchange):
            self.client.target.sleep(min(pace.interval, self.contract.polling.grace))
            exchange = self.send(Role.QUERY, self.request(operation, task=trace.task_id), patient=patient)
        trace.polls.append(Poll(operation.id, exchange))
        status = status_in(self.contract, exchange)
        ended = status is not None and status.status_class.terminal
        self.records.note_poll(trace, status.status_class.value if status is not None and ended else "")
        if ended:
            trace.ended = True
            self.client.builder.note_ids(trace.task_id, exchange.json)
        said = "no answer" if exchange.error else status.name if status else f"answer {exchange.status}"
        self.records.note_status(trace, said)
        return exchange

    def _may_be_unknown(self, trace: Trace, exchange: Exchange) -> bool:
        """Whether a query was too early, by what the vendor says of new tasks: such an answer is passed over."""
        if exchange.sent_at >= trace.created.received_at + self.contract.polling.grace:
            return False
        row = self.contract.error(Role.QUERY, "unknown-task")
        return row is not None and matching_reading(row, exchange.status, exchange.json) is not None

    def _keep_apart(self, trace: Trace) -> None:
        """Waits until a vendor's own server may be asked about a task again."""
        floor, target = self.client.pace.floor, self.client.target
        if floor and trace.polls:
            since = target.now() - trace.polls[-1].exchange.sent_at
            if since < floor:
                target.sleep(floor - since)

    def follow(self, trace: Trace, *, interval: float | None = None, aliases: bool = True, linger: int = 2) -> Trace:
        """Polls until the task has ended, `linger` times more, or until the time-out. `interval`: seconds between two
        polls; `aliases`: the operations that answer queries take turns.

        Raises NotObservedError where a recording holds no poll of it.
        """
        operations, target, pace = self.contract.roles[Role.QUERY], self.client.target, self.client.pace
        wait = pace.interval if interval is None else interval
        deadline = target.now() + pace.timeout
        broken = index = 0
        if pace.first and not trace.polls:
            target.sleep(max(0.0, trace.created.received_at + pace.first - target.now()))
        while not trace.ended:
            asked_at = target.now()
            try:
                exchange = self.poll(trace, operations[index % len(operations) if aliases else 0])
            except SilenceError as silence:
                trace.gave_up = str(silence)
                break
            except NotObservedError as unseen:
                if not trace.polls and not isinstance(unseen, OutOfTimeError):
                    raise
                trace.cut = True
                break
            index += 1
            if (asked := excessive_wait(exchange, pace.timeout)) and not trace.ended:
                trace.gave_up = asked
                break
            good = judge_call(self.contract, Role.QUERY, exchange.status, exchange.json) is CallOutcome.ACCEPTED
            broken = 0 if good and not exchange.error else broken + 1
            if trace.ended:
                break
            if broken >= GIVE_UP:
                trace.gave_up = "five polls in a row did not show the task"
                break
            if asked_at >= deadline:  # not: by now, for what holds us up here says nothing of the task
                trace.gave_up = f"not ended after {pace.timeout:g} s"
                break
            pause = wait if not broken else min(wait * 2**broken, max(wait, pace.patience / GIVE_UP))
            if broken:  # what was waited for in vain has been waited for
                pause = max(pause - (target.now() - asked_at), 0.0)
            self.records.note_next_poll(trace, target.now() + pause)
            target.sleep(pause)
        self.records.note_next_poll(trace, None)
        if trace.gave_up:
            self.records.note_end(trace, NEVER_ENDED)
        return self.linger(trace, linger, operations if aliases else operations[:1], wait)

    def linger(
        self, trace: Trace, times: int = 2, operations: Iterable[Operation] | None = None, wait: float | None = None
    ) -> Trace:
        """Polls a task that has ended some `times` more, by each operation, `wait` seconds apart (1 at the most)."""
        operations = tuple(operations or self.contract.roles[Role.QUERY])
        for _ in range(times if trace.ended else 0):
            for operation in operations:
                self.poll(trace, operation)
            self.client.target.sleep(min(self.client.pace.interval if wait is None else wait, 1.0))
        return trace

    def watch(self, trace: Trace) -> Trace:
        """Polls a task that has ended for a while, by each operation: for as long as the document says, else about as
        long as it took. What a recording does not hold is not looked at."""
        if not trace.ended:
            return trace
        target, pace = self.client.target, self.client.pace
        seconds = pace.watch(trace.polls[-1].exchange.received_at - trace.created.sent_at)
        most = LOOKS // 3 if target.steering is not None else LOOKS
        step = max(seconds / most, 0.0 if target.steering is not None else min(pace.interval, 1.0))
        end = target.now() + seconds
        with suppress(NotObservedError):
            while target.now() < end:
                target.sleep(min(step, end - target.now()))
                for operation in self.contract.roles[Role.QUERY]:
                    self.poll(trace, operation)
        return trace

    def deliver(self, trace: Trace, poll: Poll) -> Delivered:
        """Downloads the result of a task that has succeeded, as `poll` showed."""
        contract, exchange = self.contract, poll.exchange
        result, content = contract.operation(Role.RESULT), contract.operation(Role.CONTENT)
        if result is not None:
            exchange = self.send(Role.RESULT, self.request(result, task=trace.task_id))
        link = link_of(contract, exchange.json)
        if not contract.link.at.pointers and content is not None:
            link = self.request(content, task=trace.task_id, credential=NO_KEY).url
        file = fetch(contract, self.client.target, link) if link is not None else None
        delivered = Delivered(trace, poll, link, exchange, file)
        if contract.lifecycle.refused is not None and 400 <= exchange.status < 500:
            self.records.refused.add(trace)
            self.records.note_end(trace, contract.lifecycle.refused.status_class.value)
        else:
            self.records.delivered[trace] = delivered
        return delivered

    def complete(self, trace: Trace) -> Trace:
        """Follows a task to its end, downloads its result at once if it succeeded (an address does not live for ever),
        and then watches whether it stays as it ended."""
        self.follow(trace, linger=0)
        last = trace.polls[-1] if trace.ended else None
        status = status_in(self.contract, last.exchange) if last is not None else None
        with suppress(SilenceError, OutOfTimeError):  # what was seen of the task before stays
            if last is not None and status is not None and status.status_class is StatusClass.SUCCEEDED:
                self.deliver(trace, last)
            self.watch(trace)
        return trace

    def end_unwanted(self, trace: Trace) -> None:
        """Follows a task that nobody wanted until nothing more is due for it."""
        answer = self.poll(trace)
        gone = judge_call(self.contract, Role.QUERY, answer.status, answer.json) is CallOutcome.REFUSED
        may_remove = any(self.contract.operation(role) for role in (Role.CANCEL, Role.DELETE))
        if not (gone and may_remove):
            self.follow(trace, aliases=False, linger=0)
