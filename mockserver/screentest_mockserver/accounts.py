"""Who may call: a few accounts with fixed, documented keys."""

from dataclasses import dataclass
from typing import Final

GOOD_KEY: Final = "sk-screentest"
OTHER_KEY: Final = "sk-screentest-other"
POOR_KEY: Final = "sk-screentest-poor"
RESTRICTED_KEY: Final = "sk-screentest-restricted"
CALLBACK_SECRET: Final = "screentest-callbacks"  # noqa: S105 - made up, and documented
"""What callbacks are signed with, written as the document writes secrets."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `poor` has no balance; `restricted` may not use any model but the document's first."""

    name: str
    poor: bool = False
    restricted: bool = False


def accounts(api_key: str = GOOD_KEY) -> dict[str, Account]:
    """The accounts by key; `api_key` is the good one's."""
    return {
        OTHER_KEY: Account("other"),
        POOR_KEY: Account("poor", poor=True),
        RESTRICTED_KEY: Account("restricted", restricted=True),
        api_key: Account("good"),
    }
