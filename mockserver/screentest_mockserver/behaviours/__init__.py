"""Deviations break a promise; variations are legal differences. Both override hooks."""
