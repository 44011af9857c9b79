"""What takes requests: the embedded mock or a server behind a URL, with credentials and callbacks."""
