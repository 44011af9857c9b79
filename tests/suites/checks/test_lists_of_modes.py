"""Lists below a path that names the model: each shows the tasks of its own models, and is searched for those."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_contracts import DocumentError
from screentest_contracts.contract import Contract, Role
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Finding, Result
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget
from tests.providers import known
from tests.suites.checks.findings import failure


class Listening(EmbeddedTarget):
    """Keeps the paths of lists; those in `elsewhere` are answered with the list of another path."""

    def __init__(self, contract: Contract, elsewhere: Mapping[str, str] | None = None) -> None:
        super().__init__(contract)
        self.lists = {each.id for each in contract.roles[Role.LIST]}
        self.elsewhere, self.asked = elsewhere or {}, set[str]()

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        if sent.operation in self.lists:
            path = sent.url.partition("?")[0].rpartition("/")[2]
            self.asked.add(path)
            if path in self.elsewhere:
                sent = replace(sent, url=sent.url.replace(f"/{path}", f"/{self.elsewhere[path]}"))
        return super().send(sent, limit=limit)


def judged(name: str, target: Listening, *models: str) -> Finding:
    return Judge(target.contract, target, Options(models=models)).verdict(name).finding


def test_each_mode_is_searched_for_its_own_tasks() -> None:
    target = Listening(known("kling"))
    assert judged("list.items", target).result is Result.PASSED
    assert target.asked == {"text2video", "image2video"}


def test_a_task_that_its_own_mode_does_not_list() -> None:
    target = Listening(known("kling"), {"image2video": "text2video"})
    assert "kling/image-to-video: the task that just ended is not among" in failure(judged("list.items", target))[0]


@pytest.mark.parametrize("name", ["list.contains", "list.pages", "list.limit"])
def test_a_run_of_another_model_than_the_first(name: str) -> None:
    """What is asked for at the first model's path alone is not judged by tasks of another."""
    target = Listening(known("kling"))
    finding = judged(name, target, "kling/image-to-video")
    assert finding.result is (Result.PASSED if name == "list.contains" else Result.SKIPPED)


class Bare(EmbeddedTarget):
    """A list that leaves these members of its tasks out."""

    def __init__(self, contract: Contract, *members: str) -> None:
        super().__init__(contract)
        self.lists, self.members, self.cut = {each.id for each in contract.roles[Role.LIST]}, members, 0

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        exchange = super().send(sent, limit=limit)
        if sent.operation not in self.lists:
            return exchange
        listed = exchange.json
        self.cut += sum(item.pop(name, None) is not None for item in listed["data"] for name in self.members)
        return replace(exchange, body=orjson.dumps(listed))


@pytest.mark.parametrize("name", ["list.items", "list.schema"])
@pytest.mark.parametrize("members", [(), ("task_result",)])
def test_a_list_may_show_results_or_leave_them_out(name: str, members: tuple[str, ...]) -> None:
    """The sample of a list has them, and no sentence says so."""
    target = Bare(known("kling"), *members)
    finding = Judge(target.contract, target, Options()).verdict(name).finding
    assert finding.result is Result.PASSED
    assert (target.cut > 0) is bool(members), "the mock shows them"


def test_what_is_documented_of_a_listed_task_may_not_be_missing() -> None:
    target = Bare(known("kling"), "created_at")
    finding = Judge(target.contract, target, Options()).verdict("list.items").finding
    assert "/created_at is absent in the list" in failure(finding)[0]


def test_a_list_shows_a_part_that_queries_have(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    del tree["x-task"]["profiles"]["default"]["item"]
    tree["x-task"]["list"]["shows"] = "/nowhere"
    with pytest.raises(DocumentError, match="a body of a query has nothing at /nowhere"):
        load_tree(tree)
