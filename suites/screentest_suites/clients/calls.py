"""How a client calls a vendor's API: by httpx, from a provider's document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import httpx

from screentest_contracts.contract import Contract, Model
from screentest_contracts.location import MISSING
from screentest_contracts.reading import error_value
from screentest_suites.core.credential import GOOD
from screentest_suites.core.exchange import SentRequest
from screentest_suites.requests.builder import RequestBuilder
from screentest_suites.targets.signing import shown_key, signed
from screentest_suites.targets.target import Target


class Wire(Protocol):
    """What the client talks and waits by."""

    base_url: str
    http: httpx.Client

    @property
    def keys(self) -> Mapping[str, str]:
        """Keys by account."""

    def now(self) -> float:
        """Epoch seconds."""

    def sleep(self, seconds: float) -> None:
        """Waits."""


class NoVideoError(Exception):
    """Why there is no video."""


@dataclass
class Made:
    """How a client ended: its exit status, what it says, and the file that it leaves."""

    status: int
    said: str = ""
    file: bytes | None = None


class Calls:
    """Calls of one client. `pace`: how many seconds of a task's life pass in one second."""

    timeout = 30.0

    def __init__(self, contract: Contract, wire: Wire, model: Model, prompt: str, *, pace: float = 1.0) -> None:
        self.contract, self.wire, self.model, self.prompt, self.pace = contract, wire, model, prompt, pace
        self.builder = RequestBuilder(contract, cast(Target, wire))  # it needs address, keys and time only
        self.key = contract.idempotency.key(f"{wire.now()} {prompt}") if contract.idempotency is not None else None

    def send(self, sent: SentRequest) -> httpx.Response:
        """One call. Raises httpx.TransportError."""
        headers = list(self.signed(sent))
        return self.wire.http.request(sent.method, sent.url, content=sent.body, headers=headers, timeout=self.timeout)

    def signed(self, sent: SentRequest) -> tuple[tuple[str, str], ...]:
        """The headers of a call, with a token where the document wants one."""
        return tuple(signed(self.contract, sent, self.wire.keys, self.wire.now()))

    def key_headers(self) -> Mapping[str, str]:
        """The headers with the key."""
        shown = self.contract.key_prefix + shown_key(self.contract, self.wire.keys, GOOD)
        return dict(self.signed(SentRequest("GET", self.wire.base_url, ((self.contract.key_header, shown),))))

    def why(self, answer: httpx.Response) -> str:
        """What a refusal says."""
        body = json_of(answer)
        told = [error_value(self.contract, name, body) for name in ("code", "message")]
        shown = ": ".join(str(each) for each in told if each not in (MISSING, None, ""))
        return f"refused with {answer.status_code} {shown or answer.text[:200]}"


def json_of(answer: httpx.Response) -> Any:
    """The JSON of an answer; MISSING where it has none."""
    try:
        return answer.json()
    except ValueError:
        return MISSING
