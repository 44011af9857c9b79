"""JUnit XML as code hosts and build servers show it: one suite per provider and group, one case per requirement."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from screentest_contracts.control_characters import escape_control_characters, shortened
from screentest_suites.reporting.seen import models_told, tasks_told, unjudged_told
from screentest_suites.reporting.view import Row, Subject, count

_INVALID = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\U0001fffe\U0001ffff]")
"""What XML 1.0 cannot hold, escaped or not."""


def document(subjects: Sequence[Subject]) -> str:
    """The XML of the newest run of each subject."""
    root = Element("testsuites", name="screentest")
    for subject in subjects:
        for suite, rows in subject.groups.items():
            _suite(root, subject, suite, rows)
        if subject.latest.blind and not subject.level("MUST").failed:
            element = _open(root, subject, "run", tests=1, failures=1, errors=0, skipped=0)
            case = _case(element, subject, "run", "sees-a-task-to-its-end")
            SubElement(case, "failure", message="no task was seen to its end: this run says next to nothing")
        if subject.latest.truncated:
            element = _open(root, subject, "run", tests=1, failures=0, errors=1, skipped=0)
            case = _case(element, subject, "run", "comes-to-its-end")
            SubElement(case, "error", message="the run did not come to its end: what it did not reach is missing here")
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, subject: Subject, suite: str, rows: Sequence[Row]) -> None:
    found = count(row.data for row in rows)
    failures = sum(_fails(subject, row) for row in rows)
    waived = found.failed - failures
    counts = {"tests": found.total, "failures": failures, "errors": found.error, "skipped": found.unjudged + waived}
    element = _open(root, subject, suite, found.weak, **counts)
    for row in rows:
        _verdict(_case(element, subject, suite, row.data["id"]), row, fails=_fails(subject, row))


def _open(root: Element, subject: Subject, suite: str, weak: int = 0, **counts: int) -> Element:
    run = subject.latest
    element = SubElement(root, "testsuite", name=_clean(f"{subject.key}.{suite}"), time="0")
    for name, number in counts.items():
        element.set(name, str(number))
    element.set("timestamp", _clean(run.started.removesuffix("Z")))
    element.set("hostname", _clean(subject.host or subject.kind))
    properties = SubElement(element, "properties")
    observed = run.observed
    told = (
        {}
        if observed is None
        else {
            "observed.models": models_told(observed),
            "observed.tasks": tasks_told(observed),
            "observed.unjudged": unjudged_told(observed) or "every MUST was judged",
        }
    )
    for name, value in {
        "provider": subject.title,
        "target": f"{subject.kind} {subject.host}".strip(),
        "contract": run.contract,
        "screentest": run.header["tool"]["version"],
        "seed": run.header["seed"],
        **({"weak": weak} if weak else {}),
        **told,
    }.items():
        SubElement(properties, "property", name=name, value=_clean(str(value)))
    return element


def _case(parent: Element, subject: Subject, suite: str, name: str) -> Element:
    return SubElement(parent, "testcase", classname=_clean(f"{subject.key}.{suite}"), name=_clean(name), time="0")


def _fails(subject: Subject, row: Row) -> bool:
    fatal = row.data["level"] in subject.latest.fatal_levels
    return bool(row.data["verdict"] == "failed" and fatal and "known" not in row.data)


def _verdict(case: Element, row: Row, *, fails: bool) -> None:
    """Only what fails the run is a failure; what is merely advised or assumed is shown as skipped, with the reason."""
    data = row.data
    reason = _clean(shortened(data["reason"], 500))
    if data.get("weak"):
        SubElement(SubElement(case, "properties"), "property", name="evidence", value="weak")
    match data["verdict"]:
        case "failed" if fails:
            SubElement(case, "failure", message=reason, type=data["level"]).text = _told(data)
        case "failed":
            known = f"known since {data['known']['date']}: {data['known']['reason']}; " if "known" in data else ""
            SubElement(case, "skipped", message=_clean(f"{known}{data['level']} broken: {reason}"))
            SubElement(case, "system-out").text = _told(data)
        case "error":
            SubElement(case, "error", message="the harness broke, which is never the vendor's fault").text = _clean(
                data["reason"], keep="\n"
            )
        case "skipped" | "unsupported":
            SubElement(case, "skipped", message=reason or data["verdict"])


def _told(data: Mapping[str, Any]) -> str:
    lines = [f"{data['level']} {data['provider']}:{data['id']}", data["statement"]]
    lines += [f"{source['mark']}: {source['title']} {source['url']}" for source in data["sources"]]
    for evidence in data["evidence"][:3]:
        lines += [f"seen:     {evidence['seen']}", f"expected: {evidence['expected']}"]
        for exchange in evidence["exchanges"][-2:]:
            request, response = exchange["request"], exchange["response"]
            lines.append(f"{request['method']} {request['url']} -> {response['status'] or response['error']}")
            lines += filter(None, [shortened(response["body"], 1000), exchange["curl"]])
        lines += [f"again: {evidence['again']}"] if "again" in evidence else []
    return "\n".join(_clean(shortened(line, 6000)) for line in lines)


def _clean(text: str, keep: str = "") -> str:
    """`text` without what XML cannot hold, and without what would move a terminal that shows it."""
    return _INVALID.sub("\N{REPLACEMENT CHARACTER}", escape_control_characters(text, keep=keep))
