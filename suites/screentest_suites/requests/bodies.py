"""Bodies as bytes: forms, uploads, and references to uploaded files."""

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import httpx
import orjson

from screentest_contracts.contract import Contract, Role, UploadRule
from screentest_contracts.forms import flattened
from screentest_suites.requests.media import small_file


def form_of(body: Any, files: Mapping[str, tuple[str, bytes, str]] = MappingProxyType({})) -> tuple[str, bytes]:
    """A body as multipart/form-data: its media type with the boundary, and its bytes. Equal bodies give equal bytes,
    so that a recorded request is found again. `files`: name, bytes and media type by field."""
    fields: list[Any] = [(name, (None, text.encode())) for name, text in flattened(body)]
    fields += files.items()
    media = f"multipart/form-data; boundary=screentest-{sha256(repr(fields).encode()).hexdigest()[:32]}"
    parts = fields or [("", (None, b""))]
    request = httpx.Request("POST", "http://form.invalid/", files=parts, headers={"content-type": media})
    return request.headers["content-type"], request.read()


def upload_rule(contract: Contract) -> UploadRule:
    """How a provider takes files. Raises ValueError for one that takes none."""
    if contract.upload is None:
        raise ValueError(f"{contract.name} takes no files")
    return contract.upload


def upload_of(contract: Contract) -> tuple[str, bytes]:
    """What an upload sends: its media type and its bytes. Raises ValueError for a provider without uploads."""
    rule, operation = upload_rule(contract), contract.roles[Role.UPLOAD][0]
    if not operation.takes_form:
        return "application/json", orjson.dumps(rule.base)
    files = {} if rule.file is None else {rule.file: (*small_file(rule.media), rule.media)}
    return form_of(rule.base, files)


def reference_bytes(reference: Any, *, is_form: bool) -> bytes:
    """A reference to a file as a body has it."""
    return str(reference).encode() if is_form else orjson.dumps(reference)
