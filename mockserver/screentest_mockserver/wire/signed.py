"""Accounts whose requests are signed: who has made a token, and whether it is valid now."""

from collections.abc import Mapping
from functools import lru_cache

from screentest_contracts.contract import TokenRule
from screentest_contracts.tokens import ExpiredTokenError, Token, key_pair, read_token
from screentest_mockserver.wire.accounts import Account


class SignedKeys:
    """The accounts of a vendor that takes tokens. A client sends the same one many times: it is verified once."""

    def __init__(self, rule: TokenRule, accounts: Mapping[str, Account]) -> None:
        secrets = dict(map(key_pair, accounts))
        self._accounts = {key_pair(key)[0]: account for key, account in accounts.items()}

        @lru_cache(1024)
        def read(text: str, overlook: frozenset[str]) -> Token:
            return read_token(rule, text, secrets, overlook)

        self._read = read

    def remembered(self) -> tuple[int, int]:
        """How many tokens are remembered, and how often one of them was sent again."""
        info = self._read.cache_info()
        return info.currsize, info.hits

    def owner(self, text: bytes, now: float, overlook: frozenset[str]) -> tuple[Account | None, str]:
        """Whose token this is; the second is the condition where it is nobody's, or not valid."""
        try:
            token = self._read(text.decode("latin-1"), overlook)
            token.check(now)
        except ExpiredTokenError:
            return None, "expired-key"
        except ValueError:
            return None, "wrong-key"
        return self._accounts[token.access], "wrong-key"
