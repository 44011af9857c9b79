"""Lint: contradictions and gaps in a provider document or a plain OpenAPI description, without any server."""

from screentest_contracts.lint.findings import RULES, Finding, Severity
from screentest_contracts.lint.run import Report, lint_file

__all__ = ["RULES", "Finding", "Report", "Severity", "lint_file"]
