"""What a user asks a run for."""

from dataclasses import dataclass
from decimal import Decimal

from screentest_contracts.errors import UsageError
from screentest_suites.core.options import Options


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What a user asks a run for, as the options of `screentest check` and of pytest say it (`RUN_OPTIONS`). Raises
    UsageError for what contradicts itself."""

    target: str | None = None
    """The base URL of a server; None: the embedded mock, or with `live` the providers' own servers."""
    live: bool = False
    """Judge the providers' own servers."""
    max_spend: str | None = None
    """An amount like 5, 2.50 or 5USD, or `unlimited`."""
    assume_price: str | None = None
    """An amount: what a task costs at most where the document has no price."""
    rate: float | None = None
    """Requests per second at most."""
    poll_interval: float | None = None
    """Seconds between polls of a task; None: what the document says."""
    task_timeout: float | None = None
    """Seconds a task may take; None: what the document says."""
    timeout: float = 30.0
    """Seconds one answer may take."""
    time_limit: float | None = None
    """Seconds after which the run ends, whatever is left to judge."""
    speed: float | None = None
    """How many times faster than its document the server at `target` is; None: as fast as it says."""
    examples: int = 100
    """Generated examples per provider."""
    seed: int = 0
    """Seed of everything generated."""
    models: tuple[str, ...] = ()
    """Names of the models that are judged; empty: all."""
    reports: tuple[str, ...] = ()
    """Paths of reports to write."""
    record: str | None = None
    """The folder that the run is kept in."""
    resume: str | None = None
    """The folder of the run that goes on."""
    baseline: str | None = None
    """The path of the known failures."""
    update_baseline: bool = False
    """Write the known failures anew."""
    callback_listen: str | None = None
    """HOST:PORT at which callbacks are received."""
    callback_url: str | None = None
    """The public address of that receiver."""
    callback_certificate: str | None = None
    """The path of its certificate and key."""

    def __post_init__(self) -> None:
        if self.max_spend is not None and self.embedded:
            raise UsageError("--max-spend has no meaning for the embedded mock", "it is for --live and --target")
        if self.speed is not None and self.target is None and self.resume is None:
            hint = "the embedded mock needs no time, and a vendor's server has its own"
            raise UsageError("--speed is for --target", hint)

    @property
    def embedded(self) -> bool:
        """Whether nothing leaves the machine."""
        return self.target is None and not self.live

    def options(self, assumed_price: Decimal | None) -> Options:
        """How the run goes; `assumed_price` is `assume_price` as a number."""
        return Options(
            poll_interval=self.poll_interval,
            task_timeout=self.task_timeout,
            time_limit=self.time_limit,
            speed=1.0 if self.speed is None else self.speed,
            examples=self.examples,
            seed=self.seed,
            models=self.models,
            assumed_price=assumed_price,
        )
