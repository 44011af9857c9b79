"""Contracts: what a provider promises, read from its document.

A name is loaded when it is first used (PEP 562): `screentest --help` needs none of them. `__init__.pyi` tells type
checkers what each is.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "Contract": "contract",
    "DocumentError": "errors",
    "Fact": "facts",
    "Level": "facts",
    "Mark": "facts",
    "Role": "contract",
    "StatusClass": "contract",
    "UsageError": "errors",
    "built_in": "raw.files",
    "check_names": "compile",
    "load_contract": "compile",
}
"""The module of each name."""

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
