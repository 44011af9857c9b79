"""Our own tests. A package, so that what several tests share can be imported by its full name (CONTRIBUTING.md)."""
