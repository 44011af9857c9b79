"""The user's mistakes. A vendor's violation is a verdict, never an exception; anything else raised is our bug."""

from dataclasses import dataclass
from pathlib import Path

VOCABULARY = 'the page "Write a provider document" teaches the vocabulary; `screentest schema document` prints it'
"""Where the words of documents are told, for hints."""


class UsageError(Exception):
    """Something the user gave cannot be used. Commands show it as one message with a hint, exit status 2, no traceback.

    `message` says what is wrong; `hint` what would mend it, "" where nothing is known to.

    >>> import screentest
    >>> try:
    ...     screentest.load_contract("acme.yaml", {"color": "red"})
    ... except screentest.UsageError as error:
    ...     print(error)
    acme has no setting 'color'
    hint: settings: colour
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect of a document: where it is (JSON pointer), what is wrong, and what would mend it.

    `place` is known where several files hold the document: the pointer is then that of the whole.
    """

    pointer: str
    what: str
    mend: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        return f"{place}{self.pointer or '/'}: {self.what}" + (f" ({self.mend})" if self.mend else "")


class DocumentError(UsageError):
    """A provider document that cannot be read. `file` is its path; `problems` holds every defect found, not only the
    first: each with its JSON `pointer`, `what` is wrong and what would `mend` it ("": nothing known), and where several
    files hold the document its `place`.

    >>> import pathlib, screentest, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "acme.yaml")
    ...     _ = file.write_text("{openapi: 3.1.0, info: {title: Acme, version: '1'}, paths: {}}")
    ...     try:
    ...         screentest.load_contract(file)
    ...     except screentest.DocumentError as error:
    ...         for problem in error.problems:
    ...             print(problem.pointer or "/", problem.what)
    / no x-task extension
    """

    def __init__(self, file: Path | str, problems: list[Problem]) -> None:
        self.file = str(file)
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in problems[:20])
        more = f"\n  ... and {len(problems) - 20} more" if len(problems) > 20 else ""
        hint = f"`screentest lint {file}` tells each with its line; {VOCABULARY}"
        super().__init__(f"{file}: not a usable provider document\n{lines}{more}", hint)
