"""Imported once by the server that the runs are forked from: each finds modules, contract and generators at hand."""

import screentest
from screentest_suites.cli import checking  # noqa: F401
from screentest_suites.reporting import html  # noqa: F401
from screentest_suites.targets import http  # noqa: F401
from tests.hostile.runner import DOCUMENT

screentest.judge(DOCUMENT, options=screentest.Options(examples=2))
