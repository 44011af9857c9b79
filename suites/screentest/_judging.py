"""Judging from Python: one provider, one target, every verdict with its evidence; and reports of such judgements."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from screentest_contracts import Contract, load_contract
from screentest_contracts.errors import UsageError
from screentest_contracts.extensions import load_extensions
from screentest_suites.core.files import write_text
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.judging.rehearsal import make_judge
from screentest_suites.reporting import report as reports
from screentest_suites.reporting.observed import tasks_json
from screentest_suites.reporting.outcome import outcome
from screentest_suites.reporting.render import render
from screentest_suites.reporting.seen import seen_json, unseen
from screentest_suites.spending import Budget
from screentest_suites.targets.credentials import redactor
from screentest_suites.targets.selection import Destination, check_models, make_target
from screentest_suites.targets.target import Target

DEFAULT_OPTIONS = Options()


@dataclass(frozen=True)
class Judgement:
    """What a provider's target was found to keep and to break.

    `verdicts` are in the order of the suites; `report` is the canonical JSON report (`report.schema.json`), without
    secrets: what `write_report` makes every format from.

    >>> import screentest
    >>> judgement = screentest.judge("acme.yaml", options=screentest.Options(examples=5))
    >>> judgement.broken
    ()
    >>> judgement.verdict("query.status.known").result
    <Result.PASSED: 'passed'>
    """

    contract: Contract
    verdicts: tuple[Verdict, ...]
    report: dict[str, Any]

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The failed MUSTs: what fails a run."""
        return tuple(verdict for verdict in self.verdicts if verdict.fails_run)

    @property
    def errors(self) -> tuple[Verdict, ...]:
        """The requirements on which our harness broke."""
        return tuple(verdict for verdict in self.verdicts if verdict.result is Result.ERROR)

    @property
    def observed(self) -> dict[str, Any]:
        """What was seen, in figures: the provider's part of `observed` of the report.

        >>> import screentest
        >>> judgement = screentest.judge("acme.yaml", options=screentest.Options(examples=1))
        >>> [each["create"] for each in judgement.observed["models"]], judgement.observed["tasks"]["never ended"]
        (['accepted'], 0)
        """
        found: dict[str, Any] = self.report["observed"][0]
        return found

    @property
    def unseen(self) -> bool:
        """Whether no task was seen to its end although tasks were asked for: then little is proved."""
        return unseen(self.observed)

    @property
    def exit_status(self) -> int:
        """What `screentest check` would end with: 0 all is well, 1 a MUST failed or `unseen`, 3 our harness broke."""
        return outcome(self.report["requirements"], self.report["observed"]).status

    def verdict(self, requirement_id: str) -> Verdict:
        """The verdict on one requirement. Raises KeyError where the contract has no such requirement."""
        for verdict in self.verdicts:
            if verdict.requirement.id == requirement_id:
                return verdict
        raise KeyError(requirement_id)


def judge(
    provider: str | Path | Contract,
    *,
    target: str | Target | None = None,
    options: Options = DEFAULT_OPTIONS,
    live: bool = False,
    max_spend: str | None = None,
    assume_price: str | None = None,
    timeout: float = 30.0,
    rate: float | None = None,
    on_verdict: Callable[[Verdict], None] = lambda verdict: None,
) -> Judgement:
    """Judges a target by a provider's contract: every requirement once.

    `target`: None is the embedded mock in virtual time, without network; a URL is a server, whose key comes from the
    environment variable that the document names; an object is a `Target` of yours, which is closed at the end.
    `live`: the vendor's own server. `max_spend` ("5", "2.50EUR", "unlimited") is what the run may cost at most, with
    `live` 0 when left out: then nothing is sent that could create a task. `assume_price`: what a task costs at most
    where the document has no price. `timeout`: seconds for one answer; `rate`: requests per second at most.
    `on_verdict` is told of each verdict as it is found.

    Raises UsageError for a target that cannot be used: an unknown provider, no key, an address that does not answer.

    >>> import screentest
    >>> with screentest.serve("acme.yaml", screentest.MockSettings(speed=1000)) as mock:
    ...     target = screentest.HttpTarget(mock.url, {"good": mock.key})
    ...     options = screentest.Options(poll_interval=0.01, speed=1000, examples=1)
    ...     judgement = screentest.judge("acme.yaml", target=target, options=options)
    >>> judgement.broken
    ()
    """
    load_extensions()
    contract = provider if isinstance(provider, Contract) else load_contract(provider)
    check_models([contract], options.models)
    budget = Budget.read(max_spend, live=live, assume=assume_price)
    if isinstance(target, str) or target is None:
        where = Destination(target, live, timeout, rate)
        if max_spend is not None and where.embedded:
            raise UsageError("max_spend has no meaning for the embedded mock", "it is for servers that cost money")
        target = make_target(contract, where)
    elif live:
        raise UsageError("live and a target exclude each other", "live is the provider's own server")
    started = reports.now()
    run_options = replace(options, assumed_price=budget.assumed) if budget.assumed is not None else options
    try:
        made = make_judge(contract, target, run_options, budget)
        verdicts = tuple(made.verdicts(on_verdict))
        return Judgement(contract, verdicts, _report(made, verdicts, run_options, started))
    finally:
        target.close()


def _report(made: Judge, verdicts: Iterable[Verdict], options: Options, started: str) -> dict[str, Any]:
    secrets = redactor([made.target])
    head = reports.header([made.contract], made.target, options, started)
    head["spend"] = [reports.spend_json(made.contract.name, made.session.client.ledger, secrets)]
    rows = [reports.verdict_json(made.contract, verdict, secrets) for verdict in verdicts]
    observation = made.observation()
    observed = [seen_json(observation, rows, secrets)]
    return reports.document(head, rows, finished=True, tasks=tasks_json([observation], secrets), observed=observed)


def write_report(judgements: Judgement | Iterable[Judgement], path: str | Path) -> None:
    """Writes a report in the format of the suffix: `.json`, `.html`, `.md`, `.xml` (JUnit) or `.svg` (badge).

    Several judgements are put side by side. Raises UsageError for another suffix and where the file cannot be written.

    >>> import screentest, tempfile
    >>> judgement = screentest.judge("acme.yaml", options=screentest.Options(examples=5))
    >>> folder = tempfile.mkdtemp()
    >>> screentest.write_report(judgement, f"{folder}/acme.html")
    """
    file = Path(path)
    reports.check_path(file)
    several = [judgements] if isinstance(judgements, Judgement) else list(judgements)
    if not several:
        raise UsageError("there is no judgement to report", "judge something first")
    write_text(file, render([each.report for each in several], file.suffix))
