"""What other packages add to Screentest.

An installed package names what it adds by entry points. `screentest.providers` gives the path of a document under the
provider's name. `screentest.checks`, `screentest.scenarios` and `screentest.deviations` name modules that register what
they have when they are imported. A module that is not installed is a plugin (`--plugin MODULE`), named by its dotted
name or by the path of its file. The environment variable `SCREENTEST_PLUGINS` holds the plugins of this process and of
those that it starts.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

from screentest_contracts.errors import UsageError

if TYPE_CHECKING:  # slow to import
    from importlib.metadata import EntryPoint

PROVIDERS = "screentest.providers"
MODULES = ("screentest.checks", "screentest.scenarios", "screentest.deviations")
VARIABLE = "SCREENTEST_PLUGINS"


@cache
def installed_documents() -> Mapping[str, Path]:
    """The documents of installed packages by their provider's name.

    Raises UsageError for a package that cannot be imported, or that names no file.
    """
    documents: dict[str, Path] = {}
    for entry in _entry_points(PROVIDERS):
        path = Path(str(_load(entry)))
        if not path.is_file():
            raise UsageError(f"{_origin(entry)}: there is no file {path}", f"{PROVIDERS} names a document's path")
        if entry.name in documents:
            raise UsageError(f"two packages have a document {entry.name!r}", "uninstall one of them")
        documents[entry.name] = path
    return documents


def add_plugin(name: str) -> None:
    """Has `load_extensions` load a module, also in the processes that this one starts."""
    if name not in _plugins():
        os.environ[VARIABLE] = os.pathsep.join([*_plugins(), name])


def load_extensions() -> None:
    """Imports what installed packages and plugins add, each once per process. The first call costs some milliseconds.

    Raises UsageError for what cannot be imported.
    """
    _load_installed()
    for name in _plugins():
        _load_plugin(name)


def _plugins() -> list[str]:
    return [name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]


@cache
def _load_installed() -> None:
    for group in MODULES:
        for entry in _entry_points(group):
            _load(entry)


@cache
def _load_plugin(name: str) -> None:
    file = Path(name)
    try:
        if file.suffix == ".py":
            _load_file(file)
        else:
            here = str(Path.cwd())  # where a script of the user's would look, too
            if here not in sys.path:
                sys.path.insert(0, here)
            import_module(name)
    except Exception as error:
        hint = "give the name of a module (acme.checks) or the path of its file (checks.py)"
        raise UsageError(f"cannot load the plugin {name}: {_reason(error)}", hint) from error


def _load_file(file: Path) -> None:
    name = f"screentest_plugin_{file.stem}"
    spec = spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None or name in sys.modules:
        raise ImportError("no Python file" if name not in sys.modules else f"another plugin is called {file.stem}")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _entry_points(group: str) -> Iterable["EntryPoint"]:
    from importlib.metadata import entry_points

    return entry_points(group=group)


def _load(entry: "EntryPoint") -> object:
    try:
        loaded: object = entry.load()
    except Exception as error:
        hint = "mend the package, or uninstall it"
        raise UsageError(f"{_origin(entry)} cannot be loaded: {_reason(error)}", hint) from error
    return loaded


def _origin(entry: "EntryPoint") -> str:
    package = entry.dist.name if entry.dist is not None else "a package"
    return f"{package} ({entry.group}: {entry.name})"


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
