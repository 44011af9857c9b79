"""Tests of screentest_suites.spending."""
