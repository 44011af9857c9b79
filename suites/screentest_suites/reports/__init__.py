"""Renderings of the JSON report. Each is a function of such documents alone, so that they can be made from files."""
