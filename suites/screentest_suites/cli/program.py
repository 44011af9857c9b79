"""The program as a whole: its first page, its help by topic, and what it says of a command line that it cannot take."""

import io
import sys
from typing import Any, Final, NoReturn

import click

from screentest_contracts.errors import UsageError
from screentest_contracts.suggestions import did_you_mean, nearest
from screentest_suites.cli.output import Output, UnprintableError, silence

START: Final = """\
Screentest judges the servers of asynchronous video-generation APIs, and imitates them.

  See both at work, in a minute and without network:
    screentest check {name:12}  judge our mock of a vendor
  Judge a server:
    screentest check {name} --target http://127.0.0.1:3000
  Test your client without a vendor:
    screentest serve {name:12}  a mock on port 8080
    screentest client {name} -- python my_client.py
  Describe a vendor that we do not know:
    screentest init openapi.yaml -o my.yaml

`screentest providers` lists the vendors; `screentest --help` lists every command.
"""
"""The first page, for a provider's `name`."""

TOPICS = {
    "Judge": ("check", "client", "callback", "load", "plan", "replay", "diff", "report"),
    "Imitate": ("serve", "scenarios", "deviations", "variations"),
    "Look up": ("providers", "requirements", "explain", "compare"),
    "Describe a vendor": ("init", "lint", "show", "schema"),
}
"""Commands by topic, the most used ones first; what is in none stands under `More`."""


class Program(click.Group):
    """Mistakes in the command line are told with what to do next, exit status 2. A standard output that takes nothing
    is told, too, and is no verdict; a reader who has seen enough is fine."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        if sys.stdout is None:  # closed by the shell: `>&-`
            click.echo("error: standard output is closed\nhint: send it to a file, or to /dev/null", err=True)
            sys.exit(3)
        usual = sys.__stdout__
        if usual is not None and sys.stdout is usual and not usual.isatty():
            output = io.BufferedWriter(Output(usual.fileno(), "w", closefd=False))
            sys.stdout = io.TextIOWrapper(output, usual.encoding, usual.errors, line_buffering=usual.line_buffering)
        try:
            try:
                status = super().main(*args, **{**extra, "standalone_mode": False})
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            silence()
            sys.exit(0)
        except UnprintableError as error:
            silence()
            click.echo(f"error: cannot print: {error}\nhint: is there room on the disk?", err=True)
            sys.exit(3)
        except click.Abort:
            click.echo("interrupted", err=True)
            sys.exit(130)
        except click.exceptions.NoArgsIsHelpError:
            from screentest_contracts.raw.files import built_in

            click.echo(START.format(name=min(built_in(), key=len)), nl=False)
            sys.exit(2)
        except click.UsageError as error:
            click.echo(f"error: {mistake(error)}", err=True)
            sys.exit(2)
        except UsageError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(2)
        sys.exit(status if isinstance(status, int) else 0)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            raise self._unknown(args[0])
        return super().resolve_command(ctx, args)

    def _unknown(self, name: str) -> UsageError:
        from screentest_contracts.raw.files import built_in

        otherwise = "`screentest --help` lists the commands"
        near = nearest(name, self.commands)
        if near is None and nearest(name, built_in(), cutoff=0.8) is not None:
            return UsageError(f"{name} is a provider, not a command", f"to judge it: screentest check {name}")
        return UsageError(f"no command {name!r}", otherwise if near is None else f"did you mean {near}? {otherwise}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        known = {name for names in TOPICS.values() for name in names}
        topics = {**TOPICS, "More": tuple(name for name in self.list_commands(ctx) if name not in known)}
        width = max(map(len, self.commands))
        for topic, names in topics.items():
            limit = formatter.width - 6 - width
            rows = [
                (name.ljust(width), self.commands[name].get_short_help_str(limit))
                for name in names
                if name in self.commands
            ]
            if rows:
                with formatter.section(topic):
                    formatter.write_dl(rows)


def mistake(error: click.UsageError) -> UsageError:
    """What click found wrong in a command line, in our words, and what to do next."""
    context = error.ctx
    path = "screentest" if context is None else context.command_path
    shown = f"`{path} --help` shows what it takes"
    if isinstance(error, click.NoSuchOption):
        known = [] if context is None else [name for param in context.command.params for name in param.opts]
        near = did_you_mean(error.option_name, known, "")
        return UsageError(f"{path} has no option {error.option_name}", f"{near} {shown}".strip())
    if isinstance(error, click.MissingParameter) and error.param is not None and context is not None:
        usage = context.get_usage().partition(": ")[2]
        return UsageError(f"{path} needs {_written(error.param, context)}", f"write it as: {' '.join(usage.split())}")
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = error.param.opts[-1] if isinstance(error.param, click.Option) else error.param.human_readable_name
        return UsageError(f"{name} cannot take this value ({error.message})", shown)
    if isinstance(error, click.BadOptionUsage):
        return UsageError(f"{error.option_name} is not complete ({error.message})", shown)
    return UsageError(f"{path} cannot be used like this ({error.message})", shown)


def _written(param: click.Parameter, context: click.Context) -> str:
    """A parameter as it is written: `--output PATH`, or `PROVIDER`."""
    shown = param.make_metavar(context)
    return f"{max(param.opts, key=len)} {shown}" if isinstance(param, click.Option) else shown
