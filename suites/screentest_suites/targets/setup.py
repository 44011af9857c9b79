"""From options to judges: which contracts, which target, which keys. Used by the command line and by pytest."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from screentest_contracts import built_in, check_names, load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.signatures import secret_key, write_secret
from screentest_contracts.tokens import make_token
from screentest_mockserver.wire.accounts import CALLBACK_SECRET, account_keys
from screentest_suites.core.options import Options
from screentest_suites.core.redact import Redactor
from screentest_suites.judging.judge import Judge
from screentest_suites.judging.rehearsal import rehearse
from screentest_suites.spending import Budget
from screentest_suites.targets.callback_port import CallbackPort, CallbackReceiver
from screentest_suites.targets.embedded import EmbeddedTarget, Target
from screentest_suites.targets.http import HttpTarget

LIVE_RATE = 5.0
"""Requests per second to a provider whose document states no limit."""

ACCOUNTS = {"good": "", "second": "_SECOND", "poor": "_POOR", "restricted": "_RESTRICTED"}
"""Accounts by role and what is added to the name of the key's environment variable."""


class TargetUnreachableError(UsageError):
    """The target does not answer at all: exit status 3."""


def contracts(providers: Iterable[str]) -> list[Contract]:
    """The contracts of some providers, all built-in ones when none is named. Raises UsageError."""
    found = [load_contract(provider) for provider in dict.fromkeys(providers) or built_in()]
    check_names(found)
    return found


def check_models(contracts: Iterable[Contract], models: Iterable[str]) -> None:
    """Raises UsageError for a model that none of the contracts has."""
    known = {name for contract in contracts for name in contract.models}
    for name in models:
        if name not in known:
            raise UsageError(f"no model {name!r}", f"models: {', '.join(sorted(known))}")


def variables(contract: Contract) -> dict[str, str]:
    """Environment variables by whose key they hold; `callback`: what callbacks are signed with."""
    found = {role: contract.key_variable + suffix for role, suffix in ACCOUNTS.items()}
    if contract.callback is not None and contract.callback.signature is not None:
        found["callback"] = contract.callback.signature.variable
    return found


def keys(contract: Contract, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The keys found in the environment. Raises UsageError when the first one is missing, or a secret is no secret."""
    named = variables(contract)
    found = {role: value for role, name in named.items() if (value := environment.get(name, "").strip())}
    for name in (named[role] for role in ACCOUNTS if role in found):
        value = environment[name]
        if value != value.strip() or not value.isascii() or not value.isprintable():
            what = "there is white space around it, or something in it that is not printable ASCII"
            raise UsageError(f"{name} holds no key: {what}", f"export {name}=... as the vendor shows it")
    usual = account_keys(contract)
    if "good" not in found:
        raise UsageError(
            f"no key for {contract.title}: {contract.key_variable} is not set",
            f"export {contract.key_variable}=...   (for `screentest serve`: {usual['good']})",
        )
    if contract.token is not None:
        for role in (each for each in usual if each in found):
            try:
                make_token(contract.token, found[role], 0.0)
            except ValueError as error:
                hint = f"the access key, a colon, the secret (of `screentest serve`: {usual[role]})"
                raise UsageError(f"{named[role]} holds no key that signs: {error}", hint) from None
    rule = contract.callback.signature if contract.callback else None
    if rule is not None and "callback" in found:
        try:
            secret_key(rule, found["callback"])
        except ValueError as error:
            hint = f"the secret as the vendor shows it (of `screentest serve`: {write_secret(rule, CALLBACK_SECRET)})"
            raise UsageError(f"{rule.variable} holds no secret: {error}", hint) from None
    return found


def target_url(url: str, contract: Contract, *, several: bool) -> str:
    """The base URL for a contract; with several providers each is under its own name, as `screentest serve` has it."""
    return url.rstrip("/") + (f"/{contract.name}" if several else "")


def check_url(url: str) -> None:
    """Raises UsageError for what is no base URL. What may be a secret is not shown."""
    hint = "write it like http://127.0.0.1:8080"
    if "@" in url.partition("://")[2].partition("/")[0]:
        variable = "the key comes from the environment variable that the document names"
        raise UsageError("--target holds a user name or a password", f"{hint}; {variable}")
    if "?" in url or "#" in url:
        raise UsageError("--target has a query or a fragment", f"{hint}: paths are added to it")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"--target {url!r} is no address", hint)


@dataclass(frozen=True)
class Destination:
    """Who is judged: the embedded mock, the server at `url`, or, `live`, the provider's own.

    `timeout` is seconds for one answer; `rate` requests per second, None: the document's limit when live, else none.
    """

    url: str | None = None
    live: bool = False
    timeout: float = 30.0
    rate: float | None = None
    callbacks: CallbackPort | None = None

    def __post_init__(self) -> None:
        if self.live and self.url is not None:
            raise UsageError("--live and --target exclude each other", "--live goes to the provider's own server")
        if self.url is not None:
            check_url(self.url)

    @property
    def embedded(self) -> bool:
        """Whether nothing leaves the machine."""
        return self.url is None and not self.live


def select_contracts(providers: Iterable[str], where: Destination) -> tuple[list[Contract], list[str]]:
    """The contracts of a run, and hints about those left out: a live run without names is of the providers whose keys
    are there. Raises UsageError."""
    named = list(providers)
    found = contracts(named)
    if not where.live or named:
        return found, []
    missing = [each for each in found if not os.environ.get(each.key_variable, "").strip()]
    variables = ", ".join(each.key_variable for each in missing)
    ready = [each for each in found if each not in missing]
    if not ready:
        raise UsageError("no provider has a key", f"export one of {variables}")
    return ready, [f"{each.title} is left out: {each.key_variable} is not set" for each in missing]


def pace(speed: float | None, url: str | None) -> float:
    """How many times faster than its document a target is. Raises UsageError where that cannot be chosen."""
    if speed is not None and url is None:
        raise UsageError(
            "--speed is for --target", "the embedded mock needs no time, and a vendor's server has its own"
        )
    return 1.0 if speed is None else speed


def make_target(contract: Contract, where: Destination, *, several: bool = False) -> Target:
    """The embedded mock, or a server. Raises UsageError or TargetUnreachableError."""
    if where.embedded:
        return EmbeddedTarget(contract)
    base = contract.base_url if where.url is None else target_url(where.url, contract, several=several)
    rate = where.rate
    if rate is None and where.live:
        rate = LIVE_RATE if contract.polling.per_minute is None else contract.polling.per_minute / 60
    target = HttpTarget(
        base,
        keys(contract),
        kind="live" if where.live else "url",
        timeout=where.timeout,
        callbacks=where.callbacks,
        rate=rate,
        contract=contract,
    )
    try:
        check_reachable(target)
    except UsageError:
        target.close()
        raise
    return target


def make_judge(contract: Contract, target: Target, options: Options, budget: Budget) -> Judge:
    """The judge of a target. Where tasks cost money it knows what may be spent, and which requests are to be refused.
    Raises UsageError for a budget in another currency."""
    if not budget.limited:
        return Judge(contract, target, options)
    ledger = budget.ledger(contract)
    ahead = rehearse(contract, replace(options, metered=True), target).refusals
    return Judge(contract, target, replace(options, metered=True), ledger=ledger, ahead=ahead)


def check_reachable(target: HttpTarget) -> None:
    from screentest_suites.core.exchange import SentRequest

    answer = target.send(SentRequest("GET", target.base_url + "/", (), None, ""))
    if answer.status == 0 and answer.error.startswith("no connection"):
        hint = "is the server running, and is the address right?"
        if "certificate" in answer.error.lower():
            hint = "certificates are always verified: name your own CA's file in SSL_CERT_FILE"
        raise TargetUnreachableError(f"{target.base_url} cannot be reached: {answer.error}", hint)


@contextlib.contextmanager
def receiver(listen: str | None, url: str | None, certificate: str | None) -> Iterator[CallbackReceiver | None]:
    """A receiver of callbacks for the time of a run, when one is asked for. Raises UsageError."""
    if listen is None:
        if url or certificate:
            raise UsageError(
                "--callback-url and --callback-certificate need --callback-listen", "for example 0.0.0.0:8443"
            )
        yield None
        return
    made = CallbackReceiver(listen, url=url, certificate=certificate)
    try:
        yield made
    finally:
        made.close()


def redactor(targets: Iterable[Target]) -> Redactor:
    """A redactor that knows every key of a run."""
    return Redactor(key for target in targets for key in target.keys.values())
