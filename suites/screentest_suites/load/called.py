"""Callbacks under load: each task has an address of its own, and what has arrived there is judged as in `screentest
check`."""

from typing import Any, Protocol
from urllib.parse import quote

from screentest_contracts.contract import Contract, Model, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_contracts.requirements import kinds
from screentest_contracts.schemas import member_schemas
from screentest_suites.checks.callbacks import called_so_far, keep_called
from screentest_suites.core.exchange import Trace
from screentest_suites.core.verdicts import Finding
from screentest_suites.load.judged import of_check
from screentest_suites.load.promises import ON_CALLBACKS, promises
from screentest_suites.targets.callback_port import CallbackPort
from screentest_suites.tasks.session import Session


class LoadPort(CallbackPort, Protocol):
    """A receiver of callbacks that forgets what was judged."""

    patience: float
    """Seconds within which a callback has to come after the task's end."""

    def forget(self, address: str) -> None:
        """Nothing more is wanted of an address."""

    def held(self, since: float) -> float:
        """For how many seconds this process was late since a moment (epoch seconds)."""


def called_at(contract: Contract, model: Model, body: Any, port: LoadPort | None) -> tuple[Any, str, str]:
    """A request that asks for callbacks: its body, its query, and the address, "" where none can be asked for."""
    rule, at = contract.callback, model.request.callback_url
    if port is None or rule is None:
        return body, "", ""
    if rule.parameter is not None:
        address = port.address(200, rule.handshake)
        return body, f"{rule.parameter}={quote(address, safe='')}", address
    if at is None or not member_schemas(model.schema, at):
        return body, "", ""
    address = port.address(200, rule.handshake)
    return replaced(body, segments(at.pointers[0]), address), "", address


def callback_findings(session: Session, trace: Trace, address: str, port: LoadPort) -> dict[str, Finding]:
    """What has arrived for a task that has succeeded, by the ids of requirements: waits for it. Nothing where this
    process was late itself."""
    rule, since = session.contract.callback, session.target.now()
    end = session.records.ends.get(trace.task_id, ("", ""))[1]
    if rule is None or end != StatusClass.SUCCEEDED or StatusClass.SUCCEEDED not in rule.on:
        return {}
    session.wait_for(lambda: bool(called_so_far(session, trace, port, address).received), port.patience)
    called = called_so_far(session, trace, port, address)
    took = max((each.took for each in (*called.received, *called.challenges)), default=0.0)
    if took >= rule.timeout or (not called.received and port.held(since) > port.patience / 10):
        return {}
    keep_called(session, called)
    return {
        requirement.id: of_check(session, requirement)
        for requirement in promises(session.contract)
        if requirement.kind in ON_CALLBACKS
        and (requirement.kind != kinds.CALLBACK_DELIVERED.name or requirement.subject is StatusClass.SUCCEEDED)
    }
