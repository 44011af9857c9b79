"""Tests of screentest_suites.tasks."""
