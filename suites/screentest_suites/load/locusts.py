"""What Locust has counted of a run, as data of JSON."""

from locust.env import Environment

from screentest_contracts.redact import Redactor
from screentest_suites.load.outcome import PERCENTILES, RunResult
from screentest_suites.load.run import Run
from screentest_suites.reporting.report import spend_json


def result_of(run: Run, environment: Environment) -> RunResult:
    """What a run leaves, in the process that judges."""
    stats, redactor = environment.stats, Redactor(run.keys.values())
    entries = sorted(stats.entries.values(), key=lambda entry: (entry.name, entry.method))
    errors = sorted(stats.errors.values(), key=lambda error: -error.occurrences)
    return RunResult(
        rest=run.rest.plain(),
        load=run.load.plain(),
        operations=[
            {
                "name": f"{entry.method} {entry.name}",
                "requests": entry.num_requests,
                "failed": entry.num_failures,
                "percentiles": {f"{share:g}": entry.get_response_time_percentile(share) for share in PERCENTILES},
                "longest": round(entry.max_response_time, 1),
            }
            for entry in entries
        ],
        errors=[
            {
                "operation": f"{error.method} {error.name}",
                "error": redactor.text(str(error.error)),
                "times": error.occurrences,
            }
            for error in errors
        ],
        spend=spend_json(run.contract.name, run.ledger, redactor),
        base_url="" if run.misused else run.base_url,
        started=run.started,
        seconds=run.seconds,
        users=run.users,
        processes=run.processes,
        interrupted=run.interrupted,
        failure=run.failure,
        misused=run.misused,
    )
