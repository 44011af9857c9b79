"""What derives requirements from a contract: the functions of this package first, then those of other packages."""

from collections.abc import Callable

from screentest_contracts.contract import Contract
from screentest_contracts.facts import Level
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.assets import add_assets, add_digests, add_stated
from screentest_contracts.requirements.batches import add_batch
from screentest_contracts.requirements.call_parameters import (
    add_call_parameters,
    add_list_parameters,
    add_needed_headers,
)
from screentest_contracts.requirements.earlier import add_earlier
from screentest_contracts.requirements.errors import add_error_schemas, add_errors, add_refused, add_tokens
from screentest_contracts.requirements.http import add_http
from screentest_contracts.requirements.model import Builder, Requirement
from screentest_contracts.requirements.operations import add_answers, add_operations
from screentest_contracts.requirements.parameters import add_optional, add_parameters
from screentest_contracts.requirements.polling import add_polling, add_presence
from screentest_contracts.requirements.promises import add_promises
from screentest_contracts.requirements.receipt import add_calls, add_receipt
from screentest_contracts.requirements.resources import add_resources
from screentest_contracts.requirements.result import add_result
from screentest_contracts.requirements.result_answers import add_result_answers
from screentest_contracts.requirements.services import (
    add_callbacks,
    add_cancel,
    add_delete,
    add_generated,
    add_headers,
    add_idempotency,
    add_list,
)
from screentest_contracts.requirements.shown import add_shown
from screentest_contracts.requirements.shown_members import add_shown_members
from screentest_contracts.requirements.streaming import add_stream
from screentest_contracts.requirements.uploads import add_uploads
from screentest_contracts.requirements.waiting import add_wait

Derivation = Callable[[Builder], None]
"""Adds the requirements of one topic to a builder: always the same ones for a contract."""


def _add_unobservable(builder: Builder) -> None:
    for number, row in enumerate(builder.contract.unobservable, 1):
        name, suite = f"unobservable.{number}", "unobservable"
        builder.add(name, kinds.UNOBSERVABLE, suite, row.fact, row.statement, level=Level.NOTE, untestable=row.reason)


_BUILT_IN: tuple[Derivation, ...] = (
    add_parameters,
    add_optional,
    add_operations,
    add_uploads,
    add_receipt,
    add_calls,
    add_earlier,
    add_polling,
    add_shown,
    add_presence,
    add_shown_members,
    add_errors,
    add_refused,
    add_tokens,
    add_error_schemas,
    add_headers,
    add_result,
    add_result_answers,
    add_assets,
    add_stated,
    add_digests,
    add_list,
    add_list_parameters,
    add_call_parameters,
    add_needed_headers,
    add_resources,
    add_batch,
    add_cancel,
    add_delete,
    add_callbacks,
    add_idempotency,
    add_wait,
    add_stream,
    add_promises,
    add_http,
    add_generated,
    add_answers,
    _add_unobservable,
)

_added: list[Derivation] = []


def derivations() -> tuple[Derivation, ...]:
    """Every derivation, in the order in which they run."""
    return (*_BUILT_IN, *_added)


def add_derivation(derivation: Derivation) -> Derivation:
    """Lets `requirements` run this function, too, after those that were there before. Also a decorator.

    A derivation reads what it needs from `builder.contract`, mostly from its `extensions`, and adds nothing where the
    contract says nothing of its topic. Raises ValueError when it was added before.

    >>> import screentest
    >>> from dataclasses import replace
    >>> SIZE = screentest.Kind("acme-size", int, "how many bytes a query's answer may have")
    >>> @screentest.add_derivation
    ... def derive_size(builder: screentest.Builder) -> None:
    ...     word = builder.contract.extensions.get("x-acme-size")
    ...     if word is not None:  # of `x-task`, as `x-acme-size: {most: 20000, mark: documented, source: guide}`
    ...         fact = screentest.Fact(screentest.Mark.ASSUMED).over(word)
    ...         builder.add("query.acme.size", SIZE, "polling", fact, "An answer is short.", word["most"])
    >>> word = {"most": 20_000, "mark": "documented", "source": "guide"}
    >>> contract = replace(screentest.load_contract("acme.yaml"), extensions={"x-acme-size": word})
    >>> builder = screentest.Builder(contract)
    >>> derive_size(builder)  # what `judge(contract)` does with every derivation
    >>> builder.requirements["query.acme.size"].level
    <Level.MUST: 'MUST'>
    """
    if derivation in derivations():
        raise ValueError(f"{derivation!r} is a derivation already")
    _added.append(derivation)
    return derivation


def remove_derivation(derivation: Derivation) -> None:
    """Takes back `add_derivation`. Raises ValueError for a function that was not added."""
    _added.remove(derivation)


def requirements(contract: Contract) -> tuple[Requirement, ...]:
    """Every requirement of a contract, suite by suite."""
    builder = Builder(contract)
    for derivation in derivations():
        derivation(builder)
    return tuple(sorted(builder.requirements.values(), key=lambda requirement: requirement.suite_order))
