"""Another path that creates tasks: what is sent to it, and what it does otherwise than the canonical one."""

from dataclasses import replace
from typing import Any

import pytest

from screentest_suites.checks.alias import wrongly_accepted
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import NotObservedError, Skip
from tests.suites.checks.findings import failure, passed

NAME = "create.alias.createVideoAlias"


def on_alias(tools: Any, **changes: Any) -> Any:
    return tools.on("createVideoAlias", **changes)


def creates(made: Any) -> list[tuple[str, bytes]]:
    return [(each.sent.url, each.sent.body) for each in made.wire.log if each.sent.operation == "createVideoAlias"]


def test_a_varied_task_and_one_invalid_request_of_each_kind(bench: Any) -> None:
    made = bench("tokenbay")
    assert passed(made.judge(NAME)) == 2
    (first, *invalid) = creates(made)
    assert b'"duration":3' in first[1], "not the default"
    assert any(b'"duration":2' in body for _, body in invalid)
    assert len(invalid) >= 3
    sent = len(creates(made))
    assert passed(made.judge(f"{NAME}.assumed")) == 2
    assert len([body for _, body in creates(made)[sent:] if body == first[1]]) == 0, "the task is shared"


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"at": {"/id": "task_other"}}, "create.id.copies: "),
        ({"at": {"/model": "x"}}, "create.model.echo: /model is 'x'"),
        ({"at": {"/status": "SUCCESS"}}, "query.status.terminal: the receipt said 'SUCCESS', then it was "),
        ({"status": 418}, "answered 418"),
        ({"at": {"/object": 5}}, "body: "),
    ],
)
def test_a_receipt_of_another_kind(changes: Any, seen: str, bench: Any, tools: Any) -> None:
    made = bench("tokenbay", alter=on_alias(tools, last=1, **changes))
    assert failure(made.judge(NAME))[0].startswith(seen)


def test_what_is_not_documented_is_a_requirement_of_its_own(bench: Any, tools: Any) -> None:
    made = bench("tokenbay", alter=on_alias(tools, last=1, at={"/progress": 55}))
    assert passed(made.judge(NAME)) == 2
    assert failure(made.judge(f"{NAME}.assumed"))[0] == "create.progress.zero: /progress is 55"


def test_what_both_paths_do_is_not_held_against_one(bench: Any, tools: Any) -> None:
    at = {"/model": "x"}
    made = bench("tokenbay", alter=tools.both(on_alias(tools, last=1, at=at), tools.on("createVideo", at=at)))
    assert passed(made.judge(NAME)) == 2


def test_a_video_of_another_length(bench: Any) -> None:
    """As of a path that leaves out what it is asked for."""
    made = bench("tokenbay")

    def plain(sent: Any) -> Any:
        body = made.session.models[0].base
        return replace(sent, body=made.session.request(made.session.models[0].operations[0], body=body).body)

    send = made.wire.send
    made.wire.send = lambda sent, **more: send(plain(sent) if sent.operation == "createVideoAlias" else sent, **more)
    seen, _, statuses = failure(made.judge(NAME))
    assert seen == "result.duration: the video lasts 5.00 s"
    assert statuses[0] == 200


def test_invalid_values_that_only_this_path_takes(bench: Any, tools: Any) -> None:
    def takes_all(exchange: Exchange) -> Exchange:
        if exchange.sent.operation not in paths or exchange.status == 200:
            return exchange
        return tools.changed(exchange, status=200, body=made.wire.log[0].json)

    paths = ["createVideoAlias"]
    made = bench("tokenbay", alter=takes_all)
    seen, expected, statuses = failure(made.judge(NAME))
    assert seen.endswith("was accepted with 200")
    assert (expected, statuses) == ("refused as elsewhere", [200])
    paths.append("createVideo")
    model, operation = made.session.models[0], made.contract.operations["createVideoAlias"]
    assert list(wrongly_accepted(made.session, model, operation, True)) == [], "both do"


def test_it_costs_a_task(bench: Any, tools: Any) -> None:
    made = bench("tokenbay")
    made.session.any_model()
    made.session.client.options = replace(made.session.options, metered=True)
    with pytest.raises(NotObservedError):
        made.judge(NAME)
    made = bench("tokenbay", alter=tools.on("createVideo", status=400, body={"error": {"message": "no"}}))
    assert tools.is_skip(made.judge(NAME), Skip.NOT_OBSERVED)
    assert creates(made) == []
