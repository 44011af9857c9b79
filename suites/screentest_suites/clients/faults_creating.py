"""Faults in how a client asks for its video."""

from dataclasses import replace
from typing import Any

import httpx

from screentest_contracts.contract import Contract, Model, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_suites.clients.calls import Made, NoVideoError
from screentest_suites.clients.faults import fault
from screentest_suites.clients.faults_keys import OtherCalls
from screentest_suites.clients.reference import ReferenceClient
from screentest_suites.clients.situations import model_for
from screentest_suites.core.exchange import SentRequest

_ONCE = "client.create.once*"


class _FreshKeys(ReferenceClient):
    """Each create is new to the vendor."""

    creates = 0

    def create_request(self) -> SentRequest:
        if self.contract.idempotency is not None:
            self.creates += 1
            self.key = self.contract.idempotency.key(f"{self.wire.now()} {self.creates}")
        return super().create_request()


@fault("repeats-lost-create", "a create whose answer was lost is sent again", _ONCE, also=("client.create.*",))
class _RepeatsLost(_FreshKeys):
    repeats_lost_creates = True


@fault(
    "repeats-timed-out-create", "a create without an answer in time is sent again", "client.create.once.silent-create"
)
class _RepeatsTimedOut(_FreshKeys):
    def send(self, sent: SentRequest) -> httpx.Response:
        try:
            return super().send(sent)
        except httpx.TimeoutException:
            return super().send(self.create_request())


@fault(
    "repeats-create-after-500",
    "a create that got a server error is sent again",
    "client.create.once.server-error-create",
)
class _RepeatsAfter500(_FreshKeys):
    def send(self, sent: SentRequest) -> httpx.Response:
        answer = super().send(sent)
        if sent.method == "POST" and answer.status_code == 500 and sent.body:
            return super().send(self.create_request())
        return answer


@fault("creates-twice", "a second task is made beside the first", "client.create.once", also=(_ONCE,))
class _CreatesTwice(_FreshKeys):
    def create(self) -> str:
        found = super().create()
        self.send(self.create_request())
        return found


@fault("recreates-on-poll-error", "a poll that fails starts anew", "client.create.once.polls", also=(_ONCE,))
class _RecreatesOnPollError(_FreshKeys):
    def is_trouble(self, answer: httpx.Response) -> bool:
        if super().is_trouble(answer):
            self.send(self.create_request())
        return super().is_trouble(answer)


@fault(
    "recreates-on-download-error", "a download that fails starts anew", "client.create.once.downloads", also=(_ONCE,)
)
class _RecreatesOnDownload(_FreshKeys):
    again = True

    def make(self) -> bytes:
        try:
            return super().make()
        except NoVideoError:
            if not self.again:
                raise
            self.again = False
            return super().make()

    def ended(self, task: str, end: StatusClass, answer: httpx.Response) -> None:
        self.again = False
        super().ended(task, end, answer)

    def create(self) -> str:
        try:
            return super().create()
        except NoVideoError:
            self.again = False
            raise


@fault("recreates-after-failure", "a task that fails is made anew", "client.create.once", also=(_ONCE,))
class _RecreatesAfterFailure(_FreshKeys):
    again = True

    def ended(self, task: str, end: StatusClass, answer: httpx.Response) -> None:
        if self.again:
            self.again = False
            self.make()
        super().ended(task, end, answer)


@fault(
    "repeats-refused-create", "a create that was refused is sent again", "client.create.refused", also=("client.end.*",)
)
class _RepeatsRefused(_FreshKeys):
    def receipt(self, answer: httpx.Response) -> str | None:
        found = super().receipt(answer)
        return super().receipt(self.send(self.create_request())) if found is None else found


@fault("ignores-retry-after-create", "a create refused for its rate comes again at once", "client.create.retry-after")
class _HurriesCreate(ReferenceClient):
    def create(self) -> str:
        self.hurries = True
        try:
            return super().create()
        finally:
            self.hurries = False

    def wait_for(self, answer: httpx.Response, failures: int) -> None:
        if not getattr(self, "hurries", False):
            super().wait_for(answer, failures)


class _OtherBody(ReferenceClient):
    """Asks for something else."""

    def body(self) -> Any:
        return self.other(super().body())

    def other(self, body: Any) -> Any:
        """What it asks for instead."""
        return body


@fault("unknown-member", "the create has a member that nobody documented", "client.create.members", also=("client.*",))
class _UnknownMember(_OtherBody):
    def other(self, body: Any) -> Any:
        return {**body, "number_of_videos": 1}


@fault(
    "no-model",
    "the create names no model",
    "client.create.valid",
    also=("client.*",),
    applies=lambda c: c.model_at is not None,
)
class _NoModel(_OtherBody):
    def other(self, body: Any) -> Any:
        at = self.contract.model_at
        return body if at is None else replaced(body, segments(at.pointers[0]), 5)


def _other_model(contract: Contract, model: Model) -> Model | None:
    """Another model that the same create makes."""
    others = (each for each in contract.models.values() if each.wire != model.wire)
    return next((each for each in others if each.operations[:1] == model.operations[:1]), None)


@fault(
    "other-model",
    "the create asks for another model",
    "client.create.wish",
    also=("client.*",),
    applies=lambda c: _other_model(c, model_for(c, None)) is not None,
)
class _OtherModel(_OtherBody):
    def other(self, body: Any) -> Any:
        model = _other_model(self.contract, self.model)
        return body if model is None else model.base


@fault("other-prompt", "the create asks for the example of the documentation", "client.create.wish")
class _OtherPrompt(_OtherBody):
    def other(self, body: Any) -> Any:
        at = self.model.request.prompt
        return body if at is None else replaced(body, segments(at.pointers[0]), "A cat plays the piano.")


@fault(
    "text-for-json",
    "the create calls its JSON plain text",
    "client.create.content-type",
    "client.create.valid",
    also=("client.*",),
)
class _PlainText(OtherCalls):
    def other(self, sent: SentRequest) -> SentRequest:
        kept = [(name, "text/plain" if name.lower() == "content-type" else value) for name, value in sent.headers]
        return replace(sent, headers=tuple(kept))


@fault(
    "fresh-idempotency-keys",
    "no create has an idempotency key",
    "client.create.idempotency-key",
    applies=lambda c: c.idempotency is not None and c.idempotency.header is not None,
)
class _NoIdempotencyKey(OtherCalls):
    def other(self, sent: SentRequest) -> SentRequest:
        rule = self.contract.idempotency
        name = "" if rule is None else (rule.header or "").lower()
        return replace(sent, headers=tuple(row for row in sent.headers if row[0].lower() != name))


@fault("undocumented-call", "a call is made that the document does not have", "client.paths")
class _UndocumentedCall(ReferenceClient):
    def make(self) -> bytes:
        self.wire.http.get(f"{self.wire.base_url}/v9/telemetry")
        return super().make()


@fault("refused-is-made", "a refused create is reported as a success", "client.end.refused.*", also=("client.end.*",))
class _RefusedIsMade(ReferenceClient):
    refused = False

    def receipt(self, answer: httpx.Response) -> str | None:
        found = super().receipt(answer)
        self.refused = self.refused or found is None
        return found

    def failed(self, said: str) -> Made:
        return Made(0, said) if self.refused else super().failed(said)
