"""Bodies in a recording: short ones stand in the event, others are files named after what they hold."""

import base64
import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from screentest_contracts.errors import UsageError

FOLDER = "bodies"
INLINE = 64 * 1024
"""Bytes of a text that stand in the event itself; of anything else a sixteenth of it."""


def store_body(recording: Path, data: bytes) -> dict[str, str]:
    """Keeps a body in a recording's folder; returns what the event says of it: `text`, `base64` or `file`."""
    try:
        if len(data) <= INLINE:
            return {"text": data.decode()}
    except UnicodeDecodeError:
        pass
    if len(data) <= INLINE // 16:
        return {"base64": base64.b64encode(data).decode()}
    digest = hashlib.sha256(data).hexdigest()
    path = recording / FOLDER / digest
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    return {"file": digest}


def load_body(recording: Path, event: Path, body: Mapping[str, str]) -> bytes:
    """A body that `store_body` has kept. `event` is the file that refers to it. Raises UsageError."""
    if "text" in body:
        return body["text"].encode()
    if "base64" in body:
        try:
            return base64.b64decode(body["base64"], validate=True)
        except ValueError:
            raise UsageError(f"{event}: a body is not base64", "it was changed") from None
    path = recording / FOLDER / body["file"]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "copy the whole folder of a recording") from None
    if hashlib.sha256(data).hexdigest() != body["file"]:
        raise UsageError(f"{path} is not what was recorded", "it was changed after it was written")
    return data
