"""What servers say is shown, and does nothing: in a terminal, in HTML, in Markdown and in XML."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from screentest_contracts import Contract
from screentest_contracts.control_characters import escape_control_characters
from screentest_contracts.redact import Redactor
from screentest_contracts.requirements import requirements
from screentest_suites.cli.progress import judge_with_progress
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import Evidence, Finding, Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.pytest_plugin.item import Item, explain
from screentest_suites.reporting.baseline import NOTHING
from screentest_suites.reporting.render import render
from screentest_suites.reporting.report import verdict_json, write
from screentest_suites.targets.embedded import EmbeddedTarget

Report = dict[str, Any]

STRINGS = {
    "a script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "the end of everything": "</script></style></title></pre></details></svg>]]>--><script>alert(3)</script>",
    "an attribute": "\" autofocus onfocus=alert(4) x='",
    "a script's address": "javascript:alert(5)",
    "a template": "{{ 7 * 7 }}{% raw %}${7*7}",
    "colours": "\x1b[31mred\x1b[0m\x1b]8;;https://evil.example\x07link\x1b]8;;\x07\x9b2J",
    "another window title": "\x1b]0;owned\x07",
    "an overwritten line": "fine\r\x1b[2K\x1b[1Apassed",
    "right to left": "\u202egnp.exe\u202c\u2066\u2069\u200f\u061c",
    "controls": "".join(map(chr, range(0x20))) + "\x7f\x85\u2028\u2029\ufffe\uffff",
    "Markdown": "[click](https://evil.example) ![x](https://evil.example/p.png) **b** | a | @octocat #1 <b>`",
    "fences": "``````\n# Heading\n~~~~~~\n````````\n@octocat <b>",
    "surrogates": "\ud800 \udfff",
    "a workflow command": "::error file=x::y\n::set-output name=a::b",
}

UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]"
)
"""What no rendering may hold: it moves, colours, hides or turns around what stands near it."""

BODY = "".join(STRINGS.values()) + "x" * 1_000_000


@pytest.fixture
def hostile(document: Callable[..., Report], requirement: Callable[..., Report]) -> Report:
    """A report in which every string that comes from outside is hostile, each in each place."""
    rows = []
    for number, text in enumerate(STRINGS.values()):
        exchange = {
            "request": {"method": text, "url": text, "headers": [[text, text]], "body": text},
            "response": {"status": 200, "headers": [[text, text]], "body": text, "size": 1, "error": text},
            "at": 0.0,
            "seconds": 1.0,
            "curl": f"curl {text}",
        }
        texts = {
            "reason": text,
            "statement": text,
            "sources": [{"title": text, "url": text, "read": text, "mark": "documented"}],
            "evidence": [{"seen": text, "expected": text, "exchanges": [exchange]}],
        }
        for level, verdict in (("MUST", "failed"), ("NOTE", "failed"), ("MUST", "error"), ("MUST", "skipped")):
            rows.append(requirement(f"{number}.{level}.{verdict}.{text}", verdict, level, **texts))
        rows.append(requirement(f"{number}.suite", "failed", suite=text))
    made = document(*rows, target={"kind": "url", "host": STRINGS["a script"]})
    provider = made["header"]["providers"][0]
    provider["title"] = "".join(STRINGS.values())
    made["tasks"] = [
        {
            "provider": provider["name"],
            "model": text,
            "id": text,
            "plan": text,
            "ended": False,
            "polls": 2,
            "gave_up": text,
            "link": None,
            "broke": [text],
            "events": [{"at": float(at), "http": 200, "status": text, "class": ""} for at in range(2)],
        }
        for text in STRINGS.values()
    ]
    return made


class Outline(HTMLParser):
    """The tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attributes}
        self.links |= {value or "" for name, value in attributes if name in {"href", "src"}}


def test_html_holds_no_markup_of_theirs(hostile: Report) -> None:
    text = render([hostile], ".html")
    outline = Outline()
    outline.feed(text)
    assert outline.tags.count("script") == 1
    assert outline.tags.count("style") == 1
    assert not {"img", "iframe", "object", "embed", "base", "b2"} & set(outline.tags)
    assert not {name for name in outline.attributes if name.startswith("on")} | ({"style"} & outline.attributes)
    assert all(link.startswith(("#", "data:,")) for link in outline.links)
    assert "49" not in re.findall(r"template[^<]*?(\d+)", text)
    assert not UNSHOWABLE.search(text)


def test_html_in_a_browser(visit: Callable[..., Any], hostile: Report) -> None:
    """`visit` complains of dialogs, requests, errors and refused scripts."""
    page = visit([hostile])
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.wait_for_timeout(300)
    assert page.locator("main script, main img, main b b").count() == 0
    assert page.get_by_text(STRINGS["a script"]).count() > 3
    assert page.get_by_text("\\x1b[31mred\\x1b[0m").count() > 3
    assert page.get_by_text("\\u202egnp.exe").count() > 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_policy_refuses_what_is_not_ours(visit: Callable[..., Any], hostile: Report, complaints: Any) -> None:
    complaints.tolerated = True
    page = visit([hostile])
    page.evaluate(
        "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective))"
    )
    for added in (
        "<img src='https://evil.example/x'>",
        "<p style='color: red'>",
        "<iframe src='https://evil.example'>",
    ):
        page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", added)
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'owned = 1'}))")
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned") is None
    assert {"img-src", "style-src-attr", "frame-src", "script-src-elem"} <= set(page.evaluate("refused"))


def test_xml_is_valid_and_plain(hostile: Report) -> None:
    text = render([hostile], ".xml")
    root = ElementTree.fromstring(text.encode())
    assert len(root.findall(".//testcase")) == len(hostile["requirements"])
    assert not UNSHOWABLE.search(text)
    assert not re.search("[\ufffe\uffff]", text)
    assert {each.tag for each in root.iter()} <= {
        *("testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "skipped", "system-out")
    }


def test_markdown_keeps_them_in_code(hostile: Report) -> None:
    text = render([hostile], ".md")
    assert not UNSHOWABLE.search(text)
    outside = outside_code(text)
    allowed = r"</?(details|summary|code)>"
    assert "<" not in re.sub(allowed, "", outside)
    for active in ("](", "http://", "https://", "@", "javascript:", "::error", "**b**", "\n# "):
        assert active not in outside, active
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {9}


def outside_code(text: str) -> str:
    """Markdown without its fences and code spans, as CommonMark reads them."""
    kept, fence = [], ""
    for line in text.splitlines():
        mark = re.match(r"`{3,}", line)
        if fence:
            if mark and line.strip() == mark[0] and len(mark[0]) >= len(fence):
                fence = ""
        elif mark:
            fence = mark[0]
        else:
            kept.append(re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line))
    assert not fence
    return "\n".join(kept)


def test_markdown_fits_into_a_comment(document: Any, requirement: Any) -> None:
    rows = [requirement(f"query.n{number}", "failed", reason="x" * 900, statement="y" * 900) for number in range(500)]
    text = render([document(*rows)], ".md")
    assert len(text) < 65_536
    assert re.search(r"and \d+ more", text)


def test_a_badge_is_one_picture(hostile: Report) -> None:
    root = ElementTree.fromstring(render([hostile], ".svg").encode())
    assert {each.tag.partition("}")[2] for each in root.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "path",
        "text",
    }


@pytest.fixture
def verdict(small: Contract) -> Verdict:
    """A broken MUST whose every word comes from a hostile server, which sends 1 MB that is no UTF-8."""
    text = "".join(each for name, each in STRINGS.items() if name != "surrogates")
    body = b"\xff\xfe\xc3(" + BODY.encode("utf-8", "replace")
    sent = SentRequest("POST", "https://api.acme.example/jobs", (("x-trace", text),), body)
    exchange = Exchange(sent, 200, (("x-trace", BODY[:100_000]),), body, 1.0, 2.0, text, len(body))
    finding = Finding(Result.FAILED, text + "y" * 1_000_000, (Evidence(text, text, (exchange,)),), 1)
    return Verdict(requirements(small)[0], small.name, finding)


def test_the_terminal_shows_them_as_text(
    verdict: Verdict, small: Contract, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Told(Judge):
        def verdicts(self, on_verdict: Any = None) -> Any:
            yield verdict

    judge = Told(small, EmbeddedTarget(small))
    for _ in judge_with_progress(Console(highlight=False), judge, True, Redactor(), NOTHING):
        pass
    shown = capsys.readouterr().out
    assert "\\x1b[31mred\\x1b[0m" in shown
    assert "\\u202egnp.exe" in shown
    assert not UNSHOWABLE.search(shown)
    assert len(shown) < 40_000


def test_so_does_pytest(verdict: Verdict, small: Contract) -> None:
    judge = Judge(small, EmbeddedTarget(small))
    text = explain(Item(judge, verdict.requirement.id, Redactor(), None), verdict)
    assert "\\x1b[31mred" in text
    assert not UNSHOWABLE.search(text)


def test_a_report_of_a_megabyte_stays_small(verdict: Verdict, small: Contract, document: Any, tmp_path: Path) -> None:
    row = verdict_json(small, verdict, Redactor())
    report = document(row)
    for suffix in (".json", ".html", ".md", ".xml"):
        file = tmp_path / f"report{suffix}"
        write(file, report)
        assert 1_000 < file.stat().st_size < 150_000, suffix


def test_the_command_says_no_more_than_text(hostile: Report, tmp_path: Path) -> None:
    from screentest_suites.cli import main

    for row in hostile["requirements"]:  # half a surrogate pair cannot come through JSON
        assert "\ud800" not in row["provider"]
    source = tmp_path / "run.json"
    text = render([hostile], ".json").encode("utf-8", "surrogatepass")
    source.write_bytes(text)
    refused = CliRunner().invoke(main, ["report", str(source), "--output", str(tmp_path / "x.html")])
    assert refused.exit_code == 2
    source.write_bytes(re.sub(b"\xed[\xa0-\xbf][\x80-\xbf]", b"?", text))
    result = CliRunner().invoke(main, ["report", str(source), "--output", str(tmp_path / "x.html")])
    assert result.exit_code == 0, result.output
    assert not UNSHOWABLE.search(result.output)


@given(st.text())
def test_visible_text_shows_everything_and_hides_nothing(text: str) -> None:
    assert not UNSHOWABLE.search(escape_control_characters(text))
    printable = "".join(char for char in text if char.isprintable())
    assert all(char in escape_control_characters(text) for char in printable)


def test_words_of_all_scripts_stay_as_they_are() -> None:
    for words in ("视频\u3000生成", "עברית", "عربي", "naïve \N{NO-BREAK SPACE}x", "\N{CLAPPER BOARD}"):
        assert escape_control_characters(words) == words
