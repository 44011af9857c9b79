"""A router that takes the place of a vendor's host, for clients of httpx and httpx2."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, Self

import httpx
import respx

from screentest_contracts import Contract
from screentest_suites.clients.mock import Mock, contract_of
from screentest_suites.core.exchange import SentRequest
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.httpx2_clients import Httpcore2Mocker


class MockRouter(respx.MockRouter):
    """A respx router that sends a provider's own host to a mock in this process. `screentest` has its controls.

    >>> import httpx, screentest
    >>> with screentest.router("acme.yaml") as router:
    ...     router.screentest.schedule("rate-limited")
    ...     answer = httpx.get("https://api.acme.example/jobs/nothing")
    >>> answer.status_code
    401
    """

    screentest: Mock

    def start(self) -> None:
        super().start()
        if Httpcore2Mocker.installed():
            Httpcore2Mocker.register(self)
            Httpcore2Mocker.start()

    def stop(self, clear: bool = True, reset: bool = True, quiet: bool = False) -> None:
        Httpcore2Mocker.unregister(self)
        Httpcore2Mocker.stop()
        super().stop(clear, reset, quiet)

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self


class RouterFactory(Protocol):
    """The fixture `screentest_router`: makes a router, which ends with the test.

    >>> import httpx, screentest
    >>> def test_my_client_without_a_key(screentest_router: screentest.RouterFactory) -> None:
    ...     with screentest_router("acme.yaml"):
    ...         assert httpx.get("https://api.acme.example/jobs/nothing").status_code == 401
    >>> test_my_client_without_a_key(screentest.router)
    """

    def __call__(self, provider: str | Path | Contract, *, settings: Mapping[str, str] | None = None) -> MockRouter:
        """The router of a provider's document."""


def router(provider: str | Path | Contract, *, settings: Mapping[str, str] | None = None) -> MockRouter:
    """A respx router that sends a provider's own host to a mock in this process; it is active in a `with` block.

    Sync and async clients of httpx meet it, and those of httpx2 where that is installed. Raises UsageError.

    >>> import httpx, screentest
    >>> with screentest.router("acme.yaml") as router:
    ...     httpx.get("https://api.acme.example/jobs/nothing").status_code
    401
    """
    target = EmbeddedTarget(contract_of(provider, settings))
    made = MockRouter(assert_all_called=False)

    def answer(request: httpx.Request) -> httpx.Response:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        body = request.read() if request.method != "GET" else None
        exchange = target.send(SentRequest(request.method, str(request.url), headers, body))
        if exchange.error:
            raise httpx.RemoteProtocolError(exchange.error, request=request)
        return httpx.Response(exchange.status, headers=list(exchange.headers), content=exchange.body)

    for host in target.contract.hosts:
        made.route(host=host).mock(side_effect=answer)
    made.screentest = Mock(target.app, target.contract.base_url)
    return made
