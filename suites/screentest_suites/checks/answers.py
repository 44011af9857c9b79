"""What holds of every answer of a run."""

from screentest_contracts.requirements import Requirement, kinds
from screentest_suites.checks.registry import check
from screentest_suites.core.exchange import NO_JSON, Exchange
from screentest_suites.core.verdicts import Evidence, Finding, Result, Skip, passed, skipped
from screentest_suites.tasks.session import Session


@check(kinds.ANSWER_ENCODING)
def judge_encoding(session: Session, requirement: Requirement[None]) -> Finding:
    """Every answer so far that is called JSON can be read as JSON."""
    flawed: dict[str, Exchange] = {}
    judged = 0
    for _, exchange in session.client.seen.copy():
        if exchange.encoding_flaw:
            flawed.setdefault(exchange.encoding_flaw, exchange)
        judged += exchange.json is not NO_JSON or bool(exchange.encoding_flaw)
    if flawed:
        told = [Evidence(f"the body {flaw}", "JSON in UTF-8", (answer,)) for flaw, answer in flawed.items()]
        return Finding(Result.FAILED, told[0].seen, tuple(told), judged)
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "nothing was answered with JSON")


def says_nothing(exchange: Exchange) -> bool:
    """Whether an answer is about the server's state, not about the request."""
    return bool(exchange.error) or exchange.status == 429 or exchange.status >= 500
