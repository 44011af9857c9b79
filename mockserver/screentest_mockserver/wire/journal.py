"""What the mock was asked and whom it called back, for tests that ask what a client did. Without keys."""

from typing import Any, NamedTuple

BODY_LIMIT = 4096
"""Bytes of a request body that are kept."""


class Entry(NamedTuple):
    """One request and the status of its answer; status 0 is a connection dropped on purpose. `at` is epoch seconds on
    the mock's clock, `path` is as it was asked for, `task` the id of the task that it is about or "", `body` the
    first 4096 bytes of what was sent.

    >>> import httpx, screentest
    >>> with screentest.router("acme.yaml") as router:
    ...     _ = httpx.get("https://api.acme.example/jobs/nothing")
    ...     entry = router.screentest.journal[-1]
    >>> entry.method, entry.path, entry.status
    ('GET', '/jobs/nothing', 401)
    """

    at: float
    provider: str
    method: str
    path: str
    status: int
    task: str
    body: bytes

    def as_json(self) -> dict[str, Any]:
        """For the control plane."""
        return {**self._asdict(), "body": self.body.decode("utf-8", "replace")}


class Delivery(NamedTuple):
    """One attempt to call back that was made. `status` is 0 when no answer came."""

    at: float
    provider: str
    task: str
    attempt: int
    status: int
