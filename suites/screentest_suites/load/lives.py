"""Tasks under load: each is made, followed to its end, downloaded, looked for in the list, and judged at once, so that
nothing is kept of those that break no promise."""

import itertools
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import Any

from screentest_contracts.contract import Contract, Model, Role, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_contracts.redact import Redactor
from screentest_contracts.requirements import kinds
from screentest_suites.checks.polls import place_of
from screentest_suites.core.exchange import Trace
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Evidence, Finding, NotObservedError, Skip
from screentest_suites.load.called import LoadPort, callback_findings, called_at
from screentest_suites.load.findings import Claim, Findings
from screentest_suites.load.judged import independent, is_no_fault, life_findings, refused_findings
from screentest_suites.load.listed import Newest, list_findings
from screentest_suites.load.promises import RESULT_OWN, of_kind
from screentest_suites.reporting.report import evidence_json
from screentest_suites.requests.samples import thrifty, variation
from screentest_suites.spending import Ledger
from screentest_suites.targets.target import Target
from screentest_suites.tasks.session import Session


class Lives:
    """Makes tasks of a contract one after another, from as many callers at once as there are. `target` is where files
    that they share are uploaded; `exhausted` says why no more can be paid for, "" as long as some can."""

    def __init__(
        self, contract: Contract, target: Target, options: Options, ledger: Ledger, port: LoadPort | None = None
    ) -> None:
        self.contract = contract
        self.exhausted = ""
        self._options = options
        self._ledger = ledger
        self._port = port
        self._models = options.models_of(contract)
        self._bodies = {model.name: _bodies(model, metered=options.metered) for model in self._models}
        self._show = partial(evidence_json, contract, redactor=Redactor(target.keys.values()))
        self._shared = Session(contract, target, options, ledger=ledger)
        self._newest = Newest()
        self._numbers = itertools.count()
        self._mark = token_hex(4)

    @property
    def different(self) -> int:
        """After how many tasks requests are alike again, but for their prompts."""
        return len(self._models) * max(map(len, self._bodies.values()))

    def one(self, target: Target, findings: Findings) -> None:
        """The whole life of one task, and what it shows."""
        number = next(self._numbers)
        model = self._models[number % len(self._models)]
        session = self._session(target)
        body, query, address = called_at(self.contract, model, self._body(model, number), self._port)
        try:
            made = session.start(model, body, extra=False, query=query)
        except NotObservedError as unseen:
            if unseen.skip is Skip.NEEDS_SPEND:
                self.exhausted = unseen.detail
            else:
                findings.unseen[unseen.skip] += 1
            return
        if not isinstance(made, Trace):
            findings.refused += 1
            self._note(findings, refused_findings(session, made))
            return
        findings.made += 1
        self._newest.note(made)
        self._claim_id(findings, made, f"{self._mark} {number}")
        beside: dict[str, Finding] = {}
        with suppress(NotObservedError):  # what was seen until then is judged
            self._follow(session, made, beside)
            if address and self._port is not None:
                beside |= callback_findings(session, made, address, self._port)
        if address and self._port is not None:
            self._port.forget(address)
        self._shared.client.builder.plain_ids = session.client.builder.plain_ids
        findings.polls += session.records.polls
        findings.ends[session.records.ends.get(made.task_id, ("", ""))[1] or "not followed"] += 1
        self._claim_result(findings, session, made)
        self._note(findings, independent(self.contract, {**life_findings(session, made), **beside}))

    def _session(self, target: Target) -> Session:
        """A session of its own, so that nothing is kept of a task beyond its life."""
        session = Session(self.contract, target, self._options, ledger=self._ledger)
        session.client.uploads = self._shared.client.uploads
        session.client.builder.plain_ids = self._shared.client.builder.plain_ids
        return session

    def _body(self, model: Model, number: int) -> Any:
        """A valid request like no other, where there is a prompt to tell them apart."""
        bodies = self._bodies[model.name]
        body = bodies[number // len(self._models) % len(bodies)]
        at = model.request.prompt
        for pointer, text in at.all(body) if at is not None else ():
            told = replaced(body, segments(pointer), f"{text} ({self._mark} {number})")
            return told if isinstance(text, str) and model.takes(told) else body
        return body

    def _follow(self, session: Session, trace: Trace, beside: dict[str, Finding]) -> None:
        runner = session.runner
        runner.follow(trace, linger=0)
        if trace.gave_up and trace.polls and is_no_fault(self.contract, Role.QUERY, trace.polls[-1].exchange):
            trace.gave_up, trace.cut = "", True  # we were to ask less: nothing is said of the task
            session.records.note_end(trace, "")
        if session.records.ends.get(trace.task_id, ("", ""))[1] == StatusClass.SUCCEEDED:
            runner.deliver(trace, trace.polls[-1])
        beside |= list_findings(session, trace, self._newest)
        runner.linger(trace)

    def _note(self, findings: Findings, found: Mapping[str, Finding]) -> None:
        for name, finding in found.items():
            findings.note(name, finding, self._show)

    def _claim_id(self, findings: Findings, trace: Trace, owner: str) -> None:
        name = of_kind(self.contract, kinds.ID_UNIQUE)
        if name:
            evidence = Evidence(f"the id is {trace.task_id!r}", "an id that no other task has", (trace.created,))
            at = trace.created.received_at
            findings.claims.append(Claim(name, trace.task_id, owner, at, partial(self._show, evidence)))

    def _claim_result(self, findings: Findings, session: Session, trace: Trace) -> None:
        delivered = session.records.delivered.get(trace)
        if delivered is None or delivered.link is None or not self.contract.link.at.pointers:
            return
        seen, shown = f"the result's address is {delivered.link!r}", delivered.shown_by
        evidence = Evidence(seen, "an address that no other task shows", (trace.created, shown))
        place = place_of(delivered.link)
        claim = Claim(RESULT_OWN, place, trace.task_id, shown.received_at, partial(self._show, evidence))
        findings.claims.append(claim)


def _bodies(model: Model, *, metered: bool) -> list[Any]:
    """Requests that differ in what their results must show; at their cheapest where tasks cost money."""
    return [thrifty(model)] if metered else [model.base, variation(model)]
