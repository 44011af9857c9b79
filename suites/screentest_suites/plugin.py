"""Loaded in every pytest run of everyone who installs Screentest: keep it thin."""
