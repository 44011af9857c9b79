"""Answers against the schemas of the document."""

from screentest_contracts.complaints import complaint
from screentest_contracts.contract import Operation
from screentest_contracts.location import pointer_of
from screentest_suites.checks.registry import Violation
from screentest_suites.core.exchange import NO_JSON, Exchange


def schema_violation(operation: Operation, exchange: Exchange) -> Violation | None:
    """What an answer holds against the response that the document declares for its status, if anything."""
    if exchange.error:
        return Violation(exchange.error, "a complete answer", (exchange,))
    response = operation.response(exchange.status)
    if response is None:
        known = ", ".join(operation.responses)
        return Violation(f"answered {exchange.status}", f"a documented status: {known}", (exchange,))
    if not response.validators:
        return None
    if exchange.json is NO_JSON:
        return Violation(exchange.not_json, "a JSON body", (exchange,))
    media = exchange.media_type
    kinds = [name.partition(";")[0].strip().lower() for name in response.validators]
    plain = "application/json" in kinds or not any("json" in name for name in kinds)
    if media and media not in kinds and not (plain and "json" in media):
        return Violation(f"the content type is {media}", " or ".join(kinds), (exchange,))
    validator = next(
        (each for name, each in response.validators.items() if "json" in name), next(iter(response.validators.values()))
    )
    try:
        error = next(iter(validator.iter_errors(exchange.json)), None)
    except ValueError:
        return Violation("the body is nested too deeply", "the documented schema", (exchange,))
    if error is None:
        return None
    pointer = pointer_of(tuple(str(part) for part in error.instance_path))
    return Violation(f"{pointer or 'body'}: {complaint(error)}", "the documented schema", (exchange,))
