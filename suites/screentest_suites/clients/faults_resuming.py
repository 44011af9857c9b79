"""Faults in how a client goes on with a download that broke off."""

from collections.abc import Mapping

import httpx

from screentest_suites.clients.calls import NoVideoError
from screentest_suites.clients.faults import fault
from screentest_suites.clients.resuming import ResumingClient

_WRONG_FILE = ("client.end.honest.*",)


@fault(
    "appends-the-whole",
    "what answers a range is appended, also where it is the whole file",
    "client.end.honest.ignored-range",
    also=_WRONG_FILE,
)
class _AppendsTheWhole(ResumingClient):
    def goes_on(self, answer: httpx.Response) -> bool:
        return answer.status_code in (200, 206)


@fault(
    "mixes-two-files",
    "a part is appended although the file has changed since the part before it",
    "client.end.honest.replaced-file",
    also=_WRONG_FILE,
)
class _MixesTwoFiles(ResumingClient):
    def part_headers(self) -> Mapping[str, str]:
        return {name: value for name, value in super().part_headers().items() if name != "if-range"}

    def goes_on(self, answer: httpx.Response) -> bool:
        return answer.status_code == 206


@fault(
    "appends-the-refusal",
    "what refuses a range is appended to the file",
    "client.end.honest.lost-end",
    also=_WRONG_FILE,
)
class _AppendsTheRefusal(ResumingClient):
    def goes_on(self, answer: httpx.Response) -> bool:
        return super().goes_on(answer) or answer.status_code == 416


@fault("gives-up-at-416", "a range that is refused as there is no more ends all", "client.survives.lost-end")
class _GivesUpAt416(ResumingClient):
    def has_all(self, answer: httpx.Response) -> bool:
        if answer.status_code == 416:
            raise NoVideoError("the range is answered 416")
        return False


@fault(
    "wants-ranges",
    "a range that is not answered with a part ends all",
    "client.survives.ignored-range",
    also=("client.survives.*",),
)
class _WantsRanges(ResumingClient):
    def goes_on(self, answer: httpx.Response) -> bool:
        if answer.status_code == 200:
            raise NoVideoError("the server gives no ranges")
        return super().goes_on(answer)
