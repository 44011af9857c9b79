"""Reads multipart/form-data. Files count by their names: no check looks into them."""

from io import BytesIO
from typing import Any

from screentest_contracts.forms import nested
from screentest_mockserver.wire.answer import Request


def read_form(request: Request, sizes: dict[str, int] | None = None) -> Any:
    """The form's fields as an object of texts, a file as its name. Raises ValueError for what is no form.

    `sizes` is told the length of each file by the name of its field."""
    from python_multipart import parse_form
    from python_multipart.exceptions import FormParserError

    fields: list[tuple[str, str]] = []
    files = []

    def on_field(field: Any) -> None:
        fields.append(((field.field_name or b"").decode(), (field.value or b"").decode()))

    def on_file(file: Any) -> None:
        fields.append(((file.field_name or b"").decode(), (file.file_name or b"file").decode()))
        if sizes is not None:
            sizes[fields[-1][0]] = file.size
        files.append(file)

    headers = {"Content-Type": (request.header(b"content-type") or "").encode("latin-1", "replace")}
    try:
        parse_form(headers, BytesIO(request.body), on_field, on_file)
    except FormParserError:
        raise ValueError("the form cannot be read") from None
    finally:
        for each in files:  # not at once: the parser may touch them afterwards
            each.close()
    return nested(fields)
