"""One hole of a template: its name, argument, form, and what is written while there is nothing to write."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

from screentest_contracts.generate import check_form
from screentest_contracts.location import MISSING
from screentest_contracts.template.forms import read_progress
from screentest_contracts.times import read_time

OMIT: Final = object()
"""What a hole gives when its member is to be left out."""

TIMES: Final = frozenset(
    {"created", "submitted", "started", "finished", "updated", "now", "link_expires", "task_expires"}
)
TEXTS: Final = frozenset(
    {"id", "model", "prompt", "ratio", "resolution", "link", "reason", "reason_code", "base", "media", "task_id"}
    | {"param", "detail", "status", "upstream", "file", "filename", "earlier"}
)
NUMBERS: Final = frozenset(
    {"seed", "duration", "width", "height", "frames", "tokens", "charge", "queue_position", "size", "file_size"}
    | {"balance", "spent"}
)
WITH_ARGUMENT: Final = frozenset(
    {"request", "value", "random", "answer_id", "text", "any", "asset", "account", "answer", "file_digest"}
)
FACTORS: Final = frozenset({"charge", "balance", "spent"})
MAY_HAVE_ARGUMENT: Final = FACTORS | {"query"}
LISTS: Final = frozenset(
    {"items", "total", "page", "pages", "limit", "has_more", "first_id", "last_id", "next_cursor", "next_page"}
    | {"next_path"}
)
NAMES: Final = TIMES | TEXTS | NUMBERS | WITH_ARGUMENT | LISTS | {"progress", "query"}

TIME_FORM = re.compile(r"epoch-(s|ms|ns)(-string)?|iso(-ms|-us|-offset)?|compact|naive(-ms)?([+-]\d\d:\d\d)?")
PROGRESS_FORMS: Final = frozenset({"integer", "percent", "fraction", "string"})
DIGESTS: Final = frozenset({"md5", "sha1", "sha256", "sha512"})
TEXT_FORMS: Final = frozenset({"upper", "lower", "digits", "string", "integer", "number", "seconds", "quoted"})

HOLE: Final = re.compile(r"\{\{\s*([a-z_]+)\s*(?::([^|}]*))?((?:\|[^|}]*){0,2})\}\}")


@dataclass(frozen=True, slots=True)
class Hole:
    """One `{{name:argument|form|unset}}`."""

    name: str
    argument: str
    form: str
    unset: Any

    @property
    def is_time(self) -> bool:
        return self.name in TIMES

    def problem(self, value: Any) -> str | None:
        """What is wrong with the form of `value` as this hole's value, or None."""
        unset = value == self.unset and isinstance(value, bool) == isinstance(self.unset, bool)  # false is not 0
        if value is MISSING or unset:
            return None
        try:
            self.read(value)
        except ValueError as error:
            return str(error)
        return None

    def read(self, value: Any) -> Any:
        """The raw value behind a written one: epoch seconds, progress 0..100, text. Raises ValueError."""
        if self.is_time:
            return read_time(value, self.form)
        if self.name == "progress":
            return read_progress(value, self.form)
        return value


@lru_cache(1024)
def parse_hole(text: str) -> Hole:
    """The hole written as `text`. Raises ValueError that names the mistake."""
    match = HOLE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a hole: write {{{{name:argument|form|unset}}}}")
    name, argument = match[1], match[2]
    extra = [part.strip() for part in match[3].split("|")[1:]] if match[3] else []
    form, unset_text = [*extra, "", ""][:2]
    if name not in NAMES:
        raise ValueError(f"unknown hole {name!r}; known: {', '.join(sorted(NAMES))}")
    if name not in MAY_HAVE_ARGUMENT and (name in WITH_ARGUMENT) != (argument is not None):
        raise ValueError(f"hole {name!r} {'needs' if name in WITH_ARGUMENT else 'takes no'} argument after ':'")
    if name in TIMES:
        if not TIME_FORM.fullmatch(form):
            raise ValueError(f"time {name!r} needs a form such as epoch-s or iso-ms, not {form!r}")
    elif name == "progress":
        form = form or "integer"
        if form not in PROGRESS_FORMS:
            raise ValueError(f"progress has no form {form!r}; known: {', '.join(sorted(PROGRESS_FORMS))}")
    elif name == "file_digest":
        if argument not in DIGESTS or form not in {"", "upper", "base64"}:
            raise ValueError(
                f"file_digest:{argument}|{form} is none; known: {', '.join(sorted(DIGESTS))}, upper, base64"
            )
    elif form and form not in TEXT_FORMS:
        raise ValueError(f"unknown form {form!r}; known: {', '.join(sorted(TEXT_FORMS))}")
    if name in {"random", "answer_id", "account"}:
        check_form(argument or "")
    if name == "query" and argument is not None and not argument.startswith("/"):
        raise ValueError(f"query:{argument} is no pointer such as query:/data")
    if name in FACTORS and argument is not None and not re.fullmatch(r"\d+(\.\d+)?", argument):
        raise ValueError(f"{name}:{argument} is not a factor such as {name}:100")
    unset: Any = MISSING
    if unset_text == "omit":
        unset = OMIT
    elif unset_text:
        try:
            unset = orjson.loads(unset_text)
        except orjson.JSONDecodeError:
            raise ValueError(f"unset value {unset_text!r} is neither JSON nor omit") from None
    return Hole(name, argument or "", form, unset)
