"""What lets pages of other origins use the mock from a browser. Imported where `--cors` is given."""

from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from screentest_contracts.contract import Contract
from screentest_mockserver.wire.answer import Message, Send

CONTROL = "/_screentest"

_USUAL = (
    *("Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "Date", "ETag"),
    *("Retry-After", "X-Request-Id"),
)
"""Headers that clients of such APIs read, beside what the documents declare and what browsers show anyway."""


class _Sending:
    """Sends an answer with the headers for browsers, by the connection that the answer may be told to cut."""

    def __init__(self, cors: "OpenToBrowsers", send: Send, request_headers: Headers) -> None:
        self.transport = getattr(getattr(send, "__self__", None), "transport", None)
        self._cors, self._send, self._headers = cors, send, request_headers

    async def send(self, message: Message) -> None:
        await self._cors.send(message, self._send, self._headers)


class OpenToBrowsers(CORSMiddleware):
    """An application whose answers every page may read, but for those below `control`. No cookies are let through:
    keys come in headers, which the page has to know.

    A preflight is answered here, whatever its path: the mock does not see it."""

    def __init__(self, app: Any, contracts: Iterable[Contract], *, control: str | None = CONTROL) -> None:
        super().__init__(
            app,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=exposed(contracts),
        )
        self.control = control

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and self.control is not None and scope["path"].startswith(self.control):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def simple_response(self, scope: Any, receive: Any, send: Any, request_headers: Headers) -> None:
        await self.app(scope, receive, _Sending(self, send, request_headers).send)


def exposed(contracts: Iterable[Contract]) -> list[str]:
    """The names of headers that a page may read."""
    names = {name.lower(): name for name in _USUAL}
    for contract in contracts:
        declared = [header.name for header in contract.headers]
        declared += [name for row in contract.error_rows() for reading in row.readings for name in reading.headers]
        if contract.idempotency is not None and contract.idempotency.replayed is not None:
            declared.append(contract.idempotency.replayed[0])
        for name in declared:
            names.setdefault(name.lower(), name)
    return sorted(names.values())
