"""Every format of real runs: complete, true to the JSON document, and valid."""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from screentest_suites.reporting import report
from screentest_suites.reporting.difference import lines, marks
from screentest_suites.reporting.markdown import text
from screentest_suites.reporting.render import FORMATS, render
from screentest_suites.reporting.timeline import bands, describe, draw
from tests.providers import FEW

Report = dict[str, Any]
Judged = Callable[..., Report]

SCHEMA = jsonschema_rs.validator_for(json.loads(report.SCHEMA.read_text()), validate_formats=True)

BROKEN = {
    "evolink": "unknown-status",
    "newapi": "never-ends",
    "nexusflow": "progress-falls",
    "tokenbay": "accepts-above-maximum",
    "tokenhot": "never-ends",
}


def test_every_provider_has_a_deviation_here() -> None:
    assert set(BROKEN) == set(FEW)


@pytest.fixture(params=[*((name, None) for name in BROKEN), *BROKEN.items()], ids=str)
def found(request: pytest.FixtureRequest, judged: Judged) -> Report:
    return judged(*request.param, *(("2026-11-21T08:00:00Z",) if request.param[1] else ()))


def test_json_is_valid_and_tells_of_tasks(found: Report) -> None:
    SCHEMA.validate(found)
    failed = {row["id"] for row in found["requirements"] if row["verdict"] == "failed"}
    tasks = found["tasks"]
    models = {task["model"] for task in tasks}
    assert models
    for task in tasks:
        moments = [event["at"] for event in task["events"]]
        assert moments == sorted(moments)
        assert set(task["broke"]) <= failed
        assert task["ended"] is not bool(task["gave_up"])
    if not failed:
        ended = [task for task in tasks if task["plan"] in ("base", "variation")]
        assert all(task["events"][-1]["class"] == "succeeded" and task["polls"] > 3 for task in ended)
        assert {task["events"][-1]["class"] for task in tasks} >= {"succeeded", "failed"}
    text = json.dumps(found)
    assert "sk-screentest" not in text


def test_the_schema_does_not_take_any_task(judged: Judged) -> None:
    found = judged("evolink")
    task = found["tasks"][0]
    for spoilt in (
        {**task, "surprise": 1},
        {**task, "events": []},
        {**task, "events": [{**task["events"][0], "class": "asleep"}]},
        {**task, "events": [{**task["events"][0], "progress": 101}]},
        {**task, "link": {}},
    ):
        assert not SCHEMA.is_valid({**found, "tasks": [spoilt]})


def test_code_in_a_sentence_keeps_its_distance() -> None:
    assert text(" `seed` must be `5`, not `7`.") == "`seed` must be `5`, not `7`."


def test_markdown_tells_what_is_broken(found: Report) -> None:
    text = render([found], ".md")
    failed = [row for row in found["requirements"] if row["verdict"] == "failed"]
    musts = sum(row["level"] == "MUST" for row in failed)
    assert (f"{musts} MUST failed" if musts else "no MUST failed") in text.splitlines()[0]
    assert text.count("<details>") == len(failed)
    for row in failed:
        assert re.sub("[:_]", lambda char: f"&#{ord(char[0])};", f"{row['provider']}:{row['id']}") in text
        assert row["evidence"][0]["exchanges"][-1]["curl"] in text


def blind_report(judged: Callable[..., Report]) -> Report:
    """A report whose run came to its end, and saw no task come to its own, although every verdict is fine."""
    found = judged("evolink")
    found["requirements"] = [each for each in found["requirements"] if each["verdict"] != "failed"]
    found["observed"][0]["tasks"] |= {"succeeded": 0, "failed": 0, "expired": 0, "never ended": 3}
    return found


def test_every_format_says_first_that_nothing_was_seen(judged: Callable[..., Report]) -> None:
    found = blind_report(judged)
    assert SCHEMA.is_valid(found), list(SCHEMA.iter_errors(found))
    page, markdown, junit = (render([found], suffix) for suffix in (".html", ".md", ".xml"))
    assert page.index("No task was seen to its end") < page.index('<h2 id="verdict"')
    assert "no task was seen to its end" in markdown.splitlines()[0]
    root = ElementTree.fromstring(junit)
    assert [each.get("name") for each in root.iter("testcase") if each.find("failure") is not None] == [
        "sees-a-task-to-its-end"
    ]
    assert "no task seen to its end" in render([found], ".svg")
    found["observed"][0]["scope"] = "free"
    assert "no MUST failed" in render([found], ".md").splitlines()[0]


def test_reports_that_do_not_say_what_was_observed_are_read(judged: Callable[..., Report]) -> None:
    found = judged("evolink")
    del found["observed"]
    assert SCHEMA.is_valid(found)
    assert "What was observed" not in render([found], ".html")


def test_junit_counts(found: Report) -> None:
    root = ElementTree.fromstring(render([found], ".xml"))
    rows = found["requirements"]
    counted = Counter(row["verdict"] if row["verdict"] != "failed" else f"failed {row['level']}" for row in rows)
    assert root.tag == "testsuites"
    assert len(root.findall(".//testcase")) == int(root.get("tests", "")) == len(rows)
    failures = root.findall(".//failure")
    assert len(failures) == int(root.get("failures", "")) == counted["failed MUST"]
    assert len(root.findall(".//error")) == int(root.get("errors", "")) == counted["error"]
    waived = counted["failed SHOULD"] + counted["failed NOTE"] + counted["skipped"] + counted["unsupported"]
    assert len(root.findall(".//skipped")) == int(root.get("skipped", "")) == waived
    for suite in root:
        assert len(suite.findall("testcase")) == int(suite.get("tests", ""))
        assert {case.get("classname") for case in suite.findall("testcase")} == {suite.get("name")}
    assert all("curl -i" in (each.text or "") for each in failures)


def test_badge(found: Report) -> None:
    root = ElementTree.fromstring(render([found], ".svg"))
    musts = Counter(row["verdict"] for row in found["requirements"] if row["level"] == "MUST")
    told = root.get("aria-label", "")
    word = "failed" if musts["failed"] else "passed"
    assert told == f"{found['header']['providers'][0]['title']}: {musts[word]} of {musts.total()} MUST {word}"


def test_html_has_every_requirement_at_its_address(found: Report) -> None:
    text = render([found], ".html")
    for row in found["requirements"]:
        assert f'id="{row["provider"]}:{row["id"]}"' in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//(?![^>]*rel="noreferrer")""", text)


def test_a_truncated_run_is_never_green(document: Any, requirement: Any) -> None:
    found = document(requirement(), finished=False)
    assert "truncated" in render([found], ".html")
    assert "truncated" in render([found], ".md").splitlines()[0]
    assert ElementTree.fromstring(render([found], ".xml")).get("errors") == "1"
    assert "truncated" in render([found], ".svg")


def test_an_empty_report_is_shown_too(document: Any) -> None:
    for suffix in FORMATS:
        assert render([document()], suffix)
    assert "nothing judged" in render([document()], ".svg")
    assert "Nothing was judged" in render([document()], ".html")


# -- pictures and marks -------------------------------------------------------------------------------------------


def task(*events: tuple[float, str, str], **members: Any) -> Report:
    made = [{"at": 1000 + at, "http": 200, "status": word, "class": found} for at, word, found in events]
    row = {"provider": "acme", "model": "clip", "id": "t", "plan": "base", "ended": True, "gave_up": "", "broke": []}
    return {**row, "polls": len(events) - 1, "events": made, "link": None} | members


def test_bands_follow_the_answers() -> None:
    done = task(
        (0, "WAIT", "queued"), (5, "WAIT", "queued"), (9, "", ""), (10, "RUN", "running"), (70, "DONE", "succeeded")
    )
    shown = [(band.status, band.start, band.end) for band in bands(done["events"])]
    assert shown == [("WAIT", 0, 10), ("RUN", 10, 70), ("DONE", 70, 70)]
    done["link"] = {"expires": 1070 + 86400, "stated": True}
    words = describe(done)
    assert words.startswith("WAIT from 0 s to 10 s, RUN from 10 s to 1 min 10 s, DONE at 1 min 10 s; 4 polls")
    assert "the link ends after 24 h, its address says" in words
    picture = ElementTree.fromstring(draw(done, words))
    assert picture.get("aria-label") == words
    assert [each.get("class") for each in picture.iter("rect")] == ["bq", "br", "bs"]
    widths = [float(each.get("width", "")) for each in picture.iter("rect")]
    assert widths[1] == pytest.approx(6 * widths[0], rel=0.01)
    assert picture.find("path[@class='lx']") is not None


def test_pictures_of_odd_lives_are_drawn() -> None:
    for odd in (
        task((0, "", "")),
        task((0, "WAIT", "queued"), gave_up="not ended after 5 s", ended=False),
        task((0, "DONE", "succeeded"), (1e9, "DONE", "succeeded"), link={"expires": 0.0, "stated": True}),
        task((0, "WAIT", "queued"), (1, "<b>", ""), (2, "BAD", "failed"), (0.5, "RUN", "running")),
    ):
        picture = ElementTree.fromstring(draw(odd, describe(odd)))
        assert picture.get("role") == "img"
        assert not re.search(r"nan|inf|-\d", " ".join(each.get("width", "") for each in picture.iter()))


BODY = json.dumps({"status": "mystery", "progress": 40, "data": {"items": [{"url": "x", "ok": True}]}, "size": 16})


@pytest.mark.parametrize(
    ("seen", "marked"),
    [
        ("the status is 'mystery'", ['"status": "mystery"']),
        ("/progress: 40 is above", ['"progress": 40']),
        ("clip: duration = 16 was accepted with 200", ['"size": 16']),
        ("/data/items/0/url is 'y'", ['"url": "x"']),
        ("`data.items.url` is missing", ['"url": "x"']),
        ("the copy says 'mystery'", ['"status": "mystery"']),
        ("nothing of the sort", []),
    ],
)
def test_what_is_spoken_of_is_marked(seen: str, marked: list[str]) -> None:
    found = [line.text.strip().rstrip(",") for line in lines(BODY, marks(seen), 4000) if line.marked]
    assert found == marked
    assert json.loads("".join(line.text for line in lines(BODY, marks(seen), 4000))) == json.loads(BODY)


def test_marked_lines_survive_cutting() -> None:
    body = json.dumps({**{f"n{number}": "x" * 50 for number in range(100)}, "status": "mystery"})
    found = lines(body, marks("the status is 'mystery'"), 300)
    assert any(line.marked and "mystery" in line.text for line in found)
    assert sum(len(line.text) for line in found) < 600
    assert "more lines" in found[-1].text


def test_bodies_that_are_no_json_are_lines() -> None:
    assert [line.text for line in lines("a\nb\x00", marks(""), 100)] == ["a", "b\\x00"]
    assert lines("[" * 100_000, marks(""), 10)[-1].text == "... (99990 more characters)"


def test_a_known_failure_is_called_so_everywhere(judged: Judged) -> None:
    report = judged("evolink", "unknown-status")
    failed = [row for row in report["requirements"] if row["verdict"] == "failed" and row["level"] == "MUST"]
    for row in failed:
        row["known"] = {"reason": "ticket 7", "date": "2031-12-24"}
    SCHEMA.validate(report)
    assert f"no new MUST failed, {len(failed)} known" in render([report], ".md")
    for suffix in (".md", ".html", ".xml"):
        assert "2031" in render([report], suffix)
        assert "ticket 7" in render([report], suffix)
    assert ElementTree.fromstring(render([report], ".xml")).get("failures") == "0"
    del failed[0]["known"]
    assert "1 new MUST failed" in render([report], ".md")
