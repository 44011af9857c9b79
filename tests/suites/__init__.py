"""Tests of screentest_suites, one folder per room."""
