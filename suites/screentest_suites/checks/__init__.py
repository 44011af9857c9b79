"""The checks, one function per kind of requirement. Adding one is a decorated function in the module of its suite."""

from screentest_suites.checks import (  # noqa: F401
    alias,
    answers,
    assets,
    balance,
    call_parameters,
    callback_words,
    callbacks,
    calls,
    earlier,
    echoes,
    ends,
    errors,
    generated,
    http,
    idempotency,
    links,
    list_parameters,
    lists,
    operations,
    parameters,
    poll_values,
    polling,
    presence,
    receipt,
    refused,
    resources,
    restricted,
    result,
    result_answers,
    shown,
    upkeep,
    uploads,
)
from screentest_suites.checks.registry import REGISTRY, TRACE_CHECKS

__all__ = ["REGISTRY", "TRACE_CHECKS"]
