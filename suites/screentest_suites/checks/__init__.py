"""The checks, one function per kind of requirement. Adding one is a decorated function in the module of its suite."""

from screentest_suites.checks import calls, errors, events, generated, parameters, polling, receipt, result  # noqa: F401
from screentest_suites.checks.registry import REGISTRY, TRACE_CHECKS

__all__ = ["REGISTRY", "TRACE_CHECKS"]
