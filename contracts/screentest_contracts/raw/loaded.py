"""Loads a document from all the files that hold it: the bases that an overlay extends, and what references name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from json import loads
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from screentest_contracts.complaints import complaints
from screentest_contracts.errors import VOCABULARY, DocumentError, Problem, UsageError
from screentest_contracts.location import pointer_of
from screentest_contracts.raw.external import bundled
from screentest_contracts.raw.files import SUFFIXES, find_document, read_bytes
from screentest_contracts.raw.origins import Origin, Source
from screentest_contracts.raw.overlay import Traced, applied
from screentest_contracts.raw.rows import spread
from screentest_contracts.raw.text import json_problems, parse
from screentest_contracts.suggestions import did_you_mean
from screentest_openapi import HERE


@dataclass(frozen=True, slots=True)
class Loaded:
    """The data of a document, and where each part of it comes from.

    `file`: the document's own; `digest`: of the bytes of all files, for a single file its SHA-256; `problems`: actions
    and references that cannot be carried out, which are left out; `base`: what an overlay extends.
    """

    file: Path
    value: Any
    origin: Origin
    sources: tuple[Source, ...]
    problems: tuple[Problem, ...] = ()
    base: "Loaded | None" = None

    @property
    def single(self) -> bool:
        """Whether one file holds all of it."""
        return len(self.sources) == 1

    @property
    def digest(self) -> str:
        if self.single:
            return self.sources[0].digest.hexdigest()
        return sha256(b"".join(source.digest.digest() for source in self.sources)).hexdigest()

    def located(self, problems: list[Problem]) -> list[Problem]:
        """Problems of the data, with their places where pointers alone do not lead there: in several files, or in rows
        that one entry stands for."""
        return problems if self.single and not self.origin.moved else self.origin.located(problems)


def load(file: Path, extended_by: tuple[Path, ...] = ()) -> Loaded:
    """Loads a file, and those that it extends and refers to. `extended_by`: the overlays on the way here.

    Raises DocumentError for what is no data, or an overlay that is not sound; UsageError where a file cannot be read.
    """
    data = read_bytes(file)
    value, source = parse(file, data), Source(file, data)
    if not isinstance(value, dict):
        return Loaded(file, value, Origin(source), (source,))
    if "overlay" in value and "openapi" not in value:
        return _extended(file, value, source, extended_by)
    made = bundled(value, Origin(source), file)
    whole = spread(Traced(made.value, made.origin))
    return Loaded(file, whole.value, whole.origin, (source, *made.sources), tuple(made.problems))


def _extended(file: Path, overlay: dict[str, Any], source: Source, extended_by: tuple[Path, ...]) -> Loaded:
    own = Origin(source)
    problems = json_problems(overlay) or [
        Problem(pointer_of(place), words, _mend(place))
        for error in _validator().iter_errors(overlay)
        for place, words in complaints(error)
    ]
    if problems:
        raise DocumentError(file, own.located(problems))
    base = _base(file, str(overlay["extends"]), own, (*extended_by, file.resolve()))
    whole, problems = applied(overlay, own, Traced(base.value, base.origin))
    made = bundled(whole.value, whole.origin, file)
    problems = [*base.origin.located(base.problems), *problems, *made.origin.located(made.problems)]
    told = {problem.pointer: problem for problem in reversed(problems)}  # a reference that the base left is met again
    sources = (source, *made.sources, *base.sources)
    whole = spread(Traced(made.value, made.origin))
    return Loaded(file, whole.value, whole.origin, sources, tuple(reversed(told.values())), base)


def _base(file: Path, extends: str, own: Origin, extended_by: tuple[Path, ...]) -> Loaded:
    def error(what: str, mend: str) -> DocumentError:
        return DocumentError(file, own.located([Problem("/extends", what, mend)]))

    if urlsplit(extends).scheme or extends.startswith("//"):
        raise error(f"{extends!r} is an address, and nothing is fetched", "save the document beside the overlay")
    try:
        base = find_document(unquote(extends), file.parent)
    except UsageError as found:
        raise error(f"there is no document {extends!r}", found.hint) from None
    if not base.is_file():
        near = [each.name for each in base.parent.glob("*") if each.suffix.lower() in SUFFIXES]
        mend = did_you_mean(base.name, near, "the path begins at the overlay's folder")
        raise error(f"there is no file {extends!r}", mend)
    if base.resolve() in extended_by:
        names = " -> ".join(path.name for path in (*extended_by, base))
        raise error(f"the overlays extend each other: {names}", "extend a whole document")
    loaded = load(base, extended_by)
    if not (isinstance(loaded.value, dict) and "openapi" in loaded.value):
        raise error(f"{extends!r} is neither an OpenAPI document nor an overlay", "it begins with `openapi: 3.1.0`")
    return loaded


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = loads((HERE / "overlay.schema.json").read_bytes())
    return schema


@cache
def _validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(_schema())


def _mend(place: tuple[str, ...]) -> str:
    """What would mend a defect of an overlay's structure."""
    if place[:1] == ("overlay",):
        return "Screentest reads Overlay 1.0 and 1.1: write `overlay: 1.1.0`"
    node: Mapping[str, Any] = _schema()
    for part in place[:-1]:
        node = node["items"] if part.isdecimal() else node["properties"].get(part, {})
    known = list(node.get("properties", {}))
    if place and place[-1] not in known and not place[-1].isdecimal():
        return did_you_mean(place[-1], known, f"known here: {', '.join(known)}")
    return VOCABULARY
