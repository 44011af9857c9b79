"""Whole lives on the embedded mock, step by step as Hypothesis likes, against a little model of the contract.

The model is plain arithmetic on the document's facts and knows nothing of plans, stores or checks: a task is when it
was made and when it must end. What it reads from an answer it finds by walking the documented body beside the real one.
"""

import math
from collections import Counter

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from screentest_contracts import Contract, Role, StatusClass, load_contract
from screentest_suites.core.exchange import Exchange, SentRequest
from tests.providers import FEW
from tests.suites.judging.lifecycle_answers import NOTHING, cut, first, length_of
from tests.suites.judging.lifecycle_lives import Life, Lives
from tests.turns import by_turns


class Lifecycle(Lives):
    """Also waits for the moments at which something ends, downloads, cancels, lists and is called back."""

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

    # -- bytes

    @precondition(lambda self: self.done())
    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        self.download(data.draw(st.sampled_from(self.done())), data)

    def done(self) -> list[Life]:
        """Tasks that have succeeded and are still kept."""
        now = self.target.now()
        return [each for each in self.known if each.end <= now <= self.kept_until(each) and self.succeeds(each)]

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
        return self.target.send(SentRequest("GET", address, (*secret, *fixed, *headers)))

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


def run(contract: Contract, deviates: str | None = None, *, steps: int = 30) -> Counter[str]:
    """Runs the machine and gives what it came across, and how often."""
    reached: Counter[str] = Counter()
    facts = {"contract": contract, "deviates": deviates, "reached": reached}
    phases = [Phase.generate] if deviates else [Phase.generate, Phase.shrink]
    chosen = settings(
        max_examples=settings.default.max_examples * 4 // 3,
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


@pytest.mark.parametrize("provider", by_turns(FEW, 5))
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
