"""What a request may be given beside its operation."""

from collections.abc import Iterable
from typing import Any, TypedDict

from screentest_suites.core.credential import Credential


class ProbeOptions(TypedDict, total=False):
    """What `RequestBuilder.request` takes beside operation and task; each may be left out."""

    body: Any
    """A JSON value."""
    raw: bytes | None  # the bytes of the body, instead of a value
    credential: Credential
    """Whose key it carries; the good account's where left out."""
    headers: Iterable[tuple[str, str]]  # further ones
    query: str
    """Further parameters, as they stand in the address."""
    idempotency: str | None
    """The key with which a create can be repeated."""


class RequestOptions(ProbeOptions, total=False):
    """What `RequestBuilder.request` takes beside the operation; each may be left out."""

    task: str
    """The id of the task that the request is about."""
    tasks: tuple[str, ...]
    """The ids of the tasks that a call for several is about."""
