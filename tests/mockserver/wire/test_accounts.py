"""The accounts of a mock."""

from screentest_mockserver.wire.accounts import Account, accounts


def test_accounts_by_key() -> None:
    known = accounts({"good": "my-key", "second": "b", "poor": "c", "restricted": "d"})
    assert known["my-key"] == Account("good")
    assert {account.name for account in known.values()} == {"good", "other", "poor", "restricted"}
    assert "sk-screentest" not in known
    assert [account.name for account in known.values() if account.poor] == ["poor"]
    assert [account.name for account in known.values() if account.restricted] == ["restricted"]
