"""Tests of screentest_suites.recording."""
