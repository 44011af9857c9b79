"""From a request to its operation, its task and its answer; callbacks."""
