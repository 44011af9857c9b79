"""What takes requests: the protocol that checks and recordings rely on, and a base class with its defaults."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.targets.callback_port import CallbackPort

T = TypeVar("T")


class Steering(Protocol):
    """Control over what a target does. A target that has it is in virtual time: `sleep` returns at once, and a day
    passes whenever somebody sleeps for one.

    >>> import screentest
    >>> target: screentest.Target = screentest.EmbeddedTarget(screentest.load_contract("acme.yaml"))
    >>> if target.steering is not None:
    ...     target.steering.schedule("failure")  # the next task fails ...
    ...     target.steering.forget_scheduled()  # ... or not, for nothing is scheduled any more
    """

    def schedule(self, scenario: str) -> None:
        """Makes the next task follow a scenario of the mock (`screentest scenarios`)."""

    def forget_scheduled(self) -> None:
        """Forgets scenarios that no task has taken up."""


class Target(Protocol):
    """Takes requests. `screentest.testing.TARGET_CHECKS` says what each member promises, as checks that run on any
    target; `BaseTarget` has defaults for most of them.

    >>> import screentest
    >>> def is_up(target: screentest.Target) -> bool:
    ...     url = f"{target.base_url}/jobs/nothing"
    ...     return 0 < target.send(screentest.SentRequest("GET", url, credential=screentest.NO_KEY)).status < 500
    >>> is_up(screentest.EmbeddedTarget(screentest.load_contract("acme.yaml")))
    True
    """

    @property
    def kind(self) -> str:
        """What reports call it: `embedded mock`, `url`, `live`, ...; `live` is a vendor's own server."""

    @property
    def base_url(self) -> str:
        """What the paths of requests are added to; no slash at its end."""

    @property
    def keys(self) -> Mapping[str, str]:
        """Keys by an account's role (good, second, poor, restricted), where there is one, and under `callback` the
        secret that callbacks are signed with."""

    @property
    def callbacks(self) -> CallbackPort | None:
        """Where callbacks to this run arrive, if anywhere."""

    @property
    def steering(self) -> Steering | None:
        """Control over what the target does; None for a server that does as it likes."""

    @property
    def sent(self) -> int:
        """How many requests were sent so far."""

    @property
    def order(self) -> Sequence[str]:
        """Ids of the requirements that are to be judged first, in this order: what a recorded run judged."""

    def judging(self, requirement: str) -> None:
        """Is told which requirement is judged from now on."""

    def remember(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns; where a run goes on or is replayed, what it returned then."""

    def send(self, sent: SentRequest, *, limit: int = ...) -> Exchange:
        """Sends a request and reads at most `limit` bytes of the answer. Never raises for what a server does.

        Raises NotObservedError where a recording has no answer, or no answer is waited for.
        """

    def sleep(self, seconds: float) -> None:
        """Lets time pass on the target's clock."""

    def now(self) -> float:
        """Epoch seconds on the target's clock."""

    def limit_time(self, seconds: float, *, chosen: bool) -> None:
        """Is told that the run may take so many seconds from now on; `chosen`: by somebody who asked for it. Where
        time is real, `send` raises OutOfTimeError (a NotObservedError) when they have passed."""

    def close(self) -> None:
        """Ends all connections. Nothing is sent afterwards; closing again does nothing."""


class BaseTarget:
    """The defaults of a target: no callbacks, no control, no memory. `kind`, `base_url`, `keys`, `send` (which counts
    `sent`), `sleep` and `now` are yours.

    >>> import screentest, time
    >>> class Down(screentest.BaseTarget):
    ...     kind, base_url, keys = "down", "https://api.example.com", {"good": "sk-none"}
    ...
    ...     def now(self) -> float:
    ...         return time.time()
    ...
    ...     def sleep(self, seconds: float) -> None:
    ...         time.sleep(seconds)
    ...
    ...     def send(self, sent: screentest.SentRequest, *, limit: int = 1 << 22) -> screentest.Exchange:
    ...         self.sent += 1
    ...         return screentest.Exchange(sent, 503, (), b"", self.now(), self.now())
    >>> from screentest import testing
    >>> down: screentest.Target = Down()
    >>> harmless = screentest.SentRequest("GET", f"{down.base_url}/status", credential=screentest.NO_KEY)
    >>> for check in testing.TARGET_CHECKS:
    ...     check(down, harmless)
    """

    callbacks: CallbackPort | None = None
    steering: Steering | None = None
    sent: int = 0

    @property
    def order(self) -> Sequence[str]:
        return ()

    def judging(self, requirement: str) -> None:
        """Nothing depends on it."""

    def remember(self, name: str, make: Callable[[], T]) -> T:
        return make()

    def limit_time(self, seconds: float, *, chosen: bool) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing to end."""
