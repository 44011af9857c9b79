"""Stores that several processes share, and that outlive them: SQLite on one machine, Redis or Valkey on any number."""
