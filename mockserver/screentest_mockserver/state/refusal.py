"""A condition of the document's error catalogue on its way to an answer."""

from typing import Any

from screentest_contracts.contract import Role


class Refusal(Exception):  # noqa: N818 - control flow, not an error
    """A check that failed: the role that was asked, the condition, and what its answer may tell (`values`):
    `param` is the member of the schema, by which rows are found, `place` the same with the numbers of items; `detail`
    is the reason in words, those of the condition where nothing else is said."""

    def __init__(self, role: Role, condition: str, **values: Any) -> None:
        super().__init__(condition)
        self.role = role
        self.condition = condition
        self.values = {"detail": condition.replace("-", " "), **values}
