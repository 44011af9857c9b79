"""The pytest plugin: options, fixtures, and one item per requirement."""
