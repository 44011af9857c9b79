"""Keys in requests. A request that is signed is signed at the last moment: what is kept of a request, or planned, never
holds a token. Until then `HIDDEN` stands where its token goes, and `SentRequest.credential` says whose it is.
"""

from collections.abc import Mapping

from screentest_contracts.contract import Contract
from screentest_contracts.redact import HIDDEN
from screentest_contracts.tokens import make_token
from screentest_suites.core.credential import AccountKey, FlawedToken, LiteralKey, NoKey
from screentest_suites.core.exchange import SentRequest

Headers = tuple[tuple[str, str], ...]


def shown_key(contract: Contract, keys: Mapping[str, str], credential: AccountKey | LiteralKey | FlawedToken) -> str:
    """What a request shows as its key until it is sent: the literal, the account's key, or HIDDEN where requests are
    signed. Raises KeyError for an account without a key."""
    match credential:
        case LiteralKey(text):
            return text
        case AccountKey(account) if contract.token is None:
            return keys[account]
    return HIDDEN


def signed(contract: Contract, sent: SentRequest, keys: Mapping[str, str], now: float) -> Headers:
    """The headers of a request, with a fresh token where it needs one. `now`: epoch seconds."""
    rule = contract.token
    match sent.credential:
        case FlawedToken(flaw):
            account = "good"
        case AccountKey(account):
            flaw = ""
        case LiteralKey() | NoKey():
            return sent.headers
    if rule is None:
        return sent.headers
    token = make_token(rule, keys[account], now, flaw)
    return tuple(
        (name, contract.key_prefix + token if name.lower() == contract.key_header else value)
        for name, value in sent.headers
    )
