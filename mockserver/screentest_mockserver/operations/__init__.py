"""One function per role: create, query, result, content, list, cancel, upload."""
