"""How a server takes ids with characters that mean something in an address, such as slashes: percent-encoded, as
addresses want them, or as they are. It is found out once in a run, by a task that exists."""

from dataclasses import replace

from screentest_contracts.contract import Operation, Role
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.verdicts import NotObservedError
from screentest_suites.requests.paths import in_path
from screentest_suites.tasks.client import Client

_PLAIN = "as they are"
_ENCODED = "percent-encoded"


def settle(client: Client, operation: Operation, trace: Trace, purpose: str) -> None:
    """Finds out how ids are spelled, unless that is known or this id has one spelling only. Costs a query, and another
    one where the percent-encoded id is unknown. What was found is used for all later requests, and kept with the
    recording of a run."""
    builder = client.builder
    if builder.plain_ids is not None or _spelled(builder.request(operation, task=trace.task_id), trace.task_id) is None:
        return
    with client.spelling:
        if builder.plain_ids is None:
            found = client.target.remember("ids in addresses", lambda: _find(client, operation, trace, purpose))
            builder.plain_ids = found == _PLAIN


def _spelled(sent: SentRequest, task: str) -> SentRequest | None:
    """The request with the id as it is; None where it has it so already, or not in its path."""
    encoded, plain = (in_path(task, plain=plain) for plain in (False, True))
    path, mark, query = sent.url.partition("?")
    return replace(sent, url=path.replace(encoded, plain) + mark + query) if plain != encoded in path else None


def _find(client: Client, operation: Operation, trace: Trace, purpose: str) -> str:
    sent = client.builder.request(operation, task=trace.task_id, purpose=purpose)
    other = _spelled(sent, trace.task_id)
    until = trace.created.received_at + client.contract.polling.grace
    try:
        answer = client.send(Role.QUERY, sent)
        while not _is_success(client, answer) and client.target.now() < until:  # a new task may be unknown yet
            client.target.sleep(min(client.pace.interval, client.contract.polling.grace))
            answer = client.send(Role.QUERY, sent)
        found = _ENCODED
        if other is not None and not answer.error and 400 <= answer.status < 500:
            client.target.sleep(client.pace.floor)
            found = _PLAIN if _is_success(client, client.send(Role.QUERY, other)) else _ENCODED
    except NotObservedError:  # a recording that does not know of this
        return _ENCODED
    client.target.sleep(client.pace.floor)
    return found


def _is_success(client: Client, answer: Exchange) -> bool:
    return judge_call(client.contract, Role.QUERY, answer.status, answer.json) is CallOutcome.ACCEPTED
