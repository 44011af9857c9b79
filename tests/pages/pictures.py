"""Makes the pictures of the site from real runs: docs/verdict.svg and docs/report.png. Look at them afterwards.

python -m tests.pages.pictures

It needs a Chromium of the system, and takes a minute.
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

import screentest
from tests.pages.blocks import ROOT

DOCS = ROOT / "docs"
SCREENTEST = str(Path(sys.executable).with_name("screentest"))
WIDTH = 108
MODELS = {
    "evolink": "happyhorse-1.1-text-to-video",
    "nexusflow": "happyhorse-1.0-t2v",
    "openai": "sora-2",
    "tokenbay": "happyhorse-1.0-t2v",
}
BROKEN = "accepts-above-maximum"
SHOW_CURSOR = "\x1b[?25h"
"""What a terminal is told when the progress has ended: what follows stays on the screen."""


def judged(provider: str, deviation: str | None, report: Path) -> str:
    """Judges a mock over the wire, as a user does; returns what a terminal shows."""
    speed, key = "600", screentest.load_contract(provider).key_variable
    options = ["--speed", speed, "--model", MODELS[provider], "--examples", "5", "--report", str(report)]
    with screentest.serve(provider, screentest.MockSettings(speed=float(speed))) as mock:
        if deviation:
            mock.deviate(deviation)
        command = [SCREENTEST, "check", provider, "--target", mock.url, *options]
        environment = {key: mock.key, "COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if deviation else 0), done.stdout + done.stderr
    return done.stdout.rpartition(SHOW_CURSOR)[2].strip("\n")


def draw_terminal(shown: str, file: Path) -> None:
    """A terminal that shows a text with its colours, as SVG without anything from another host."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown))
    svg = console.export_svg(title="screentest check evolink --target URL", theme=MONOKAI)
    file.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), "utf-8")


def photograph(page: Path, file: Path, width: int = 1320, height: int = 1400) -> None:
    """A picture of a page in Chromium. Raises LookupError without one."""
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
    if browser is None:
        raise LookupError("install Chromium")
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{height}"]
    subprocess.run([browser, *options, f"--screenshot={file}", page.as_uri()], check=True, capture_output=True)


def main() -> None:
    """Makes all pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reports = [folder / f"{provider}.json" for provider in MODELS]
        for provider, report in zip(MODELS, reports, strict=True):
            shown = judged(provider, BROKEN if provider == "evolink" else None, report)
            if provider == "evolink":
                draw_terminal(shown, DOCS / "verdict.svg")
        page = folder / "report.html"
        subprocess.run([SCREENTEST, "report", *map(str, reports), "--output", str(page)], check=True)
        photograph(page, DOCS / "report.png")


if __name__ == "__main__":
    main()
