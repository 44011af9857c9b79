"""Tests of screentest_suites.pytest_plugin."""
