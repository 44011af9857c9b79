"""Whether the keys of further accounts are good for anything: a wrong one is the user's, and no fault of the server."""

from screentest_contracts.contract import Role
from screentest_contracts.reading import matching_reading
from screentest_suites.checks.probes import probe
from screentest_suites.core.credential import GOOD, AccountKey
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Finding, Skip, skipped
from screentest_suites.tasks.session import Session


def unusable(session: Session, account: str) -> Finding | None:
    """Why nothing can be asked with an account's key, or None: there is none, or the server knows none such.

    Costs a query of an unknown task for each account, once in a run, and another where it is refused.
    """
    if account not in session.target.keys:
        return skipped(Skip.NEEDS_SECOND_KEY, "" if account == "second" else f"of the {account} account")
    known: dict[str, Finding | None] = session.memory.setdefault("accounts", {})
    if account not in known:
        known[account] = _refused(session, account)
    return known[account]


def _refused(session: Session, account: str) -> Finding | None:
    operation = session.contract.operation(Role.QUERY)
    if operation is None:
        return None
    theirs = probe(session, operation, session.unknown_id(), credential=AccountKey(account))
    if not _says_wrong_key(session, theirs):
        return None
    if _says_wrong_key(session, probe(session, operation, session.unknown_id(), credential=GOOD)):
        return None  # it says so to everybody
    reason = f"the server does not know the key of the {account} account: it answered {theirs.status}"
    return skipped(Skip.NEEDS_SECOND_KEY, reason)


def _says_wrong_key(session: Session, answer: Exchange) -> bool:
    row = session.contract.errors.get((Role.QUERY, "wrong-key"), ())
    documented = any(matching_reading(each, answer.status, answer.json) is not None for each in row)
    return documented or answer.status == 401
