"""Standard output that is closed, full, or read no further."""

import io
import os
import sys
from typing import Any

import click


def reader_has_gone(error: BaseException) -> bool:
    """Whether this is a closed pipe, or how rich ends for one: with 1, which would be a verdict."""
    return isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)


def silence() -> None:
    """Sends what is still to be printed nowhere, so that Python does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class UnprintableError(OSError):
    """Standard output takes nothing."""


class _Output(io.FileIO):
    """Tells what goes wrong with standard output from what goes wrong elsewhere."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise BrokenPipeError("the reader has gone") from None  # without its number click leaves it to us
        except OSError as error:
            raise UnprintableError(error.strerror or str(error)) from None


class Program(click.Group):
    """A standard output that takes nothing is told, and is no verdict; a reader who has seen enough is fine."""

    def main(self, *args: Any, **extra: Any) -> Any:
        if sys.stdout is None:  # closed by the shell: `>&-`
            click.echo("error: standard output is closed\nhint: send it to a file, or to /dev/null", err=True)
            sys.exit(3)
        usual = sys.__stdout__
        if usual is not None and sys.stdout is usual and not usual.isatty():
            output = io.BufferedWriter(_Output(usual.fileno(), "w", closefd=False))
            sys.stdout = io.TextIOWrapper(output, usual.encoding, usual.errors, line_buffering=usual.line_buffering)
        try:
            try:
                return super().main(*args, **extra)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            silence()
            sys.exit(0)
        except UnprintableError as error:
            silence()
            click.echo(f"error: cannot print: {error}\nhint: is there room on the disk?", err=True)
            sys.exit(3)
