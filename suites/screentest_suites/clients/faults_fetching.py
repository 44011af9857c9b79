"""Faults in how a client fetches its video."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from screentest_contracts.contract import Role
from screentest_suites.clients.calls import NoVideoError
from screentest_suites.clients.faults import fault, shows_link
from screentest_suites.clients.reference import ReferenceClient


@fault(
    "drops-the-query",
    "the result is asked for without the query of its address",
    "client.survives.signed-link",
    also=("client.survives.*",),
    applies=shows_link,
)
class _DropsTheQuery(ReferenceClient):
    def addressed(self, link: str) -> str:
        return link.partition("?")[0]


@fault("follows-no-redirect", "a redirect of the result is not followed", "client.survives.redirected-result")
class _FollowsNone(ReferenceClient):
    def download(self, task: str, link: str) -> httpx.Response:
        if link:
            return self.get(self.addressed(link), self.result_headers(link))
        return self.send(self.builder.request(self.contract.roles[Role.CONTENT][0], task=task))


@fault(
    "one-host-only",
    "the result is asked of the API's own host, wherever it is",
    "client.survives.elsewhere-result",
    applies=shows_link,
)
class _OneHost(ReferenceClient):
    def addressed(self, link: str) -> str:
        parts, home = urlsplit(link), urlsplit(self.wire.base_url)
        moved = parts._replace(scheme=home.scheme, netloc=home.netloc)
        return moved.geturl() if "redirected" not in link and parts.netloc != home.netloc and "elsewhere" else link

    def download(self, task: str, link: str) -> httpx.Response:
        if urlsplit(link).netloc != urlsplit(self.wire.base_url).netloc:
            raise NoVideoError("the result is on a host that is not known")
        return super().download(task, link)


@fault(
    "keeps-old-address",
    "an address that has expired is asked for again",
    "client.survives.stale-link",
    applies=shows_link,
)
class _KeepsOldAddress(ReferenceClient):
    address = ""

    def result(self, task: str, body: Any) -> str:
        self.address = self.address or super().result(task, body)
        return self.address


class _GivesUpAt(ReferenceClient):
    """One look at a download."""

    statuses: tuple[int, ...] = ()

    def flaw(self, answer: httpx.Response) -> str:
        if answer.status_code in self.statuses:
            raise NoVideoError(f"the result is answered {answer.status_code}")
        return super().flaw(answer)


@fault(
    "gives-up-at-late-bytes",
    "a result that is not there yet ends all",
    "client.survives.late-bytes",
    also=("client.survives.*",),
)
class _GivesUpAtLate(_GivesUpAt):
    statuses = (400, 404, 409, 425)


@fault(
    "gives-up-at-content-error",
    "a result that is answered with a server error ends all",
    "client.survives.server-errors-content",
)
class _GivesUpAtContentError(_GivesUpAt):
    statuses = (500, 502, 503)


@fault("gives-up-at-broken-download", "a download that breaks off once ends all", "client.survives.truncated-bytes-1")
class _GivesUpAtBroken(ReferenceClient):
    def fetch(self, task: str, body: Any) -> bytes:
        self.fetching = True
        return super().fetch(task, body)

    def download(self, task: str, link: str) -> httpx.Response:
        try:
            return super().download(task, link)
        except httpx.TransportError as error:
            raise NoVideoError(str(error)) from None
