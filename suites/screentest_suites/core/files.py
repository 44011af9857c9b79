"""Files that a run leaves: written as a whole or not at all."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from screentest_contracts.errors import UsageError


def check_writable(path: Path) -> None:
    """Raises UsageError for a file that could not be written at the end of a run. Makes another one beside it, for a
    moment."""
    if os.path.isdir(path):  # unlike Path.is_dir, takes any name: one that is too long, or holds a null
        raise UsageError(f"cannot write {path}: it is a folder", "name a file in it")
    if not os.path.isdir(path.parent):
        raise UsageError(f"cannot write {path}", "the folder must exist")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot write {path}: {reason}", "check the folder's permissions, and the name") from None


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
    except (OSError, ValueError) as error:  # a name with a null is a value
        hint = "is its folder still there, and is there room on the disk?"
        raise UsageError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}", hint) from None


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
