"""The pytest plugin, the checks, the reports and the command line."""
