"""How a call names several tasks."""

from typing import Any

from screentest_contracts.contract import Operation
from screentest_contracts.forms import coerced


def written_ids(operation: Operation, tasks: tuple[str, ...]) -> tuple[str | None, Any]:
    """The parameter of the address that holds the ids, or None, and then the body that does."""
    if operation.id_parameter is not None:
        return operation.call_parameter(operation.carrier).write(list(tasks)), None
    schema = (operation.body_schema or {}).get("properties", {}).get(operation.carrier, {})
    return None, {operation.carrier: coerced(list(tasks), schema)}
