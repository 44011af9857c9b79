"""Tests of screentest_suites.judging."""
