"""Servers that would spend other people's money, in process, and what they could charge for what they were sent.

`python adversaries.py` prints the table: adversary, cap, possible charge.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

import orjson

from screentest_contracts import Contract, Role, load_contract
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.judging.rehearsal import make_judge
from screentest_suites.spending import Budget
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.target import BaseTarget

KEYS = {"good": "sk-good-0001", "second": "sk-second-02", "poor": "sk-poor-0003"}


@dataclass(frozen=True)
class Reply:
    """What a server answers to a create. `error` as a transport would put it."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    error: str = ""


Behaviour = Callable[["Adversary", SentRequest], Reply]


def _json(status: int, value: Any, **headers: str) -> Reply:
    return Reply(status, orjson.dumps(value), tuple((name.replace("_", "-"), text) for name, text in headers.items()))


def accepts(server: "Adversary", sent: SentRequest) -> Reply:
    return Reply(200, server.receipt())


def drops(server: "Adversary", sent: SentRequest) -> Reply:
    server.receipt()
    return Reply(0, error="no answer within the time-out")


def cuts(server: "Adversary", sent: SentRequest) -> Reply:
    return Reply(200, server.receipt()[:20], error="the answer is not valid HTTP: peer closed connection")


def cuts_refusals(server: "Adversary", sent: SentRequest) -> Reply:
    return Reply(429, b'{"err', (("retry-after", "0"),), error="the connection broke: ReadError")


def garbage(server: "Adversary", sent: SentRequest) -> Reply:
    return Reply(200, bytes(range(256)))


def fails(server: "Adversary", sent: SentRequest) -> Reply:
    return _json(
        500, {"error": {"code": "oops", "message": "Something went wrong."}, "message": "Something went wrong."}
    )


def unavailable(server: "Adversary", sent: SentRequest) -> Reply:
    return _json(503, {"error": {"code": "model_not_found", "message": "No channel."}, "code": "model_not_found"})


def same_id(server: "Adversary", sent: SentRequest) -> Reply:
    server.first = server.first or server.receipt()
    return Reply(200, server.first)


def lies(server: "Adversary", sent: SentRequest) -> Reply:
    claims = {"cost": 0, "price": -100, "usage": {"credits_reserved": -9999, "cost": 0}, "refunded": True}
    return _json(200, {**orjson.loads(server.receipt()), **claims})


def slow_down(server: "Adversary", sent: SentRequest) -> Reply:
    return _json(429, {"error": {"code": "slow", "message": "Later."}}, retry_after="1")


def slow_down_with_task(server: "Adversary", sent: SentRequest) -> Reply:
    return Reply(429, server.receipt(), (("retry-after", "0"),))


def refuses_with_task(server: "Adversary", sent: SentRequest) -> Reply:
    return Reply(400, server.receipt())


def error_beside_task(server: "Adversary", sent: SentRequest) -> Reply:
    error = {"code": "bad", "message": "It is bad.", "param": "prompt"}
    return _json(200, {**orjson.loads(server.receipt()), "error": error, "code": "bad", "message": "It is bad."})


def out_of_time(server: "Adversary", sent: SentRequest) -> Reply:
    return _json(408, {"error": {"code": "timeout", "message": "It took too long."}})


def redirects(server: "Adversary", sent: SentRequest) -> Reply:
    return Reply(307, b"", (("location", "https://elsewhere.example/"),))


def no_id(server: "Adversary", sent: SentRequest) -> Reply:
    return _json(202, {"status": "fine"})


def refuses(server: "Adversary", sent: SentRequest) -> Reply:
    return _json(400, {"error": {"code": "bad", "message": "No.", "param": "x"}})


def honest(server: "Adversary", sent: SentRequest) -> Reply:
    answer = server.home(sent)
    return Reply(answer.status, answer.body, answer.headers, answer.error)


def never_there(server: "Adversary", sent: SentRequest) -> Reply:
    return Reply(0, error="no connection: [Errno 111] Connection refused")


ALONE: dict[str, Behaviour] = {
    "keeps its contract": honest,
    "accepts everything": accepts,
    "makes tasks, drops every answer": drops,
    "cuts every answer": cuts,
    "cuts its 429s": cuts_refusals,
    "answers garbage": garbage,
    "answers 500 to all": fails,
    "answers 503 to all": unavailable,
    "gives the same id for ever": same_id,
    "lies about the cost": lies,
    "says 429 for ever": slow_down,
    "says 429 and makes a task": slow_down_with_task,
    "says 400 and makes a task": refuses_with_task,
    "shows an error and a task": error_beside_task,
    "says 408 for ever": out_of_time,
    "redirects elsewhere": redirects,
    "accepts without an id": no_id,
    "refuses everything": refuses,
    "lets nobody connect": never_there,
}


def mixture(server: "Adversary", sent: SentRequest) -> Reply:
    return server.random.choice(list(ALONE.values()))(server, sent)


BEHAVIOURS = {**ALONE, "does any of these at random": mixture}


class Adversary(BaseTarget):
    """A server that answers creates by a behaviour, and everything else as its provider's mock does. Virtual time.

    `charges` are the prices of all requests that it did not clearly refuse, by a price list of its own.
    """

    kind = "url"

    def __init__(
        self, contract: Contract, behaviour: Behaviour, price: Callable[[Any], Decimal], seed: int = 0
    ) -> None:
        self._mock = EmbeddedTarget(contract)
        self.contract, self.behaviour, self._price = contract, behaviour, price
        self.base_url = contract.base_url
        self.keys = dict(KEYS)
        self.random = Random(seed)
        self.first = b""
        self.received: list[SentRequest] = []
        self.charges: list[Decimal] = []
        self._creates = {each.path for each in contract.roles[Role.CREATE]}

    def home(self, sent: SentRequest) -> Exchange:
        """What the mock answers to the same request."""
        mine = {self.keys[role]: key for role, key in self._mock.keys.items() if role in self.keys}
        headers = []
        for name, value in sent.headers:
            for theirs, key in mine.items():
                value = value.replace(theirs, key)
            headers.append((name, value))
        return self._mock.send(replace(sent, headers=tuple(headers)))

    def receipt(self) -> bytes:
        """Makes a real task of the first model and gives its receipt."""
        from screentest_suites.tasks.session import Session

        model = next(iter(self.contract.models.values()))
        session = Session(self.contract, self._mock)
        return session.target.send(session.request(model.operations[0], body=model.base)).body

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        self.received.append(sent)
        path = sent.url.removeprefix(self.base_url).partition("?")[0]
        if sent.method != "POST" or path not in self._creates:
            answer = self.home(sent)
            return Exchange(sent, answer.status, answer.headers, answer.body, self.now(), self.now(), answer.error)
        reply = self.behaviour(self, sent)
        self._charge(sent, reply)
        body = reply.body[:limit]
        return Exchange(sent, reply.status, reply.headers, body, self.now(), self.now(), reply.error, len(body))

    def _charge(self, sent: SentRequest, reply: Reply) -> None:
        """A request with a real account's key and an object for a body costs money, unless it is clearly refused."""
        if not any(key in str(sent.headers) + sent.url for key in self.keys.values()):
            return
        try:
            body = orjson.loads(sent.body or b"")
        except orjson.JSONDecodeError:
            return
        named = self.contract.id.at.find(orjson.loads(reply.body)) if _is_json(reply.body) else False
        clear = 400 <= reply.status < 500 and reply.status != 408 and not reply.error and not named
        unsent = reply.error.startswith("no connection")
        if isinstance(body, dict) and not clear and not unsent:
            self.charges.append(self._price(body))

    def now(self) -> float:
        return self._mock.now()

    def sleep(self, seconds: float) -> None:
        self._mock.sleep(seconds)

    def close(self) -> None:
        """Nothing to end."""


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def seconds(value: Any, default: int, most: int) -> Decimal:
    """How long a video gets, by anyone's reading: what no schema allows could be the longest, or as long as said."""
    if value is None:
        return Decimal(default)
    if type(value) is int and 0 < value <= most:
        return Decimal(value)
    numbers = [int(each) for each in re.findall(r"-?\d+", str(value))]
    return Decimal(max([most, *(numbers[:1] if isinstance(value, int | float | str) and value is not True else [])]))


def small_price(body: Any) -> Decimal:
    """The small document's: half a unit for a second, 2 to 9 of them, 4 when nothing is said."""
    return Decimal("0.5") * seconds(body.get("duration"), 4, 9)


def tiered_price(body: Any) -> Decimal:
    """nexusflow's facts: 0.9 a second, 1.6 for 1080P; 3 to 15 seconds, 5 when nothing is said; edits have up to 15."""
    named = str(body.get("model"))
    edits = "edit" in named or not re.fullmatch(r"happyhorse-1\.[01]-[tir]2v", named)
    rate = Decimal("0.9") if body.get("resolution") in (None, "720P") else Decimal("1.6")
    return rate * (seconds(None if edits else body.get("duration"), 15 if edits else 5, 15))


def priced_small(text: str) -> str:
    """The small document with a price."""
    return text + '  prices: [{models: ["*"], per: second, amount: 0.5, currency: USD}]\n'


def judged(
    contract: Contract, behaviour: Behaviour, price: Callable[[Any], Decimal], cap: str, seed: int = 0
) -> tuple[Adversary, Judge, list[Verdict]]:
    """A whole run within a cap against an adversary."""
    server = Adversary(contract, behaviour, price, seed)
    options = Options(examples=4, workers=1, task_timeout=1000, poll_interval=50, seed=seed)
    judge = make_judge(contract, server, options, Budget.read(cap, live=False))
    return server, judge, list(judge.verdicts())


def table(contract: Contract, price: Callable[[Any], Decimal], caps: Iterable[str]) -> list[tuple[str, ...]]:
    """Rows of adversary, cap, possible charge, what the ledger says, creates sent, creates declined."""
    rows = []
    for name, behaviour in BEHAVIOURS.items():
        for cap in caps:
            server, judge, _ = judged(contract, behaviour, price, cap)
            ledger = judge.session.client.ledger
            known = ledger.amount(ledger.spent + ledger.unknown)
            sent = sum(each.method == "POST" for each in server.received)
            rows.append((name, cap, str(sum(server.charges, Decimal(0))), known, str(sent), str(ledger.declined)))
    return rows


def show(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Prints a table."""
    widths = [max(len(row[index]) for row in (heads, *rows)) for index in range(len(heads))]
    for row in (heads, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


HEADS = ("adversary", "cap", "possible charge", "ledger: spent or unknown", "creates sent", "not sent")

if __name__ == "__main__":
    show(HEADS, table(load_contract("nexusflow"), tiered_price, ("0", "5", "30")))
