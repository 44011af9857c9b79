"""What is judged of receipts: each check passes on good receipts, and fails on one broken in just that way."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from screentest_contracts import Contract, Role
from screentest_contracts.location import MISSING
from screentest_contracts.reading import selected, status_of
from screentest_contracts.requirements import Requirement, requirements
from screentest_contracts.template import write_progress
from screentest_mockserver.behaviours.deviations.edit import put
from screentest_suites.checks.presence import applies
from screentest_suites.checks.registry import REGISTRY, TRACE_CHECKS, Violation
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Result
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session


def created(trace: Trace, **changes: Any) -> Trace:
    return dataclasses.replace(trace, created=dataclasses.replace(trace.created, **changes))


def putting(*values: Any) -> Any:
    """A breaker that puts each value at the pointer the requirement is about."""

    def breaker(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
        pointer = requirement.subject.pointer
        for value in values:
            yield with_value(trace, pointer, value)

    return breaker


def with_value(trace: Trace, pointer: str, value: Any) -> Trace:
    import orjson

    return created(trace, body=orjson.dumps(put(trace.created.json, pointer, value)))


def status_code(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    yield created(trace, status=418)


def schema(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    yield created(trace, body=b"<html>")
    yield created(trace, body=b"[]")
    yield created(trace, error="the connection broke")
    yield created(trace, headers=(("Content-Type", "text/html"),))


def id_form(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    yield dataclasses.replace(trace, task_id="!")


def id_copies(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    for pointer, _ in contract.id.at.all(trace.created.json):
        yield with_value(trace, pointer, "another-id")


def initial(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    assert contract.lifecycle.receipt_at is not None
    yield with_value(trace, contract.lifecycle.receipt_at.pointers[0], "limbo")


def presence(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    row = requirement.subject
    yield with_value(trace, row.pointer, MISSING if row.present else "surprise")
    if row.present and row.type not in (None, "object"):
        yield with_value(trace, row.pointer, {"of": "another type"})


def zero(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    receipt = selected(contract.profiles[contract.models[trace.model].profile].receipt)
    for slot in receipt.slots_named("progress"):
        yield with_value(trace, slot.pointer, write_progress(7, slot.hole.form))


def answer_id(contract: Contract, requirement: Requirement, trace: Trace) -> Iterator[Trace]:
    pointer, header = requirement.subject.pointer, requirement.subject.header
    yield with_value(trace, pointer, "another-id")
    yield created(trace, headers=tuple(each for each in trace.created.headers if each[0].lower() != header.lower()))


BREAKERS = {
    "receipt-status-code": status_code,
    "receipt-schema": schema,
    "id-form": id_form,
    "id-copies": id_copies,
    "receipt-status": initial,
    "create-progress": putting("soon", -1, 101, True, [50]),
    "receipt-time": putting("yesterday", {"at": 1}, True, "2026-13-45T99:99:99Z"),
    "create-echo": putting("other-99", ["x"]),
    "create-amount": putting(0, -1, 0.5, 1e9),
    "presence": presence,
    "promise-receipt-progress-zero": zero,
    "answer-id": answer_id,
}


def test_every_kind_is_tried(traces: Any) -> None:
    assert set(BREAKERS) == traces.kinds("receipt") == traces.heard("receipt")


@pytest.mark.parametrize("kind", BREAKERS)
def test_a_broken_receipt_is_noticed(kind: str, any_provider: str, traces: Any) -> None:
    assert traces.unnoticed(any_provider, "receipt", kind, BREAKERS[kind]) == []


def test_the_id_of_an_answer_may_stand_behind_a_word(bench: Any, tools: Any) -> None:
    def prefixed(tree: Any) -> None:
        task = tree["x-task"]
        task["headers"] = {"X-Call": {"make": "call_{{answer_id:hex:8}}", "on": ["create", "query"]}}
        task["profiles"]["default"]["receipt"]["call"] = "call_{{answer_id:hex:8}}"
        task["profiles"]["default"]["receipt"]["bare"] = "no_{{answer_id:hex:8}}"

    made = bench(prefixed)
    names = [each.id for each in requirements(made.contract) if each.kind == "answer-id"]
    assert names == ["create.call.header"], "what is written otherwise is another value"
    (told,) = (each for each in requirements(made.contract) if each.id == "create.call.header")
    model = made.session.models[0]
    trace = made.session.start(model, model.base)
    assert TRACE_CHECKS["answer-id"](made.contract, told, trace) == 1
    other = dataclasses.replace(trace, created=tools.changed(trace.created, at={"/call": "call_00000000"}))
    assert TRACE_CHECKS["answer-id"](made.contract, told, other).seen.startswith("/call is 'call_00000000', X-Call is ")


# -- checks that make tasks of their own --------------------------------------------------------------------------


class Altered(EmbeddedTarget):
    """The mock behind something that alters its answers."""

    def __init__(self, contract: Contract, alter: Any) -> None:
        super().__init__(contract)
        self.alter = alter

    def send(self, sent: Any, **options: Any) -> Exchange:
        exchange: Exchange = self.alter(super().send(sent, **options))
        return exchange


def finding(contract: Contract, requirement_id: str, alter: Any = lambda exchange: exchange) -> Result:
    from screentest_contracts.requirements import requirements

    requirement = next(each for each in requirements(contract) if each.id == requirement_id)
    return REGISTRY[requirement.kind](Session(contract, Altered(contract, alter)), requirement).result


def same_receipt() -> Any:
    """Answers every create with the first receipt."""
    first: list[Exchange] = []

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.method != "POST" or not exchange.sent.url.endswith("/jobs"):
            return exchange
        first.append(exchange)
        return dataclasses.replace(exchange, body=first[0].body)

    return alter


def refusing(exchange: Exchange) -> Exchange:
    return dataclasses.replace(exchange, status=400) if exchange.sent.method == "POST" else exchange


def test_ids_that_come_twice(small: Contract) -> None:
    contract = small
    model = next(iter(contract.models.values()))
    from screentest_contracts.requirements import requirements

    unique = next(each for each in requirements(contract) if each.id == "create.id.unique")
    for alter, expected in ((lambda exchange: exchange, Result.PASSED), (same_receipt(), Result.FAILED)):
        session = Session(contract, Altered(contract, alter))
        session.create(model, model.base)
        session.create(model, model.base)
        assert REGISTRY["id-unique"](session, unique).result is expected


def test_a_model_that_is_refused(small: Contract) -> None:
    assert finding(small, "create.accepted") is Result.PASSED
    assert finding(small, "create.accepted", refusing) is Result.FAILED


def test_shapes_say_where(small: Contract, traces: Any) -> None:
    contract, good = traces.good("evolink")
    broken = with_value(good[0], contract.id.at.pointers[0], 7).created
    violation = schema_violation(contract.roles["create"][0], broken)  # type: ignore[index]
    assert isinstance(violation, Violation)
    assert violation.seen.startswith(contract.id.at.pointers[0])
    unknown = dataclasses.replace(good[0].created, status=202)
    assert "documented status" in getattr(schema_violation(contract.roles["create"][0], unknown), "expected", "")  # type: ignore[index]


@pytest.mark.parametrize("kind", ["create-progress", "receipt-time", "create-echo"])
def test_what_a_receipt_leaves_out_says_nothing(kind: str, any_provider: str, traces: Any) -> None:
    """One observation where a value stands, none where it does not: not the same as a violation, nor as a success."""
    contract, good = traces.good(any_provider)
    for requirement in requirements(contract):
        if (requirement.kind, requirement.suite) == (kind, "receipt"):
            pointer = requirement.subject.pointer
            judge = TRACE_CHECKS[kind]
            for trace in good:
                said = judge(contract, requirement, trace)
                assert said in (0, 1)
                assert judge(contract, requirement, with_value(trace, pointer, MISSING)) == 0 or not said
                assert judge(contract, requirement, with_value(trace, pointer, None)) == 0 or not said


def test_presence_is_asked_of_what_it_speaks_of(traces: Any) -> None:
    contract, good = traces.good("tokenbay")
    trace = good[0]
    row = dataclasses.replace(contract.presence[0], on=("receipt",), profile="another", present=False)
    requirement = next(each for each in requirements(contract) if each.kind == "presence")
    narrowed = dataclasses.replace(requirement, subject=row)
    assert TRACE_CHECKS["presence"](contract, narrowed, trace) == 0
    first, second = (next(poll for poll in trace.polls if poll.operation == each.id) for each in aliases(contract))
    for mine, poll, other in ((first, first, second), (second, second, first)):
        row = dataclasses.replace(contract.presence[0], on=("all",), profile=None, operation=mine.operation)
        status = status_of(contract, poll.exchange.json)
        assert applies(contract, row, trace, poll, status)
        assert not applies(contract, row, trace, other, status)
    unknown = dataclasses.replace(contract.presence[0], on=("queued",), profile=None, operation=None)
    assert not applies(contract, unknown, trace, first, None)
    assert applies(contract, dataclasses.replace(unknown, on=("all",)), trace, first, None)
    refused = dataclasses.replace(first, exchange=dataclasses.replace(first.exchange, status=404))
    assert not applies(contract, dataclasses.replace(unknown, on=("all",)), trace, refused, None)


def aliases(contract: Contract) -> tuple[Any, ...]:
    return contract.roles[Role.QUERY]
