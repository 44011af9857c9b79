"""Faults in where a client sends its key."""

from collections.abc import Mapping
from dataclasses import replace

import httpx

from screentest_suites.clients.faults import fault, shows_link
from screentest_suites.clients.reference import ReferenceClient
from screentest_suites.core.exchange import SentRequest


class OtherCalls(ReferenceClient):
    """Changes every call before it is sent."""

    def send(self, sent: SentRequest) -> httpx.Response:
        return super().send(self.other(sent))

    def other(self, sent: SentRequest) -> SentRequest:
        """The call instead."""
        return sent


@fault(
    "key-in-address", "the key stands in the address, too", "client.key.address", applies=lambda c: c.key_query is None
)
class _KeyInAddress(OtherCalls):
    def other(self, sent: SentRequest) -> SentRequest:
        return replace(sent, url=f"{sent.url}{'&' if '?' in sent.url else '?'}api_key={self.wire.keys['good']}")


@fault("no-key-on-polls", "polls have no key", "client.key.sent", also=("client.*",))
class _NoKeyOnPolls(OtherCalls):
    def other(self, sent: SentRequest) -> SentRequest:
        if sent.method == "POST" and sent.body:
            return sent
        hidden = self.contract.key_header.lower()
        return replace(
            sent, headers=tuple(row for row in sent.headers if row[0].lower() != hidden), url=sent.url.partition("?")[0]
        )


@fault(
    "key-to-result-host", "the key goes to whatever host the result is on", "client.key.elsewhere", applies=shows_link
)
class _KeyToHost(ReferenceClient):
    def needs_key(self, link: str) -> bool:
        return True


@fault("key-across-redirect", "the key follows a redirect", "client.key.elsewhere")
class _KeyAcrossRedirect(ReferenceClient):
    redirected = False

    def get(self, link: str, headers: Mapping[str, str]) -> httpx.Response:
        answer = super().get(link, {**headers, **(self.key_headers() if self.redirected else {})})
        self.redirected = answer.status_code == 302
        return answer

    def send(self, sent: SentRequest) -> httpx.Response:
        answer = super().send(sent)
        self.redirected = answer.status_code == 302
        return answer

    def download(self, task: str, link: str) -> httpx.Response:
        self.redirected = False
        return super().download(task, link)


@fault(
    "no-key-for-result",
    "the result is asked for without the key that it needs",
    "client.key.result",
    "client.end.video",
    also=("client.*",),
    applies=lambda c: c.link.auth == "required" and bool(c.link.at.pointers),
)
class _NoKeyForResult(ReferenceClient):
    def needs_key(self, link: str) -> bool:
        return False
