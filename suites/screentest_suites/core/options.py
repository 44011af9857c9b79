"""How a run goes."""

from dataclasses import dataclass
from decimal import Decimal

from screentest_contracts.contract import Contract, Model


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes. None: what the document says.

    >>> import screentest
    >>> options = screentest.Options(models=("clip-1",), examples=20, seed=7)
    >>> [model.name for model in options.models_of(screentest.load_contract("acme.yaml"))]  # what `judge` would judge
    ['clip-1']
    """

    poll_interval: float | None = None
    """Seconds between two polls of a task."""
    task_timeout: float | None = None
    """Seconds after which a task that has not ended is given up."""
    time_limit: float | None = None
    """Seconds after which the run ends, whatever is left to judge; None: no more than `Pace.longest`."""
    speed: float = 1.0
    """How many times faster than its document the target is: its lives end sooner, and it is polled more often."""
    examples: int = 100
    """Request bodies, and lives of tasks, that are generated per provider."""
    seed: int = 0
    """Seed of everything generated."""
    workers: int = 8
    """Requests at a time, where time is real."""
    models: tuple[str, ...] = ()
    """Names of the models that are judged: keys of the document, or names on the wire; empty: all."""
    metered: bool = False
    """Tasks cost money: one is shared by all checks of a model, and refusals are asked for before it is made."""
    assumed_price: Decimal | None = None
    """What any task costs at most, in the provider's currency, where the document has no price."""

    def models_of(self, contract: Contract) -> list[Model]:
        """The models of a contract that are judged."""
        meant = {model.name for name in self.models for model in contract.models_called(name)}
        return [model for model in contract.models.values() if not self.models or model.name in meant]
