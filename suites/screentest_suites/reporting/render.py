"""From JSON reports to any format, by the suffix of the file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from screentest_suites.core.files import json_text
from screentest_suites.reporting.load import COLLECTION
from screentest_suites.reporting.view import subjects

Report = dict[str, Any]


def render(reports: Sequence[Report], suffix: str) -> str:
    """The text of a file with this suffix, which is one of FORMATS."""
    return FORMATS[suffix](reports)


def _json(reports: Sequence[Report]) -> str:
    found = reports[0] if len(reports) == 1 else {"collection": COLLECTION, "runs": list(reports)}
    return json_text(found)


def _html(reports: Sequence[Report]) -> str:
    from screentest_suites.reporting.html import page

    return page(subjects(reports))


def _markdown(reports: Sequence[Report]) -> str:
    from screentest_suites.reporting.markdown import summary

    return summary(subjects(reports))


def _junit(reports: Sequence[Report]) -> str:
    from screentest_suites.reporting.junit import document

    return document(subjects(reports))


def _badge(reports: Sequence[Report]) -> str:
    from screentest_suites.reporting.badge import badge

    return badge(subjects(reports))


FORMATS: Mapping[str, Callable[[Sequence[Report]], str]] = {
    ".json": _json,
    ".html": _html,
    ".md": _markdown,
    ".xml": _junit,
    ".svg": _badge,
}
