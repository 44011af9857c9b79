"""Values that every other folder speaks in: exchanges, verdicts, options, redaction. Imports nothing of the suites."""
