"""How a run goes."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes. Times in seconds; None: what the document says."""

    poll_interval: float | None = None
    task_timeout: float | None = None
    speed: float = 1.0
    """How many times faster than its document the target is: its lives end sooner, and it is polled more often."""
    examples: int = 100
    seed: int = 0
    workers: int = 8
    models: tuple[str, ...] = ()
    metered: bool = False
    """Tasks cost money: one is shared by all checks of a model, and refusals are asked for before it is made."""
    assumed_price: Decimal | None = None
    """What any task costs at most, where the document has no price."""
