"""Bodies written out as the example they are, with holes (docs/documents.md, "Templates").

A template is compiled once. The mock renders it; the suites read from it where each value stands and in which form.
"""

from screentest_contracts.template.forms import digits, read_progress, write_progress
from screentest_contracts.template.frame import Frame
from screentest_contracts.template.headers import header_problem, tells_value
from screentest_contracts.template.holes import (
    NAMES,
    NUMBERS,
    OMIT,
    PROGRESS_FORMS,
    TEXTS,
    TIMES,
    WITH_ARGUMENT,
    Hole,
    parse_hole,
)
from screentest_contracts.template.template import Context, Slot, Template

__all__ = [
    "NAMES",
    "NUMBERS",
    "OMIT",
    "PROGRESS_FORMS",
    "TEXTS",
    "TIMES",
    "WITH_ARGUMENT",
    "Context",
    "Frame",
    "Hole",
    "Slot",
    "Template",
    "digits",
    "header_problem",
    "parse_hole",
    "read_progress",
    "tells_value",
    "write_progress",
]
