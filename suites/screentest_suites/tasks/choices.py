"""What can be chosen as a task is made and followed."""

from collections.abc import Callable, Iterable
from typing import TypedDict

from screentest_contracts.contract import Operation
from screentest_suites.core.credential import Credential
from screentest_suites.core.exchange import SentRequest


class _MadeOptions(TypedDict, total=False):
    operation: Operation | None
    """The operation that creates; the model's first where left out."""
    extra: bool
    """Whether the task is beside the one that checks share."""
    query: str
    """Parameters of the address, written out."""


class StartOptions(_MadeOptions, total=False):
    """What `TaskRunner.start` takes beside model and body; each may be left out."""

    plan: str
    """How the task is made, for reproducing it."""


class CreateOptions(_MadeOptions, total=False):
    """What `TaskRunner.create` takes beside model and body; each may be left out."""

    credential: Credential
    """Whose key it carries; the good account's where left out."""
    valid: bool
    """Whether it is meant to be accepted."""
    idempotency: str | None
    """The key with which it can be repeated."""
    headers: Iterable[tuple[str, str]]
    """Further ones."""
    once: bool
    """Not where another one of its purpose was paid for in vain."""
    change: Callable[[SentRequest], SentRequest]
    """What is done to the request before it is sent."""


class FollowOptions(TypedDict, total=False):
    """What `TaskRunner.follow` takes beside the trace; each may be left out."""

    interval: float | None
    """Seconds between two polls; None: what the document says."""
    aliases: bool
    """Whether the operations that answer queries take turns."""
    linger: int
    """How many polls are sent after the end."""
