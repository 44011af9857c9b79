"""The command `screentest` itself, and how it tells mistakes."""

import math
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from screentest_contracts.errors import UsageError
from screentest_contracts.extensions import add_plugin, load_extensions
from screentest_suites.cli.output import reader_has_gone, silence
from screentest_suites.cli.program import Program
from screentest_suites.core.errors import TargetUnreachableError
from screentest_suites.core.run_options import RUN_OPTIONS, Kind, RunOption

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


JUDGES = {"check", "load", "replay", "diff", "lint", "selfcheck", "client", "callback"}
"""Commands whose exit status 0 is a verdict, which a reader who leaves early does not give."""


class Number(click.FloatRange):
    """A number within bounds, which not-a-number is not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return found


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of a run to a command, whose parameters are the fields of `RunSettings`."""
    for option in reversed(RUN_OPTIONS):
        command = _click_option(option)(command)
    return command


def _click_option(option: RunOption) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    settings: dict[str, Any] = {"metavar": option.metavar, "help": option.help}
    if option.default is not None:
        settings |= {"default": option.default, "show_default": True}
    match option.kind:
        case Kind.FLAG:
            settings["is_flag"] = True
        case Kind.TEXTS:
            settings["multiple"] = True
        case Kind.NUMBER:
            settings["type"] = Number(option.low, option.high, min_open=option.low_open)
        case Kind.WHOLE if option.low is not None and option.high is not None:
            settings["type"] = click.IntRange(int(option.low), int(option.high))
    return click.option(option.name, option.field, **settings)


def _check_folder() -> None:
    """Raises UsageError where the current folder has been removed: much fails then, in words of its own."""
    try:
        os.getcwd()
    except OSError as error:
        raise UsageError(f"the current folder cannot be used: {error.strerror}", "go to another one: cd") from None


def reports_usage_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turns the user's mistakes into one message and an exit status."""

    @wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        try:
            _check_folder()
            load_extensions()
            return function(*args, **kwargs)
        except UsageError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(3 if isinstance(error, TargetUnreachableError) else 2)
        except (BrokenPipeError, SystemExit) as error:
            if not reader_has_gone(error):
                raise
            silence()
            sys.exit(3 if function.__name__ in JUDGES else 0)

    return command


@click.group(cls=Program, context_settings=CONTEXT)
@click.version_option(package_name="screentest")
@click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="MODULE",
    help="Load checks, scenarios or deviations of yours: a module's name or the path of its file (repeatable).",
)
def main(plugins: tuple[str, ...]) -> None:
    """Screentest judges the servers of asynchronous video-generation APIs, and imitates them.

    A PROVIDER is a built-in name (`screentest providers` lists them) or the path of a document of your own.
    `screentest` alone shows what to begin with; `screentest COMMAND --help` tells about one command.
    """
    for plugin in plugins:
        add_plugin(plugin)
