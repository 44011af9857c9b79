"""What comes with a task beside create and query: result link, callback, list, cancel, price."""

from collections.abc import Mapping
from dataclasses import dataclass

from screentest_contracts.contract.lifecycle import StatusClass
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location
from screentest_contracts.template import Template


@dataclass(frozen=True, slots=True)
class Link:
    """The result's address. `at` without pointers: no answer shows it, the content operation gives the bytes. `life` in
    seconds after finish; facts by aspect (`life`, `range`, `auth`, ...)."""

    at: Location
    make: Template
    auth: str
    life: float | None
    expiry_query: str | None
    expiry_form: str | None
    media_type: str
    range: bool | None
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Signature:
    """How callbacks are signed (`screentest_contracts.signatures`): a digest over the text `over`, in `header` as
    `value` has it, or in one of several such parts between `separator`s. `tolerance` is seconds between the delivery's
    time and its arrival; `variable` the environment variable with the secret, which is written in `secret_form`."""

    scheme: str
    header: str
    value: str
    separator: str | None
    encoding: str
    over: str
    timestamp_header: str | None
    timestamp_form: str
    tolerance: float | None
    id_header: str | None
    variable: str
    secret_form: str
    secret_prefix: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Callback:
    """How the vendor calls back. Times in seconds; `retries` are the waits before each further attempt."""

    url: Location
    method: str
    on: tuple[StatusClass, ...]
    timeout: float
    retries: tuple[float, ...]
    success: tuple[str, ...]
    max_length: int | None
    signature: Signature | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a clip: `amount` per second, video or million tokens for models that match one of `models` (globs).

    `currency` may be the vendor's own unit of account; `cost` is the amount in `money`, which is real money where the
    document says what the unit is worth. `unit` is how bodies write amounts.
    """

    models: tuple[str, ...]
    resolution: str | None
    per: str
    amount: float
    currency: str
    unit: str
    cost: float
    money: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class ListRule:
    """The list operation: its body, where the tasks stand, where each keeps id and status, the limit, and how further
    pages are asked for: by a number from 1 in the parameter `page`, by the id of the last task seen in `after`, or in
    `cursor` by what the page before holds at `next_at`."""

    body: Template
    items: Location
    id_at: Location
    status_at: Location
    parameter: str | None
    default: int
    maximum: int
    page: str | None
    after: str | None
    cursor: str | None
    next_at: Location | None
    fact: Fact

    @property
    def longest(self) -> str:
        """The query that asks for as many tasks as a list may hold."""
        return f"{self.parameter}={self.maximum}" if self.parameter else ""


@dataclass(frozen=True, slots=True)
class CancelRule:
    """The cancel operation: in which classes of status it cancels, in which it deletes, and what it answers (`body`
    None: no body at all)."""

    classes: tuple[StatusClass, ...]
    deletes: tuple[StatusClass, ...]
    body: Template | None
    fact: Fact
