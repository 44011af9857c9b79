"""The status that an answer shows, whichever operation gave it."""

from screentest_contracts.contract import Contract, Status
from screentest_contracts.reading import status_of
from screentest_suites.core.exchange import Exchange


def status_in(contract: Contract, exchange: Exchange) -> Status | None:
    """The status that an answer shows, in the words of its operation; None for an unknown word."""
    return status_of(contract, exchange.json, exchange.sent.operation)
