"""The HTML page in a real browser: what it shows, how it is used, and that it does so for everybody."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest

Report = dict[str, Any]
Visit = Callable[..., Any]

STATUS = "evolink:query.status.known"
NEAR_THE_TOP = "id => { const y = document.getElementById(id).getBoundingClientRect().y; return 0 <= y && y < 300 }"


def row(page: Any, address: str) -> Any:
    return page.locator(f'details[id="{address}"]')


def shown(page: Any) -> int:
    count: int = page.locator(".suite > details:visible").count()
    return count


def test_the_matrix_counts_by_provider_group_and_level(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken)
    table = page.get_by_role("table")
    titles = [report["header"]["providers"][0]["title"] for report in broken[1:]]
    heads = table.get_by_role("rowheader")
    assert [heads.nth(index).get_by_role("link").inner_text() for index in range(4)] == titles
    assert "embedded mock" in heads.first.inner_text()
    assert "2026-11-21" in heads.first.inner_text()
    columns = [text.lower() for text in table.get_by_role("columnheader").all_inner_texts()]
    for report, line in zip(broken[1:], table.locator("tbody tr").all(), strict=True):
        cells = line.locator("td").all_inner_texts()
        for suite, text in zip(columns[1:], cells, strict=True):
            rows = [each for each in report["requirements"] if each["suite"] == suite]
            told = re.findall(r"(MUST|SHOULD|NOTE)\s+(\d+)/(\d+)(?:\s+(\d+) failed)?", text)
            levels = [level for level in ("MUST", "SHOULD", "NOTE") if any(each["level"] == level for each in rows)]
            if rows:
                assert [each[0] for each in told] == levels
            for level, passed, total, failed in told if rows else ():
                mine = [each["verdict"] for each in rows if each["level"] == level]
                assert (int(passed), int(total)) == (mine.count("passed"), len(mine))
                assert int(failed or 0) == mine.count("failed")
    assert "%" not in page.locator("main").inner_text().split("Requirements")[0]


def test_a_cell_leads_to_its_group(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken)
    page.locator('td a[href="#nexusflow/errors"]').click()
    assert page.evaluate("location.hash") == "#nexusflow/errors"
    page.wait_for_function(NEAR_THE_TOP, arg="nexusflow/errors")


@pytest.mark.parametrize("address", [f"#{STATUS}", f"#{STATUS.replace(':', '%3A')}"])
def test_a_deep_link_opens_the_requirement(visit: Visit, broken: list[Report], address: str) -> None:
    page = visit(broken, address)
    found = row(page, STATUS)
    found.and_(page.locator("[open]")).wait_for()
    page.wait_for_function(NEAR_THE_TOP, arg=STATUS)
    assert page.evaluate("document.activeElement.parentNode.id") == STATUS
    assert page.locator(".suite > details[open]").count() == 1


def test_evidence(visit: Visit, broken: list[Report]) -> None:
    report = broken[1]
    data = next(each for each in report["requirements"] if each["id"] == "query.status.known")
    found = row(visit(broken, f"#{STATUS}"), STATUS)
    text = found.inner_text()
    assert data["statement"] in text
    assert "failed" in text
    assert "MUST" in text
    assert data["evidence"][0]["expected"] in text
    assert data["evidence"][0]["seen"] in text
    for source in data["sources"]:
        link = found.get_by_role("link", name=source["title"], exact=True)
        assert link.get_attribute("href") == source["url"]
    marked = found.locator("mark").all_inner_texts()
    assert any('"status": "mystery"' in line for line in marked), marked
    assert found.locator(".curl code").first.inner_text() == data["evidence"][0]["exchanges"][0]["curl"]


def test_a_curl_line_is_copied(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken, f"#{STATUS}", permissions=["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    found = row(page, STATUS)
    found.get_by_role("button", name="Copy the curl line").first.click()
    found.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == found.locator(".curl code").first.inner_text()


def test_the_filter(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken)
    total = sum(len(report["requirements"]) for report in broken[1:])
    failed = sum(each["verdict"] == "failed" for report in broken[1:] for each in report["requirements"])
    output = page.locator("#filter output")
    assert output.get_attribute("aria-live") == "polite"
    assert shown(page) == total
    for word in ("passed", "skipped", "unsupported"):
        if (box := page.get_by_label(re.compile(rf"^{word} \d"))).count():
            box.uncheck()
    output.get_by_text(f"{failed} of {total} requirements").wait_for()
    assert shown(page) == failed
    page.get_by_label("Provider", exact=True).select_option("evolink")
    page.get_by_label("Search").fill("STATUS known")
    output.get_by_text(f"1 of {total} requirements").wait_for()
    assert row(page, STATUS).is_visible()
    page.get_by_label("Search").fill("nothing says this")
    page.get_by_text("Nothing matches.").wait_for()
    page.evaluate("location.hash = 'tokenbay:create.accepted'")  # an address leads even to what is filtered out
    row(page, "tokenbay:create.accepted").and_(page.locator("[open]")).wait_for()
    assert shown(page) == total


def test_what_has_changed(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken)
    assert page.locator("#changes + ul li").filter(has_text=STATUS).filter(has_text="newly failed").count() == 1
    found = row(page, STATUS)
    found.locator("summary").click()
    assert found.locator(".trend li").all_inner_texts() == ["2026-11-20 passed", "2026-11-21 failed"]
    page.get_by_label(re.compile("^changed ")).check()
    page.locator("output").filter(has_text=" of ").wait_for()
    assert 0 < shown(page) < 20


def test_the_timelines(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken)
    told = [each.get_attribute("aria-label") for each in page.locator("#evolink figure").get_by_role("img").all()]
    assert any("mystery from" in words and "completed at" in words and "link ends after" in words for words in told)
    assert page.locator("#evolink figure").filter(has_text="breaks query.schema").locator("rect.bu").count() >= 1
    assert page.locator("#tokenhot figure").filter(has_text="given up").count() >= 1
    box = page.locator("#evolink figure svg").first.bounding_box()
    assert box["width"] > 300
    assert box["height"] > 20


def luminance(page: Any, element: str, what: str) -> float:
    text = page.evaluate(f"getComputedStyle(document.querySelector('{element}')).{what}")
    red, green, blue = (int(number) for number in re.findall(r"\d+", text)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_light_and_dark(visit: Visit, broken: list[Report]) -> None:
    for scheme, light in (("light", True), ("dark", False)):
        page = visit(broken, color_scheme=scheme)
        assert (luminance(page, "body", "backgroundColor") > 128) is light
        assert (luminance(page, "body", "color") < 128) is light
    button = page.get_by_role("button", name="Theme: auto")
    button.click()
    assert page.get_by_role("button", name="Theme: light").is_visible()
    assert luminance(page, "body", "backgroundColor") > 128
    page.reload()
    assert luminance(page, "body", "backgroundColor") > 128, "the choice is kept"


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_runs_off_a_narrow_screen(visit: Visit, broken: list[Report], width: int) -> None:
    page = visit(broken, f"#{STATUS}", width=width)
    row(page, STATUS).and_(page.locator("[open]")).wait_for()
    page.evaluate("for (const each of document.querySelectorAll('details.f, details.tasks')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".scroll").evaluate("each => each.scrollWidth > each.clientWidth"), "the matrix scrolls itself"


def test_the_keyboard_is_enough(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the requirements"
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash === '#requirements'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "text"
    summary = row(page, STATUS).locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert row(page, STATUS).get_attribute("open") is not None
    assert summary.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"


def test_screen_readers_are_told(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken)
    assert page.locator("html").get_attribute("lang") == "en"
    unnamed = page.evaluate(
        """[...document.querySelectorAll('input, select, button, svg[role=img], [role=region]')].filter(each =>
        !(each.labels?.length || each.getAttribute('aria-label') || each.getAttribute('aria-labelledby')
          || each.textContent.trim())).map(each => each.outerHTML)"""
    )
    assert unnamed == []
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(each => +each.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))


def test_paper_shows_what_is_broken(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken, width=700)  # A4 with margins
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert row(page, STATUS).get_attribute("open") is not None
    assert not page.locator("#filter").is_visible()
    assert luminance(page, "body", "backgroundColor") > 250
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert row(page, STATUS).get_attribute("open") is None


def test_without_scripts_it_is_all_there(visit: Visit, broken: list[Report]) -> None:
    page = visit(broken, java_script_enabled=False)
    assert not page.locator("#filter").is_visible()
    found = row(page, STATUS)
    found.locator("summary").click()
    assert found.locator(".diff").first.is_visible()


@pytest.mark.slow
def test_a_large_page_is_small_and_quick(visit: Visit, broken: list[Report], tmp_path: Any) -> None:
    """50 providers with 300 requirements each; every twentieth is broken."""
    reports = [enlarged(broken[1 + number % 4], f"vendor{number}", 300) for number in range(50)]
    page = visit(reports)
    assert (tmp_path / "report.html").stat().st_size < 5_000_000
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert loaded < 4000, "about half a second on an idle machine"
    assert page.get_by_role("table").locator("tbody tr").count() == 50
    page.goto(page.url + "#vendor48:query.status.known")
    page.reload()
    row(page, "vendor48:query.status.known").and_(page.locator("[open]")).wait_for()
    page.get_by_label("Search").fill("vendor48:query.status.known")
    page.locator("output").get_by_text(" of 15000 requirements").wait_for()
    assert 1 <= shown(page) <= 2


def enlarged(report: Report, name: str, size: int) -> Report:
    source = report["requirements"]
    failed = [each for each in source if each["verdict"] == "failed"] or source
    rows = []
    for number in range(size):
        times, place = divmod(number, len(source))
        row = {**source[place], "provider": name}
        if times:
            row["id"] += f".{times}"
        if number % 20 == 0:
            row |= {"verdict": "failed", "reason": failed[0]["reason"], "evidence": failed[0]["evidence"]}
        rows.append(row)
    header = {**report["header"], "providers": [{"name": name, "title": name.title(), "contract": "0" * 64}]}
    return {
        **report,
        "header": header,
        "requirements": rows,
        "tasks": [{**each, "provider": name} for each in report["tasks"]],
    }
