"""A badge for a README: how many documented promises were kept, of how many."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from screentest_contracts.control_characters import escape_control_characters, shortened
from screentest_suites.reporting.view import Subject, blind, failed_musts

GREEN, RED, GREY = "#157347", "#b3202e", "#626b79"


def badge(subjects: Sequence[Subject]) -> str:
    """An SVG that stands alone."""
    names = list(dict.fromkeys(subject.title for subject in subjects))
    label = escape_control_characters(shortened(names[0], 40)) if len(names) == 1 else "screentest"
    value, colour = _value(subjects)
    left, right = _width(label), _width(value)
    told = escape(f"{label}: {value}")
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="20" role="img" aria-label="{told}">'
        "<title>{told}</title>"
        '<clipPath id="r"><rect width="{total}" height="20" rx="3"/></clipPath>'
        '<g clip-path="url(#r)"><path fill="#15181d" d="M0 0h{left}v20H0z"/>'
        '<path fill="{colour}" d="M{left} 0h{right}v20H{left}z"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        '<text x="{first}" y="14" textLength="{inner_left}">{label}</text>'
        '<text x="{second}" y="14" textLength="{inner_right}">{value}</text></g></svg>\n'
    ).format(
        total=left + right,
        told=told,
        left=left,
        right=right,
        colour=colour,
        first=left / 2,
        second=left + right / 2,
        inner_left=left - 12,
        inner_right=right - 12,
        label=label,
        value=value,
    )


def _value(subjects: Sequence[Subject]) -> tuple[str, str]:
    counts = [subject.level("MUST") for subject in subjects]
    passed, total, failed = (
        sum(each.passed for each in counts),
        sum(each.total for each in counts),
        failed_musts(subjects),
    )
    if any(subject.latest.truncated for subject in subjects):
        return f"{failed} MUST failed, run truncated" if failed else "run truncated", RED if failed else GREY
    if not failed and blind(subjects):
        return "no task seen to its end", RED
    if any(each.error for each in counts):
        return "harness error", GREY
    if not passed and not failed:
        return "nothing judged", GREY
    if failed:
        return f"{failed} of {total} MUST failed", RED
    return f"{passed} of {total} MUST passed", GREEN


def _width(text: str) -> int:
    """About the width in this font, with margins."""
    return round(sum(4.0 if char in "il.,:;'|! " else 6.8 for char in text)) + 14
