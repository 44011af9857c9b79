"""From options to judges: which contracts, which target, which keys. Used by the command line and by pytest."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from screentest_contracts import built_in, load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_suites.callback_port import CallbackPort, CallbackReceiver
from screentest_suites.http_target import HttpTarget
from screentest_suites.redact import Redactor
from screentest_suites.target import EmbeddedTarget, Target

ACCOUNTS = {"good": "", "second": "_SECOND", "poor": "_POOR", "restricted": "_RESTRICTED"}
"""Accounts by role and what is added to the name of the key's environment variable."""


class TargetUnreachableError(UsageError):
    """The target does not answer at all: exit status 3."""


def contracts(providers: Iterable[str]) -> list[Contract]:
    """The contracts of some providers, all built-in ones when none is named. Raises UsageError."""
    return [load_contract(provider) for provider in dict.fromkeys(providers) or built_in()]


def check_models(contracts: Iterable[Contract], models: Iterable[str]) -> None:
    """Raises UsageError for a model that none of the contracts has."""
    known = {name for contract in contracts for name in contract.models}
    for name in models:
        if name not in known:
            raise UsageError(f"no model {name!r}", f"models: {', '.join(sorted(known))}")


def keys(contract: Contract, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The keys found in the environment. Raises UsageError when the first one is missing."""
    found = {
        role: value
        for role, suffix in ACCOUNTS.items()
        if (value := environment.get(contract.key_variable + suffix, "").strip())
    }
    if "good" not in found:
        raise UsageError(
            f"no key for {contract.title}: {contract.key_variable} is not set",
            f"export {contract.key_variable}=...   (for `screentest serve`: sk-screentest)",
        )
    return found


def target_url(url: str, contract: Contract, *, several: bool) -> str:
    """The base URL for a contract; with several providers each is under its own name, as `screentest serve` has it.

    Raises UsageError for what is no URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"--target {url!r} is no address", "write it like http://127.0.0.1:8080")
    return url.rstrip("/") + (f"/{contract.name}" if several else "")


def make_target(
    contract: Contract,
    url: str | None,
    *,
    several: bool = False,
    timeout: float = 30.0,
    callbacks: CallbackPort | None = None,
) -> Target:
    """The embedded mock, or the server behind `url`. Raises UsageError or TargetUnreachableError."""
    if url is None:
        return EmbeddedTarget(contract)
    base = target_url(url, contract, several=several)
    target = HttpTarget(base, keys(contract), timeout=timeout, callbacks=callbacks)
    try:
        _knock(target)
    except UsageError:
        target.close()
        raise
    return target


def _knock(target: HttpTarget) -> None:
    from screentest_suites.exchange import Sent

    answer = target.send(Sent("GET", target.base_url + "/", (), None, ""))
    if answer.status == 0 and answer.error.startswith("no connection"):
        raise TargetUnreachableError(
            f"{target.base_url} cannot be reached: {answer.error}", "is the server running, and is the address right?"
        )


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
