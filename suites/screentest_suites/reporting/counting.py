"""How a row of a report is counted."""

from collections.abc import Mapping
from typing import Any


def counted_as(row: Mapping[str, Any]) -> str:
    """The verdict, or `weak` for a requirement that passed on weak evidence."""
    return "weak" if row.get("weak") else str(row["verdict"])
