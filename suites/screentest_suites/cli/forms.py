"""The options of every command that prints a table: `--format` and `--quiet`. Imports nothing heavy."""

from collections.abc import Callable, Sequence
from typing import Any

import click

Command = Callable[..., Any]


class FormOption(click.Option):
    """`--format`. `fields` are the members that the objects of the JSON form have: a promise, which `--help` tells."""

    def __init__(self, *names: Any, fields: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.fields = tuple(fields)


def form_options(
    fields: Sequence[str],
    *others: str,
    default: str = "table",
    json: str = "A list of objects",
    quiet: str = "Names only, one a line.",
) -> Callable[[Command], Command]:
    """Adds `--format`, whose JSON form has objects with `fields`, and `--quiet`; `others` are further forms.

    The parameters of the command are `form` and `quiet`.
    """
    form = click.option(
        "--format",
        "form",
        cls=FormOption,
        fields=fields,
        type=click.Choice([default, "json", *others]),
        default=default,
        show_default=True,
        help=f"json: {json[0].lower()}{json[1:]} with {', '.join(fields)}.",
    )
    return lambda command: form(click.option("--quiet", "-q", is_flag=True, help=quiet)(command))
