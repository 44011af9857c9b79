"""Verdicts on clients: what a mock was asked in each situation, and how the client ended."""
