"""Callbacks: when, how often and with what; in virtual time, and once over real TLS on loopback."""

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import trustme

from screentest_contracts import Contract, load_contract
from screentest_contracts.signatures import Message, problem
from screentest_mockserver import ManualClock, MockServer, RealClock
from screentest_mockserver.behaviours.variations import find_behaviour
from screentest_mockserver.dispatch.callbacks import Answered, HttpDeliver
from screentest_mockserver.wire.accounts import GOOD_KEY

HOOK = "https://hooks.example.com/x"
START = 1_780_000_000.0


class Receiver:
    """Takes callbacks in virtual time and answers with these statuses, the last one for ever. 0 is no answer."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[float, str, str, Any, float]] = []
        self.signed: list[tuple[Mapping[str, str], bytes]] = []
        self.clock = ManualClock(START)

    async def __call__(self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]) -> int:
        self.signed.append((headers, body))
        self.got.append((self.clock.now() - START, method, url, orjson.loads(body), timeout))
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    @property
    def times(self) -> list[float]:
        return [at for at, *_ in self.got]


class Server:
    """The mock of one contract with a receiver; requests go through its ASGI application."""

    def __init__(self, contract: Contract, *statuses: int, **options: Any) -> None:
        self.receiver = Receiver(*statuses)
        self.app = MockServer([contract], clock=self.receiver.clock, deliver=self.receiver, seed=0, **options)
        self.mock = self.app.providers[contract.name]

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return asyncio.run(send(self.app, method, path, body))

    def create(self, **members: Any) -> str:
        answer = self.send("POST", "/jobs", {"model": "clip-1", "callback_url": HOOK, **members})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["job"]["id"])

    def advance(self, seconds: float) -> None:
        asyncio.run(self.app.advance(seconds))


async def send(app: MockServer, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"X-Key": f"Key {GOOD_KEY}", "X-Async": "enable", "Authorization": f"Bearer {GOOD_KEY}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mock.test") as client:
        return await client.request(method, path, json=body, headers=headers)


def test_a_callback_comes_at_the_end_and_equals_the_query(small: Contract) -> None:
    server = Server(small, 200)
    identity = server.create()
    server.advance(99.9)
    assert server.receiver.got == []
    server.advance(1000)
    [(at, method, url, body, timeout)] = server.receiver.got
    assert (at, method, url, timeout) == (100, "POST", HOOK, 5)
    assert body == server.send("GET", f"/jobs/{identity}").json()
    assert body["state"] == "DONE"


@pytest.mark.parametrize(
    ("statuses", "times"),
    [
        ([200], [100]),
        ([204], [100]),
        ([500, 200], [100, 101]),
        ([0, 404, 299], [100, 101, 103]),
        ([500, 0, 302, 201], [100, 101, 103, 107]),
        ([302], [100, 101, 103, 107]),
        ([0], [100, 101, 103, 107]),
        ([500], [100, 101, 103, 107]),
        ([100], [100, 101, 103, 107]),
    ],
)
def test_repeats_after_1_2_and_4_seconds_until_acknowledged(
    small: Contract, statuses: list[int], times: list[float]
) -> None:
    """A redirect is no acknowledgement, and neither is silence."""
    server = Server(small, *statuses)
    server.create()
    server.advance(10_000)
    assert server.receiver.times == pytest.approx(times)
    made = server.app.callbacks.deliveries()
    assert [each.attempt for each in made] == list(range(1, len(times) + 1))
    assert [each.status for each in made] == (statuses + [statuses[-1]] * 4)[: len(times)]
    assert server.app.callbacks.next_due() is None


@pytest.mark.parametrize("steps", [[200], [100, 1, 2, 4], [0.5] * 220])
def test_the_size_of_steps_does_not_matter(small: Contract, steps: list[float]) -> None:
    server = Server(small, 500)
    server.create()
    for step in steps:
        server.advance(step)
    assert server.receiver.times == pytest.approx([100, 101, 103, 107])


@pytest.mark.parametrize(
    ("scenario", "on", "calls"),
    [
        ("failure", ["succeeded", "failed"], 1),
        ("failure", ["succeeded"], 0),
        ("success", ["failed"], 0),
        ("never-ending", ["succeeded", "failed"], 0),
        ("immediate", ["succeeded"], 1),
    ],
)
def test_only_what_the_document_names_is_told(
    small_tree: Any, load_tree: Callable[[Any], Contract], scenario: str, on: list[str], calls: int
) -> None:
    tree = small_tree()
    tree["x-task"]["callback"]["on"] = on
    server = Server(load_tree(tree), 200)
    server.mock.schedule(scenario)
    server.create()
    server.advance(10_000)
    assert len(server.receiver.got) == calls


def test_a_task_without_a_callback_url_calls_nobody(small: Contract) -> None:
    server = Server(small, 200)
    server.send("POST", "/jobs", {"model": "clip-1"})
    server.advance(10_000)
    assert server.receiver.got == []


@pytest.mark.parametrize("scenario", ["success", "never-ending"])
def test_a_cancelled_task_calls_at_once_and_once(small: Contract, scenario: str) -> None:
    server = Server(small, 200)
    server.mock.schedule(scenario)
    identity = server.create()
    server.advance(10)
    assert server.send("POST", f"/jobs/{identity}/cancel").status_code == 202
    server.advance(0)
    assert server.receiver.times == [10]
    assert server.receiver.got[0][3]["state"] == "STOPPED"
    server.advance(10_000)
    assert server.receiver.times == [10]


def test_many_tasks_each_have_their_own(small: Contract) -> None:
    server = Server(small, 500)
    first = server.create()
    server.advance(1)
    second = server.create()
    server.advance(1000)
    seen = [(at, body["id"]) for at, _, _, body, _ in server.receiver.got]
    assert seen == [
        *(
            (100, first),
            (101, second),
            (101, first),
            (102, second),
            (103, first),
            (104, second),
            (107, first),
            (108, second),
        )
    ] or sorted(seen) == sorted([(100 + w, first) for w in (0, 1, 3, 7)] + [(101 + w, second) for w in (0, 1, 3, 7)])


def test_private_addresses_are_refused_unless_loopback_is_allowed(small: Contract) -> None:
    body = {"model": "clip-1", "callback_url": "https://127.0.0.1:9/x"}
    assert Server(small, 200).send("POST", "/jobs", body).status_code == 422
    open_server = Server(small, 200, allow_loopback_callbacks=True)
    assert open_server.send("POST", "/jobs", body).status_code == 200
    for url in ("http://127.0.0.1/x", "https://10.0.0.1/x", "ftp://127.0.0.1/x", "https://192.168.0.1/x"):
        assert open_server.send("POST", "/jobs", {**body, "callback_url": url}).status_code == 422


def test_reset_forgets_what_is_due(small: Contract) -> None:
    server = Server(small, 200)
    server.create()
    server.app.reset()
    server.advance(10_000)
    assert server.receiver.got == []


# -- signatures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def signing(small: Contract) -> Contract:
    """The small document, signing as another one does: after Standard Webhooks."""
    other = load_contract(Path(__file__).parents[2] / "documents" / "rest.yaml").callback
    assert small.callback is not None
    assert other is not None
    return replace(small, callback=replace(small.callback, signature=other.signature))


def test_without_a_signature_no_header_is_added(small: Contract) -> None:
    server = Server(small, 200)
    server.create()
    server.advance(1000)
    assert [headers for headers, _ in server.receiver.signed] == [{}]
    assert server.mock.callback_secret == ""


def test_each_attempt_is_signed_at_its_own_time(signing: Contract) -> None:
    """By hand, as a receiver would look at it: with the documented secret, and nothing of ours."""
    server = Server(signing, 500)
    server.create()
    server.advance(1000)
    assert server.mock.callback_secret == "whsec_" + base64.b64encode(b"screentest-callbacks").decode()
    times = []
    for headers, body in server.receiver.signed:
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(b"screentest-callbacks", text, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        times.append(int(headers["webhook-timestamp"]) - START)
    assert times == [100, 101, 103, 107]
    assert len({headers["webhook-id"] for headers, _ in server.receiver.signed}) == 1, "the same delivery"
    server.create()
    server.advance(1000)
    assert len({headers["webhook-id"] for headers, _ in server.receiver.signed}) == 2, "another one"


@pytest.mark.parametrize(
    ("name", "intact"),
    [
        ("callback-unsigned", []),
        ("callback-signature-wrong", []),
        ("callback-signed-by-another", []),
        ("callback-signed-long-ago", []),
        ("callback-unsigned-again", [0]),
        ("callback-signed-twice", [0, 1, 2, 3]),
        ("callback-headers-in-capitals", [0, 1, 2, 3]),
    ],
)
def test_how_a_mock_may_sign(signing: Contract, name: str, intact: list[int]) -> None:
    server = Server(signing, 500)
    server.mock.deviation = find_behaviour(name, signing)
    server.create()
    server.advance(1000)
    assert signing.callback is not None
    rule = signing.callback.signature
    assert rule is not None
    found = [
        problem(rule, server.mock.callback_secret, headers.items(), Message(body, START + at))
        for at, (headers, body) in zip(server.receiver.times, server.receiver.signed, strict=True)
    ]
    assert [number for number, wrong in enumerate(found) if wrong is None] == intact
    plain = Server(signing, 500)
    plain.create()
    plain.advance(1000)
    assert [body for _, body in plain.receiver.signed] == [body for _, body in server.receiver.signed]
    assert plain.receiver.signed != server.receiver.signed


# -- over real connections --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


class TlsReceiver:
    """A receiver on loopback behind a certificate. Answers with `reply`; keeps what it was sent."""

    def __init__(self, authority: trustme.CA, reply: bytes) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self.context)
        self.reply = reply
        self.got: list[tuple[str, bytes]] = []
        self.came = asyncio.Event()

    async def __aenter__(self) -> "TlsReceiver":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        self.url = f"https://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
        self.got.append((head, await reader.readexactly(int(fields["content-length"]))))
        if self.reply:
            writer.write(self.reply)
            await writer.drain()
        else:
            await reader.read()  # says nothing until the other side gives up
        writer.close()
        self.came.set()


def reply(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "content-length: 0", "connection: close", *headers, "", ""]).encode()


def test_a_real_delivery_over_tls(small_tree: Any, load_tree: Callable[[Any], Contract], authority: trustme.CA) -> None:
    """Real clock, the lifespan's own runner, a receiver whose certificate is trusted."""
    tree = small_tree()
    del tree["x-task"]["retention"]  # it would be over within this test, at this pace
    contract = load_tree(tree)

    async def run() -> tuple[str, bytes, bytes]:
        app = MockServer(
            [contract],
            clock=RealClock(1e4),
            deliver=HttpDeliver(verify=trusting(authority)),
            allow_loopback_callbacks=True,
        )
        async with TlsReceiver(authority, reply("200 OK")) as receiver, app.router.lifespan_context(app):
            answer = await send(app, "POST", "/jobs", {"model": "clip-1", "callback_url": receiver.url})
            await asyncio.wait_for(receiver.came.wait(), 600)
            identity = answer.json()["job"]["id"]
            query = await send(app, "GET", f"/jobs/{identity}")
            return *receiver.got[0], query.content

    head, body, query = asyncio.run(run())
    assert head.startswith("POST /hook HTTP/1.1\r\n")
    assert "content-type: application/json" in head.lower()
    assert body == query


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        ("204 No Content", [], 204),
        ("302 Found", ["location: https://127.0.0.1:1/elsewhere"], 302),
        ("307 Temporary Redirect", ["location: /hook"], 307),
        ("503 Service Unavailable", [], 503),
    ],
)
def test_what_a_receiver_answers_is_told_and_never_followed(
    authority: trustme.CA, status: str, headers: list[str], told: int
) -> None:
    async def run() -> tuple[Answered, int]:
        async with TlsReceiver(authority, reply(status, *headers)) as receiver:
            answer = await HttpDeliver(verify=trusting(authority))("POST", receiver.url, b"{}", 10, {"X-Signed": "yes"})
            assert "\r\nx-signed: yes\r\n" in receiver.got[0][0].lower()
            return answer, len(receiver.got)

    assert asyncio.run(run()) == (Answered(told), 1)


def test_what_a_receiver_repeats_is_told_up_to_a_limit(authority: trustme.CA) -> None:
    async def run() -> Answered:
        body = b"x" * 100_000
        answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        async with TlsReceiver(authority, answer) as receiver:
            return await HttpDeliver(verify=trusting(authority))("PUT", receiver.url, b"{}", 10, {})

    assert asyncio.run(run()) == Answered(200, b"x" * 64 * 1024)


def test_silence_nonsense_and_strangers_count_as_no_answer(authority: trustme.CA) -> None:
    async def run() -> list[Answered]:
        async with TlsReceiver(authority, b"") as silent, TlsReceiver(authority, b"nonsense\r\n\r\n") as babbling:
            trusted, stranger = (
                HttpDeliver(verify=trusting(authority)),
                HttpDeliver(verify=ssl.create_default_context()),
            )
            return [
                await trusted("POST", silent.url, b"{}", 0.1, {}),
                await trusted("POST", babbling.url, b"{}", 10, {}),
                await stranger("POST", babbling.url, b"{}", 10, {}),
                await trusted("POST", "https://127.0.0.1:1/closed", b"{}", 10, {}),
                await trusted("POST", "https://[broken/x", b"{}", 10, {}),
                await trusted("POST", "https://127.0.0.1:99999/x", b"{}", 10, {}),
                await trusted("POST", "nonsense://x", b"{}", 10, {}),
                await trusted("POST", "https://" + "x" * 300 + "/", b"{}", 10, {}),
            ]

    answers = asyncio.run(asyncio.wait_for(run(), 60))
    assert [(status, body) for status, body, _ in answers] == [(0, b"")] * 8
    reasons = [reason for _, _, reason in answers]
    assert reasons[0] == "no answer within 0.1 s"
    assert all(": " in reason for reason in reasons[1:])
    assert "certificate verify failed" in reasons[2]


def test_built_in_callbacks_are_what_their_documents_say() -> None:
    rule = load_contract("evolink").callback
    assert rule is not None
    assert (rule.retries, rule.timeout, rule.success) == ((1, 2, 4), 10, ("2XX",))


# -- challenges ---------------------------------------------------------------------------------------------------


class Shaking(Receiver):
    """Answers the challenges that it gets in the query with these texts, `=` for what it is asked for, and callbacks
    with 200."""

    def __init__(self, *answers: str) -> None:
        super().__init__(200)
        self.answers = list(answers)
        self.told: list[str] = []

    async def __call__(  # type: ignore[override]
        self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        _, _, challenge = url.partition("?challenge=")
        self.told.append(f"{method} {self.clock.now() - START:.0f}" + (" challenge" if challenge else ""))
        if not challenge:
            return 200, b""
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return 200, (challenge if answer == "=" else answer).encode()


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (["="], ["GET 100 challenge", "POST 100", "POST 200"]),
        (["no", "="], ["GET 100 challenge", "GET 101 challenge", "POST 101", "POST 200"]),
        (["no"], [f"GET {at} challenge" for at in (100, 101, 103, 107, 200, 201, 203, 207)]),
    ],
)
def test_an_address_is_called_once_it_has_answered(
    small_tree: Any, load_tree: Any, answers: list[str], told: list[str]
) -> None:
    """It is asked as often as the document repeats callbacks, and is known from then on."""
    tree = small_tree()
    tree["x-task"]["callback"]["handshake"] = {"parameter": "challenge"}
    server, receiver = Server(load_tree(tree)), Shaking(*answers)
    receiver.clock = server.receiver.clock
    server.app.callbacks.deliver = receiver
    server.create()
    server.advance(100)
    server.advance(0.001)
    server.create()
    server.advance(300)
    assert receiver.told == told
    assert len(server.app.callbacks.deliveries()) == sum("challenge" not in each for each in told)
