"""Who is judged: which contracts, which target. Used by the command line and by pytest."""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from screentest_contracts import built_in, check_names, load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.suggestions import did_you_mean
from screentest_contracts.wording import listing
from screentest_suites.core.errors import TargetUnreachableError
from screentest_suites.targets.address import is_address
from screentest_suites.targets.callback_port import CallbackPort
from screentest_suites.targets.callback_receiver import CallbackReceiver
from screentest_suites.targets.credentials import find_keys
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.http import HttpTarget
from screentest_suites.targets.proxies import proxy_for
from screentest_suites.targets.target import Target

LIVE_RATE = 5.0
"""Requests per second to a provider whose document states no limit."""


def load_contracts(providers: Iterable[str]) -> list[Contract]:
    """The contracts of some providers, all built-in ones when none is named. Raises UsageError."""
    found = [load_contract(provider) for provider in dict.fromkeys(providers) or built_in()]
    check_names(found)
    return found


def check_models(contracts: Iterable[Contract], models: Collection[str]) -> list[str]:
    """What the user should know of the models that are chosen: which others of the document are modes of the same one.
    Raises UsageError for a model that none of the contracts has."""
    contracts = list(contracts)
    for name in models:
        if not any(contract.models_called(name) for contract in contracts):
            known = {name for contract in contracts for name in contract.models}
            raise UsageError(f"no model {name!r}", did_you_mean(name, known, f"models: {', '.join(sorted(known))}"))
    return [hint for contract in contracts if (hint := _other_modes(contract, models))]


def _other_modes(contract: Contract, names: Iterable[str]) -> str:
    """Which models that are not chosen are modes of one that is; "" for none."""
    chosen = {model.name: model for name in names for model in contract.models_called(name)}
    wires = {model.wire for model in chosen.values()}
    others = [each.name for each in contract.models.values() if each.wire in wires and each.name not in chosen]
    if not others:
        return ""
    added = " ".join(f"--model {name}" for name in others)
    return f"{contract.title}: {listing(chosen)} alone; {listing(others)} is the same model in another mode ({added})"


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
    if not is_address(url):
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
    found = load_contracts(named)
    if not where.live or named:
        return found, []
    missing = [each for each in found if not os.environ.get(each.key_variable, "").strip()]
    variables = ", ".join(each.key_variable for each in missing)
    ready = [each for each in found if each not in missing]
    if not ready:
        raise UsageError("no provider has a key", f"export one of {variables}")
    return ready, [f"{each.title} is left out: {each.key_variable} is not set" for each in missing]


def make_target(contract: Contract, where: Destination, *, several: bool = False) -> Target:
    """The embedded mock, or a server. Raises UsageError or TargetUnreachableError."""
    if where.embedded:
        return EmbeddedTarget(contract)
    base = contract.base_url if where.url is None else target_url(where.url, contract, several=several)
    rate = live_rate(contract) if where.rate is None and where.live else where.rate
    target = HttpTarget(
        base,
        find_keys(contract),
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


def live_rate(contract: Contract) -> float:
    """Requests per second to a provider's own server, where nobody has chosen."""
    return LIVE_RATE if contract.polling.per_minute is None else contract.polling.per_minute / 60


def check_reachable(target: HttpTarget) -> None:
    """Raises TargetUnreachableError for a server to which no connection can be made, UsageError for a proxy that makes
    none."""
    answer = target.knock()
    if (proxy := proxy_for(target.base_url)) and proxy in answer.error:
        hint = "is the proxy right? NO_PROXY=HOST asks a host without one"
        raise UsageError(f"{target.base_url} cannot be reached: {answer.error}", hint)
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
