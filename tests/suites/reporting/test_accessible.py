"""The HTML page for those who do not see it, or have no mouse: what axe-core finds in a real Chromium."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="--group dev has axe-playwright-python")

GRAVE = {"serious", "critical"}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_axe_finds_nothing_serious(
    visit: Callable[..., Any], judged: Callable[..., Any], scheme: str, width: int
) -> None:
    page = visit(
        [judged("tokenbay"), judged("tokenbay", "accepts-above-maximum", "2026-11-21T08:00:00Z")],
        width=width,
        color_scheme=scheme,
    )
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = axe.Axe().run(page).response["violations"]
    grave = [
        f"{each['impact']} {each['id']}: {each['help']} ({len(each['nodes'])}): {each['nodes'][0]['html'][:200]} "
        f"{each['nodes'][0]['failureSummary']}"
        for each in found
        if each["impact"] in GRAVE
    ]
    assert grave == []


def test_axe_finds_what_is_planted(visit: Callable[..., Any], document: Callable[..., Any], complaints: Any) -> None:
    complaints.tolerated = True
    page = visit([document()])
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\"><button></button>')"
    )
    found = {each["id"] for each in axe.Axe().run(page).response["violations"] if each["impact"] in GRAVE}
    assert found >= {"image-alt", "button-name"}


def test_the_page_has_landmarks_and_headings_in_order(visit: Callable[..., Any], judged: Callable[..., Any]) -> None:
    page = visit([judged("tokenbay")])
    for role in ("banner", "main", "contentinfo", "search"):
        assert page.get_by_role(role).count() == 1, role
    levels = page.eval_on_selector_all("h1, h2, h3, h4, h5, h6", "all => all.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
