"""A client that keeps every rule, built on httpx from a provider's document: what checks of clients are proven by.

Each habit is a method or an attribute of its own, so that a faulty client (`faults`) is this one with one of them
changed.
"""

from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_contracts.reading import CallOutcome, judge_call, link_of, task_id
from screentest_suites.clients.calls import Calls, Made, NoVideoError, json_of
from screentest_suites.core.exchange import SentRequest


class ReferenceClient(Calls):
    """Makes one video."""

    create_attempts = 5
    poll_failures = 6
    refused_polls = 3
    download_attempts = 6
    repeats_lost_creates = False

    def run(self) -> Made:
        """Makes the video, or says why there is none."""
        try:
            file = self.make()
        except NoVideoError as error:
            return self.failed(str(error))
        return Made(0, "", file)

    def failed(self, said: str) -> Made:
        """How the client ends without a video."""
        return Made(1, said)

    def make(self) -> bytes:
        """The video. Raises NoVideoError."""
        task = self.create()
        return self.fetch(task, self.wait(task))

    # -- creating ---------------------------------------------------------------------------------------------------

    def body(self) -> Any:
        """What the create asks for."""
        at, body = self.model.request.prompt, self.model.base
        return body if at is None else replaced(body, segments(at.pointers[0]), self.prompt)

    def create(self) -> str:
        """The id of a new task. Raises NoVideoError."""
        for _ in range(self.create_attempts):
            sent = self.create_request()
            try:
                answer = self.send(sent)
            except httpx.TransportError as error:
                if self.repeats_lost_creates:
                    continue
                raise NoVideoError(f"nobody knows whether the task was made: {error}") from None
            if answer.status_code == 429:
                self.wait_for(answer, 1)
                continue
            if answer.status_code >= 500 and self.repeats_lost_creates:
                continue
            found = self.receipt(answer)
            if found is not None:
                return found
            raise NoVideoError(self.why(answer))
        raise NoVideoError("no create was accepted")

    def create_request(self) -> SentRequest:
        """The create."""
        return self.builder.request(self.model.operations[0], body=self.body(), idempotency=self.key)

    def receipt(self, answer: httpx.Response) -> str | None:
        """The id in an answer to a create; None where it is refused."""
        body = json_of(answer)
        accepted = judge_call(self.contract, Role.CREATE, answer.status_code, body) is CallOutcome.ACCEPTED
        return task_id(self.contract, body) if accepted else None

    # -- waiting ------------------------------------------------------------------------------------------------------

    def first_wait(self) -> float:
        """Seconds before the first poll."""
        return max(self.contract.polling.first, self.contract.polling.interval[0]) / self.pace

    def interval(self, failures: int) -> float:
        """Seconds between two polls, longer after failures."""
        usual = max(self.contract.polling.interval[0], self.contract.polling.typical[0] / 20)
        return usual * 1.5 ** min(failures, 4) / self.pace

    def patience(self) -> float:
        """Seconds for which a task is waited for."""
        return self.contract.polling.longest_wait / self.pace

    def wait(self, task: str) -> Any:
        """The body that shows the task's success. Raises NoVideoError."""
        self.until, failures, refused = self.wire.now() + self.patience(), 0, 0
        self.wire.sleep(self.first_wait())
        while self.wire.now() < self.until:
            try:
                answer = self.send(self.query(task))
            except httpx.TransportError:
                failures += 1
                self.give_up_after(failures, "polls get no answer")
                self.wire.sleep(self.interval(failures))
                continue
            if self.is_trouble(answer):
                failures += 1
                self.give_up_after(failures, f"polls are answered {answer.status_code}")
                self.wait_for(answer, failures)
                continue
            body = json_of(answer)
            if not self.shows_task(answer, body):
                refused += 1
                if refused >= self.refused_polls:
                    raise NoVideoError(self.why(answer))
                self.wire.sleep(self.interval(refused))
                continue
            failures = refused = 0
            found = self.progress(body)
            if found is StatusClass.SUCCEEDED:
                return body
            if found is not None and found.terminal:
                self.ended(task, found, answer)
            self.wire.sleep(self.interval(0))
        self.abandon(task)
        raise NoVideoError(f"the task had not ended after {self.patience():.0f} s")

    def abandon(self, task: str) -> None:
        """What is done with a task that is given up on: it is cancelled, where that can be."""
        stop = self.contract.stopping(StatusClass.RUNNING) or self.contract.operation(Role.CANCEL)
        if stop is not None:
            with suppress(httpx.TransportError):
                self.send(self.builder.request(stop, task=task))

    def query(self, task: str) -> SentRequest:
        """A poll."""
        return self.builder.request(self.contract.roles[Role.QUERY][0], task=task)

    def is_trouble(self, answer: httpx.Response) -> bool:
        """Whether an answer asks for another attempt."""
        return answer.status_code in (408, 425, 429) or answer.status_code >= 500

    def shows_task(self, answer: httpx.Response, body: Any) -> bool:
        """Whether an answer to a poll shows a task, and is no refusal."""
        return judge_call(self.contract, Role.QUERY, answer.status_code, body) is CallOutcome.ACCEPTED

    def progress(self, body: Any) -> StatusClass | None:
        """What a body shows of the task; None for a word that nobody documented: then it still runs."""
        status = self.contract.lifecycle.read(body)
        return None if status is None else status.status_class

    def ended(self, task: str, end: StatusClass, answer: httpx.Response) -> None:
        """What is done at an end without a video. Raises NoVideoError."""
        raise NoVideoError(f"the task is {end}: {answer.text[:2000]}")

    def give_up_after(self, failures: int, why: str) -> None:
        """Raises NoVideoError where there were too many failures."""
        if failures > self.poll_failures:
            raise NoVideoError(why)

    def wait_for(self, answer: httpx.Response, failures: int) -> None:
        """Waits as long as an answer says, or a while."""
        self.wire.sleep(max(self.told_wait(answer), self.interval(failures)))

    def told_wait(self, answer: httpx.Response) -> float:
        """The seconds of Retry-After; 0 where there is none."""
        told = answer.headers.get("retry-after", "")
        if told.isdigit():
            return float(told)
        try:
            return max(parsedate_to_datetime(told).timestamp() - self.wire.now(), 0.0)
        except ValueError:
            return 0.0

    # -- fetching -----------------------------------------------------------------------------------------------------

    def fetch(self, task: str, body: Any) -> bytes:
        """The file. Raises NoVideoError."""
        said = "no download was tried"
        for attempt in range(self.download_attempts):
            try:
                answer = self.download(task, self.result(task, body))
            except httpx.TransportError as error:
                said = str(error)
            else:
                flaw = self.flaw(answer)
                if not flaw:
                    return answer.content
                said = flaw
                if answer.status_code in (401, 403, 404, 410):
                    body = self.look_again(task, body)
            self.wire.sleep(self.interval(attempt))
        raise NoVideoError(said)

    def result(self, task: str, body: Any) -> str:
        """The address of the result: absolute, or "" for the operation that gives the bytes. Raises NoVideoError."""
        if not self.contract.link.at.pointers:
            return ""
        if Role.RESULT in self.contract.roles:
            answer = self.send(self.builder.request(self.contract.roles[Role.RESULT][0], task=task))
            body = json_of(answer)
            if self.is_trouble(answer):
                raise httpx.RemoteProtocolError(f"the result is answered {answer.status_code}")
            if judge_call(self.contract, Role.RESULT, answer.status_code, body) is not CallOutcome.ACCEPTED:
                if self.contract.lifecycle.refused is not None and answer.status_code not in (401, 403, 404):
                    self.ended(task, self.contract.lifecycle.refused.status_class, answer)
                raise NoVideoError(self.why(answer))
        link = link_of(self.contract, body)
        if link is None:
            raise NoVideoError("the task has succeeded, and there is no address of its result")
        base = self.wire.base_url
        if link.startswith("/") and not self.contract.link.from_origin:
            return base.rstrip("/") + link
        return urljoin(base + "/", link)

    def look_again(self, task: str, body: Any) -> Any:
        """What a new query shows of a task that has succeeded."""
        found = json_of(self.send(self.query(task)))
        return body if link_of(self.contract, found) is None else found

    def download(self, task: str, link: str) -> httpx.Response:
        """The answer to a download, redirects followed; the key goes to the API's own origin only."""
        if link:
            answer = self.get(self.addressed(link), self.result_headers(link))
        else:
            sent = self.builder.request(self.contract.roles[Role.CONTENT][0], task=task)
            link, answer = sent.url, self.get(sent.url, dict(self.signed(sent)))
        for _ in range(5):
            if answer.status_code not in (301, 302, 303, 307, 308):
                break
            link = urljoin(link, answer.headers.get("location", ""))
            answer = self.get(self.addressed(link), self.result_headers(link))
        return answer

    def get(self, link: str, headers: Mapping[str, str]) -> httpx.Response:
        """A plain GET."""
        return self.wire.http.get(link, headers=dict(headers), timeout=self.timeout)

    def needs_key(self, link: str) -> bool:
        """Whether a download is asked for with the key."""
        return self.contract.link.auth == "required" and _origin(link) == _origin(self.wire.base_url)

    def addressed(self, link: str) -> str:
        """The address of a download, with the key where the vendor's clients have it in the query."""
        if self.contract.key_query is None or not self.needs_key(link):
            return link
        return f"{link}{'&' if '?' in link else '?'}{self.contract.key_query}={self.wire.keys['good']}"

    def result_headers(self, link: str) -> Mapping[str, str]:
        """The headers of a download."""
        return self.key_headers() if self.needs_key(link) and self.contract.key_query is None else {}

    def flaw(self, answer: httpx.Response) -> str:
        """What is wrong with a download; "" where it is a video."""
        if answer.status_code != 200:
            return f"the result is answered {answer.status_code}"
        if answer.headers.get("content-type", "").startswith(("text/", "application/json")):
            return "the result is no video"
        return "" if answer.content else "the result is empty"


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
