"""Reads multipart/form-data. Files count by their names: no check looks into them."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from screentest_contracts.forms import nested
from screentest_mockserver.wire.answer import Request

NO_FILE = "it is no file: a file has a filename, or a content type that is not text"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form. `filename` and `media` are None where the part says none."""

    name: str
    filename: str | None
    media: str | None
    data: bytes

    @property
    def is_file(self) -> bool:
        """Whether it has the name of a file, or a media type that is not text."""
        return self.filename is not None or not (self.media or "text/").lower().startswith("text/")


def read_parts(media: str, body: bytes) -> list[Part]:
    """The parts of a form with the media type `media`. Raises ValueError for what is no form."""
    from python_multipart import parse_form
    from python_multipart.exceptions import FormParserError

    parts: list[Part] = []
    files = []

    def on_field(field: Any) -> None:
        parts.append(Part((field.field_name or b"").decode(), None, field.content_type, field.value or b""))

    def on_file(file: Any) -> None:
        file.file_object.seek(0)
        name, filename = (text or b"" for text in (file.field_name, file.file_name))
        parts.append(Part(name.decode(), filename.decode(), file.content_type, file.file_object.read()))
        files.append(file)

    try:
        parse_form({"Content-Type": media.encode("latin-1", "replace")}, BytesIO(body), on_field, on_file)
    except FormParserError:
        raise ValueError("the form cannot be read") from None
    finally:
        for each in files:  # not at once: the parser may touch them afterwards
            each.close()
    return parts


@dataclass(frozen=True, slots=True)
class Form:
    """`body`: the fields as an object of texts, a file as its name; `texts`: the names of the fields that are no files;
    `sizes`: the length of each file by the name of its field."""

    body: Any
    texts: tuple[str, ...]
    sizes: dict[str, int]


def read_form(request: Request) -> Form:
    """The form in a request. Raises ValueError for what is no form."""
    parts = read_parts(request.header(b"content-type") or "", request.body)
    fields = [(part.name, (part.filename or "file") if part.is_file else part.data.decode()) for part in parts]
    return Form(
        body=nested(fields),
        texts=tuple(part.name for part in parts if not part.is_file),
        sizes={part.name: len(part.data) for part in parts if part.is_file},
    )
