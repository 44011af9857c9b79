"""The files of documents: found by name, read within bounds."""

import os
from pathlib import Path
from typing import Final

from screentest_contracts.errors import UsageError
from screentest_contracts.extensions import installed_documents
from screentest_contracts.suggestions import did_you_mean
from screentest_openapi import HERE

MAX_BYTES: Final = 8 * 1024 * 1024
"""A larger file is refused: no provider document comes near it."""

SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})


def built_in() -> tuple[str, ...]:
    """The names of the documents that come with Screentest."""
    return tuple(sorted(path.stem for path in HERE.glob("*.yaml")))


def find_document(provider: str, beside: Path = Path()) -> Path:
    """The file of a built-in name, of a path, or of an installed package's name (`screentest.providers`).

    `beside`: the folder from which a relative path leads. Raises UsageError that suggests the nearest name.
    """
    if provider in built_in():
        return HERE / f"{provider}.yaml"
    path = beside / provider
    if path.suffix.lower() in SUFFIXES or "/" in provider or "\\" in provider or os.path.exists(path):
        return path
    if provider in installed_documents():
        return installed_documents()[provider]
    known = (*built_in(), *installed_documents())
    otherwise = f"known: {', '.join(known)}; or give the path of a provider document"
    raise UsageError(f"unknown provider {provider!r}", did_you_mean(provider, known, otherwise, cutoff=0.5))


def read_bytes(file: Path) -> bytes:
    """The bytes of a document's file. Raises UsageError for a directory, a file that is too large or cannot be read."""
    try:
        if file.is_dir():
            raise UsageError(f"{file} is a directory", "give the path of one provider document")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)  # a pipe, or a device, does not say how much it holds
    except (OSError, ValueError) as error:  # a name with a null is a value
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {file}: {reason}", f"built-in providers: {', '.join(built_in())}") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file} is larger than {MAX_BYTES} bytes", "is it a provider document?")
    return data
