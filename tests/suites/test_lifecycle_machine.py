"""Whole lives on the embedded mock, step by step as Hypothesis likes, against a little model of the contract.

The model is plain arithmetic on the document's facts and knows nothing of plans, stores or checks: a task is when it
was made and when it must end. What it reads from an answer it finds by walking the documented body beside the real one.
"""

import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

import av
import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from screentest_contracts import Contract, Role, StatusClass, built_in, load_contract
from screentest_contracts.contract import Body, Model, Operation, Presence
from screentest_mockserver.deviations import deviation
from screentest_suites.exchange import Exchange, Sent
from screentest_suites.session import Session
from screentest_suites.target import EmbeddedTarget

PACES = {"success": 1.0, "failure": 1.0, "cancelled": 1.0, "expired": 1.0, "slow:3": 3.0, "immediate": 0.0}
PACES |= {"never-ending": math.inf, "rate-limited:2": 1.0, "server-errors:1": 1.0, "slow-answers:2": 1.0}
PACES |= {"late-bytes:1": 1.0, "truncated-bytes": 1.0, "lost-answer": 1.0}
ENDS = {"failure": StatusClass.FAILED, "cancelled": StatusClass.CANCELLED, "expired": StatusClass.EXPIRED}
ORDER = {StatusClass.QUEUED: 0, StatusClass.RUNNING: 1}  # every end comes after both
NOTHING = object()


# -- reading answers, without the code under test ---------------------------------------------------------------------


def at(body: Any, pointer: str) -> Any:
    """What stands at a JSON pointer, or NOTHING."""
    for part in pointer.split("/")[1:]:
        try:
            body = orjson.loads(body) if part == "~json" else body[int(part) if isinstance(body, list) else part]
        except (KeyError, IndexError, TypeError, ValueError):
            return NOTHING
    return body


def first(body: Any, pointers: tuple[str, ...]) -> Any:
    return next((value for pointer in pointers if (value := at(body, pointer)) is not NOTHING), NOTHING)


def holes(tree: Any, body: Any) -> Iterator[tuple[str, str, Any]]:
    """(name, form, value) of every `{{name|form}}` that is a whole member of a documented body, where answered."""
    if isinstance(tree, dict) and set(tree) == {"~json"}:
        yield from holes(tree["~json"], orjson.loads(body))
    elif isinstance(tree, dict) and isinstance(body, dict):
        for name, inner in tree.items():
            if name in body:
                yield from holes(inner, body[name])
    elif isinstance(tree, list) and isinstance(body, list):
        for inner, item in zip(tree, body, strict=False):
            yield from holes(inner, item)
    elif isinstance(tree, str) and (found := re.fullmatch(r"\{\{(\w+)(?:\|([^|}]*))?(?:\|[^}]*)?\}\}", tree)):
        yield found[1], found[2] or "", body


def seconds_of(value: Any, form: str) -> float:
    """Epoch seconds of a written time."""
    if form.startswith("epoch"):
        return int(value) / {"s": 1, "ms": 1e3, "ns": 1e9}[form.split("-")[1]]
    zone = form[-6:] if re.search(r"[+-]\d\d:\d\d$", form) else "+00:00"
    if form == "compact":
        return datetime.strptime(value + "+0000", "%Y%m%d%H%M%S%z").timestamp()
    return datetime.fromisoformat(value + (zone if form.startswith("naive") else "")).timestamp()


def percent_of(value: Any, form: str) -> float:
    return float(value) * 100 if form == "fraction" else float(str(value).rstrip("%"))


@cache
def length_of(video: bytes) -> float:
    """Seconds of a video, every picture decoded."""
    with av.open(io.BytesIO(video)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 0
        assert container.duration is not None
        return container.duration / 1_000_000


def cut(header: str | None, size: int) -> tuple[int, int] | str | None:
    """RFC 9110, 14.1.2 in our own words: (first, last), None for the whole file, "no" for 416."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if not found or found[0] == "bytes=-":
        return None
    start, end = found[1], found[2]
    if not start:
        return "no" if int(end) == 0 else (max(0, size - int(end)), size - 1)
    if end and int(end) < int(start):
        return None
    return "no" if int(start) >= size else (int(start), min(int(end), size - 1) if end else size - 1)


# -- the model --------------------------------------------------------------------------------------------------------


@dataclass
class Life:
    """What the document says of one task. Times are epoch seconds."""

    id: str
    model: Model
    body: Any
    scenario: str
    made: float
    end: float
    final: str
    words: list[tuple[float, str]]
    """Stages: from when, and the status' word."""
    address: str = ""
    answers: int = 200
    refusals: int = 0
    not_ready: int = 0
    highest: float = 0.0
    rank: int = 0
    link: str = ""
    constant: dict[str, Any] = field(default_factory=dict)

    def possible(self, now: float) -> set[str]:
        """The words that may be seen now: one, and two where a stage begins within rounding."""
        if now >= self.end:
            return {self.final}
        begun = [word for start, word in self.words if start <= now + 1e-6]
        surely = [word for start, word in self.words if start <= now - 1e-6]
        return {begun[-1], (surely or begun)[-1]}


class Lifecycle(RuleBasedStateMachine):
    """Creates, waits, polls, downloads and cancels; every answer must be what the model says."""

    contract: ClassVar[Contract]
    deviates: ClassVar[str | None] = None
    reached: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.target = EmbeddedTarget(self.contract)
        if self.deviates is not None:
            self.target.mock.deviation = deviation(self.deviates, self.contract)
        self.requests = Session(self.contract, self.target)  # builds requests; judges nothing
        self.lives: list[Life] = []
        self.known: list[Life] = []
        self.videos: dict[str, bytes] = {}

    # -- helpers

    def note(self, what: str) -> None:
        self.reached[what] += 1

    def ask(self, operation: Operation, **options: Any) -> Exchange:
        return self.target.send(self.requests.request(operation, **options))

    def refused(self, role: Role, condition: str, exchange: Exchange) -> None:
        row = self.contract.error(role, condition)
        assert row is not None, f"{condition} on {role} is not documented"
        made = next(reading for reading in row.readings if reading.selected)
        self.note(condition)
        assert exchange.status == made.status, f"{condition}: {exchange.status} instead of {made.status}"
        if made.status == 200:
            assert first(exchange.json, ("/error",)) not in (NOTHING, None)

    def answers(self, role: Role, exchange: Exchange) -> Any:
        assert not exchange.error
        reading = next(each for each in self.contract.success[role].readings if each.selected)
        assert exchange.status == reading.statuses[0]
        for pointers in reading.absent:
            assert first(exchange.json, pointers.pointers) in (NOTHING, None, "", {})
        return exchange.json

    def kept_until(self, life: Life) -> float:
        retention = self.contract.retention
        if retention is None:
            return math.inf
        return (life.end if retention.since == "finished" else life.made) + retention.task

    # -- rules

    @rule(data=st.data(), scenario=st.sampled_from(sorted(PACES)), answers=st.sampled_from([0, 200, 500]))
    def make(self, data: st.DataObject, scenario: str, answers: int) -> None:
        self.create(data, scenario, answers)

    def create(self, data: st.DataObject, scenario: str, answers: int) -> None:
        model = self.contract.models[data.draw(st.sampled_from(sorted(self.contract.models)))]
        profile = self.contract.profiles[model.profile]
        if scenario in ENDS and ENDS[scenario] not in profile.outcomes:
            scenario = "failure"
        body = orjson.loads(orjson.dumps(model.base))
        wishes = [
            (model.request.duration, st.integers(1, 15) | st.integers(1, 15).map(str)),
            (model.request.ratio, st.sampled_from(["16:9", "9:16", "1:1", "4:3"])),
            (model.request.resolution, st.sampled_from(["480p", "720p", "720P", "1080p", "1080P"])),
        ]
        for location, values in wishes:
            if location is not None:
                body = self.wish(model, body, location.pointers[0], data.draw(values))
        address = ""
        if model.request.callback_url is not None and answers:
            address = self.target.callbacks.address(answers)
            body = self.wish(model, body, model.request.callback_url.pointers[0], address)
        self.target.mock.schedule(scenario)
        made = self.target.now()
        exchange = self.ask(model.operations[0], body=body)
        whole = sum(stage.share for stage in profile.stages)
        pace = PACES[scenario]
        length = profile.typical * (1.0 if math.isinf(pace) else pace)
        starts = [length * sum(each.share for each in profile.stages[:n]) / whole for n in range(len(profile.stages))]
        ending = profile.outcomes[ENDS.get(scenario, StatusClass.SUCCEEDED)]
        life = Life(
            "",
            model,
            body,
            scenario,
            made,
            math.inf if math.isinf(pace) else made + length,
            next(each.status for each in ending if each.selected),
            [(made + start, stage.status) for start, stage in zip(starts, profile.stages, strict=True)],
            address,
            answers,
            int(scenario.partition(":")[2]) if scenario.startswith(("rate", "server")) else 0,
            int(scenario.partition(":")[2]) if scenario.startswith("late") else 0,
        )
        self.lives.append(life)
        if scenario == "lost-answer":
            assert exchange.error
            return
        receipt = self.answers(Role.CREATE, exchange)
        copies = [value for pointer in self.contract.id.at.pointers if (value := at(receipt, pointer)) is not NOTHING]
        assert copies
        assert len(set(copies)) == 1
        life.id = copies[0]
        assert any(form.pattern.search(life.id) for form in self.contract.id.forms)
        assert life.id not in {each.id for each in self.known}, "two tasks with one id"
        lifecycle = self.contract.lifecycle
        if lifecycle.receipt_at is not None and lifecycle.initial:
            assert first(receipt, lifecycle.receipt_at.pointers) in lifecycle.initial
        self.values(life, receipt, profile.receipt, -math.inf)  # it shows the very beginning, also of what ends at once
        self.present(life, receipt, "receipt", None)
        self.known.append(life)

    @staticmethod
    def wish(model: Model, body: Any, pointer: str, value: Any) -> Any:
        """The body with a wish, where the request's schema has room for it."""
        changed = orjson.loads(orjson.dumps(body))
        inner, *path = changed, *pointer.split("/")[1:]
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = value
        return changed if model.validator.is_valid(changed) else body

    @rule(data=st.data(), key=st.sampled_from([None, "=sk-nobody", "poor"]))
    def create_in_vain(self, data: st.DataObject, key: str | None) -> None:
        model = data.draw(st.sampled_from(list(self.contract.models.values())))
        condition = {None: "missing-key", "poor": "insufficient-balance"}.get(key, "wrong-key")
        if self.contract.error(Role.CREATE, condition) is not None:
            self.refused(Role.CREATE, condition, self.ask(model.operations[0], body=model.base, key=key))

    @rule(share=st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.3, 1.0]))
    def wait(self, share: float) -> None:
        self.target.sleep(round(share * next(iter(self.contract.profiles.values())).typical))

    @precondition(lambda self: self.known)
    @rule(data=st.data(), which=st.sampled_from(["end", "end", "end", "link", "task"]), offset=st.integers(-1, 1))
    def wait_for_an_edge(self, data: st.DataObject, which: str, offset: int) -> None:
        """To the very second at which something ends, or one beside it."""
        life = data.draw(st.sampled_from(self.known))
        edges = {"end": life.end, "link": life.end + (self.contract.link.life or 0), "task": self.kept_until(life)}
        if self.target.now() <= edges[which] + offset < math.inf:
            self.target.sleep(edges[which] + offset - self.target.now())
            self.see(life, data)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def poll(self, data: st.DataObject) -> None:
        self.see(data.draw(st.sampled_from(self.known)), data)

    def see(self, life: Life, data: st.DataObject) -> None:
        self.look(life, data.draw(st.sampled_from(self.contract.roles[Role.QUERY])))
        self.download(life, data)

    def look(self, life: Life, operation: Operation) -> Any:
        now = self.target.now()
        exchange = self.ask(operation, task=life.id)
        if now > self.kept_until(life):
            self.refused(Role.QUERY, "expired-task", exchange)
            return None
        if life.refusals:
            life.refusals -= 1
            condition = "rate-limited" if life.scenario.startswith("rate") else "server-error"
            row = self.contract.error(Role.QUERY, condition)
            if row is None:
                assert exchange.status >= 400
            else:
                self.refused(Role.QUERY, condition, exchange)
            return None
        body = self.answers(Role.QUERY, exchange)
        profile = self.contract.profiles[life.model.profile]
        if operation.id in profile.views:
            return None
        word = first(body, self.contract.lifecycle.status_at.pointers)
        assert word in life.possible(now), f"{word} {now - life.made} s after creation"
        rank = ORDER.get(self.contract.lifecycle.statuses[word].status_class, 2)
        assert rank >= life.rank, f"{word} after a later status"
        life.rank = rank
        self.values(life, body, profile.bodies[word], now)
        self.present(life, body, word, operation)
        return body

    def values(self, life: Life, body: Any, readings: tuple[Body, ...], now: float) -> None:
        """Times, progress, ids and what the request asked for, as the documented body places them."""
        tree = next(each.template.tree for each in readings if each.selected)
        ended = now >= life.end and now > -math.inf
        true = {"created": life.made, "submitted": life.made, "finished": life.end if ended else None, "now": now}
        if self.contract.link.life is not None and ended:
            true["link_expires"] = life.end + self.contract.link.life
        if self.contract.retention is not None and not math.isinf(self.kept_until(life)):
            true["task_expires"] = self.kept_until(life)
        for name, form, value in holes(tree, body):
            if name == "id":
                assert value == life.id
            elif name == "model":
                assert value == life.model.name
            elif name == "progress" and value is not None:
                progress = percent_of(value, form)
                assert life.highest <= progress <= 100, f"progress {value} after {life.highest}"
                assert ended or progress < 100
                assert progress == 100 or not (ended and self.succeeds(life))
                life.highest = progress
            elif name in true and true[name] is not None:
                exact = not form.endswith("-s") and form not in {"iso", "naive", "compact", "epoch-s-string"}
                assert abs(seconds_of(value, form) - true[name]) <= (0.0011 if exact else 1.0), (name, value)
            elif name in ("finished", "started") and name in true:
                assert not value, f"{name} is {value} before the end"
            if name in ("created", "submitted", "id", "model", "duration", "value"):
                assert life.constant.setdefault(f"{name} {form} {tree_key(tree, name)}", value) == value

    def success(self, life: Life) -> str:
        outcomes = self.contract.profiles[life.model.profile].outcomes[StatusClass.SUCCEEDED]
        return next(each.status for each in outcomes if each.selected)

    def present(self, life: Life, body: Any, word: str, operation: Operation | None) -> None:
        """Members that a status must or must not have."""
        for row in self.contract.presence:
            if self.speaks_of(row, life, word, operation):
                value = at(body, row.pointer)
                there = value is not NOTHING and value not in (None, "", [], {})
                assert row.present or not there, f"{row.pointer} at {word}"
                assert not row.present or value is not NOTHING, f"no {row.pointer} at {word}"

    def speaks_of(self, row: Presence, life: Life, word: str, operation: Operation | None) -> bool:
        words = {word} if operation is None else {word, "all", self.contract.lifecycle.statuses[word].status_class}
        elsewhere = row.operation is not None and (operation is None or row.operation != operation.id)
        return bool(words & set(row.on)) and row.profile in (None, life.model.profile) and not elsewhere

    @precondition(lambda self: self.known)
    @rule(data=st.data(), key=st.sampled_from([None, "=sk-nobody", "second"]))
    def poll_as_someone_else(self, data: st.DataObject, key: str | None) -> None:
        life = data.draw(st.sampled_from(self.known))
        condition = {None: "missing-key", "second": "foreign-task"}.get(key, "wrong-key")
        for operation in self.contract.roles[Role.QUERY]:
            self.refused(Role.QUERY, condition, self.ask(operation, task=life.id, key=key))

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def poll_a_stranger(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(self.known)).id
        stranger = identity[:-1] + ("0" if identity[-1] != "0" else "1")
        if stranger not in {each.id for each in self.known}:
            exchange = self.ask(self.contract.roles[Role.QUERY][0], task=stranger)
            self.refused(Role.QUERY, "unknown-task", exchange)

    # -- bytes

    @precondition(lambda self: self.done())
    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        self.download(data.draw(st.sampled_from(self.done())), data)

    def done(self) -> list[Life]:
        """Tasks that have succeeded and are still kept."""
        now = self.target.now()
        return [each for each in self.known if each.end <= now <= self.kept_until(each) and self.succeeds(each)]

    def succeeds(self, life: Life) -> bool:
        return life.final == self.success(life)

    def address_of(self, life: Life) -> tuple[str, bool]:
        """Where the bytes are, and whether that is an operation of the vendor's."""
        contents = self.contract.roles.get(Role.CONTENT)
        if contents:
            return self.requests.request(contents[0], task=life.id).url, True
        return life.link, False

    def download(self, life: Life, data: st.DataObject) -> None:
        now = self.target.now()
        if now <= self.kept_until(life) and not life.refusals:
            shown = (self.contract.roles.get(Role.RESULT) or self.contract.roles[Role.QUERY])[0]
            link = first(self.ask(shown, task=life.id).json, self.contract.link.at.pointers)
            done = now >= life.end and self.succeeds(life)
            assert (isinstance(link, str) and "/" in link and not link.startswith("task failed")) == done
            life.link = link if done else ""
        address, is_operation = self.address_of(life)
        if not address:
            return
        size = len(self.videos.get(life.id, b"x" * 2000))
        number = st.integers(0, size + 2) | st.integers(size - 1, size + 1)
        text = data.draw(
            st.none()
            | st.builds("bytes={}-{}".format, number, number)
            | st.builds("bytes={}-".format, number)
            | st.builds("bytes=-{}".format, number)
            | st.sampled_from(["bytes=0-0,5-6", "lines=1-2", "bytes=-", "bytes=x-1"])
        )
        headers = [] if text is None else [("range", text)]
        if self.contract.link.auth == "required":
            for key in (None, "second"):
                exchange = self.fetch(address, key, [])
                condition = "missing-key" if key is None else "foreign-task"
                self.refused(Role.CONTENT, condition, exchange)
            whole, answer = self.fetch(address, "good", []), None
        else:
            whole, answer = self.fetch(address, None, []), None
        self.judge_bytes(life, whole, None, is_operation=is_operation)
        if life.id in self.videos:  # seen whole: now a part of it
            answer = self.fetch(address, "good" if self.contract.link.auth == "required" else None, headers)
            self.judge_bytes(life, answer, text, is_operation=is_operation)

    def fetch(self, address: str, key: str | None, headers: list[tuple[str, str]]) -> Exchange:
        secret = [] if key is None else [(self.contract.key_header, self.contract.key_prefix + self.target.keys[key])]
        fixed = [("x-async", "enable")] if self.contract.name == "acme" else []
        return self.target.send(Sent("GET", address, (*secret, *fixed, *headers)))

    def judge_bytes(self, life: Life, got: Exchange, asked: str | None, *, is_operation: bool) -> None:
        now = got.sent_at  # slow answers before it took their time

        def refused(condition: str, otherwise: int) -> None:
            if is_operation and self.contract.error(Role.CONTENT, condition) is not None:
                self.refused(Role.CONTENT, condition, got)
            else:
                assert got.status == otherwise, f"{condition}: {got.status}"
                self.note(condition)

        if is_operation and now > self.kept_until(life):
            return refused("expired-task", 404)
        if now < life.end:
            return refused("not-ready", 404)
        if not self.succeeds(life):
            return refused("failed-task", 404)
        if now - life.end > (self.contract.link.life or math.inf):
            return refused("link-expired", 403)
        if life.not_ready:
            life.not_ready -= 1
            return refused("not-ready", 404)
        if life.scenario == "truncated-bytes":
            assert got.error or got.status == 416 or got.size <= 1
            return None
        if asked is None:
            assert got.status == 200
            assert got.media_type == self.contract.link.media_type
            assert self.videos.setdefault(life.id, got.body) == got.body
            self.note("video")
            wanted = self.asked_duration(life)
            assert wanted is None or abs(length_of(got.body) - wanted) < 0.1
            return None
        video = self.videos[life.id]
        span = cut(asked, len(video))
        if span == "no":
            assert got.header("content-range") == f"bytes */{len(video)}"
            return refused("bad-range", 416)
        if span is None:
            assert (got.status, got.body) == (200, video)
        else:
            assert isinstance(span, tuple)
            start, last = span
            self.note("range")
            assert (got.status, got.body) == (206, video[start : last + 1])
            assert got.header("content-range") == f"bytes {start}-{last}/{len(video)}"
        return None

    def asked_duration(self, life: Life) -> float | None:
        if "duration" not in life.model.echoes:
            return None
        location = life.model.request.duration
        value = NOTHING if location is None else first(life.body, location.pointers)
        value = life.model.defaults.get("duration") if value is NOTHING else value
        return None if value is None else float(str(value).rstrip("s"))

    # -- cancel, list, callbacks

    @precondition(lambda self: self.known and self.contract.cancel is not None)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        life = data.draw(st.sampled_from(self.known))
        now = self.target.now()
        exchange = self.ask(self.contract.roles[Role.CANCEL][0], task=life.id)
        if now > self.kept_until(life):
            return self.refused(Role.CANCEL, "expired-task", exchange)
        if now >= life.end:
            return self.refused(Role.CANCEL, "not-cancellable", exchange)
        self.answers(Role.CANCEL, exchange)
        self.note("cancelled")
        life.end = now
        outcomes = self.contract.profiles[life.model.profile].outcomes[StatusClass.CANCELLED]
        life.final = next(each.status for each in outcomes if each.selected)
        return None

    @precondition(lambda self: self.contract.listing is not None)
    @rule()
    def list_all(self) -> None:
        rule = self.contract.listing
        assert rule is not None
        body = self.answers(Role.LIST, self.ask(self.contract.roles[Role.LIST][0]))
        shown = [first(item, rule.id_at.pointers) for item in first(body, rule.items.pointers)]
        kept = [life for life in reversed(self.lives) if self.target.now() <= self.kept_until(life)][: rule.default]
        assert len(shown) == len(kept)
        assert all(life.id in ("", name) for life, name in zip(kept, shown, strict=True))  # "": its answer was lost

    @precondition(lambda self: any(life.address for life in self.lives))
    @invariant()
    def callbacks_come_as_documented(self) -> None:
        """At the end, then after each documented wait while they are not acknowledged; never otherwise."""
        self.target.sleep(0)
        rule, now = self.contract.callback, self.target.now()
        assert rule is not None
        for life in self.lives:
            if life.address:
                waits = [0.0, *(rule.retries if life.answers >= 300 else ())]
                due = [life.end + sum(waits[: number + 1]) for number in range(len(waits))]
                came = self.target.callbacks.received(life.address)
                assert [each.at for each in came] == pytest.approx([moment for moment in due if moment <= now])
                for each in came:
                    self.note("callback")
                    assert each.method == rule.method
                    body = orjson.loads(each.body)
                    assert first(body, self.contract.lifecycle.status_at.pointers) == life.final
                    assert life.id in ("", first(body, self.contract.id.at.pointers))

    @initialize(data=st.data(), scenario=st.sampled_from(["success", "failure", "late-bytes:1"]))
    def begin(self, data: st.DataObject, scenario: str) -> None:
        self.create(data, scenario, 200)


def tree_key(tree: Any, name: str) -> str:
    """Holes of one name that may be written differently in another body stay apart."""
    return str(re.findall(r"\{\{" + name + r"[^}]*\}\}", str(tree)))


def run(contract: Contract, deviates: str | None = None, *, steps: int = 30) -> Counter[str]:
    """Runs the machine and gives what it came across, and how often."""
    reached: Counter[str] = Counter()
    facts = {"contract": contract, "deviates": deviates, "reached": reached}
    phases = [Phase.generate] if deviates else [Phase.generate, Phase.shrink]
    chosen = settings(
        max_examples=settings.default.max_examples * 4 // 5,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(type(f"{contract.name}_lifecycle", (Lifecycle,), facts), settings=chosen)
    return reached


EVERYWHERE = {"missing-key", "wrong-key", "foreign-task", "unknown-task", "video", "range"}


@pytest.mark.parametrize("provider", built_in())
def test_every_life_is_as_the_model_says(provider: str) -> None:
    contract = load_contract(provider)
    reached = run(contract)
    expected = EVERYWHERE | ({"callback"} if contract.callback else set())
    assert not expected - set(reached), "the machine no longer comes across what it is for"


def test_also_with_cancel_and_result_by_a_document_of_tomorrow(small: Contract) -> None:
    reached = run(small)
    assert not {"cancelled", "not-cancellable", "callback", "expired-task", "range"} - set(reached)


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("evolink", "goes-backwards"),
        ("evolink", "same-id-twice"),
        ("evolink", "callback-not-retried"),
        ("evolink", "short-retention"),
        ("nexusflow", "foreign-task-shown"),
        ("tokenbay", "range-other-bytes"),
        ("tokenhot", "ended-task-runs-again"),
    ],
)
def test_the_model_sees_what_breaks_it(provider: str, name: str) -> None:
    with pytest.raises(AssertionError):
        run(load_contract(provider), name)
