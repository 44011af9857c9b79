"""What users' own tests get: running mocks with their controls, and respx routers to in-process ones."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import respx

from screentest_contracts import load_contract
from screentest_mockserver.behaviours.variations import find_behaviour
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import ManualClock, RealClock
from screentest_mockserver.wire.journal import Entry
from screentest_suites.core.exchange import SentRequest
from screentest_suites.targets.embedded import EmbeddedTarget, run_virtual


class Mock:
    """A mock and its controls.

    `url` is its base address, `key` the good account's key (`ACCESS:SECRET` where each request is signed, for which
    `credential()` gives what a request carries), `callback_secret` what callbacks are signed with; time
    stands still until `advance` unless the mock was made with a `speed`.
    """

    def __init__(self, app: MockServer, url: str) -> None:
        self.app = app
        self.url = url
        self.provider = next(iter(app.providers.values()))
        self.key, self.other_key, self.poor_key, self.restricted_key = (
            self.provider.keys[role] for role in ("good", "second", "poor", "restricted")
        )
        self.callback_secret = self.provider.callback_secret

    def credential(self, account: str = "good") -> str:
        """What a request of an account (good, second, poor, restricted) carries now: its key, or a token signed with
        it."""
        return self.provider.credential(account)

    def schedule(self, scenario: str, count: int = 1) -> None:
        """The next `count` tasks follow a scenario, such as `failure` or `rate-limited`."""
        self.provider.schedule(scenario, count)

    def deviate(self, name: str | None) -> None:
        """Commits a violation from now on, or varies legally; None stops it."""
        self.provider.deviation = None if name is None else find_behaviour(name, self.provider.contract)

    def advance(self, seconds: float) -> float:
        """Moves the clock and gives the new time, epoch seconds."""
        clock = self.app.clock
        if not isinstance(clock, ManualClock):
            raise ValueError("this mock runs in real time: start it without `speed` to steer its clock")
        return float(run_virtual(self.app.advance(seconds)))

    @property
    def journal(self) -> list[Entry]:
        """What the mock was asked, oldest first."""
        return list(self.app.journal)

    def reset(self) -> None:
        """Forgets tasks, journal, scenarios and deviations."""
        self.app.reset()


@contextlib.contextmanager
def mocks() -> Iterator[Callable[..., Mock]]:
    """Gives a function that starts mocks on loopback; all stop at the end."""
    with contextlib.ExitStack() as stack:

        def start(
            provider: str, *, speed: float | None = None, settings: dict[str, str] | None = None, **options: Any
        ) -> Mock:
            clock = ManualClock() if speed is None else RealClock(speed)
            contract = load_contract(provider, settings)
            app, url = stack.enter_context(running([contract], clock=clock, **options))
            return Mock(app, url)

        yield start


@contextlib.contextmanager
def routers() -> Iterator[Callable[..., respx.MockRouter]]:
    """Gives a function that sends a provider's real host to an in-process mock; ends with the block.

    The router has the mock's controls as `router.screentest`.
    """
    with contextlib.ExitStack() as stack:

        def route(provider: str, *, settings: dict[str, str] | None = None) -> respx.MockRouter:
            contract = load_contract(provider, settings)
            target = EmbeddedTarget(contract)
            router = respx.MockRouter(assert_all_called=False)

            def answer(request: httpx.Request) -> httpx.Response:
                headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in request.headers.raw)
                sent = SentRequest(
                    request.method, str(request.url), headers, request.read() if request.method != "GET" else None
                )
                got = target.send(sent)
                if got.error:
                    raise httpx.RemoteProtocolError(got.error, request=request)
                return httpx.Response(got.status, headers=list(got.headers), content=got.body)

            for host in contract.hosts:
                router.route(host=host).mock(side_effect=answer)
            mock = Mock(target.app, contract.base_url)
            router.screentest = mock  # type: ignore[attr-defined]
            stack.enter_context(router)
            return router

        yield route
