"""What lives for a limited time, and who asked about it when that may have been over: our own delay, no vendor's fault.

A vendor's clock starts at some moment between our request and its answer. So a life is certain until its length has
passed since that request was sent; an answer that came later may have been given after its end. The other way round
nothing is forgiven: what ends earlier than that ends too early.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import is_
from urllib.parse import unquote

import orjson

from screentest_contracts.contract import Contract, Idempotency, Role
from screentest_contracts.location import is_empty
from screentest_contracts.reading import id_text, link_of, task_id
from screentest_contracts.requirements import AssetName, ErrorCase, OneRole, Requirement
from screentest_contracts.tokens import valid_for
from screentest_suites.core.addresses import split_address
from screentest_suites.core.credential import AccountKey
from screentest_suites.core.exchange import Exchange, Poll, SentRequest, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Result, Skip, skipped
from screentest_suites.requests.bodies import reference_of

Seen = Sequence[tuple[Role, Exchange]]
"""Requests by role, with their answers."""

Late = Callable[[Sequence[Exchange]], str]
"""Which life may have been over when exchanges ended, and for how long; "" where none was."""


@dataclass(frozen=True)
class Life:
    """Something that is certain until `end`, in epoch seconds of the target's clock; `what` names it with its length.
    `used` tells whether a request needs it to be there."""

    what: str
    end: float
    used: Callable[[Exchange], bool]


@dataclass(frozen=True)
class Deadlines:
    """The lives that a contract documents, on a target that is `speed` times as fast as its document."""

    contract: Contract
    speed: float = 1.0

    def late(self, seen: Seen, exchanges: Sequence[Exchange]) -> str:
        """Which life may have been over when one of these exchanges ended, and for how long; "" where none was. `seen`
        is all that was asked before."""
        for life in self._lives(seen, exchanges):
            for each in exchanges:
                if each.received_at > life.end and life.used(each):
                    return f"{life.what} may have been over for {each.received_at - life.end:.1f} s"
        return ""

    def in_time(self, trace: Trace) -> tuple[Trace, str]:
        """A trace without the polls that were answered when its task may have been gone, and why some were left out."""
        life = self._task(trace.created, trace.task_id, [poll.exchange for poll in trace.polls])
        if life is None:
            return trace, ""
        polls = [poll for poll in trace.polls if poll.exchange.received_at <= life.end]
        if len(polls) == len(trace.polls):
            return trace, ""
        over = max(poll.exchange.received_at for poll in trace.polls) - life.end
        ended = any(self._ends(poll) for poll in polls)
        kept = replace(trace, polls=polls, ended=ended, gave_up="")
        return kept, f"{life.what} may have been over for {over:.1f} s"

    def _ends(self, poll: Poll) -> bool:
        status = status_in(self.contract, poll.exchange)
        return status is not None and status.status_class.terminal

    def _lives(self, seen: Seen, exchanges: Sequence[Exchange]) -> Iterator[Life]:
        """The lives of all that these exchanges speak of."""
        keys: set[str] = set()
        circle = self._circle(seen, exchanges)
        for role, made in seen:
            if role is Role.CREATE:
                yield from self._created(seen, made, exchanges, circle)
                key = key_of(self.contract.idempotency, made.sent) if self.contract.idempotency else ""
                if key and key not in keys:  # it lives from its first use on
                    keys.add(key)
                    yield from self._key(made, key)
            elif role is Role.UPLOAD:
                yield from self._file(made)
        seconds = None if self.contract.token is None else valid_for(self.contract.token)
        for each in exchanges:
            if seconds is not None and isinstance(each.sent.credential, AccountKey):
                what = f"the {seconds:g} s of the request's token"  # by the caller's clock, whatever the pace of tasks
                yield Life(what, each.sent_at + seconds, partial(is_, each))

    def _circle(self, seen: Seen, exchanges: Sequence[Exchange]) -> list[Exchange]:
        """These exchanges, and the answers that showed the addresses and the further ids with which they ask."""
        answers = [each for role, each in seen if role in (Role.QUERY, Role.RESULT)]
        circle = list(exchanges)
        for _ in range(2):  # an address may be shown to who asks by an id that was shown before
            circle += [
                each
                for each in answers
                if any(
                    _asks_by(other, self._place(each), self._shown_ids(each)) for other in circle if other is not each
                )
                and not any(each is other for other in circle)
            ]
        return circle

    def _place(self, answer: Exchange) -> str:
        """The address of the result that an answer shows, without what may be renewed."""
        return (link_of(self.contract, answer.json) or "").partition("?")[0]

    def _shown_ids(self, answer: Exchange) -> list[str]:
        """The further ids that an answer shows, by which some operations are asked."""
        shown = [each.shown_id for each in self.contract.operations.values() if each.shown_id is not None]
        return [text for each in shown if (text := id_text(each.at.find(answer.json)))]

    def _created(
        self, seen: Seen, made: Exchange, exchanges: Sequence[Exchange], circle: Sequence[Exchange]
    ) -> Iterator[Life]:
        identity = task_id(self.contract, made.json)
        if identity is None or not any(self._about(made, [identity], each, exchanges) for each in circle):
            return
        answers = [each for role, each in seen if role is Role.QUERY and names(each, identity)]
        ids = [identity, *(text for each in answers for text in self._shown_ids(each))]
        answers += [each for role, each in seen if role is Role.RESULT and _asks_by(each, "", ids)]
        life = self._task(made, identity, answers)
        if life is not None:
            yield replace(life, used=lambda each: self._about(made, ids, each, exchanges))
        seconds = surely_alive(self.contract)
        if seconds is not None:
            places = {place for each in answers if (place := self._place(each))}
            end = self._last_alive(made, answers) + seconds / self.speed
            what = f"the {seconds / self.speed:g} s of the result's address"
            yield Life(what, end, lambda each: self._downloads(each, ids, places))
        yield from self._assets(made, answers)

    def _assets(self, made: Exchange, answers: Sequence[Exchange]) -> Iterator[Life]:
        """The lives of the further files that answers about a task show."""
        for asset in self.contract.assets.values():
            if asset.life is not None:
                shown = {str(value) for each in answers for _, value in asset.at.all(each.json)}
                end = self._last_alive(made, answers) + asset.life / self.speed
                what = f"the {asset.life / self.speed:g} s of the {asset.name}"
                yield Life(what, end, partial(_asks_at, shown))

    def _about(self, made: Exchange, ids: Sequence[str], each: Exchange, exchanges: Sequence[Exchange]) -> bool:
        """Whether a request needs a task: it names it, or lists tasks among which it is to be, by what these exchanges
        or their requirement say."""
        if each is made:
            return False
        if any(operation.id == each.sent.operation for operation in self.contract.roles.get(Role.LIST, ())):
            return any(other is made for other in exchanges) or made.sent.purpose == each.sent.purpose
        return _asks_by(each, "", ids)

    def _downloads(self, each: Exchange, ids: Sequence[str], places: Iterable[str]) -> bool:
        if any(_asks_by(each, place, ()) for place in places):
            return True
        url = each.sent.url.partition("?")[0]
        return _asks_by(each, "", ids) and any(
            operation.id == each.sent.operation or operation.pattern.search(url)
            for operation in self.contract.roles.get(Role.CONTENT, ())
        )

    def _task(self, made: Exchange, identity: str, answers: Sequence[Exchange]) -> Life | None:
        rule = self.contract.retention
        if rule is None:
            return None
        began = made.sent_at if rule.since == "created" else self._last_alive(made, answers)
        seconds = rule.task / self.speed
        since = "creation" if rule.since == "created" else "end"
        what = f"the {seconds:g} s for which a task is kept after its {since}"
        return Life(what, began + seconds, lambda each: names(each, identity))

    def _last_alive(self, made: Exchange, answers: Iterable[Exchange]) -> float:
        """When a task had certainly not ended yet."""
        statuses = ((each.sent_at, status_in(self.contract, each)) for each in answers)
        alive = [at for at, status in statuses if status is not None and not status.status_class.terminal]
        return max([made.sent_at, *alive])

    def _key(self, made: Exchange, key: str) -> Iterator[Life]:
        rule = self.contract.idempotency
        if rule is not None and rule.life is not None:
            seconds = rule.life / self.speed
            what = f"the {seconds:g} s for which a key is remembered"
            yield Life(what, made.sent_at + seconds, lambda each: each is not made and names(each, key))

    def _file(self, made: Exchange) -> Iterator[Life]:
        rule = self.contract.upload
        reference = reference_of(rule, made.json) if rule is not None else None
        if rule is None or rule.life is None or is_empty(reference):
            return
        text, seconds = id_text(reference) or str(reference), rule.life / self.speed
        put = rule.bytes_at.find(made.json) if rule.bytes_at is not None else None

        def used(each: Exchange) -> bool:
            return names(each, text) or (isinstance(put, str) and each.sent.url.endswith(put))

        yield Life(f"the {seconds:g} s for which a file can be used", made.sent_at + seconds, used)


def _asks_by(exchange: Exchange, place: str, ids: Iterable[str]) -> bool:
    """Whether a request goes to this address, or names one of these ids."""
    goes = bool(place) and exchange.sent.url.partition("?")[0].endswith(place)
    return goes or any(names(exchange, each) for each in ids)


def names(exchange: Exchange, name: str) -> bool:
    """Whether a request names something, in its address, its headers or its body: not as part of a longer name."""
    sent = exchange.sent
    texts = [unquote(sent.url), *(value for _, value in sent.headers), (sent.body or b"").decode("latin-1")]
    spelled = {name, orjson.dumps(name).decode()[1:-1]}
    return any(
        word in text and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for word in spelled for text in texts
    )


def key_of(rule: Idempotency, sent: SentRequest) -> str:
    """The idempotency key of a create, "" for none."""
    if rule.at is None:
        name = str(rule.header).lower()
        return next((value for each, value in sent.headers if each.lower() == name), "")
    try:
        found = rule.at.find(orjson.loads(sent.body or b""))
    except orjson.JSONDecodeError:
        return ""
    return found if isinstance(found, str) else ""


def excused(finding: Finding, late: Late) -> Finding:
    """A finding without what was asked too late: of a broken requirement only what nobody's delay explains."""
    if finding.result is not Result.FAILED:
        return finding
    told = [(each, late(each.exchanges)) for each in finding.evidence]
    kept = tuple(each for each, why in told if not why)
    if len(kept) == len(told):
        return finding
    if kept:
        return replace(finding, reason=kept[0].seen, evidence=kept)
    return skipped(Skip.TOO_LATE, told[0][1])


_ON_LINK = {"result-range", "result-range-suffix", "result-range-bad", "result-auth", "result-links"}
_ON_ASSET = {"asset-fetch", "asset-media-type", "asset-auth"}
_ON_TASK = {"alias-query", "receipt-address", "list-items"}


def _asks_at(addresses: Container[str], each: Exchange) -> bool:
    """Whether a request is for one of these addresses, whole or as its path."""
    parts = split_address(each.sent.url)
    return each.sent.url in addresses or parts.path in addresses


FRESH = 60.0
"""Seconds for which an address works at the least where documents only say that it ends: no client could use it."""


def surely_alive(contract: Contract) -> float | None:
    """The seconds for which a result's address works by each reading; None where none says that it ends."""
    return None if contract.link.life is None else contract.link.shortest or FRESH


def urgent(contract: Contract, requirements: Iterable[Requirement]) -> list[Requirement]:
    """The requirements that ask once more about tasks which have ended: first those that rest on what ends first."""
    link = surely_alive(contract) or float("inf")
    task = contract.retention.task if contract.retention is not None else float("inf")

    def life(each: Requirement) -> float:
        condition = each.subject.row.condition if isinstance(each.subject, ErrorCase) else ""
        role = each.subject.role if isinstance(each.subject, OneRole) else None
        if each.kind in _ON_ASSET and isinstance(each.subject, AssetName):
            return min(contract.assets[each.subject.asset].life or float("inf"), task)
        if each.kind in _ON_LINK or condition == "bad-range" or role is Role.CONTENT:
            return min(link, task)
        return task if each.kind in _ON_TASK or role is Role.QUERY else float("inf")

    return sorted((each for each in requirements if life(each) < float("inf")), key=life)
