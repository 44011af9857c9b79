"""Standard output that is closed, full, or read no further."""

import io
import os
import sys
from typing import Any


def reader_has_gone(error: BaseException) -> bool:
    """Whether this is a closed pipe, or how rich ends for one: with 1, which would be a verdict."""
    return isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)


def silence() -> None:
    """Sends what is still to be printed nowhere, so that Python does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class UnprintableError(OSError):
    """Standard output takes nothing."""


class Output(io.FileIO):
    """Tells what goes wrong with standard output from what goes wrong elsewhere."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise BrokenPipeError("the reader has gone") from None  # without its number click leaves it to us
        except OSError as error:
            raise UnprintableError(error.strerror or str(error)) from None
