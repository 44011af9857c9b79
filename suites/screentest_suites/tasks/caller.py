"""Requests by role, sent within the budget, patient with who says slow down."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from screentest_contracts.contract import Role, UploadRule
from screentest_contracts.location import MISSING, is_empty, replaced, segments
from screentest_contracts.reading import CallOutcome, judge_call, task_id
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.verdicts import NotObservedError, Skip
from screentest_suites.requests.builder import RequestBuilder, written
from screentest_suites.requests.media import small_file
from screentest_suites.spending import Entry, Ledger, ReservationState, model_named, worst_price

MAX_RETRIES = 4
"""How often one request is repeated after 429 before the answer is taken as it is."""

_OWN = frozenset({"good", "!expired", "!forged", "!unsigned"})
"""Keys whose tasks are the good account's."""

LIVE_FLOOR = 5.0
"""Seconds between two polls of a vendor's own server, at the least."""


UPLOADING = "the file that creates refer to"
"""What an upload is for, whichever requirement is the first to need it."""


@dataclass(frozen=True)
class Uploaded:
    """An upload: its answer and, where the bytes go to an address of their own, what that said."""

    answer: Exchange
    put: Exchange | None = None


@dataclass
class Caller(RequestBuilder):
    """Sends what its contract asks for to its target, and keeps every answer."""

    seen: list[tuple[Role, Exchange]] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.unwanted_tasks: list[Trace] = []  # tasks that were made although their request should have been refused
        self._ahead: dict[tuple[str, ...], Exchange | NotObservedError] = {}
        self.uploads: dict[str, Uploaded] = {}
        self._uploading = threading.Lock()
        self._waited_in_vain = False

    # -- settings -----------------------------------------------------------------------------------------------

    @property
    def interval(self) -> float:
        """Seconds between two polls."""
        polling = self.contract.polling
        if self.options.poll_interval is not None:
            return max(self.options.poll_interval, self.floor and max(self.floor, polling.floor))
        if self.target.steerable:
            return polling.typical[0] / 12
        return max(max(polling.interval[0], polling.floor) / self.options.speed, self.floor)

    @property
    def floor(self) -> float:
        """Seconds between two polls of one task, whatever anybody says: 0 for a server that is no vendor's."""
        return LIVE_FLOOR if self.target.kind == "live" else 0.0

    @property
    def patience(self) -> float:
        """The longest wait that a server may ask for, in seconds."""
        return 600.0 if self.target.kind == "live" else 30.0

    @property
    def timeout(self) -> float:
        """Seconds a task may take."""
        return self.options.task_timeout or max(self.contract.polling.timeout, self.contract.polling.typical[1] * 2)

    # -- uploads ------------------------------------------------------------------------------------------------

    def _with_files(self, sent: SentRequest) -> SentRequest:
        """The request with references to a file of its account where it has stand-ins. Raises NotObservedError where
        no reference can be had."""
        rule, body = self.contract.upload, sent.body
        if rule is None or body is None:
            return sent
        is_form = not body.startswith(b"{")
        for stand_in in rule.stand_ins:
            mark = written(stand_in, is_form=is_form)
            if mark in body:
                body = body.replace(mark, written(self.reference(sent.key), is_form=is_form))
        return replace(sent, body=body)

    def reference(self, key: str = "good") -> Any:
        """The reference to an uploaded file of an account. Raises NotObservedError where there is none."""
        rule = self.contract.upload
        assert rule is not None
        uploaded = self.uploaded(key)
        reference = rule.gives.find(uploaded.answer.json)
        if not self.took(uploaded) or is_empty(reference):
            raise NotObservedError(Skip.NOT_OBSERVED, "no file could be uploaded")
        return reference

    def took(self, uploaded: "Uploaded") -> bool:
        """Whether an upload was accepted."""
        answer = uploaded.answer
        return judge_call(self.contract, Role.UPLOAD, answer.status, answer.json) is CallOutcome.ACCEPTED

    def uploaded(self, key: str = "good") -> "Uploaded":
        """An account's file: uploaded once, and again where it can no longer be used."""
        account = key if key in self.target.keys else "good"
        rule = self.contract.upload
        assert rule is not None
        with self._uploading:
            made = self.uploads.get(account)
            if made is not None and rule.life is not None:
                life = rule.life * 0.9 / self.options.speed
                made = made if self.target.now() - made.answer.sent_at < life else None
            if made is None:
                made = self.uploads[account] = self._upload(account, rule)
        return made

    def _upload(self, account: str, rule: UploadRule) -> "Uploaded":
        request = self.request(self.contract.roles[Role.UPLOAD][0], key=account)
        answer = self._exchange(Role.UPLOAD, replace(request, purpose=UPLOADING), patient=True)
        address = None if rule.put is None else rule.put.find(answer.json)
        if not isinstance(address, str):
            return Uploaded(answer)
        _, data = small_file(rule.media)
        url = self.target.base_url + address if address.startswith("/") else address
        put = SentRequest(
            "PUT", url, (("content-type", rule.media),), data, "", "", UPLOADING
        )  # its signature is its key
        return Uploaded(answer, self.target.send(put))

    def send(self, role: Role, sent: SentRequest, *, patient: bool = True, valid: bool = False) -> Exchange:
        """Sends a request; a create only if the budget covers it. `valid`: it is meant to be accepted.

        Raises NotObservedError for a request that was not sent for want of money.
        """
        if role is not Role.CREATE:
            return self._exchange(role, sent, patient=patient)
        if not self.options.metered:
            return self._exchange(role, self._with_files(sent), patient=patient)
        answered = self._ahead.get(self._fingerprint(sent))
        if isinstance(answered, NotObservedError):
            raise answered
        if answered is not None:
            return answered
        sent = replace(sent, purpose=self.purpose)
        price = worst_price(self.contract, sent, self.options.assumed_price)
        entry = self.ledger.reserve(sent, self.purpose, model_named(self.contract, sent), price)
        try:
            whole = self._with_files(sent)
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

    def _settle(self, entry: Entry, sent: SentRequest, exchange: Exchange, *, valid: bool) -> None:
        """Notes what an answer says about the money, and a task that nobody wanted."""
        identity = None if exchange.error else task_id(self.contract, exchange.json)
        verdict = judge_call(self.contract, Role.CREATE, exchange.status, exchange.json)
        if exchange.error:
            never_sent = exchange.status == 0 and exchange.error.startswith("no connection")
            self.ledger.close(entry, ReservationState.RELEASED if never_sent else ReservationState.UNKNOWN)
        elif verdict is CallOutcome.ACCEPTED and identity is not None:
            self.ledger.close(entry, ReservationState.SETTLED, identity)
            entry.unwanted = not valid
            if entry.unwanted and sent.key in _OWN:  # nobody else's task can be asked for
                self._regret(Trace(entry.model, MISSING, exchange, identity, plan=entry.purpose))
        elif verdict is CallOutcome.REFUSED and identity is None and self._clear(entry, exchange):
            self.ledger.close(entry, ReservationState.RELEASED)
        else:
            self.ledger.close(entry, ReservationState.UNKNOWN, identity or "")

    def _regret(self, trace: Trace) -> None:
        """Cancels a task that nobody wanted, at once, where that can be; `finish` sees what became of it."""
        self.unwanted_tasks.append(trace)
        if trace.model:
            self._models.setdefault(trace.task_id, self.contract.models[trace.model])
        cancel = self.contract.operation(Role.CANCEL)
        if cancel is not None:
            self.send(Role.CANCEL, self.request(cancel, task=trace.task_id))

    def _clear(self, entry: Entry, exchange: Exchange) -> bool:
        """Whether a refusal leaves no doubt that nothing was made. A 408 tells of time, not of the task; a server error
        does so only where no known model was named, as documents have it."""
        return exchange.status != 408 and (exchange.status < 500 or not entry.model)

    def _exchange(self, role: Role, sent: SentRequest, *, patient: bool) -> Exchange:
        """Sends; waits and repeats when told to slow down (429: nothing was created, unless an id came with it).

        Who still says 429 after all the waiting has not limited a rate but refused: that is the answer, without
        waiting again, until something else is said.
        """
        sent = replace(sent, purpose=sent.purpose or self.purpose)
        exchange: Exchange | None = None
        for attempt in range(MAX_RETRIES + 1):
            try:
                exchange = self.target.send(sent)
            except NotObservedError:  # a recording in which it was not asked once more
                if exchange is None:
                    raise
                return exchange
            with self._lock:
                self.seen.append((role, exchange))
                made = exchange.error or task_id(self.contract, exchange.json) is not None
                if exchange.status != 429 or (made and role is Role.CREATE):
                    self._waited_in_vain = False
                    return exchange
                if attempt == MAX_RETRIES:
                    self._waited_in_vain = True
                if not patient or self._waited_in_vain:
                    return exchange
            self.target.sleep(_retry_after(exchange, self.interval * 2**attempt, self.patience))
        assert exchange is not None
        return exchange

    def pay_extra(self) -> None:
        """Raises NotObservedError where tasks cost money: for a task beside the one that checks share."""
        if self.options.metered:
            raise NotObservedError(Skip.NEEDS_SPEND, "a task of its own; one per model is paid for")

    def ask_ahead(self, planned: Iterable[Entry]) -> None:
        """Sends creates that are to be refused, before anything is paid for; `send` gives their answers when asked."""
        for each in planned:
            self.purpose = each.purpose
            try:
                answer: Exchange | NotObservedError = self.send(Role.CREATE, each.sent)
            except NotObservedError as unseen:
                answer = unseen
            self._ahead[self._fingerprint(each.sent)] = answer

    def _fingerprint(self, sent: SentRequest) -> tuple[str, ...]:
        media = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
        names = " ".join(sorted(name.lower() for name, _ in sent.headers))
        return sent.method, sent.url, media, names, sent.key, self._without_key(sent.body)

    def _without_key(self, body: bytes | None) -> str:
        """A body as it is whatever its fresh key."""
        rule = self.contract.idempotency
        if rule is not None and rule.at is not None and body:
            with suppress(orjson.JSONDecodeError):
                members = orjson.loads(body)
                if self._has_key(rule.at, members):
                    return repr(replaced(members, segments(rule.at.pointers[0]), "KEY"))
        return repr(body)


def _retry_after(exchange: Exchange, default: float, most: float) -> float:
    """Seconds to wait, at most `most`: the header's, in seconds or as an HTTP date."""
    text = exchange.header("retry-after")
    if text is None:
        return min(default, most)
    if text.strip().isdecimal():
        return min(float(text), most)
    from email.utils import parsedate_to_datetime

    try:
        return min(max(parsedate_to_datetime(text).timestamp() - exchange.received_at, 0.0), most)
    except (TypeError, ValueError):
        return min(default, most)
