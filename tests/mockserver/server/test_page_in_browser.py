"""The page at `/_screentest/` in a real browser: it follows, needs no script and no mouse, and is for everybody."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from screentest_contracts import Contract
from screentest_mockserver import ManualClock
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.accounts import GOOD_KEY

HOSTILE = "<img src=x onerror=a()>"


@pytest.fixture
def mock(small_tree: Any, load_tree: Callable[..., Contract]) -> Iterator[tuple[Any, str]]:
    """A running mock of two providers, on a manual clock."""
    trees = [small_tree(), small_tree()]
    trees[1]["x-task"]["provider"] |= {"name": "beta", "title": HOSTILE}
    contracts = [load_tree(tree) for tree in trees]
    with running(contracts, clock=ManualClock(1_780_000_000), seed=0) as (app, url):
        yield app, url


@pytest.fixture
def visit(browser: Any, mock: tuple[Any, str]) -> Iterator[Callable[..., Any]]:
    """Opens the page: `visit(width=..., ...)`. Whatever it says on the console, throws, or asks others for fails."""
    contexts, complaints = [], []
    address = f"{mock[1]}/_screentest/"

    def open_page(query: str = "", *, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        context.set_default_timeout(600_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: _only(request.url, address, complaints))
        page.goto(address + query)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _only(url: str, address: str, complaints: list[str]) -> None:
    if not url.startswith((address, "data:")):
        complaints.append(f"request: {url}")


def create(url: str, provider: str = "acme") -> str:
    headers = {"x-key": f"Key {GOOD_KEY}", "x-async": "enable", "x-said": HOSTILE}
    answer = httpx.post(f"{url}/{provider}/jobs", json={"model": "clip-1", "prompt": HOSTILE[:20]}, headers=headers)
    identity: str = answer.json()["job"]["id"]
    return identity


def test_it_follows_what_happens(visit: Callable[..., Any], mock: tuple[Any, str]) -> None:
    url = mock[1]
    page = visit()
    page.get_by_text("No task yet.").wait_for()
    identity = create(url)
    row = page.locator("#tasks tr").filter(has_text=identity)
    row.get_by_text("WAIT", exact=True).wait_for()
    line = page.locator("#journal summary").first
    line.click()
    line.focus()
    httpx.post(f"{url}/_screentest/clock/advance", json={"seconds": 1000})
    row.get_by_text("DONE", exact=True).wait_for()
    assert line.locator("xpath=..").get_attribute("open") is not None, "what was opened stays open"
    httpx.get(f"{url}/acme/jobs/nothing")
    page.locator("#journal summary").nth(1).wait_for()
    opened = page.locator("#journal details").nth(1)
    assert opened.get_attribute("open") is not None
    assert page.evaluate("document.activeElement.parentElement.id") == opened.get_attribute("id"), "the focus stays"


def test_it_can_be_paused(visit: Callable[..., Any], mock: tuple[Any, str]) -> None:
    page = visit()
    page.clock.install()
    page.reload()
    asked: list[str] = []
    page.get_by_role("button", name="Pause").click()
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(10_000)
    assert asked == []
    identity = create(mock[1])
    page.get_by_role("button", name="Follow again").click()
    page.clock.run_for(2_000)
    page.locator("#tasks").get_by_text(identity).wait_for()
    assert asked


@pytest.mark.parametrize("scripts", [True, False])
def test_the_keyboard_is_enough(visit: Callable[..., Any], mock: tuple[Any, str], scripts: bool) -> None:
    app = mock[0]
    page = visit("?provider=beta", java_script_enabled=scripts)
    page.locator("select[name=name]").first.focus()
    page.keyboard.type("failure")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".said").get_by_text("The scenario is set.").wait_for()
    assert [(scenario.name, count) for scenario, count in app.providers["beta"].scheduled] == [("failure", 3)]
    assert not app.providers["acme"].scheduled
    before = app.clock.now()
    page.locator("[name=seconds]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".said").get_by_text("The clock was moved.").wait_for()
    assert app.clock.now() == before + 60
    page.locator("select[name=name]").last.focus()
    page.keyboard.type("never-ends")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#providers").get_by_text("never-ends").wait_for()
    assert app.providers["beta"].deviation.name == "never-ends"


def test_the_tab_key_reaches_every_control(visit: Callable[..., Any], mock: tuple[Any, str]) -> None:
    create(mock[1])
    page = visit()
    controls = ":is(a, button, input:not([type=hidden]), select, summary, [tabindex])"
    page.evaluate("addEventListener('focusin', event => { event.target.dataset.reached = '1' })")
    page.get_by_role("button", name="Pause").click()  # what is renewed would lose the mark
    page.evaluate("document.activeElement.blur()")
    for _ in range(2 * page.locator(controls).count()):
        page.keyboard.press("Tab")
    missed = "a, button, input:not([type=hidden]), select, summary, [tabindex]"
    left = page.locator(f":is({missed}):not([data-reached]):visible").evaluate_all(
        "all => all.map(each => each.outerHTML)"
    )
    assert left == []


def test_a_page_of_another_site_cannot_send_its_forms(browser: Any, mock: tuple[Any, str]) -> None:
    app, url = mock
    before = app.clock.now()
    context = browser.new_context()
    page = context.new_page()
    fields = '<input name="order" value="/clock/advance"><input name="seconds" value="5">'
    form = f'<form method="post" action="{url}/_screentest/">{fields}<button>Win a prize</button></form>'
    page.route("http://evil.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto("http://evil.example/")
    with page.expect_navigation():
        page.get_by_role("button").click()
    assert "sent by a page of another site" in page.inner_text("body")
    assert app.clock.now() == before
    context.close()


def test_nothing_runs_off_a_narrow_screen(visit: Callable[..., Any], mock: tuple[Any, str]) -> None:
    create(mock[1])
    page = visit(width=400)
    page.locator("#journal summary").first.click()
    for width in (768, 400, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_for_everybody(visit: Callable[..., Any], mock: tuple[Any, str]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing: --group dev has it")
    for outcome in ("failure", "success"):
        httpx.post(f"{mock[1]}/_screentest/scenario", json={"name": outcome})
        create(mock[1])
    httpx.post(f"{mock[1]}/_screentest/clock/advance", json={"seconds": 1000})
    create(mock[1], "beta")
    httpx.post(f"{mock[1]}/_screentest/clock/advance", json={"seconds": 50})
    create(mock[1])
    httpx.post(f"{mock[1]}/_screentest/deviation", json={"name": "never-ends", "provider": "beta"})
    page = visit("?done=%2Fdeviation")
    assert page.locator("#tasks .end").all_inner_texts() == ["WAIT", "RUN", "DONE", "BAD"]
    page.locator("#journal summary").first.click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page).response["violations"]
        assert found == [], [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found]
