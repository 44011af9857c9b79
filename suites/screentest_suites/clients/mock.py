"""Mocks for tests of clients: one behind an address of this machine, or one that takes the place of a vendor's host."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol

from screentest_contracts import Contract, load_contract
from screentest_contracts.errors import UsageError
from screentest_contracts.extensions import load_extensions
from screentest_contracts.facts import Level
from screentest_mockserver.dispatch.callbacks import deliver_over_http
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import certify, running
from screentest_mockserver.server.tls import authority_file
from screentest_mockserver.state.store import Store
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.clock import RealClock
from screentest_mockserver.wire.journal import Delivery, Entry
from screentest_suites.clients.judging import judge_client
from screentest_suites.clients.seen import ClientRun
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.targets.embedded import run_virtual


@dataclass(frozen=True, slots=True)
class MockSettings:
    """How a mock is made.

    `speed`: how many seconds of a task's life pass in one second; None: time stands still until `Mock.advance`.
    `settings`: documented readings to follow, by the name of the document's setting.
    `api_key`: the good account's key, `ACCESS:SECRET` where requests are signed.
    `scenario`: what every task does; `Mock.schedule` is for the next ones.
    `seed`: makes ids and other random values the same in every run; None: they differ.
    `allow_loopback_callbacks`: lets callbacks go to this machine, over HTTPS where the document demands it.
    `callback_ca`: a PEM file with the authority that receivers' certificates are trusted by; None: the usual ones.
    `store`: where everything lives that outlives a request; None: in the memory of this process.
    `host`, `port`: the address to listen on; port 0 is any free one.
    `tls`: serves HTTPS; clients are to trust the authority in `Mock.ca_file`.

    >>> import screentest
    >>> settings = screentest.MockSettings(scenario="failure", settings={"colour": "blue"}, seed=1)
    >>> with screentest.serve("acme.yaml", settings) as mock:
    ...     mock.provider.contract.settings["colour"].chosen
    'blue'
    """

    speed: float | None = None
    settings: Mapping[str, str] | None = None
    api_key: str = GOOD_KEY
    scenario: str = "success"
    seed: int | None = None
    allow_loopback_callbacks: bool = False
    store: Store | None = None
    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    callback_ca: str | Path | None = None


DEFAULT_SETTINGS = MockSettings()


class Mock:
    """A mock and its controls.

    `url` is its base address, `key` the good account's key (`ACCESS:SECRET` where each request is signed, for which
    `credential()` gives what a request carries), `other_key` another account's, `poor_key` one without balance,
    `restricted_key` one for the document's first model only. `callback_secret` is what callbacks are signed with.
    `ca_file` names the PEM file of the authority to trust where it serves HTTPS; otherwise it is empty.
    Time stands still until `advance`, unless the mock was made with a `speed`.

    >>> import httpx, screentest
    >>> with screentest.serve("acme.yaml") as mock:
    ...     mock.schedule("failure")
    ...     answer = httpx.get(f"{mock.url}/jobs/nothing", headers={"x-key": f"Key {mock.key}"})
    >>> answer.status_code, len(mock.journal)
    (404, 1)
    """

    def __init__(self, app: MockServer, url: str, ca_file: str = "") -> None:
        self.app = app
        self.url = url
        self.ca_file = ca_file
        self.provider = next(iter(app.providers.values()))
        self.key, self.other_key, self.poor_key, self.restricted_key = (
            self.provider.keys[role] for role in ("good", "second", "poor", "restricted")
        )
        self.callback_secret = self.provider.callback_secret
        self._situations: list[str] = []

    def credential(self, account: str = "good") -> str:
        """What a request of an account (good, second, poor, restricted) carries now: its key, or a token signed with
        it."""
        return self.provider.credential(account)

    def schedule(self, scenario: str, count: int | None = 1) -> str | None:
        """The next `count` tasks follow a scenario, such as `failure` or `rate-limited`; None: all for which none is
        scheduled. Raises UsageError.

        Gives, and logs as a warning, what there is to say of it: that it answers what the document does not speak
        of."""
        __tracebackhide__ = True
        try:
            note = self.provider.schedule(scenario, count)
        except UsageError as error:  # the test is mistaken: no line of ours explains it
            raise error.with_traceback(None) from None
        self._situations.append(scenario)
        if note is not None:
            logging.getLogger("screentest").warning(note)
        return note

    def deviate(self, name: str | None) -> None:
        """Commits a violation from now on, or varies legally; None stops it. Raises UsageError."""
        from screentest_mockserver.behaviours import find_behaviour  # a mock starts without them

        __tracebackhide__ = True
        try:
            self.provider.deviation = None if name is None else find_behaviour(name, self.provider.contract)
        except UsageError as error:
            raise error.with_traceback(None) from None
        self._situations += [] if name is None else [name]

    def advance(self, seconds: float) -> float:
        """Moves the clock, delivers the callbacks that fall due, and gives the new time in epoch seconds. A receiver
        that runs in the event loop of the caller needs `await asyncio.to_thread(mock.advance, seconds)`. Raises
        ValueError for a mock in real time."""
        app = self.app
        if not app.clock.manual:
            raise ValueError("this mock runs in real time: start it without `speed` to steer its clock")
        if app.loop is None:
            return float(run_virtual(app.advance(seconds)))
        if app.loop is _running_loop():  # a replaced `time.monotonic` or `time.sleep` leads here
            if seconds:
                raise RuntimeError("the mock's own thread cannot move its clock: replace `time` in your client only")
            return self.now
        return asyncio.run_coroutine_threadsafe(app.advance(seconds), app.loop).result()  # callbacks need its loop

    @property
    def now(self) -> float:
        """The time of its clock, in epoch seconds."""
        return self.app.clock.now()

    @property
    def journal(self) -> list[Entry]:
        """What the mock was asked, oldest first."""
        return list(self.app.journal)

    @property
    def deliveries(self) -> list[Delivery]:
        """The attempts to call back that were made, oldest first, with what was answered or why no answer came."""
        return self.app.callbacks.deliveries()

    def reset(self) -> None:
        """Forgets tasks, journal, scenarios and deviations."""
        self.app.reset()
        self._situations.clear()

    def in_situation(self, name: str) -> None:
        """Says by which name the requests are judged, for who has set the mock up in another way than `schedule`."""
        self._situations[:] = [name]

    def verdicts(self, *, wishes: int | None = None) -> list[Verdict]:
        """What the requests so far say of the client: a verdict for each requirement of clients
        (`screentest requirements --clients`). What a mock cannot see is skipped: how the client ended, its own pace
        where time stands still. `wishes`: how many videos the client was to make; None: nobody knows.

        >>> import httpx, screentest
        >>> with screentest.serve("acme.yaml") as mock:
        ...     _ = httpx.get(f"{mock.url}/jobs/nothing", headers={"x-key": "Key of-nobody"})
        ...     verdicts = {verdict.requirement.id: verdict for verdict in mock.verdicts()}
        >>> verdicts["client.key.sent"].finding.reason
        'success: refused with 401 (wrong-key): header x-key: unknown'
        """
        names = list(dict.fromkeys(self._situations or [self.provider.scenario.name]))
        run = ClientRun(
            situation=names[0] if len(names) == 1 else "several",
            entries=tuple(self.app.journal),
            deliveries=tuple(self.deliveries),
            speed=self.app.clock.speed,
            origin=self.url,
            wishes=wishes,
            paced=not self.app.clock.manual,
        )
        return judge_client(self.provider.contract, [run])

    def assert_client_conforms(
        self, ignore: Iterable[str] = (), *, wishes: int | None = None, level: Level = Level.MUST
    ) -> None:
        """Raises AssertionError where the requests so far break a requirement of clients; `level`: of this level or a
        stricter one. `ignore` has ids or globs of those that do not matter.

        >>> import httpx, screentest
        >>> with screentest.serve("acme.yaml") as mock:
        ...     _ = httpx.get(f"{mock.url}/jobs/nothing", headers={"x-key": f"Key {mock.key}"})
        ...     mock.assert_client_conforms(ignore=["client.poll.task"])
        """
        __tracebackhide__ = True
        broken = [
            f"{each.requirement.level} {each.requirement.id}: {each.finding.reason}"
            for each in self.verdicts(wishes=wishes)
            if each.result is Result.FAILED
            and each.requirement.level in level.and_stricter
            and not any(fnmatchcase(each.requirement.id, glob) for glob in ignore)
        ]
        if broken:
            raise AssertionError("the client breaks\n" + "\n".join(broken))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs in this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class MockFactory(Protocol):
    """The fixture `screentest_mock`: starts a mock on loopback, which stops at the end of the test.

    >>> import screentest
    >>> def test_my_client_survives_a_failure(screentest_mock: screentest.MockFactory) -> None:
    ...     mock = screentest_mock("acme.yaml", scenario="failure")
    ...     assert mock.url  # give it and `mock.key` to the client
    """

    def __call__(
        self,
        provider: str | Path | Contract,
        *,
        speed: float | None = None,
        settings: Mapping[str, str] | None = None,
        api_key: str = GOOD_KEY,
        scenario: str = "success",
        seed: int | None = None,
        allow_loopback_callbacks: bool = False,
        store: Store | None = None,
        tls: bool = False,
        callback_ca: str | Path | None = None,
    ) -> Mock:
        """The mock of a provider's document; the rest is as for `MockSettings`."""


@contextlib.contextmanager
def serve(provider: str | Path | Contract, mock_settings: MockSettings = DEFAULT_SETTINGS) -> Iterator[Mock]:
    """A mock behind an address of this machine, for the time of a `with` block.

    `provider` is a built-in or installed name, a document's path, or a contract. Raises UsageError.

    >>> import screentest
    >>> with screentest.serve("acme.yaml") as mock:
    ...     mock.url.startswith("http://127.0.0.1:")
    True
    """
    made = mock_settings
    contract = contract_of(provider, made.settings)
    certificate = certify([contract], made.host) if made.tls else None
    with contextlib.ExitStack() as stack:
        ca_file = "" if certificate is None else stack.enter_context(authority_file(certificate))
        server = running([contract], host=made.host, port=made.port, tls=certificate, **_options(made))
        yield Mock(*stack.enter_context(server), ca_file)


def asgi_app(*providers: str | Path | Contract, mock_settings: MockSettings = DEFAULT_SETTINGS) -> MockServer:
    """The mock of some providers as an ASGI application: for a test client, or for a server of yours.

    One provider has its paths at the root, several are each under `/NAME/`. Raises UsageError.

    >>> import screentest
    >>> app = screentest.asgi_app("acme.yaml")
    >>> sorted(app.providers)
    ['acme']
    """
    made = mock_settings
    return MockServer([contract_of(provider, made.settings) for provider in providers], **_options(made))


def _options(made: MockSettings) -> dict[str, Any]:
    """What a mock server takes of the settings."""
    return {
        "clock": None if made.speed is None else RealClock(made.speed),
        "store": made.store,
        "api_key": made.api_key,
        "scenario_name": made.scenario,
        "seed": made.seed,
        "allow_loopback_callbacks": made.allow_loopback_callbacks,
        "deliver": deliver_over_http(made.callback_ca, "callback_ca"),
    }


def contract_of(provider: str | Path | Contract, settings: Mapping[str, str] | None) -> Contract:
    """A built-in or installed provider's contract, that of a document, or the one that is given."""
    load_extensions()
    return provider if isinstance(provider, Contract) else load_contract(provider, settings)
