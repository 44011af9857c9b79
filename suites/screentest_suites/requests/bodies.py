"""Bodies as bytes: forms, uploads, and references to uploaded files."""

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import httpx
import orjson

from screentest_contracts.contract import Contract, Operation, Role, UploadRule, of_answer
from screentest_contracts.forms import field_schema, flattened, is_file
from screentest_contracts.location import MISSING
from screentest_suites.requests.media import small_file


def form_of(
    body: Any,
    schema: Any = None,
    files: Mapping[str, tuple[str, bytes, str]] = MappingProxyType({}),
    *,
    named: bool = False,
) -> tuple[str, bytes]:
    """A body as multipart/form-data: its media type with the boundary, and its bytes. Equal bodies give equal bytes,
    so that a recorded request is found again. A text that by `schema` is to be a file is sent as the name of a small
    one. `files`: name, bytes and media type by field. `named`: the boundary follows from the names of the fields alone,
    so that a form with other secrets in it is known as the same."""
    fields: list[Any] = [(name, _part(name, text, field_schema(schema, name))) for name, text in flattened(body)]
    fields += files.items()
    seed = [name for name, _ in fields] if named else fields
    media = f"multipart/form-data; boundary=screentest-{sha256(repr(seed).encode()).hexdigest()[:32]}"
    parts = fields or [("", (None, b""))]
    request = httpx.Request("POST", "http://form.invalid/", files=parts, headers={"content-type": media})
    return request.headers["content-type"], request.read()


def _part(name: str, text: str, schema: Any) -> tuple[Any, ...]:
    if not is_file(schema):
        return None, text.encode()
    media = str(schema.get("contentMediaType", "image/png"))
    usual, data = small_file(media)
    return text or usual, data, media


def create_form(contract: Contract, operation: Operation, body: Any) -> tuple[str, bytes]:
    """A create's body as a form, by the schema of its model; by that of the operation's first one where it names
    none."""
    candidates = (each for each in contract.models.values() if operation in each.operations)
    model = contract.model_of(operation, body) or next(candidates, None)
    return form_of(body, None if model is None else model.schema)


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
    return form_of(rule.base, files=files)


def bytes_form(rule: UploadRule, answer: Any) -> tuple[str, bytes] | None:
    """The form that takes a file's bytes, by the answer to its upload: its media type and its bytes. None where the
    answer holds too little for it."""
    if rule.form is None:
        return None
    name, data = small_file(rule.media)
    fields = {field: of_answer(text, answer, name) for field, text in rule.form.fields.items()}
    if MISSING in fields.values():
        return None
    return form_of(fields, files={rule.form.file: (name, data, rule.media)}, named=True)


def reference_of(rule: UploadRule, answer: Any) -> Any:
    """The reference to the file that an upload's answer is about; MISSING where it holds too little."""
    return rule.reference(answer, small_file(rule.media)[0])


def reference_bytes(reference: Any, *, is_form: bool) -> bytes:
    """A reference to a file as a body has it."""
    return str(reference).encode() if is_form else orjson.dumps(reference)
