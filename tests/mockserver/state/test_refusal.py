"""A refusal on its way to an answer."""

from screentest_contracts.contract import Role
from screentest_mockserver.state.refusal import Refusal


def test_a_refusal_always_says_why() -> None:
    assert Refusal(Role.QUERY, "unknown-task").values["detail"] == "unknown task"
    assert Refusal(Role.CREATE, "invalid-body", detail="not acceptable").values["detail"] == "not acceptable"
