"""An example of a package that adds to Screentest."""

from pathlib import Path

DOCUMENT = Path(__file__).with_name("acme.yaml")
"""The provider document that this package brings."""
