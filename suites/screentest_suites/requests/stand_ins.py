"""What requests hold for a file or an earlier task until it is known."""

from typing import Any

from screentest_contracts.contract import Contract, Operation
from screentest_contracts.location import MISSING, is_empty, replaced, segments


def earlier_stand_in(contract: Contract, operation: Operation) -> str:
    """What stands in the address of a create for the earlier task from which it goes on; "" where nothing does."""
    rules = [model.earlier for model in contract.models.values() if operation in model.operations]
    return next((str(rule.stand_in) for rule in rules if rule is not None and rule.at is None), "")


def with_stand_ins(contract: Contract, operation: Operation, body: Any) -> Any:
    """A valid body with the stand-in in every place where samples and generators made a reference up; where there is no
    stand-in for a file, without the reference, if the body is as valid."""
    model = contract.model_of(operation, body) if isinstance(body, dict) else None
    try:
        if model is None or not model.validator.is_valid(body):
            return body
    except ValueError:  # nested deeper than the validator goes
        return body
    upload, earlier = contract.upload, model.earlier
    used = [(upload.used, upload.stand_ins)] if upload is not None else []
    used += [(earlier.at, (earlier.stand_in,))] if earlier is not None and earlier.at is not None else []
    for location, stand_ins in used:
        for pointer, value in location.all(body):
            if value in stand_ins or (is_empty(value) and value != ""):
                continue
            changed = replaced(body, segments(pointer), stand_ins[0] if stand_ins else MISSING)
            body = changed if stand_ins or model.validator.is_valid(changed) else body
    return body
