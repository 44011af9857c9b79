"""The checks, one function per kind of requirement. Adding one is a decorated function in the module of its suite."""

from screentest_suites.checks import (  # noqa: F401
    alias,
    callbacks,
    calls,
    echoes,
    ends,
    errors,
    generated,
    idempotency,
    links,
    lists,
    parameters,
    poll_values,
    polling,
    presence,
    receipt,
    refused,
    result,
    upkeep,
    uploads,
)
from screentest_suites.checks.registry import REGISTRY, TRACE_CHECKS

__all__ = ["REGISTRY", "TRACE_CHECKS"]
