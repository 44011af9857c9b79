"""Tests of screentest_suites.targets."""
