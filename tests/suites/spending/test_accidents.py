"""What should have been refused and was not: a violation, and its task is followed until its cost is known."""

import json
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.redact import Redactor
from screentest_mockserver.behaviours.deviations import deviation
from screentest_suites.core.credential import SECOND
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.judging.rehearsal import make_judge
from screentest_suites.reporting import report
from screentest_suites.spending import Budget
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.target import BaseTarget
from tests.suites.conftest import PROVIDERS
from tests.turns import by_turns

Priced = Callable[..., Contract]


class Server(BaseTarget):
    """The mock as a server that costs money; notes what it is asked."""

    kind = "url"

    def __init__(self, contract: Contract, wrong: str | None = None) -> None:
        target = EmbeddedTarget(contract)
        target.mock.deviation = deviation(wrong, contract) if wrong else None
        self.mock, self.base_url, self.keys = target.mock, target.base_url, target.keys
        self.now, self.sleep, self._send = target.now, target.sleep, target.send
        self.asked: list[tuple[SentRequest, Exchange]] = []

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        answer = self._send(sent, limit=limit)
        self.asked.append((sent, answer))
        return answer


def run(contract: Contract, wrong: str | None = None, cap: str = "10000") -> tuple[Server, Judge, dict[str, Verdict]]:
    server = Server(contract, wrong)
    options = Options(examples=2, workers=1, poll_interval=20, task_timeout=1000)
    judge = make_judge(contract, server, options, Budget.read(cap, live=False))
    return server, judge, {each.requirement.id: each for each in judge.verdicts()}


def last_states(server: Server) -> dict[str, str]:
    """The state of each task as its last query showed it; HEAD shows none."""
    return {
        sent.url.split("/")[-1]: answer.json["state"]
        for sent, answer in server.asked
        if (sent.operation, sent.method) == ("look", "GET") and answer.status == 200
    }


ACCEPTS = "accepts-above-maximum"


@pytest.fixture
def accepting(priced: Priced) -> tuple[Server, Judge, dict[str, Verdict]]:
    """A run on a server that takes any duration above the maximum."""
    return run(priced(), ACCEPTS, cap="200")


def test_it_is_reported_by_what_it_breaks(accepting: Any) -> None:
    _, _, verdicts = accepting
    broken = verdicts["create.duration.maximum"]
    assert broken.result is Result.FAILED
    assert "duration = 10 was accepted" in broken.finding.reason
    assert broken.fails_run


def test_it_is_marked_in_the_report(accepting: Any) -> None:
    server, judge, verdicts = accepting
    head = report.header([judge.contract], server, judge.session.options, report.now())
    head["spend"] = [report.spend_json("acme", judge.session.client.ledger, Redactor())]
    head["target"]["kind"] = "live"
    rows = [report.verdict_json(judge.contract, each, Redactor()) for each in verdicts.values()]
    document = json.loads(json.dumps(report.document(head, rows, finished=True)))
    jsonschema_rs.validator_for(json.loads(report.SCHEMA.read_text())).validate(document)
    spend = document["header"]["spend"][0]
    unwanted = [each for each in spend["entries"] if each["unwanted"]]
    wanted = [each for each in spend["entries"] if not each["unwanted"]]
    assert [(each["purpose"], each["price"], each["state"]) for each in unwanted] == [
        ("create.duration.maximum", "5.0", "settled"),
    ]
    assert all(each["task"].startswith("job-") for each in unwanted)
    assert [each["price"] for each in wanted] == ["1.0"]
    assert Decimal(spend["spent"]) == 6


def test_its_task_is_cancelled_where_that_can_be(accepting: Any) -> None:
    server, judge, _ = accepting
    unwanted = {entry.task for entry in judge.session.client.ledger.entries if entry.unwanted}
    cancelled = {sent.url.split("/")[-2] for sent, _ in server.asked if sent.url.endswith("/cancel")}
    assert unwanted
    assert unwanted <= cancelled
    last = last_states(server)
    assert {last[task] for task in unwanted} == {"STOPPED"}


def without_cancel(tree: Any) -> None:
    del tree["x-task"]["roles"]["cancel"], tree["x-task"]["cancel"], tree["x-task"]["success"]["cancel"]
    del tree["paths"]["/jobs/{task_id}/cancel"]
    tree["x-task"]["errors"] = [each for each in tree["x-task"]["errors"] if each["condition"] != "not-cancellable"]
    for row in tree["x-task"]["errors"]:
        if "on" in row:
            row["on"] = [role for role in row["on"] if role != "cancel"]


def test_its_task_is_followed_to_the_end_where_nothing_can_be_cancelled(priced: Priced) -> None:
    server, judge, _ = run(priced(change=without_cancel), ACCEPTS)
    unwanted = {entry.task for entry in judge.session.client.ledger.entries if entry.unwanted}
    last = last_states(server)
    assert unwanted
    assert {last[task] for task in unwanted} == {"DONE"}


def test_a_task_that_cancelling_deletes_is_not_asked_for_again_and_again(priced: Priced) -> None:
    def deletes(tree: Any) -> None:
        tree["x-task"]["cancel"] = {"from": [], "deletes": ["queued", "running"], "body": {"id": "{{id}}"}}

    server, judge, _ = run(priced(change=deletes), ACCEPTS)
    unwanted = [entry.task for entry in judge.session.client.ledger.entries if entry.unwanted]
    assert unwanted
    for task in unwanted:
        polls = [answer.status for sent, answer in server.asked if sent.operation == "look" and task in sent.url]
        assert polls == [404]


@pytest.mark.parametrize("provider", by_turns(PROVIDERS, 3))
def test_a_server_that_keeps_its_contract_gets_one_paid_task_per_model(provider: str) -> None:
    contract = load_contract(provider)
    server = Server(contract)
    options = Options(examples=2, workers=1, poll_interval=60)
    judge = make_judge(contract, server, options, Budget.read("unlimited", live=True))
    verdicts = list(judge.verdicts())
    assert [each.id for each in verdicts if each.fails_run or each.result is Result.ERROR] == []
    assert [entry.sent for entry in judge.session.client.ledger.entries if entry.unwanted] == []
    made = Counter(task.model.name for task in server.mock.tasks())
    further = made - Counter(list(contract.models))
    assert made - further == Counter(list(contract.models))
    assert further.total() == (1 if Role.BALANCE in contract.roles else 0), "one more shows what the balance does"


def test_free_first_then_refusals_cheapest_first_then_what_is_paid_for(priced: Priced) -> None:
    contract = priced()
    server, judge, _ = run(contract)
    creates = judge.session.client.ledger.entries
    in_order = [each.sent for each in creates]
    assert [sent for sent, _ in server.asked if sent in in_order] == in_order, "as they were sent"
    prices = [entry.price for entry in creates if entry.state.value == "released"]
    assert prices[0] == 0
    assert prices == sorted(prices)
    assert prices[-1] > 1
    paid = [index for index, entry in enumerate(creates) if entry.state.value == "settled"]
    assert paid == [len(creates) - 1], "the paid one is the last create"
    first_look = next(index for index, (sent, _) in enumerate(server.asked) if sent.operation in {"look", "all"})
    last_create = max(index for index, (sent, _) in enumerate(server.asked) if sent in in_order)
    assert last_create < first_look, "who has to be refused is asked before anything is waited for"


def test_another_accounts_accident_is_marked_too(priced: Priced) -> None:
    """Its key has no task that ours could follow."""
    from screentest_suites.tasks.session import Session

    contract = priced()
    server = Server(contract)
    session = Session(contract, server, Options(metered=True))
    sent = session.request(contract.roles[Role.CREATE][0], body={"model": "clip-1"}, credential=SECOND)
    session.send(Role.CREATE, sent)
    assert [entry.unwanted for entry in session.client.ledger.entries] == [True]
    assert session.client.unwanted_tasks == []


@pytest.mark.parametrize("where", ["header", "body"])
def test_creates_that_need_a_key_cost_no_more_than_others(priced: Priced, where: str) -> None:
    """What is asked ahead, with the keys of the rehearsal, is not asked again with others."""

    def keyed(tree: Any) -> None:
        post, clip = tree["paths"]["/jobs"]["post"], tree["components"]["schemas"]["Clip"]
        if where == "header":
            tree["x-task"]["idempotency"] = {"header": "X-Once"}
            parameter = {"name": "X-Once", "in": "header", "required": True, "schema": {"type": "string"}}
            post["parameters"] = [*post.get("parameters", []), parameter]
        else:
            tree["x-task"]["idempotency"] = {"at": "/token"}
            clip["properties"]["token"] = {"type": "string"}
            clip["required"].append("token")
            tree["x-task"]["models"]["clip-1"]["base"]["token"] = "an example"

    server, judge, verdicts = run(priced(change=keyed))
    assert [each.id for each in verdicts.values() if each.result in (Result.FAILED, Result.ERROR)] == []
    assert [entry.state.value for entry in judge.session.client.ledger.entries].count("settled") == 1
    assert verdicts["create.idempotent"].finding.reason.startswith("needs")
    sent = [each for each, _ in server.asked if each.operation == "make"]
    names = [sorted(name for name, _ in each.headers) for each in sent]
    bodies = [re.sub(rb'"token":"[^"]{30,}"', b"", each.body or b"") for each in sent]  # whatever the key
    asked = [repr((each.credential, headers, body)) for each, headers, body in zip(sent, names, bodies, strict=True)]
    assert len(asked) > 15
    assert len(set(asked)) == len(asked)
