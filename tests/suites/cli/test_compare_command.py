"""`screentest compare` as a command: table, JSON, and a page that is harmless whatever documents hold."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from screentest_contracts import built_in
from tests.suites.cli.programs import Run


def test_a_table_without_colours_where_no_terminal_is(run: Run) -> None:
    result = run("compare", "evolink", "tokenbay")
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "A client written for Evolink, talking to TokenBay" in result.output
    assert re.search(r"\d+ differences: \d+ breaks", result.output)
    assert result.output.index("breaks") < result.output.index("informs")


def test_json_of_one_with_several(run: Run) -> None:
    made = json.loads(run("compare", "evolink", "nexusflow", "tokenhot", "--format", "json").stdout)
    assert [(each["from"]["name"], each["to"]["name"]) for each in made["comparisons"]] == [
        ("evolink", "nexusflow"),
        ("evolink", "tokenhot"),
    ]
    for each in made["comparisons"]:
        assert sum(each["totals"].values()) == len(each["differences"])
        assert {model["from"] for model in each["models"]} >= {"happyhorse-1.0-text-to-video"}


def test_no_name_gives_the_matrix_of_all(run: Run) -> None:
    made = json.loads(run("compare", "--format", "json").stdout)
    assert made["matrix"]["providers"] == list(built_in())
    assert json.loads(run("compare", "evolink", "--matrix", "--format", "json").stdout)["matrix"]["providers"] == [
        "evolink"
    ]
    assert "Capabilities" in run("compare").output


class Page(HTMLParser):
    """What a page holds: tags, and every address it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("arguments", [("evolink", "tokenhot", "nexusflow"), ()])
def test_the_page_stands_alone(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "compare.html"
    assert run("compare", *arguments, "--format", "html", "-o", str(file)).exit_code == 0
    text = file.read_text()
    page = Page(text)
    assert page.open == []
    assert page.addresses == []
    assert "script" not in page.tags
    assert page.tags.count("table") == max(len(arguments) - 1, 1)
    assert "default-src 'none'" in text


def test_a_hostile_document_is_text_and_nothing_else(run: Run, tmp_path: Path, small_text: str) -> None:
    evil = "<script>alert(1)</script>\x1b[31m"
    file = tmp_path / "evil.yaml"
    file.write_text(small_text.replace("title: Acme, key", f"title: {json.dumps(evil)}, key"), encoding="utf-8")
    page = run("compare", str(file), "evolink", "--format", "html").stdout
    assert "script" not in Page(page).tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    table = run("compare", str(file), "evolink")
    assert table.exit_code == 0
    assert "\x1b" not in table.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evolink",), "nothing to compare it with"),
        (("evolink", "evolink"), "named twice"),
        (("evolink", "nexusflw"), "did you mean nexusflow?"),
        (("evolink", "nexusflow", "-o", "/no/such/folder/x"), "cannot write"),
    ],
)
def test_usage_errors(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run("compare", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "hint: " in result.stderr
