"""What a user asks a run under load for."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_suites.checks.callbacks import PATIENCE
from screentest_suites.core.options import Options
from screentest_suites.spending import Budget

MOCK_SPEED = 60.0
"""How many times as fast as its vendor the mock is that is served where there is no other target."""


@dataclass(frozen=True, kw_only=True)
class LoadSettings:
    """What a user asks a run for. Raises UsageError for what contradicts itself. `plain` and `read` make it data of
    JSON and back."""

    users: int = 10
    """Tasks at a time."""
    tasks: int | None = None
    """Tasks after which the run ends; None: when its time is over."""
    duration: float | None = None
    """Seconds after which no more tasks are made."""
    live: bool = False
    """The provider's own server is asked, with `max_spend`."""
    max_spend: str | None = None
    """An amount like 5, 2.50 or 5USD, or `unlimited`."""
    assume_price: str | None = None
    """An amount: what a task costs at most where the document has no price."""
    models: tuple[str, ...] = ()
    """Names of the models that are asked for, in turn; empty: the first."""
    poll_interval: float | None = None
    """Seconds between polls of a task; None: what the document says."""
    task_timeout: float | None = None
    """Seconds a task may take; None: what the document says."""
    timeout: float = 30.0
    """Seconds one answer may take."""
    speed: float = 1.0
    """How many times faster than its document the server is."""
    rate: float | None = None
    """Requests per second from each process, at most; None: of the provider's own server what `screentest check` asks
    of it, else no limit."""
    callback_listen: str | None = None
    """HOST:PORT at which callbacks are received."""
    callback_url: str | None = None
    """The public address of that receiver."""
    callback_certificate: str | None = None
    """The path of its certificate and key."""

    callback_patience: float = PATIENCE
    """Seconds within which a callback has to come after its task's end."""

    def __post_init__(self) -> None:
        if self.live and self.max_spend is None:
            hint = "--max-spend 5, in the currency of the provider's prices"
            raise UsageError("a load test on a provider's own server needs --max-spend", hint)

    def budget(self) -> Budget:
        """What may be spent. Raises UsageError."""
        return Budget.read(self.max_spend, live=self.live, assume=self.assume_price)

    def options(self, contract: Contract) -> Options:
        """How tasks are followed. Raises UsageError for an unknown model."""
        budget = self.budget()
        budget.cap(contract)
        known = {name: model for name, model in contract.models.items() if model.earlier is None}
        for name in self.models:
            if name not in known:
                raise UsageError(f"no model {name!r} of which tasks can be made at once", f"models: {', '.join(known)}")
        if not known:
            raise UsageError(f"each model of {contract.title} goes on from an earlier task", "judge it by: check")
        return Options(
            poll_interval=self.poll_interval,
            task_timeout=self.task_timeout,
            speed=self.speed,
            models=self.models or (next(iter(known)),),
            metered=budget.limited,
            assumed_price=budget.assumed,
        )

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, plain: dict[str, Any]) -> "LoadSettings":
        found = {field.name: plain[field.name] for field in fields(cls)}
        return cls(**found | {"models": tuple(plain["models"])})
