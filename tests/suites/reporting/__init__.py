"""Tests of screentest_suites.reporting."""
