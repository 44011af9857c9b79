"""Prices and balances."""

from collections.abc import Iterator

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import mapping, sequence


@rule(
    "balance.no-price",
    Severity.WARNING,
    "A balance is judged by the prices of the document",
    "add `prices`; without them no task can be said to have cost too much",
    task=True,
)
def balances_have_prices(document: RawDocument) -> Iterator[Hit]:
    """A balance without any price, or with prices by tokens only, which no request tells."""
    task = mapping(document.task)
    per = [mapping(each).get("per") for each in sequence(task.get("prices"))]
    if "balance" in mapping(task.get("resources")) and not {"second", "video"} & {*per}:
        yield Hit("/x-task/resources/balance", "no price says what a task takes from the balance")
