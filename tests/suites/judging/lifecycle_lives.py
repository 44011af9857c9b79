"""A little model of the contract: what tasks are made, and what may be seen of them when."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from screentest_contracts import Contract, Role, StatusClass
from screentest_contracts.contract import Body, Model, Operation, Presence
from screentest_mockserver.behaviours.deviations import deviation
from screentest_suites.core.credential import NO_KEY, SECOND, AccountKey, Credential, LiteralKey
from screentest_suites.core.exchange import Exchange
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session
from tests.suites.judging.lifecycle_answers import NOTHING, at, first, holes, percent_of, seconds_of, tree_key

PACES = {"success": 1.0, "failure": 1.0, "cancelled": 1.0, "expired": 1.0, "slow:3": 3.0, "immediate": 0.0}
PACES |= {"never-ending": math.inf, "rate-limited:2": 1.0, "server-errors:1": 1.0, "slow-answers:2": 1.0}
PACES |= {"late-bytes:1": 1.0, "truncated-bytes": 1.0, "lost-answer": 1.0}
ENDS = {"failure": StatusClass.FAILED, "cancelled": StatusClass.CANCELLED, "expired": StatusClass.EXPIRED}
ORDER = {StatusClass.QUEUED: 0, StatusClass.RUNNING: 1}  # every end comes after both


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


class Lives(RuleBasedStateMachine):
    """Creates, waits and polls; every answer must be what the model says."""

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

    @rule(data=st.data(), key=st.sampled_from([NO_KEY, LiteralKey("sk-nobody"), AccountKey("poor")]))
    def create_in_vain(self, data: st.DataObject, key: Credential) -> None:
        model = data.draw(st.sampled_from(list(self.contract.models.values())))
        condition = {NO_KEY: "missing-key", AccountKey("poor"): "insufficient-balance"}.get(key, "wrong-key")
        if self.contract.error(Role.CREATE, condition) is not None:
            self.refused(Role.CREATE, condition, self.ask(model.operations[0], body=model.base, credential=key))

    @rule(share=st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.3, 1.0]))
    def wait(self, share: float) -> None:
        self.target.sleep(round(share * next(iter(self.contract.profiles.values())).typical))

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

    def succeeds(self, life: Life) -> bool:
        return life.final == self.success(life)

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
    @rule(data=st.data(), key=st.sampled_from([NO_KEY, LiteralKey("sk-nobody"), SECOND]))
    def poll_as_someone_else(self, data: st.DataObject, key: Credential) -> None:
        life = data.draw(st.sampled_from(self.known))
        condition = {NO_KEY: "missing-key", SECOND: "foreign-task"}.get(key, "wrong-key")
        for operation in self.contract.roles[Role.QUERY]:
            self.refused(Role.QUERY, condition, self.ask(operation, task=life.id, credential=key))

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def poll_a_stranger(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(self.known)).id
        stranger = identity[:-1] + ("0" if identity[-1] != "0" else "1")
        if stranger not in {each.id for each in self.known}:
            exchange = self.ask(self.contract.roles[Role.QUERY][0], task=stranger)
            self.refused(Role.QUERY, "unknown-task", exchange)
