"""Tests of screentest_suites.cli."""
