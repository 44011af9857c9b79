"""Files that a run leaves: written as a whole or not at all."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from screentest_contracts.errors import UsageError


def write_text(path: Path, text: str) -> None:
    """Writes a file atomically: a reader sees the old file or the new one, never half of one. Raises UsageError."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        hint = "is its folder still there, and is there room on the disk?"
        raise UsageError(f"cannot write {path}: {error.strerror or error}", hint) from None


def json_text(value: Any) -> str:
    """JSON as the files of a run hold it: one member a line, UTF-8."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def attempt(writing: Callable[[], None]) -> list[UsageError]:
    """Calls `writing` and returns its UsageError, if there was one: what a run has found is not lost for it."""
    try:
        writing()
    except UsageError as error:
        return [error]
    return []
