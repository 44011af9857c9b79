"""The mock's application, asked over ASGI in virtual time."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.providers import FEW, known

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.reading import task_id
from screentest_mockserver import ManualClock, create_app
from screentest_mockserver.wire.accounts import GOOD_KEY

START = 1_780_000_000
CONTRACTS = {name: known(name) for name in FEW}


class Site:
    """A mock server and a client for it. Addresses are absolute, or paths on http://mock.test."""

    def __init__(self, *contracts: Contract, **options: Any) -> None:
        chosen = contracts or tuple(load_contract(name) for name in FEW)
        self.app = create_app(chosen, **{"clock": ManualClock(START), "seed": 0, **options})
        self.clock, self.providers, self.journal = self.app.clock, self.app.providers, self.app.journal

    def ask(self, method: str, url: str, *, client: str = "127.0.0.1", **options: Any) -> httpx.Response:
        """One request, from a client at an address."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=(client, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as session:
                return await session.request(method, url, **options)

        return asyncio.run(send())

    def headers(self, contract: Contract, key: str = GOOD_KEY) -> dict[str, str]:
        return {contract.key_header: contract.key_prefix + key}

    def create(self, contract: Contract, base: str = "", key: str = GOOD_KEY) -> str:
        """Creates a task of the first model and gives its id."""
        model = next(iter(contract.models.values()))
        answer = self.ask("POST", base + model.operations[0].path, json=model.base, headers=self.headers(contract, key))
        identity = task_id(contract, answer.json())
        assert identity is not None, answer.text
        return identity

    def query(self, contract: Contract, identity: str, base: str = "", **options: Any) -> httpx.Response:
        path = contract.roles[Role.QUERY][0].path.replace("{" + contract.id.parameter + "}", identity)
        return self.ask("GET", base + path, **{"headers": self.headers(contract), **options})

    def control(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """An order to the control plane: POST when there is a body."""
        sent = {} if body is None else {"json": body}
        return self.ask("GET" if body is None else "POST", f"/_screentest{path}", **sent, **options)

    def advance(self, seconds: float) -> None:
        asyncio.run(self.app.advance(seconds))


@pytest.fixture(scope="session")
def serve() -> Callable[..., Site]:
    """Makes a Site from contracts (none: all built-in ones) and options of MockServer."""
    return Site


@pytest.fixture(params=FEW)
def client(request: pytest.FixtureRequest, caller: Callable[..., Any]) -> Any:
    """A Caller of each built-in provider."""
    return caller(CONTRACTS[request.param])
