"""What users' own tests get: running mocks with their controls, and respx routers to in-process ones."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from screentest_contracts import Contract, UsageError
from screentest_suites.clients.mock import Mock, MockFactory, MockSettings, serve
from screentest_suites.clients.router import MockRouter, RouterFactory, router


@contextlib.contextmanager
def mocks() -> Iterator[MockFactory]:
    """Gives a function that starts mocks on loopback; all stop at the end."""
    with contextlib.ExitStack() as stack:

        def start(provider: str | Path | Contract, **options: Any) -> Mock:
            __tracebackhide__ = True
            try:
                return stack.enter_context(serve(provider, MockSettings(**options)))
            except UsageError as error:  # the test is mistaken: no line of ours explains it
                raise error.with_traceback(None) from None

        yield start


@contextlib.contextmanager
def routers() -> Iterator[RouterFactory]:
    """Gives a function that sends a provider's real host to an in-process mock; all end with the block."""
    with contextlib.ExitStack() as stack:

        def route(provider: str | Path | Contract, *, settings: Mapping[str, str] | None = None) -> MockRouter:
            __tracebackhide__ = True
            try:
                made = router(provider, settings=settings)
            except UsageError as error:
                raise error.with_traceback(None) from None
            stack.enter_context(made)
            return made

        yield route
