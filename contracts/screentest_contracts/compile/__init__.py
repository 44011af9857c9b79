"""Turns a document into a Contract. Every problem of a document is collected and named with its JSON pointer."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from screentest_contracts.compile.provider import compile_document
from screentest_contracts.contract import Contract
from screentest_contracts.document import Document, read_document
from screentest_contracts.errors import UsageError
from screentest_contracts.raw.files import built_in, find_document


def load_contract(provider: str | Path, settings: Mapping[str, str] | None = None) -> Contract:
    """The contract of a built-in provider or of a document's path, with these settings chosen.

    Raises UsageError (unknown provider, unreadable file, unknown setting) or DocumentError (every problem found).

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml", {"colour": "blue"})
    >>> contract.settings["colour"].chosen
    'blue'
    >>> contract.name  # of the document, not of its file
    'acme'
    """
    file = find_document(str(provider))
    document = _read(str(provider)) if str(provider) in built_in() else read_document(file)
    return compile_document(document, settings or {})


def check_names(contracts: Iterable[Contract]) -> None:
    """Raises UsageError when two contracts have the same provider name: nothing could tell them apart."""
    names = [contract.name for contract in contracts]
    if len(set(names)) < len(names):
        hint = f"names: {', '.join(names)}; an overlay renames its provider by updating $['x-task'].provider"
        raise UsageError("two documents have the same provider name", hint)


def lint(provider: str) -> Contract:
    """As `load_contract`, but a built-in document is checked as thoroughly as any other, in every reading."""
    document = read_document(find_document(provider), thorough=True)
    contract = compile_document(document, {})
    for setting in contract.settings.values():
        for reading in setting.readings:
            compile_document(document, {setting.name: reading})
    return contract


@cache
def _read(name: str) -> Document:
    return read_document(find_document(name), thorough=False)
