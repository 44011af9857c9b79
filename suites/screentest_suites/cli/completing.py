"""What a shell can complete: names of providers, requirements, and what the mock can do. Loaded at each start, so what
is slow is imported by the function that needs it."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

VARIABLE: Final = "_SCREENTEST_COMPLETE"
"""The environment variable by which a shell asks for completions."""

SHELLS: Final = ("bash", "zsh", "fish")


def completion_script(program: click.Command, shell: str) -> str:
    """The script that makes a shell complete the program's words."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None, shell  # noqa: S101 - click has each of SHELLS
    return found(program, {}, "screentest", VARIABLE).source()


class Word(click.types.StringParamType):
    """A text, of which a shell can complete the known ones; `or_file`: where none fits, it may be a file's name."""

    def __init__(self, name: str, known: Callable[[click.Context], Iterable[str]], *, or_file: bool = False) -> None:
        self.name = name
        self._known = known
        self._or_file = or_file

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(word) for word in self._known(ctx) if word.startswith(incomplete)]
        return found if found or not self._or_file else [CompletionItem(incomplete, type="file")]


def _providers(_: click.Context) -> Iterable[str]:
    from screentest_contracts.extensions import installed_documents
    from screentest_contracts.raw.files import built_in

    return (*built_in(), *installed_documents())


def _requirements(ctx: click.Context) -> Iterable[str]:
    """Ids of requirements of the provider that is named already, else of every built-in one."""
    from screentest_contracts import built_in, load_contract
    from screentest_contracts.requirements import requirements

    named = ctx.params.get("provider")
    contracts = map(load_contract, [named] if named else built_in())
    return dict.fromkeys(each.id for contract in contracts for each in requirements(contract))


def _scenarios(_: click.Context) -> Iterable[str]:
    from screentest_mockserver.tasks.scenarios import SCENARIOS

    return SCENARIOS


def _deviations(_: click.Context) -> Iterable[str]:
    from screentest_mockserver.behaviours.deviations import DEVIATIONS
    from screentest_mockserver.behaviours.variations import VARIATIONS

    return (*DEVIATIONS, *VARIATIONS)


PROVIDER: Final[Any] = Word("provider", _providers, or_file=True)
REQUIREMENT: Final[Any] = Word("id", _requirements)
SCENARIO: Final[Any] = Word("name", _scenarios)
DEVIATION: Final[Any] = Word("name", _deviations)
