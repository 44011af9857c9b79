"""Overlays in a folder of their own, beside the small document that they extend."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Write = Callable[..., Path]

PROVIDER = {"target": "$['x-task'].provider", "update": {"name": "bold", "title": "Bold", "key": "BOLD_API_KEY"}}
"""What every overlay changes."""
MORE = {"target": "$.components.schemas.Clip.properties.duration", "update": {"maximum": 12}}
BAD = {"target": "$['x-task'].lifecycle.statuses", "update": {"RUN": {"class": "walking"}}}


def overlay_text(*actions: dict[str, Any], extends: str = "acme.yaml", version: str = "1.1.0") -> str:
    """An overlay as YAML, with one line for each action: the first stands on line 5."""
    lines = [f"overlay: {version}", 'info: {title: Bold, version: "1"}', f"extends: {extends}", "actions:"]
    for action in actions:
        lines.append("  - " + yaml.safe_dump(action, default_flow_style=True, width=10_000, sort_keys=False).strip())
    return "\n".join(lines) + "\n"


def line_of(file: Path, text: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if text in line)


@pytest.fixture
def write(tmp_path: Path, small_text: str) -> Write:
    """Writes an overlay of `acme.yaml`, or another text, and gives its path."""
    (tmp_path / "acme.yaml").write_text(small_text)

    def write(*actions: dict[str, Any], name: str = "bold.yaml", text: str | None = None, **extra: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(overlay_text(*actions, **extra) if text is None else text)
        return path

    return write
