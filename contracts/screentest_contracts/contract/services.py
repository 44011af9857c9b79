"""What comes with a task beside create and query: result link, callback, idempotency, list, cancel, price."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.contract.handshake import Handshake
from screentest_contracts.contract.lifecycle import StatusClass
from screentest_contracts.contract.models import Model
from screentest_contracts.facts import Fact
from screentest_contracts.generate import derived
from screentest_contracts.location import MISSING, Location
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import Template

Values = Mapping[str, tuple[Any, ...]]
"""By pointer of a request's member: the values of which it has one."""


def has_values(wanted: Values, schema: Mapping[str, Any], request: Any) -> bool:
    """Whether a request has these values, by the schema of its model: what is left out has its default."""
    for pointer, values in wanted.items():
        at = Location(pointer)
        value = at.find(request)
        if value is MISSING or value is None:
            value = next((each["default"] for each in member_schemas(schema, at) if "default" in each), MISSING)
        if not any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in values):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Link:
    """The result's address. `at` without pointers: no answer shows it, the content operation gives the bytes.
    `from_origin`: addresses that begin with a slash lead from the origin, not from the address of the API. `life` is in
    seconds after finish, or after the query that shows it where it is `renewed`: what the mock keeps, None where it
    keeps it for ever. `lives` is every documented length, none where documents only say that it ends. Facts by aspect
    (`life`, `auth`)."""

    at: Location
    make: Template
    from_origin: bool
    auth: str
    life: float | None
    lives: tuple[float, ...]
    expiry_query: str | None
    expiry_form: str | None
    media_type: str
    range: bool | None
    renewed: bool
    facts: Mapping[str, Fact]

    @property
    def shortest(self) -> float | None:
        """The seconds for which it works by each reading; None where no document states a length."""
        return min(self.lives, default=None)

    @property
    def longest(self) -> float | None:
        """The seconds after which it has ended by each reading; None where no document states a length."""
        return max(self.lives, default=None)


@dataclass(frozen=True, slots=True)
class Asset:
    """A further file of a task that has succeeded. `life` in seconds after finish; `media_type` "" where nothing is
    said; `parameters` of the query with which the content operation gives it, where no answer shows its address (then
    `at` is nowhere); `when`: the values that members of the request have, where others do not get it; facts by aspect
    (`life`, `auth`, `media_type`)."""

    name: str
    at: Location
    parameters: Mapping[str, str]
    when: Values
    optional: bool
    auth: str
    media_type: str
    life: float | None
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Signature:
    """How callbacks are signed (`screentest_contracts.signatures`): a digest over the text `over`, in `header` as
    `value` has it, or in one of several such parts between `separator`s. `tolerance` is seconds between the delivery's
    time and its arrival; `variable` the environment variable with the secret, which is written in `secret_form`, or ""
    where a key set at `keys_url` verifies."""

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
    keys_url: str
    fact: Fact

    def keys_path(self, base_path: str) -> str:
        """Where a server that stands in for the vendor has the key set, after its own address; "" for a secret."""
        return urlsplit(self.keys_url).path.removeprefix(base_path)


@dataclass(frozen=True, slots=True)
class TokenRule:
    """How a request is signed (`screentest_contracts.tokens`): with a token whose claims, by name, have holes for the
    access key and for times; `header` is what its header holds beside `alg` and `typ`."""

    algorithm: str
    claims: Mapping[str, Any]
    header: Mapping[str, Any]
    fact: Fact


@dataclass(frozen=True, slots=True)
class CallbackEvents:
    """How a create chooses of what it wants to be told: a list of `words` at a place of the request."""

    at: Location
    words: Mapping[str, StatusClass]

    def chosen(self, request: Any) -> frozenset[StatusClass]:
        """The classes that a request chooses: all where it does not choose."""
        asked = self.at.find(request)
        if not isinstance(asked, list):
            return frozenset(StatusClass)
        return frozenset(self.words[word] for word in asked if isinstance(word, str) and word in self.words)

    def word(self, status_class: StatusClass) -> str | None:
        """The word for a class."""
        return next((word for word, of in self.words.items() if of is status_class), None)


@dataclass(frozen=True, slots=True)
class Callback:
    """How the vendor calls back. Times in seconds; `retries` are the waits before each further attempt, which are made
    up where it is not `timed`. The address is in the request at `url`, or in the query `parameter`. `bodies` by class
    are what is sent instead of the query's answer; `headers` are those of a delivery."""

    url: Location
    parameter: str | None
    method: str
    on: tuple[StatusClass, ...]
    timeout: float
    retries: tuple[float, ...]
    timed: bool
    bodies: Mapping[StatusClass, Template]
    headers: Mapping[str, Template]
    events: CallbackEvents | None
    handshake: Handshake | None
    success: tuple[str, ...]
    max_length: int | None
    signature: Signature | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The key that makes a create safe to repeat: in the request's `header`, or in its body `at` a pointer. The header
    `replayed`, with this value unless that is None, tells of a repetition; `life` is the seconds for which a key is
    remembered, None where nobody says."""

    header: str | None
    at: Location | None
    make: Template
    replayed: tuple[str, str | None] | None
    life: float | None
    fact: Fact
    replayed_fact: Fact
    life_fact: Fact

    def key(self, seed: str) -> str:
        """The key that belongs to `seed`: others have others."""
        return str(self.make.render(_Seeded(seed)))

    @property
    def place(self) -> str:
        """Where it stands, for people: `the header Idempotency-Key`, `/client_token`."""
        return f"the header {self.header}" if self.at is None else str(self.at)


class _Seeded:
    """Random holes that are functions of a seed, each its own."""

    def __init__(self, seed: str) -> None:
        self.seed, self.holes = seed, 0

    def hole(self, name: str, argument: str) -> Any:
        self.holes += 1
        return derived(argument, self.seed, f"key {self.holes}")


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a clip: `amount` per second, video or million tokens for models that match one of `models` (globs).

    `currency` may be the vendor's own unit of account; `cost` is the amount in `money`, which is real money where the
    document says what the unit is worth. `unit` is how bodies write amounts. `when`: the values that members of the
    request have.
    """

    models: tuple[str, ...]
    resolution: str | None
    per: str
    amount: float
    currency: str
    unit: str
    cost: float
    money: str
    when: Values
    fact: Fact

    def is_of_tier(self, model: Model, tier: Any) -> bool:
        """Whether it is the price of a resolution, which a request may name by a word."""
        names = {str(each).lower() for each in (tier, model.meaning("resolution", tier))}
        return self.resolution is None or self.resolution.lower() in names

    def holds(self, schema: Mapping[str, Any], request: Any) -> bool:
        """Whether it is the price of a request, by the schema of its model."""
        return has_values(self.when, schema, request)


FILTERED = ("status", "model", "id")
"""What a list can be filtered by."""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """The parameter of a list that says which end comes first, and the word for each."""

    parameter: str
    newest: str
    oldest: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class ListRule:
    """The list operation: its body, where the tasks stand, where each keeps id and status, the limit, and how further
    pages are asked for: by a number from 1 in the parameter `page`, by the id of the last task seen in `after`, by the
    number of tasks seen in `offset`, or in `cursor` by what the page before holds at `next_at`, which may be a whole
    address (`next_is_address`). `filters` has what each filter looks at (`status`, `model`, `id`), by its parameter."""

    body: Template
    items: Location
    id_at: Location
    status_at: Location
    parameter: str | None
    default: int
    maximum: int
    page: str | None
    after: str | None
    offset: str | None
    cursor: str | None
    next_at: Location | None
    next_is_address: bool
    filters: Mapping[str, str]
    order: ListOrder | None
    fact: Fact

    @property
    def paging(self) -> tuple[str, ...]:
        """The parameters that ask for a further page."""
        return tuple(name for name in (self.page, self.after, self.offset, self.cursor) if name is not None)

    def filter_by(self, fact: str) -> str | None:
        """The parameter that shows tasks by this fact only; None where there is none."""
        return next((name for name, what in self.filters.items() if what == fact), None)

    @property
    def longest(self) -> str:
        """The query that asks for as many tasks as a list may hold."""
        return f"{self.parameter}={self.maximum}" if self.parameter else ""
