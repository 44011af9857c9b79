"""Tests of screentest_suites.checks."""
