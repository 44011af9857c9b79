"""Receivers of callbacks: a careful one, legal ones in other styles, and careless ones with one habit changed."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvicorn

from screentest_contracts import Contract
from screentest_contracts.contract import Callback, Signature
from screentest_contracts.signatures import Message, problem, sign, write_secret

LARGEST = 1_000_000


class Got(NamedTuple):
    """A request: its headers, its body as far as it was read, and the length that it claims."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    length: int


class Reply(NamedTuple):
    status: int
    body: bytes = b""


class Listener:
    """Answers requests."""

    def __init__(self) -> None:
        self.done = threading.Event()
        """Set when the test is over: who holds on to a request holds on till then."""

    def answer(self, got: Got) -> Reply:
        raise NotImplementedError

    def read(self, request: http.server.BaseHTTPRequestHandler, length: int) -> bytes:
        return request.rfile.read(length)


class Careful(Listener):
    """Verifies, answers at once, takes events in any order and as often as they come."""

    def __init__(self, contract: Contract) -> None:
        super().__init__()
        assert contract.callback is not None
        self.rule: Callback = contract.callback
        assert self.rule.signature is not None
        self.signature: Signature = self.rule.signature
        self.secret = write_secret(self.signature, "a-secret-of-ours")
        self.seen: list[tuple[int, int]] = []

    def answer(self, got: Got) -> Reply:
        if got.length > LARGEST:
            return Reply(413)
        challenge = None if self.rule.handshake is None else self.rule.handshake.challenge("", got.body)
        if challenge is not None:
            return self.challenged(challenge)
        try:
            members = json.loads(got.body)
        except ValueError:
            return self.unreadable()
        if not isinstance(members, dict) or not self.verified(got, members):
            return self.forged(got)
        task = members.get("render")
        if not isinstance(task, dict) or not isinstance(task.get("id"), int) or not isinstance(task.get("state"), int):
            return Reply(422)
        return self.taken(task)

    def challenged(self, challenge: str) -> Reply:
        assert self.rule.handshake is not None
        return Reply(200, self.rule.handshake.reply(challenge))

    def unreadable(self) -> Reply:
        return Reply(400)

    def forged(self, got: Got) -> Reply:
        return Reply(401)

    def verified(self, got: Got, members: Any) -> bool:
        return self.flaw(got, got.body, time.time()) is None

    def flaw(self, got: Got, body: bytes, at: float) -> str | None:
        given = {name.lower(): value for name, value in got.headers}
        return problem(self.signature, self.secret, got.headers, Message(body, at, "", "", given))

    def taken(self, task: Any) -> Reply:
        self.seen.append((task["id"], task["state"]))
        return Reply(200)


class Accepted(Careful):
    """A legal one: the work is done later."""

    def taken(self, task: Any) -> Reply:
        return Reply(202, b'{"queued": true}')


class NoContent(Careful):
    """A legal one: there is nothing to say."""

    def taken(self, task: Any) -> Reply:
        return Reply(204)


class Strict(Careful):
    """A legal one: what was seen before is told by another success."""

    def taken(self, task: Any) -> Reply:
        again = (task["id"], task["state"]) in self.seen
        super().taken(task)
        return Reply(208 if again else 200)


# -- careless ones ----------------------------------------------------------------------------------------------------


class TrustsAll(Careful):
    """Does not verify."""

    def verified(self, got: Got, members: Any) -> bool:
        return True


class AnswersFirst(Careful):
    """Answers 200, and verifies afterwards."""

    def forged(self, got: Got) -> Reply:
        return Reply(200)


class TrustsUnsigned(Careful):
    """Verifies a signature where there is one."""

    def verified(self, got: Got, members: Any) -> bool:
        names = {name.lower() for name, _ in got.headers}
        return self.signature.header.lower() not in names or super().verified(got, members)


class LooksAtTheHeader(Careful):
    """Takes any signature that is written like one."""

    def verified(self, got: Got, members: Any) -> bool:
        given = {name.lower(): value for name, value in got.headers}
        return given.get(self.signature.header.lower(), "").startswith("v1,")


class ForgetsTheBody(Careful):
    """Verifies a signature that it has seen before without the body."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.known: dict[str, bytes] = {}

    def verified(self, got: Got, members: Any) -> bool:
        kept = {name: value for name, value in members.items() if name != "changed"}
        return self.flaw(got, json.dumps(kept, separators=(",", ":")).encode(), time.time()) is None


class ComparesTheBeginning(Careful):
    """Compares as many characters as were sent."""

    def verified(self, got: Got, members: Any) -> bool:
        given = {name.lower(): value for name, value in got.headers}
        shown = given.get(self.signature.header.lower(), "")
        message = Message(got.body, float(given[self.signature.timestamp_header or ""]), given["webhook-id"], "", given)
        return bool(shown) and sign(self.signature, self.secret, message)[self.signature.header].startswith(shown)


class TakesOld(Careful):
    """Does not look at the time of a signature."""

    def flaw(self, got: Got, body: bytes, at: float) -> str | None:
        shown = next(value for name, value in got.headers if name.lower() == self.signature.timestamp_header)
        return super().flaw(got, body, float(shown))

    def verified(self, got: Got, members: Any) -> bool:
        names = {name.lower() for name, _ in got.headers}
        return self.signature.timestamp_header in names and super().verified(got, members)


class CrashesOnRepetition(Careful):
    """A task that has ended is unique in its table."""

    def taken(self, task: Any) -> Reply:
        again = (task["id"], task["state"]) in self.seen
        super().taken(task)
        return Reply(500 if again else 200)


class WantsOrder(Careful):
    """Takes a success after a failure for a mistake: it has been told of them in the other order."""

    def taken(self, task: Any) -> Reply:
        earlier = self.seen[-1][1] if self.seen else 0
        super().taken(task)
        return Reply(409 if task["state"] < earlier else 200)


class FailureIsError(Careful):
    """Answers the status of the task as its own."""

    def taken(self, task: Any) -> Reply:
        return Reply(500 if task["problem"] else 200)


class Redirects(Careful):
    """Has moved."""

    def taken(self, task: Any) -> Reply:
        return Reply(302)


class CrashesOnText(Careful):
    """Has no handler for what is no JSON."""

    def unreadable(self) -> Reply:
        return Reply(500)


class StopsAfterText(Careful):
    """Never answers again after what is no JSON."""

    broken = False

    def answer(self, got: Got) -> Reply:
        return Reply(503) if self.broken else super().answer(got)

    def unreadable(self) -> Reply:
        self.broken = True
        return Reply(400)


class CrashesOnTypes(Careful):
    """Takes the types of members for granted."""

    def answer(self, got: Got) -> Reply:
        answer = super().answer(got)
        return Reply(500) if answer.status == 422 else answer


class CrashesOnHuge(Careful):
    """Runs out of memory."""

    def answer(self, got: Got) -> Reply:
        return Reply(500) if got.length > LARGEST else super().answer(got)


class ReadsOnce(Careful):
    """Takes what has come so far for the whole body."""

    def read(self, request: http.server.BaseHTTPRequestHandler, length: int) -> bytes:
        return request.rfile.read1(length)  # type: ignore[attr-defined,no-any-return]


class AnswersLate(Careful):
    """Works first, and answers then."""

    def taken(self, task: Any) -> Reply:
        self.done.wait(60)
        return Reply(200)


class NoChallenge(Careful):
    """Does not know challenges."""

    def challenged(self, challenge: str) -> Reply:
        return Reply(200, b"ok")


class SameChallenge(Careful):
    """Answers every challenge by the first one."""

    first = ""

    def challenged(self, challenge: str) -> Reply:
        self.first = self.first or challenge
        return super().challenged(self.first)


class RefusesOld(Careful):
    """Refuses what ended more than two seconds ago."""

    def taken(self, task: Any) -> Reply:
        return Reply(410 if time.time() - int(task["ended_ms"]) / 1000 > 2 else 200)


CARELESS: dict[type[Careful], str] = {
    TrustsAll: "forged",
    AnswersFirst: "unsigned",
    TrustsUnsigned: "unsigned",
    LooksAtTheHeader: "forged",
    ForgetsTheBody: "tampered",
    ComparesTheBeginning: "malformed",
    TakesOld: "stale",
    CrashesOnRepetition: "repeated",
    WantsOrder: "reordered",
    FailureIsError: "valid.failed",
    Redirects: "valid.succeeded",
    CrashesOnText: "no-json",
    StopsAfterText: "no-json",
    CrashesOnTypes: "wrong-types",
    CrashesOnHuge: "huge",
    ReadsOnce: "slow",
    AnswersLate: "valid.succeeded",
    NoChallenge: "handshake",
    SameChallenge: "handshake",
    RefusesOld: "late",
}
"""Each with the requirement that must notice."""


@contextmanager
def listening(receiver: Listener) -> Iterator[str]:
    """The receiver behind an address, a thread for each request."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = receiver.read(self, length) if length <= LARGEST else b""
            reply = receiver.answer(Got(tuple(self.headers.items()), body, length))
            self.send_response(reply.status)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *words: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks"
    finally:
        receiver.done.set()
        server.shutdown()
        server.server_close()
        thread.join(60)


@contextmanager
def listening_async(receiver: Listener) -> Iterator[str]:
    """The same receiver as an ASGI application, which answers before it has done its work."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        headers = tuple((name.decode(), value.decode()) for name, value in scope["headers"])
        length = int(dict(headers).get("content-length", "0"))
        body, more = b"", length <= LARGEST
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        reply = receiver.answer(Got(headers, body, length))
        await send({"type": "http.response.start", "status": reply.status, "headers": []})
        await send({"type": "http.response.body", "body": reply.body})

    config = uvicorn.Config(application, host="127.0.0.1", port=0, lifespan="off", log_level="critical", ws="none")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    listener.listen()  # who connects before the server runs waits for it
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hooks"
    finally:
        server.should_exit = True
        thread.join(60)
