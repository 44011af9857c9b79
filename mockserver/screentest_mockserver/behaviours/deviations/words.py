"""Answers of other views, and of other query operations, that have the words of the first one."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson

from screentest_contracts.contract import Contract, Role
from screentest_contracts.reading import respelled
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.wire.answer import Answer


def _own(contract: Contract, view: str) -> Mapping[Any, Any]:
    """The words that are a view's own, each with the query's for a task that has ended so."""
    lifecycle = contract.lifecycle
    return {
        word: lifecycle.statuses[name].wire
        for name, word in lifecycle.words.get(view, {}).items()
        if lifecycle.statuses[name].status_class.terminal and word != lifecycle.statuses[name].wire
    }


def _has_own(view: str, contract: Contract) -> bool:
    return bool(_own(contract, view))


def _exchanged(words: Mapping[Any, Any], body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _exchanged(words, each) for name, each in body.items()}
    if isinstance(body, list):
        return [_exchanged(words, each) for each in body]
    return words.get(body, body) if isinstance(body, str | int) else body


def _in_words_of_queries(name: str, view: BodyHookContext, body: Any) -> Any:
    is_it = view.role is Role.LIST if name == "list" else view.kind == "callback"
    return _exchanged(_own(view.contract, name), body) if is_it else body


for _view, _breaks, _also in (
    ("list", "list.items", ("list.*",)),
    ("callback", "callback.body", ("callback.*",)),
):
    register(
        Deviation(
            f"{_view}-in-words-of-queries",
            f"a {_view} calls a status as a query does, where it has a word of its own",
            (_breaks,),
            hooks=Hooks(body=partial(_in_words_of_queries, _view)),
            applies=partial(_has_own, _view),
            also=_also,
        )
    )


def _alias_in_words_of_queries(call: Call, answer: Answer) -> Answer:
    lifecycle, operation = call.contract.lifecycle, call.operation
    if operation is not None and operation.id in lifecycle.words and answer.status < 300 and answer.body:
        body = respelled(lifecycle, orjson.loads(answer.body), lifecycle.status_at, operation.id, back=True)
        answer.body = orjson.dumps(body)
    return answer


register(
    Deviation(
        "alias-in-words-of-queries",
        "another path calls a status as the first one does, where it has a word of its own",
        ("query.alias.*.words",),
        lambda contract: any(_has_own(alias.id, contract) for alias in contract.roles[Role.QUERY][1:]),
        hooks=Hooks(answer=_alias_in_words_of_queries),
        also=("query.*",),
    )
)
