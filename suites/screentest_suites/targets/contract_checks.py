"""What every target promises, as checks that run on any target: call them from the tests of your own.

    @pytest.mark.parametrize("check", TARGET_CHECKS, ids=lambda check: check.__name__)
    def test_my_target_keeps_its_promises(check):
        with contextlib.closing(MyTarget()) as target:
            check(target, SentRequest("GET", f"{target.base_url}/tasks", (), None, NO_KEY))

Each check is given a target and a harmless request that the target answers. Each raises TargetContractError for a
promise that is not kept. None of them needs a key, and none creates anything that the request does not create.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.targets.target import Target

TargetCheck = Callable[[Target, SentRequest], None]

CALLS = 8
"""How many requests are sent at a time where it is checked that threads do not mix them up."""


class TargetContractError(AssertionError):
    """A target does not keep what `Target` promises; the message says what.

    >>> import screentest
    >>> from screentest import testing
    >>> target = screentest.EmbeddedTarget(screentest.load_contract("acme.yaml"))
    >>> target.base_url += "/"
    >>> harmless = screentest.SentRequest("GET", f"{target.base_url}jobs/nothing", credential=screentest.NO_KEY)
    >>> try:
    ...     for check in testing.TARGET_CHECKS:
    ...         check(target, harmless)
    ... except testing.TargetContractError as error:
    ...     print(error)
    base_url has no slash at its end: 'https://api.acme.example/'
    """


def _demand(holds: object, what: str) -> None:
    if not holds:
        raise TargetContractError(what)


def has_every_member(target: Target, harmless: SentRequest) -> None:
    """`kind`, `base_url`, `keys`, `sent` and `order` have their types; a base URL has a scheme and no slash at its
    end."""
    _demand(isinstance(target.kind, str) and target.kind, "kind is a word")
    parts = urlsplit(target.base_url)
    _demand(parts.scheme in {"http", "https"} and parts.netloc, f"base_url is an HTTP address: {target.base_url!r}")
    _demand(not target.base_url.endswith("/"), f"base_url has no slash at its end: {target.base_url!r}")
    _demand(isinstance(target.keys, Mapping), "keys is a mapping")
    named = all(isinstance(role, str) and isinstance(key, str) for role, key in target.keys.items())
    _demand(named, "keys maps roles to texts")
    _demand(isinstance(target.sent, int), "sent is a number")
    order = target.order
    _demand(isinstance(order, Sequence) and not isinstance(order, str), "order is a sequence of ids")


def answers_with_the_request(target: Target, harmless: SentRequest) -> None:
    """An answer holds the request as it was given, whatever was done to send it, and a status, or why there is none."""
    exchange = target.send(harmless)
    _demand(exchange.sent == harmless, "an exchange holds the request as it was given")
    _demand(100 <= exchange.status < 600, f"the harmless request is answered: {exchange.error or exchange.status}")
    _demand(exchange.size >= len(exchange.body), "size is the length of the whole body")


def counts_requests(target: Target, harmless: SentRequest) -> None:
    """`sent` rises by one with each request."""
    before = target.sent
    target.send(harmless)
    target.send(harmless)
    _demand(target.sent == before + 2, f"sent rose from {before} to {target.sent} over two requests")


def stamps_times_of_its_own_clock(target: Target, harmless: SentRequest) -> None:
    """An answer's times are between the readings of the clock before and after it."""
    before = target.now()
    exchange = target.send(harmless)
    after = target.now()
    _demand(exchange.sent_at <= exchange.received_at, "an answer is received after its request is sent")
    in_order = before - 0.001 <= exchange.sent_at and exchange.received_at <= after + 0.001
    _demand(in_order, f"times of an exchange are within {before} and {after}: {exchange.sent_at}")


def sleeps_on_its_own_clock(target: Target, harmless: SentRequest) -> None:
    """The clock goes on by what is slept; it goes on far at once where the target can be steered."""
    seconds = 0.05 if target.steering is None else 3600.0
    before = target.now()
    target.sleep(seconds)
    passed = target.now() - before
    _demand(passed >= seconds * 0.9, f"{passed} s passed while {seconds} s were slept")


def reads_no_more_than_the_limit(target: Target, harmless: SentRequest) -> None:
    """At most `limit` bytes of a body are kept."""
    exchange = target.send(harmless, limit=1)
    _demand(len(exchange.body) <= 1, f"{len(exchange.body)} bytes were kept where one was asked for")


def survives_what_a_server_does(target: Target, harmless: SentRequest) -> None:
    """A path that the server does not have gives an exchange, not an exception."""
    stray = replace(harmless, url=f"{target.base_url}/no/such/path/{'x' * 40}", credential=NO_KEY)
    exchange = target.send(stray)
    _demand(exchange.status or exchange.error, "an exchange has a status, or says why it has none")


def keeps_threads_apart(target: Target, harmless: SentRequest) -> None:
    """Requests of several threads get the answers to themselves."""

    def ask(number: int) -> Exchange:
        return target.send(replace(harmless, purpose=f"check {number}"))

    with ThreadPoolExecutor(max_workers=CALLS) as pool:
        exchanges = list(pool.map(ask, range(CALLS)))
    purposes = [exchange.sent.purpose for exchange in exchanges]
    _demand(purposes == [f"check {number}" for number in range(CALLS)], f"answers were mixed up: {purposes}")


def remembers_what_it_was_given(target: Target, harmless: SentRequest) -> None:
    """`remember` returns what `make` returns, or what it returned when the run was recorded: a JSON value."""
    first = target.remember("a target check", lambda: {"number": [1, 2]})
    _demand(first == {"number": [1, 2]}, f"remember returned {first!r}")


def is_told_what_is_judged(target: Target, harmless: SentRequest) -> None:
    """`judging` takes the id of a requirement, twice, too."""
    target.judging("a.target.check")
    target.judging("a.target.check")


def takes_a_limit_of_time(target: Target, harmless: SentRequest) -> None:
    """`limit_time` takes a day, and requests are answered as before."""
    target.limit_time(86400.0, chosen=True)
    _demand(target.send(harmless).sent == harmless, "requests are answered within a limit of time")


def gives_each_task_an_address(target: Target, harmless: SentRequest) -> None:
    """Where callbacks can arrive, every address is another one, below `base`, and nothing has arrived there."""
    port = target.callbacks
    if port is None:
        return
    one, two = port.address(), port.address(500)
    _demand(one != two, "two addresses differ")
    _demand(one.startswith(port.base) and two.startswith(port.base), f"addresses are below {port.base}")
    _demand(not port.received(one) and not port.received(two), "nothing has arrived at a new address")


def follows_scenarios(target: Target, harmless: SentRequest) -> None:
    """A target that can be steered takes a scenario, and forgets it."""
    if target.steering is not None:
        target.steering.schedule("failure")
        target.steering.forget_scheduled()


def closes_more_than_once(target: Target, harmless: SentRequest) -> None:
    """Whoever opened a target may close it, whoever was given it, too."""
    target.close()
    target.close()


TARGET_CHECKS: tuple[TargetCheck, ...] = (
    has_every_member,
    answers_with_the_request,
    counts_requests,
    stamps_times_of_its_own_clock,
    sleeps_on_its_own_clock,
    reads_no_more_than_the_limit,
    survives_what_a_server_does,
    keeps_threads_apart,
    remembers_what_it_was_given,
    is_told_what_is_judged,
    takes_a_limit_of_time,
    gives_each_task_an_address,
    follows_scenarios,
    closes_more_than_once,
)
"""Every promise that can be seen from outside."""
