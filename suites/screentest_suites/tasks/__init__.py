"""Tasks of a run: made, followed to their end, downloaded, and shared by all checks."""
