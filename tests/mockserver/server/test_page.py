"""The page at `/_screentest/`: what it shows, what its forms do, who may see it, and what it does not let in."""

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest

from screentest_contracts import Contract
from screentest_contracts import load_contract as load
from screentest_mockserver import RealClock
from screentest_mockserver.server.control import ORDERS
from screentest_mockserver.server.page.routes import DONE
from screentest_mockserver.tasks.scenarios import SCENARIOS
from screentest_mockserver.wire.accounts import GOOD_KEY

Serve = Callable[..., Any]
HERE = {"host": "localhost:8080"}


@cache
def load_contract(name: str) -> Contract:
    """A built-in contract, once: what applies to it is worked out once, too."""
    return load(name)


VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Reads a page: the text of each table by the id around it, forms with their fields, messages by their role."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.status, self.headers = answer.status_code, answer.headers
        self.tables: dict[str, list[list[str]]] = {}
        self.forms: list[dict[str, str]] = []
        self.messages: dict[str, str] = {}
        self.options: list[str] = []
        self.selected: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._open: list[tuple[str, dict[str, str]]] = []
        self._table = ""
        self.feed(answer.text)
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes |= set(found)
        if found.get("id") in ("providers", "tasks", "journal"):
            self._table = found["id"]
            self.tables[self._table] = []
        if tag == "tr":
            self.tables[self._table].append([])
        elif tag in ("td", "th"):
            self.tables[self._table][-1].append("")
        elif tag == "form":
            self.forms.append({"action": found["action"], "method": found["method"]})
        elif tag == "input":
            self.forms[-1][found["name"]] = found.get("value", "")
        elif tag == "option":
            self.options.append(found["value"])
            if "selected" in found:
                self.selected.append(found["value"])
        if tag not in VOID:
            self._open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"{opened} ends as {tag}"

    def handle_data(self, data: str) -> None:
        if not self._open:
            return
        _, attributes = self._open[-1]
        if "role" in attributes and data.strip():
            self.messages[attributes["role"]] = data
        if any(tag in ("td", "th") for tag, _ in self._open):
            self.tables[self._table][-1][-1] += data


@pytest.fixture
def site(serve: Serve) -> Any:
    return serve(load_contract("evolink"), load_contract("newapi"))


def look(site: Any, path: str = "", **options: Any) -> Page:
    return Page(site.ask("GET", f"/_screentest/{path}", headers=HERE, **options))


def send(site: Any, query: str = "", headers: Any = None, **fields: str) -> Any:
    """The form `order=...` of a page that shows `?query`."""
    return site.ask("POST", f"/_screentest/?{query}", data=fields, headers={**HERE, **(headers or {})})


# -- what it shows


def test_tasks_as_they_move(site: Any) -> None:
    evolink = load_contract("evolink")
    assert "No task yet." in site.ask("GET", "/_screentest/", headers=HERE).text
    first = site.create(evolink, "/evolink")
    site.advance(1000)
    second = site.create(evolink, "/evolink")
    head, *rows = look(site).tables["tasks"]
    assert [cell.strip() for cell in head] == ["Task", "Status", "Progress", "Age", "Provider", "Model", "Account"]
    assert [row[0] for row in rows] == [second, first]
    assert [row[1:4] for row in rows] == [["pending", " 0 %", "0.0 s"], ["completed", " 100 %", "1000.0 s"]]
    site.advance(60)
    moved = look(site).tables["tasks"][1]
    assert moved[1] == "processing"
    assert 0 < float(moved[2].strip(" %")) < 100


def test_the_journal(site: Any) -> None:
    made = site.create(load_contract("evolink"), "/evolink")
    site.ask("GET", "/nowhere?a=1")
    newest, oldest = look(site).tables["journal"][1:]
    assert (oldest[0], oldest[2].split("\n")[0], oldest[3], oldest[-2], oldest[-1]) == (
        *("1", "POST /evolink/v1/videos/generations", "200"),
        *("evolink", made),
    )
    assert newest[2].startswith("GET /nowhere?a=1")
    assert newest[3:] == ["404", "", "-", ""]
    assert '"prompt"' in oldest[2]
    assert "key in header authorization: good" in oldest[2]


def test_one_provider_at_a_time(site: Any) -> None:
    evolink, newapi = (load_contract(name) for name in ("evolink", "newapi"))
    ours, others = site.create(evolink, "/evolink"), site.create(newapi, "/newapi")
    page = look(site, "?provider=newapi")
    assert [row[0] for row in page.tables["tasks"][1:]] == [others]
    assert [row[-1] for row in page.tables["journal"][1:]] == [others]
    assert [row[1] for row in page.tables["providers"][1:]] == ["/newapi/"]
    assert {form["action"] for form in page.forms} == {"?provider=newapi"}
    assert ours not in site.ask("GET", "/_screentest/?provider=newapi", headers=HERE).text


def test_an_unknown_provider_is_told(site: Any) -> None:
    page = look(site, "?provider=evolnk")
    assert page.status == 404
    assert page.messages["alert"] == "unknown provider 'evolnk' (did you mean evolink?)"
    assert len(page.tables["providers"]) == 3


def test_the_newest_are_shown(site: Any, serve: Serve) -> None:
    contract = load_contract("evolink")
    site = serve(contract)
    made = [site.create(contract) for _ in range(60)]
    page = look(site)
    assert len(page.tables["tasks"]) == 51
    assert [row[0] for row in page.tables["journal"][1:]] == [str(number) for number in range(60, 10, -1)]
    assert made[0] not in [row[0] for row in page.tables["tasks"]]


def test_only_what_applies_is_offered_for_one_provider(site: Any) -> None:
    offered = {name: set(look(site, f"?provider={name}").options) for name in ("evolink", "newapi")}
    for name, mock in site.providers.items():
        listed = site.control("/deviation").json()[name]
        assert set(listed) <= offered[name]
        assert set(SCENARIOS) <= offered[name]
        assert mock.deviation is None
    assert offered["evolink"] != offered["newapi"]
    assert offered["evolink"] | offered["newapi"] <= set(look(site).options)


# -- what its forms do


def test_every_order_of_the_control_plane_has_a_form(serve: Serve) -> None:
    orders = {order.path for order in ORDERS if order.method == "POST"}
    page = look(serve(load_contract("evolink")))
    assert {form["order"] for form in page.forms} == orders == set(DONE)
    assert {form["method"] for form in page.forms} == {"post"}


def test_a_scenario_for_the_next_tasks(site: Any) -> None:
    answer = send(site, "provider=evolink", order="/scenario", name="failure", count="2", provider="evolink")
    assert answer.status_code == 303
    assert answer.headers["location"] == "?done=%2Fscenario&provider=evolink"
    assert [(scenario.name, count) for scenario, count in site.providers["evolink"].scheduled] == [("failure", 2)]
    assert not site.providers["newapi"].scheduled
    page = look(site, "?done=%2Fscenario&provider=evolink")
    assert page.messages["status"] == "The scenario is set."
    assert page.tables["providers"][1][3:5] == ["failure (2)", "success"]


def test_a_scenario_with_an_argument_for_all_tasks(site: Any) -> None:
    fields = {"order": "/scenario", "name": "rate-limited", "argument": " 3 ", "count": "1", "all": "1"}
    assert send(site, **fields).status_code == 303
    for mock in site.providers.values():
        assert mock.scenario.query_errors == ("rate-limited", 3)
        assert not mock.scheduled
    assert [row[4][:14] for row in look(site).tables["providers"][1:]] == ["rate-limited:3"] * 2


def test_a_deviation_and_none(site: Any) -> None:
    assert send(site, order="/deviation", name="never-ends", provider="newapi").status_code == 303
    page = look(site, "?provider=newapi")
    assert page.tables["providers"][1][-1] == "never-ends"
    assert page.selected == ["never-ends"]
    assert look(site).selected == [], "the two differ"
    send(site, order="/deviation", name="", provider="newapi")
    assert site.providers["newapi"].deviation is None
    assert look(site).tables["providers"][2][-1] == "as documented"


def test_the_clock_is_moved(site: Any) -> None:
    before = site.clock.now()
    assert send(site, order="/clock/advance", seconds="1.5").status_code == 303
    assert site.clock.now() == before + 1.5


def test_everything_is_forgotten(site: Any) -> None:
    site.create(load_contract("evolink"), "/evolink")
    assert send(site, order="/reset").status_code == 303
    page = look(site)
    assert (page.tables["tasks"], page.tables["journal"]) == ([], [])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"order": "/scenario", "name": "sucess", "count": "1"}, "did you mean success?"),
        ({"order": "/scenario", "name": "success", "count": ""}, "`count` must be a positive integer"),
        ({"order": "/scenario", "name": "success", "count": "0"}, "`count` must be a positive integer"),
        ({"order": "/scenario", "name": "success", "count": "1", "provider": "acme"}, "unknown provider 'acme'"),
        ({"order": "/deviation", "name": "nothing"}, "unknown deviation"),
        ({"order": "/clock/advance", "seconds": "-1"}, "a clock moves forward"),
        ({"order": "/clock/advance", "seconds": "nan"}, "`seconds` must be a number"),
        ({"order": "/clock/advance", "seconds": "soon"}, "`seconds` must be a number"),
        ({"order": "/health"}, "the form gives no order"),
        ({}, "the form gives no order"),
        ({f"field{number}": "1" for number in range(11)}, "fields"),
    ],
)
def test_a_wrong_form_is_told_and_changes_nothing(site: Any, fields: dict[str, str], told: str) -> None:
    before = site.clock.now()
    answer = send(site, **fields)
    assert answer.status_code == 400
    assert told in Page(answer).messages["alert"]
    assert site.clock.now() == before
    for mock in site.providers.values():
        assert (mock.scenario.name, mock.scheduled, mock.deviation) == ("success", (), None)


def test_a_clock_that_runs_by_itself_has_no_form(serve: Serve) -> None:
    site = serve(load_contract("evolink"), clock=RealClock(60))
    assert "/clock/advance" not in {form["order"] for form in look(site).forms}
    assert "60 times the vendors&#39; pace" in site.ask("GET", "/_screentest/", headers=HERE).text
    answer = send(site, order="/clock/advance", seconds="1")
    assert "start with --clock manual" in Page(answer).messages["alert"]


# -- what it does not let in

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "</pre></details></td></table></main><script>alert(3)</script>",
    "\" autofocus onfocus=alert(4) x='",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u202c\x1b[31m\x00\x07\u2028",
)


def told(serve: Serve, small: Contract, text: str) -> tuple[Page, str]:
    """The page after requests that hold a text wherever a client may put one, and its source."""
    site = serve(small)
    prompt = {"model": "clip-1", "prompt": text[:20]}
    key = {"x-key": f"Key {GOOD_KEY}", "x-async": "enable"}
    assert site.ask("POST", "/jobs", json=prompt, headers=key).status_code == 200
    site.ask("POST", "/jobs/x", content=text.encode(), headers={"user-agent": text.encode()})
    site.ask("GET", f"/jobs/{quote(text)}", params={"q": text}, headers={"host": "<b>"})
    answer = site.ask("GET", "/_screentest/", headers=HERE)
    return Page(answer), answer.text


@pytest.mark.parametrize("text", HOSTILE)
def test_what_clients_send_is_shown_and_does_nothing(serve: Serve, small: Contract, text: str) -> None:
    harmless, _ = told(serve, small, "a cat")
    page, source = told(serve, small, text)
    assert (page.tags, page.attributes) == (harmless.tags, harmless.attributes)
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", source) is None
    journal = "".join(cell for row in page.tables["journal"] for cell in row)
    assert (text if text.isprintable() else "\\u202egnp.exe") in journal, "it is there, as text"


def test_keys_are_not_shown(site: Any) -> None:
    contract = load_contract("evolink")
    site.create(contract, "/evolink")
    site.ask("GET", "/evolink/v1/tasks/x?token=abcdef123456", headers={"authorization": "Bearer sk-mistyped-secret-1"})
    shown = site.ask("GET", "/_screentest/", headers=HERE).text
    assert "REDACTED" in shown
    for secret in (GOOD_KEY, "mistyped", "abcdef123456"):
        assert secret not in shown


def test_the_policy_allows_its_own_style_and_script_alone(site: Any) -> None:
    answer = site.ask("GET", "/_screentest/", headers=HERE)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == policy["connect-src"] == "'self'"
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy[f"{tag}-src"] == f"'sha256-{digest}'"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# -- who may see it


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site", "origin": "http://localhost:3000"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "null"},
        {"origin": ""},
    ],
)
def test_no_other_site_gives_orders(site: Any, headers: dict[str, str]) -> None:
    before = site.clock.now()
    assert send(site, headers=headers, order="/clock/advance", seconds="5").status_code == 403
    order = site.control("/clock/advance", {"seconds": 5}, headers={**HERE, **headers})
    assert order.status_code == 403
    assert "pages of other sites" in order.json()["error"]
    assert site.clock.now() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "http://localhost:8080"},
        {"sec-fetch-site": "none"},
        {"origin": "http://localhost:8080"},
        {},
    ],
)
def test_its_own_forms_and_other_programs_do(site: Any, headers: dict[str, str]) -> None:
    before = site.clock.now()
    assert send(site, headers=headers, order="/clock/advance", seconds="5").status_code == 303
    assert site.control("/clock/advance", {"seconds": 5}, headers={**HERE, **headers}).status_code == 200
    assert site.clock.now() == before + 10


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.5", "["]
)
def test_a_name_that_leads_here_is_not_enough(site: Any, host: str) -> None:
    answer = site.ask("GET", "/_screentest/", headers={"host": host})
    assert answer.status_code == 403
    assert "<" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "mock.localhost:8080", "127.0.0.2:8080", "[::1]:8080"])
def test_names_of_this_machine(site: Any, host: str) -> None:
    assert site.ask("GET", "/_screentest/", headers={"host": host}).status_code == 200


def test_strangers_are_kept_out(site: Any) -> None:
    for method in ("GET", "POST"):
        answer = site.ask(method, "/_screentest/", headers=HERE, client="10.0.0.5")
        assert answer.status_code == 403
        assert "<" not in answer.text


def test_a_token_opens_it_as_a_browser_sends_it(serve: Serve) -> None:
    site = serve(load_contract("evolink"), control_token="tokén")

    def ask(path: str, credential: str, client: str = "10.0.0.5", method: str = "GET", **more: str) -> Any:
        given = {"authorization": f"Basic {base64.b64encode(credential.encode()).decode()}", **more}
        return site.ask(method, f"/_screentest{path}", headers={"host": "mock.example", **given}, client=client)

    asked = site.ask("GET", "/_screentest/", headers=HERE)
    assert asked.status_code == 401
    assert asked.headers["www-authenticate"].startswith("Basic realm=")
    for path in ("/", "/tasks"):
        assert ask(path, "anybody:tokén").status_code == 200
        for wrong in ("tokén", "tokén:", ":token", "anybody:tokén2", ""):
            assert ask(path, wrong).status_code == (401 if path == "/" else 403)
    assert site.ask("GET", "/_screentest/", headers={**HERE, "authorization": "Basic !"}).status_code == 401
    assert ask("/", "a:tokén", method="POST", origin="https://evil.example").status_code == 403, (
        "browsers send it along"
    )
    assert ask("/reset", "a:tokén", method="POST", origin="https://evil.example").status_code == 403
    assert ask("/reset", "a:tokén", method="POST", origin="http://mock.example").status_code == 200


def test_the_address_without_its_slash_leads_to_it(site: Any) -> None:
    answer = site.ask("GET", "/_screentest", headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://localhost:8080/_screentest/")
