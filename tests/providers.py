"""The built-in documents that a dear test takes, one that is repeated for each provider."""

FEW = ("evolink", "newapi", "nexusflow", "tokenbay", "tokenhot")
"""For whole runs, alone, over the wire, or for each deviation. Between them these have nearly every word of the
vocabulary; what is cheap takes `built_in()`, and so do `screentest check` and `screentest selfcheck`."""
