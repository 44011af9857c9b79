"""Who may call: a few accounts with fixed, documented keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.tokens import key_pair

GOOD_KEY: Final = "sk-screentest"
OTHER_KEY: Final = "sk-screentest-other"
POOR_KEY: Final = "sk-screentest-poor"
RESTRICTED_KEY: Final = "sk-screentest-restricted"
SECRET: Final = "0123456789abcdef" * 4
"""Where a key is a pair, an account's secret is its access key, `-` and this: long enough for every algorithm."""
CALLBACK_SECRET: Final = "screentest-callbacks"  # noqa: S105 - made up, and documented
"""What callbacks are signed with, written as the document writes secrets."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `poor` has no balance; `restricted` may not use any model but the document's first."""

    name: str
    poor: bool = False
    restricted: bool = False


def account_keys(contract: Contract, api_key: str = GOOD_KEY) -> dict[str, str]:
    """The accounts' keys by role, as a user would keep them; `api_key` is the good one's. Raises UsageError."""
    keys = {"good": api_key, "second": OTHER_KEY, "poor": POOR_KEY, "restricted": RESTRICTED_KEY}
    if contract.token is None:
        return keys
    pairs = {role: f"{key}:{key}-{SECRET}" for role, key in keys.items()}
    if api_key != GOOD_KEY:
        try:
            key_pair(api_key)
        except ValueError as error:
            hint = "requests are signed: give --api-key an access key and a secret, ACCESS:SECRET"
            raise UsageError(f"the key of the good account is none of {contract.title}: {error}", hint) from None
        pairs["good"] = api_key
    return pairs


def accounts(keys: Mapping[str, str]) -> dict[str, Account]:
    """The accounts by key, of which there is one for each role."""
    return {
        keys["second"]: Account("other"),
        keys["poor"]: Account("poor", poor=True),
        keys["restricted"]: Account("restricted", restricted=True),
        keys["good"]: Account("good"),
    }
