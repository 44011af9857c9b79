"""Tests of screentest_suites.core."""
