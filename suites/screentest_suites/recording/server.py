"""A recording served as a mock: what a vendor really did becomes a regression test of a client."""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from screentest_contracts.contract import Contract, Operation, Role
from screentest_contracts.reading import CallOutcome, judge_call, task_id
from screentest_suites.core.addresses import split_address
from screentest_suites.core.credential import GOOD, NO_KEY
from screentest_suites.core.exchange import NO_JSON, Exchange, SentRequest
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.profile import operation_of

_OWN = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "date", "set-cookie"}
"""Headers of an answer that belong to its connection, or were hidden."""

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

Key = tuple[str, str, str, str]
"""Method, path, query without the key, and body of a request."""


@dataclass
class Task:
    """A recorded task: when it was made, then and now."""

    recorded: float
    served: float


class Replay:
    """One provider's recording. `answer` finds what was recorded for a request like this one.

    A task moves as it did, `speed` times as fast, from the moment a client makes it; made again, it begins anew.
    """

    def __init__(
        self, contract: Contract, tape: Cassette, *, speed: float = 1.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.contract, self._base, self._speed, self._now = contract, tape.header.base_url, speed, now
        self.tasks: dict[str, Task] = {}
        self._within = {split_address(self._base).path.rstrip("/"), contract.base_path} - {""}
        self._start = Task(tape.header.started, now())
        self._creates: list[tuple[Operation, Exchange, Any]] = []
        self._turns: dict[str, int] = defaultdict(int)
        self._answers: dict[Key, list[Exchange]] = defaultdict(list)
        self._unknown: dict[str, Exchange] = {}
        self._keyless: dict[str, Exchange] = {}
        self._files: dict[str, Exchange] = {}
        for entry in tape.entries:
            exchange = entry.exchange
            if exchange is None or not exchange.status or entry.sent.method == "HEAD":
                continue
            operation = operation_of(contract, self._base, entry)
            if operation is None and not entry.sent.url.startswith(self._base):
                if exchange.status == 200 or entry.sent.url not in self._files:
                    self._files[entry.sent.url] = exchange
            elif entry.sent.credential == NO_KEY and operation is not None:
                if judge_call(contract, operation.role, exchange.status, exchange.json) is CallOutcome.REFUSED:
                    self._keyless.setdefault(operation.id, exchange)
            elif operation is not None and operation.role is Role.CREATE:
                if entry.sent.credential == GOOD:
                    self._note_create(operation, exchange)
            elif entry.sent.credential == GOOD and not any(name.lower() == "range" for name, _ in entry.sent.headers):
                self._answers[self._key(entry.sent)].append(exchange)
        self._note_unknown()

    def _note_create(self, operation: Operation, exchange: Exchange) -> None:
        self._creates.append((operation, exchange, _json(exchange.sent.body)))
        identity = task_id(self.contract, exchange.json)
        if identity is not None:
            self.tasks[identity] = Task(exchange.received_at, self._start.served)

    def _note_unknown(self) -> None:
        """The refusals of tasks that nobody made."""
        for key, exchanges in self._answers.items():
            operation = self._operation(key[0], key[1])
            refused = exchanges[0]
            if operation is not None and self._task(key) is None and 400 <= refused.status < 500:
                known = self._unknown.get(operation.id)
                if known is None or (refused.status == 404 and known.status != 404):
                    self._unknown[operation.id] = refused

    def _key(self, sent: SentRequest) -> Key:
        parts = split_address(sent.url.removeprefix(self._base))
        return self.key(sent.method, parts.path, parts.query, sent.body or b"")

    def key(self, method: str, path: str, query: str, body: bytes) -> Key:
        """What tells requests apart: not the key, and not how JSON is written."""
        pairs = sorted(pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != self.contract.key_query)
        value = _json(body)
        text = repr(body) if value is NO_JSON else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        return method, path, repr(pairs), text if body else ""

    def within(self, method: str, path: str) -> str:
        """What stands before the path of an operation in `path`: that of the address that was recorded, or of the
        vendor's; mostly nothing. A client may have it in its base address, or not."""
        if self._operation(method, path) is None:
            for prefix in sorted(self._within, key=len, reverse=True):
                if path.startswith(f"{prefix}/"):
                    return prefix
        return ""

    def _operation(self, method: str, path: str) -> Operation | None:
        return next(iter(self.contract.operations_at(path, method)), None)

    def _task(self, key: Key) -> str | None:
        return next((identity for identity in self.tasks if identity in key[1] + key[2] + key[3]), None)

    # -- serving ------------------------------------------------------------------------------------------------

    def answer(self, key: Key, body: bytes, *, keyed: bool) -> Exchange | None:
        """The recorded answer to a request; None when nothing like it was recorded."""
        operation = self._operation(key[0], key[1])
        if operation is not None and not keyed and operation.id in self._keyless:
            return self._keyless[operation.id]
        if operation is not None and operation.role is Role.CREATE:
            return self._create(operation, _json(body))
        exchanges = self._answers.get(key)
        if exchanges is None:  # the same with another query
            exchanges = next((self._answers[each] for each in self._answers if each[:2] == key[:2]), None)
        if exchanges is not None and key[3] in ("", *[self._key(each.sent)[3] for each in exchanges]):
            return self._at_this_time(exchanges, self.tasks.get(self._task(key) or "", self._start))
        return self._unknown.get(operation.id) if operation is not None else None

    def _at_this_time(self, exchanges: list[Exchange], task: Task) -> Exchange:
        elapsed = (self._now() - task.served) * self._speed
        past = [each for each in exchanges if each.received_at - task.recorded <= elapsed]
        return past[-1] if past else exchanges[0]

    def _create(self, operation: Operation, body: Any) -> Exchange | None:
        """The answer to this very body, else to one for its model, else to any that made a task; in turn."""
        mine = [(exchange, sent) for each, exchange, sent in self._creates if each is operation]
        made = [(exchange, sent) for exchange, sent in mine if task_id(self.contract, exchange.json) is not None]
        model = self.contract.model_of(operation, body) if isinstance(body, dict) else None
        for name, found in (
            (repr(body), [exchange for exchange, sent in mine if sent == body]),
            (model.name if model else "", [e for e, sent in made if self._names(operation, sent, model)]),
            ("", [exchange for exchange, _ in made or mine]),
        ):
            if found:
                chosen = self._turn(f"{operation.id} {name}", found)
                identity = task_id(self.contract, chosen.json)
                if identity in self.tasks:
                    self.tasks[identity].served = self._now()
                return chosen
        return None

    def _names(self, operation: Operation, body: Any, model: object) -> bool:
        return model is not None and isinstance(body, dict) and self.contract.model_of(operation, body) is model

    def _turn(self, name: str, found: list[Exchange]) -> Exchange:
        """One after the other; tasks that were followed to an end first."""
        polled = {self._task(key) for key, exchanges in self._answers.items() if len(exchanges) > 1}
        found = sorted(found, key=lambda each: task_id(self.contract, each.json) not in polled)
        self._turns[name] += 1
        return found[(self._turns[name] - 1) % len(found)]

    def file(self, number: int) -> Exchange | None:
        """A recorded download."""
        return list(self._files.values())[number] if number < len(self._files) else None

    def rewritten(self, text: str, own: str, within: str = "") -> str:
        """A text in which addresses of the vendor are addresses of this server, whose operations the client found
        below `own` and `within`."""
        for number, url in enumerate(self._files):
            here = f"{own}/_screentest/files/{number}/{split_address(url).path.rpartition('/')[2]}"
            for form in (url, url.replace("/", "\\/"), url.replace("&", "\\u0026")):
                text = text.replace(form, here)
        return text.replace(self._base, own + within)


def application(replays: Mapping[str, Replay]) -> Starlette:
    """One provider at the root; several each under /NAME."""
    if len(replays) == 1:
        return Starlette(routes=list(_routes(next(iter(replays.values())), "")))
    mounts = [Mount(f"/{name}", routes=list(_routes(each, f"/{name}"))) for name, each in replays.items()]
    return Starlette(routes=mounts)


def _routes(replay: Replay, prefix: str) -> Iterator[Route]:
    async def download(request: Request) -> Response:
        found = replay.file(request.path_params["number"])
        return _missing() if found is None else _file(found, request.headers.get("range"))

    async def anything(request: Request) -> Response:
        own = f"{request.url.scheme}://{request.url.netloc}{prefix}"
        body = await request.body()
        path = request.url.path.removeprefix(prefix)
        within = replay.within(request.method, path)
        path = path.removeprefix(within)
        name, query = replay.contract.key_header, replay.contract.key_query
        keyed = query in request.query_params if query is not None else name in request.headers
        found = replay.answer(replay.key(request.method, path, request.url.query, body), body, keyed=keyed)
        if found is None:
            return _missing()
        ranged = request.headers.get("range")
        if ranged and found.status == 200 and found.json is NO_JSON:
            return _file(found, ranged)
        try:
            content = replay.rewritten(found.body.decode(), own, within).encode()
        except UnicodeDecodeError:
            content = found.body
        return _response(found, found.status, content, lambda value: replay.rewritten(value, own, within))

    yield Route("/_screentest/files/{number:int}/{name:path}", download, methods=["GET"])
    yield Route("/{path:path}", anything, methods=_METHODS)


def _missing() -> Response:
    return JSONResponse({"error": {"message": "nothing like this was recorded", "code": "not_recorded"}}, 404)


def _response(
    found: Exchange, status: int, content: bytes, rewrite: Callable[[str], str] = str, **more: str
) -> Response:
    response = Response(content, status)
    for name, value in found.headers:
        if name.lower() not in _OWN and name.lower() not in {each.replace("_", "-") for each in more}:
            response.headers.append(name, rewrite(value))
    for name, value in more.items():
        response.headers[name.replace("_", "-")] = value
    return response


def _file(found: Exchange, wanted: str | None) -> Response:
    """A recorded file, or a single range of it."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
    data = found.video
    size = len(data)
    if match is None or not any(match.groups()) or found.status != 200:
        return _response(found, found.status, data)
    first = int(match[1]) if match[1] else max(size - int(match[2]), 0)
    last = min(int(match[2]), size - 1) if match[1] and match[2] else size - 1
    if first > last:
        return _response(found, 416, b"", content_range=f"bytes */{size}")
    return _response(found, 206, data[first : last + 1], content_range=f"bytes {first}-{last}/{size}")


def _json(body: bytes | None) -> Any:
    try:
        return orjson.loads(body or b"")
    except orjson.JSONDecodeError:
        return NO_JSON
