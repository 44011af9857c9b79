"""What a provider can be held to: one requirement per fact that can be observed from outside.

Ids are slugs of ours, stable for ever. The level follows the mark of the fact (`facts.Mark.level`). Which check judges
a requirement is decided by its `kind`; what it is about stands in `subject`.
"""

from screentest_contracts.contract import Contract
from screentest_contracts.facts import Level
from screentest_contracts.requirements.errors import add_error_schemas, add_errors, add_tokens
from screentest_contracts.requirements.lifecycle import add_calls, add_polling, add_presence, add_receipt
from screentest_contracts.requirements.model import SUITES, Builder, Case, ErrorCase, Requirement
from screentest_contracts.requirements.outcome import (
    add_callbacks,
    add_cancel,
    add_generated,
    add_headers,
    add_idempotency,
    add_list,
    add_promises,
    add_result,
)
from screentest_contracts.requirements.parameters import add_parameters
from screentest_contracts.requirements.uploads import add_uploads

__all__ = ["SUITES", "Case", "ErrorCase", "Requirement", "requirements"]


def requirements(contract: Contract) -> tuple[Requirement, ...]:
    """Every requirement of a contract, suite by suite."""
    builder = Builder(contract)
    add_parameters(builder)
    add_uploads(builder)
    add_receipt(builder)
    add_calls(builder)
    add_polling(builder)
    add_presence(builder)
    add_errors(builder)
    add_tokens(builder)
    add_error_schemas(builder)
    add_headers(builder)
    add_result(builder)
    add_list(builder)
    add_cancel(builder)
    add_callbacks(builder)
    add_idempotency(builder)
    add_promises(builder)
    add_generated(builder)
    for index, each in enumerate(contract.unobservable, 1):
        name = f"unobservable.{index}"
        builder.found[name] = Requirement(
            name, "unobservable", "unobservable", Level.NOTE, each.statement, each.fact, untestable=each.reason
        )
    return tuple(sorted(builder.found.values(), key=lambda requirement: requirement.suite_order))
