"""Files that are uploaded before a create."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from screentest_contracts.facts import Fact
from screentest_contracts.location import MISSING, Location, is_empty
from screentest_contracts.template import Template


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form that takes the bytes to the address which the upload's answer holds `at`: `fields` by name, with holes
    for what the answer told and for the name of the file, and then the bytes in `file`. `reference`: what creates name
    the file by, of the same holes; None where the answer holds it."""

    at: Location
    fields: Mapping[str, Template]
    file: str
    reference: Template | None


@dataclass(frozen=True, slots=True)
class FileRule:
    """How an uploaded file is shown to who asks for it by its reference: a `body` with holes, among them for what the
    answer to its upload told."""

    body: Template
    fact: Fact


@dataclass(frozen=True, slots=True)
class UploadRule:
    """Files that are uploaded before a create.

    The upload sends `base`, and the bytes in the form's member `file` or, in a second step, to the address that its
    answer holds at `put` or at that of the `form`. The answer (`body`; `make` is its hole `file`) gives a reference, of
    the form `pattern`, for the places `used` in creates; it can be used for `life` seconds. `gives` is nowhere where
    the reference is made of what was told; `read` is None where a file cannot be asked for. `stand_ins` are what the
    models' bases hold in those places: made up, they stand for a reference that is not known yet."""

    file: str | None
    base: Mapping[str, Any]
    gives: Location
    make: Template
    pattern: re.Pattern[str]
    body: Template
    put: Location | None
    form: UploadForm | None
    read: FileRule | None
    used: Location
    stand_ins: tuple[Any, ...]
    media: str
    life: float | None
    validator: jsonschema_rs.Draft202012Validator
    fact: Fact

    @property
    def bytes_at(self) -> Location | None:
        """Where the answer holds the address for the bytes; None where they go into the upload itself."""
        return self.put if self.form is None else self.form.at

    @property
    def place(self) -> str:
        """Where the reference is from, for people."""
        made = None if self.form is None else self.form.reference
        return str(self.gives) if made is None else str(made.tree)

    @property
    def told_at(self) -> Location:
        """Where the answer holds the reference, or the first thing of which it is made."""
        made = None if self.form is None else self.form.reference
        if made is None:
            return self.gives
        return Location([slot.hole.argument for slot in made.slots_named("answer")][:1])

    def reference(self, answer: Any, filename: str) -> Any:
        """The reference to a file of this name, by the answer to its upload; MISSING where it holds too little."""
        made = None if self.form is None else self.form.reference
        return self.gives.find(answer) if made is None else of_answer(made, answer, filename)


def of_answer(template: Template, answer: Any, filename: str) -> Any:
    """A text with what an answer told in its holes; MISSING where it told too little."""
    told = [Location(slot.hole.argument).find(answer) for slot in template.slots_named("answer")]
    if any(is_empty(each) or isinstance(each, dict | list) for each in told):
        return MISSING
    return template.render(_Told(answer, filename))


class _Told:
    """The values of `{{answer:/pointer}}` and `{{filename}}`."""

    def __init__(self, answer: Any, filename: str) -> None:
        self.answer, self.filename = answer, filename

    def hole(self, name: str, argument: str) -> Any:
        return Location(argument).find(self.answer) if name == "answer" else self.filename
