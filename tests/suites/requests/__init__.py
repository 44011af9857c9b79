"""Tests of screentest_suites.requests."""
