"""The site is built strictly, and every link in it leads somewhere."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.pages.blocks import ROOT


class Page(HTMLParser):
    """The ids of a page, and what it links to or shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.add(value)


def broken_links(site: Path) -> Iterator[str]:
    """Links to no file or to no id of a page; other sites are not asked."""
    pages = {file: Page(file.read_text("utf-8")) for file in site.rglob("*.html")}
    for file, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            path = unquote(parts.path)
            base = site if path.startswith("/") else file.parent
            target = (base / path.lstrip("/")).resolve() if path else file
            if target.is_dir():
                target = target / "index.html"
            if not target.is_file():
                yield f"{file.relative_to(site)}: {link}"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield f"{file.relative_to(site)}: {link}: no such place"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the pages, which the build writes beside."""
    folder = tmp_path_factory.mktemp("site").resolve()
    shutil.copy(ROOT / "mkdocs.yml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    return folder


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(folder: Path) -> Path:
    result = build(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / "site"


def test_every_link_leads_somewhere(site: Path) -> None:
    assert len(list(site.rglob("*.html"))) > 40
    assert list(broken_links(site)) == []


def test_every_page_is_complete_without_another_host(site: Path) -> None:
    """Readers are not told to others, and the site works offline."""
    for file in site.rglob("*.html"):
        text = file.read_text("utf-8")
        assert "fonts.googleapis" not in text
        assert '<script src="http' not in text
        assert '<link rel="stylesheet" href="http' not in text


def test_a_broken_link_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: Small\n", "utf-8")
    page = tmp_path / "docs" / "index.md"
    page.write_text("# Small\n\n[there](#small)\n", "utf-8")
    assert build(tmp_path).returncode == 0
    for link in ("no-such-page.md", "#no-such-place"):
        page.write_text(f"# Small\n\n[gone]({link})\n", "utf-8")
        assert build(tmp_path).returncode != 0, link


@pytest.mark.parametrize("html", ['<a href="nothing/">', '<a href="#no-such-place">', '<img src="no.png">'])
def test_a_broken_link_is_found(tmp_path: Path, html: str) -> None:
    (tmp_path / "index.html").write_text(html)
    assert len(list(broken_links(tmp_path))) == 1
