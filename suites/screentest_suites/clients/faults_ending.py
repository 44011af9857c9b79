"""Faults in how a client ends, and in what it takes for an end."""

from functools import cached_property
from typing import Any

import httpx

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.location import Location
from screentest_contracts.schemas import member_schemas, validator
from screentest_suites.clients.calls import Made, NoVideoError
from screentest_suites.clients.faults import fault
from screentest_suites.clients.reference import ReferenceClient


@fault("failure-ends-well", "exit status 0 although the task failed", "client.end.failed", also=("client.end.*",))
class _FailureEndsWell(ReferenceClient):
    lost = False

    def ended(self, task: str, end: StatusClass, answer: httpx.Response) -> None:
        self.lost = True
        super().ended(task, end, answer)

    def failed(self, said: str) -> Made:
        return Made(0 if self.lost else 1, said)


@fault("always-ends-well", "exit status 0, whatever came of it", "client.end.*", also=("client.end.*",))
class _AlwaysEndsWell(ReferenceClient):
    def failed(self, said: str) -> Made:
        return Made(0, said)


@fault("leaves-a-file", "an empty file is left where there is no video", "client.end.*", also=("client.end.*",))
class _LeavesAFile(ReferenceClient):
    def failed(self, said: str) -> Made:
        return Made(1, said, b"")


@fault("says-nothing", "why a task failed is not told", "client.end.says-why")
class _SaysNothing(ReferenceClient):
    def ended(self, task: str, end: StatusClass, answer: httpx.Response) -> None:
        raise NoVideoError("something went wrong")


@fault(
    "lost-create-ends-well",
    "a create whose answer was lost is reported as a success",
    "client.end.honest.lost-answer",
    also=("client.end.*",),
)
class _LostEndsWell(ReferenceClient):
    def failed(self, said: str) -> Made:
        return Made(0 if "nobody knows" in said else 1, said)


@fault(
    "late-ends-well",
    "a task that takes too long is reported as a success",
    "client.end.never-ending",
    also=("client.end.*",),
)
class _LateEndsWell(ReferenceClient):
    def failed(self, said: str) -> Made:
        return Made(0 if "had not ended" in said else 1, said)


@fault(
    "abandons-running",
    "a task that is given up on runs on",
    "client.end.cancels",
    applies=lambda c: c.stopping(StatusClass.RUNNING) is not None,
)
class _Abandons(ReferenceClient):
    def abandon(self, task: str) -> None:
        pass


class _TakesBytes(ReferenceClient):
    """Takes what comes for the video."""

    def takes(self, data: bytes) -> bool:
        """Whether it takes these bytes."""
        return False

    def download(self, task: str, link: str) -> httpx.Response:
        answer = super().download(task, link)
        self.last = answer
        return answer

    def fetch(self, task: str, body: Any) -> bytes:
        try:
            return super().fetch(task, body)
        except NoVideoError:
            last = getattr(self, "last", None)
            if last is not None and last.status_code == 200 and self.takes(last.content):
                return bytes(last.content)
            raise


@fault("saves-nothing-as-video", "an empty answer is saved as the video", "client.end.empty-bytes")
class _SavesNothing(_TakesBytes):
    def takes(self, data: bytes) -> bool:
        return not data


@fault("saves-text-as-video", "a page of text is saved as the video", "client.end.text-for-bytes")
class _SavesText(_TakesBytes):
    def takes(self, data: bytes) -> bool:
        return data.startswith(b"<html")


@fault(
    "saves-half",
    "what came before a download broke off is saved as the video",
    "client.end.truncated-bytes",
    also=("client.survives.*",),
)
class _SavesHalf(ReferenceClient):
    def get(self, link: str, headers: Any) -> httpx.Response:
        with self.wire.http.stream("GET", link, headers=dict(headers)) as answer:
            return _as_far_as_it_came(answer)


def _as_far_as_it_came(answer: httpx.Response) -> httpx.Response:
    came = bytearray()
    try:
        for chunk in answer.iter_raw():
            came += chunk
    except httpx.TransportError:
        pass
    kept = [(name, value) for name, value in answer.headers.items() if name != "content-length"]
    return httpx.Response(answer.status_code, headers=kept, content=bytes(came))


@fault("cuts-the-file", "the last byte of the video is lost", "client.end.video", also=("client.*",))
class _CutsTheFile(ReferenceClient):
    def fetch(self, task: str, body: Any) -> bytes:
        return super().fetch(task, body)[:-1]


@fault(
    "no-result-ends-well",
    "a success without a result is reported as one",
    "client.end.no-result",
    applies=lambda c: bool(c.link.at.pointers),
)
class _NoResultEndsWell(ReferenceClient):
    def failed(self, said: str) -> Made:
        return Made(0 if "no address" in said else 1, said)


def _may_be_null(contract: Contract) -> set[str]:
    """The members of a poll's answer that are absent at times, and that its schema also lets be null."""
    operation = contract.roles[Role.QUERY][0]
    schemas = [
        schema
        for status in contract.success[Role.QUERY].statuses
        if (response := operation.response(status)) is not None
        for schema in response.schemas.values()
    ]
    return {
        row.pointer[1:]
        for row in contract.presence
        if not row.present and row.pointer.count("/") == 1
        for schema in schemas
        if all(validator(each).is_valid(None) for each in member_schemas(schema, Location(row.pointer)))
    }


@fault(
    "null-is-failure",
    "a member that is null is taken for a failure",
    "client.accepts.null-for-absent",
    "client.end.video",
    also=("client.*",),
    applies=lambda c: any(
        {"queued", "running", "succeeded"} & {*row.on} and row.pointer[1:] in _may_be_null(c) for row in c.presence
    ),
)
class _NullIsFailure(ReferenceClient):
    @cached_property
    def absent(self) -> set[str]:
        """The members that it knows to be absent at times."""
        return _may_be_null(self.contract)

    def progress(self, body: Any) -> StatusClass | None:
        if any(name in body and body[name] is None for name in self.absent):
            raise NoVideoError("null")
        return super().progress(body)


@fault(
    "knows-one-id-form",
    "an id of another documented form is not believed",
    "client.accepts.other-id-form",
    applies=lambda c: any(form.pattern.pattern != c.id.made.pattern.pattern for form in c.id.forms),
)
class _KnowsOneForm(ReferenceClient):
    def receipt(self, answer: httpx.Response) -> str | None:
        found = super().receipt(answer)
        if found is not None and not self.contract.id.made.pattern.search(found):
            raise NoVideoError("this is no id of a task")
        return found
