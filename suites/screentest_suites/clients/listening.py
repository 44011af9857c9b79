"""The reference client as one that asks to be called back: it verifies what comes, acknowledges it, and polls all the
same."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from screentest_contracts.contract import Contract
from screentest_contracts.location import replaced, segments
from screentest_contracts.signatures import ED25519, Message, key_set, problem
from screentest_suites.clients.reference import ReferenceClient
from screentest_suites.clients.wire import CALLBACK_URL
from screentest_suites.core.exchange import SentRequest


def can_listen(contract: Contract) -> bool:
    """Whether a document's vendor calls back."""
    return contract.callback is not None


class ListeningClient(ReferenceClient):
    """Is called back at `CALLBACK_URL`. Its wire is a `VirtualWire`."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.wire.listener = self.called  # type: ignore[attr-defined]
        secret: str = self.wire.mock.callback_secret  # type: ignore[attr-defined]
        self.callbacks: list[bytes] = []
        rule = self.contract.callback
        signature = None if rule is None else rule.signature
        self.signature = signature
        self.secret = key_set(secret) if signature is not None and signature.scheme == ED25519 else secret

    def body(self) -> Any:
        at, body = self.model.request.callback_url, super().body()
        return body if at is None else replaced(body, segments(at.pointers[0]), CALLBACK_URL)

    def create_request(self) -> SentRequest:
        sent, rule = super().create_request(), self.contract.callback
        if rule is None or rule.parameter is None:
            return sent
        mark = "&" if "?" in sent.url else "?"
        return replace(sent, url=f"{sent.url}{mark}{rule.parameter}={quote(CALLBACK_URL, safe='')}")

    def called(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """What a callback, or a challenge before it, is answered: status and body."""
        rule = self.contract.callback
        shake = None if rule is None else rule.handshake
        challenge = None if shake is None else shake.challenge(url.partition("?")[2], body)
        if shake is not None and challenge is not None:
            return 200, shake.reply(challenge)
        if not self.verified(body, headers):
            return 401, b""
        self.callbacks.append(body)
        return self.acknowledged(), b""

    def verified(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether a callback is the vendor's."""
        if self.signature is None:
            return True
        given = {name.lower(): value for name, value in headers.items()}
        message = Message(body, self.wire.now(), "", self.task, given)
        return problem(self.signature, self.secret, tuple(headers.items()), message) is None

    def acknowledged(self) -> int:
        """The status for a callback that is taken."""
        return 200

    task = ""

    def wait(self, task: str) -> Any:
        self.task = task
        return super().wait(task)
