"""References to other files, brought into the document: what they name becomes a component of it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from screentest_contracts.errors import DocumentError, Problem
from screentest_contracts.location import MISSING, pointer_of, resolve, segments
from screentest_contracts.raw.files import SUFFIXES, read_bytes
from screentest_contracts.raw.nodes import mapping, references
from screentest_contracts.raw.origins import Origin, Source
from screentest_contracts.raw.text import MAX_NODES, parse
from screentest_contracts.suggestions import did_you_mean

_Parts = tuple[str, ...]
"""The segments of a pointer."""

_COMPONENTS: Final = ("parameters", "responses", "headers", "examples", "links", "callbacks", "securitySchemes")
_PATH_ITEMS: Final = "pathItems"
_IN_SCHEMAS: Final = frozenset({"schema", "schemas", "properties"})
_ONE_FOLDER: Final = "a document refers to files of its folder, and of folders in it"


class _BrokenError(Exception):
    """A reference that cannot be followed: what is wrong, and what would mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


@dataclass(slots=True)
class Bundled:
    """A document without references to other files. `sources`: the further files that hold parts of it; `problems`: the
    references that cannot be followed, which stay as they are."""

    value: dict[str, Any]
    origin: Origin
    sources: list[Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def bundled(value: dict[str, Any], origin: Origin, file: Path) -> Bundled:
    """The document of `file` with all that its OpenAPI part refers to in files of its folder.

    Raises DocumentError for such a file that is no data, UsageError for one that cannot be read.
    """
    openapi = {name: each for name, each in value.items() if name != "x-task"}
    if not any(isinstance(name, str) and not name.startswith("#") for _, name in references(openapi)):
        return Bundled(value, origin)
    return _Bundler(value, origin, file).run()


@dataclass(frozen=True, slots=True)
class _Target:
    """What a reference names: a pointer in a file."""

    file: Path
    pointer: str


class _Bundler:
    def __init__(self, value: dict[str, Any], origin: Origin, file: Path) -> None:
        self.value, self.origin, self.path = value, origin, file
        self.file, self.folder = file.resolve(), file.parent.resolve()
        self.files: dict[Path, tuple[Source, Any]] = {}
        self.names: dict[tuple[str, _Target], str] = {}
        """The names of components, by kind and what they are."""
        self.waiting: list[tuple[str, str, _Target]] = []
        """Components that have a name only."""
        self.placed: list[tuple[_Parts, Origin]] = []
        self.problems: list[Problem] = []
        self.nodes = 0
        self.targets: dict[tuple[str, Path], _Target] = {}

    def run(self) -> Bundled:
        value = {
            name: each if name == "x-task" else self._copy(each, (name,), self.file, frozenset())
            for name, each in self.value.items()
        }
        components = dict(mapping(value.get("components")))
        while self.waiting:
            kind, name, target = self.waiting.pop(0)
            source, data = self.files[target.file]
            at: _Parts = ("components", kind, name)
            self.placed.append((at, Origin(source, target.pointer)))
            found = resolve(data, segments(target.pointer))
            components[kind] = {**mapping(components.get(kind)), name: self._copy(found, at, target.file, frozenset())}
        origin = self.origin
        for at, each in self.placed:
            origin = origin.with_part(at, each)
        sources = [source for source, _ in self.files.values()]
        if components:
            value["components"] = components
        return Bundled(value, origin, sources, self.problems)

    def _copy(self, node: Any, at: _Parts, file: Path, inside: frozenset[_Target]) -> Any:
        """A copy of a node of `file`, which stands `at` a place of the document. `inside`: path items around it."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise DocumentError(self.path, [Problem("", f"more than {MAX_NODES} nodes, references followed")])
        if isinstance(node, list):
            return [self._copy(each, (*at, str(index)), file, inside) for index, each in enumerate(node)]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref") if at[-1:] != ("properties",) else None
        if isinstance(reference, str) and not (file == self.file and reference.startswith("#")):
            try:
                return self._followed(node, reference, at, file, inside)
            except _BrokenError as error:
                self.problems.append(Problem(pointer_of(at), error.what, error.mend))
        return {name: self._copy(each, (*at, name), file, inside) for name, each in node.items()}

    def _followed(
        self, node: dict[str, Any], reference: str, at: _Parts, file: Path, inside: frozenset[_Target]
    ) -> dict[str, Any]:
        target = self._target(reference, file)
        beside = {name: self._copy(each, (*at, name), file, inside) for name, each in node.items() if name != "$ref"}
        if target.file == self.file:
            return {"$ref": f"#{target.pointer}", **beside}
        kind = _kind_at(at)
        if kind != _PATH_ITEMS:
            return {"$ref": f"#/components/{kind}/{self._name(kind, target)}", **beside}
        if target in inside:
            raise _BrokenError(f"reference {reference!r} leads back to itself", "a path item holds operations")
        source, data = self.files[target.file]
        self.placed.append((at, Origin(source, target.pointer)))
        found = self._copy(resolve(data, segments(target.pointer)), at, target.file, inside | {target})
        return {**mapping(found), **beside}

    def _target(self, reference: str, file: Path) -> _Target:
        """What a reference in a file names; the file is read at the first that names it."""
        known = self.targets.get((reference, file))
        if known is None:
            known = self.targets[reference, file] = self._found(reference, file)
        return known

    def _found(self, reference: str, file: Path) -> _Target:
        name, _, fragment = reference.partition("#")
        if urlsplit(name).scheme or name.startswith("//"):
            what = f"reference {reference!r} is an address, and nothing is fetched"
            raise _BrokenError(what, "save the file beside the document, and refer to it there")
        path = (file.parent / unquote(name)).resolve() if name else file
        if not path.is_relative_to(self.folder):
            raise _BrokenError(f"reference {reference!r} leaves the document's folder", _ONE_FOLDER)
        if not path.is_file():
            near = [each.name for each in path.parent.glob("*") if each.suffix.lower() in SUFFIXES and each != file]
            mend = did_you_mean(path.name, near, "paths begin at the file that has the reference")
            raise _BrokenError(f"reference {reference!r}: there is no such file", mend)
        target = _Target(path, unquote(fragment))
        if path != self.file and path not in self.files:
            data = read_bytes(path)
            self.files[path] = Source(self.path.parent / path.relative_to(self.folder), data), parse(path, data)
        whole = self.value if path == self.file else self.files[path][1]
        if fragment[:1] not in ("", "/") or resolve(whole, segments(target.pointer)) is MISSING:
            raise _BrokenError(f"reference {reference!r} leads nowhere", "what follows # is a JSON pointer: #/Clip")
        return target

    def _name(self, kind: str, target: _Target) -> str:
        known = self.names.get((kind, target))
        if known is not None:
            return known
        last = (segments(target.pointer) or (target.file.stem,))[-1]
        plain = [re.sub("[^A-Za-z0-9._-]+", "_", each) or "_" for each in (last, f"{target.file.stem}.{last}")]
        taken = {name for (each, _), name in self.names.items() if each == kind}
        taken |= set(mapping(mapping(self.value.get("components")).get(kind)))
        numbered = (f"{plain[1]}_{number}" for number in range(2, len(taken) + 4))
        name = next(each for each in (*plain, *numbered) if each not in taken)
        self.names[kind, target] = name
        self.waiting.append((kind, name, target))
        return name


def _kind_at(at: _Parts) -> str:
    """The kind of component that a reference at a place names."""
    around = at[-2] if len(at) > 1 else ""
    if at[0] in ("paths", "webhooks") and len(at) == 2:
        return _PATH_ITEMS
    if _IN_SCHEMAS & set(at[:-1]):
        return "schemas"
    if around == _PATH_ITEMS or (len(at) > 2 and at[-3] == "callbacks"):
        return _PATH_ITEMS
    if at[-1] == "requestBody" or around == "requestBodies":
        return "requestBodies"
    return around if around in _COMPONENTS else "schemas"
