"""Where a client sends its key."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from screentest_contracts.contract import Contract, Role
from screentest_contracts.requirements import Requirement, Situations, client_kinds
from screentest_mockserver.wire.journal import Entry
from screentest_suites.clients.registry import Broken, Said, Unseen, client_check
from screentest_suites.clients.seen import ClientRun, operation_of


@client_check(client_kinds.KEY_SENT)
def judge_sent(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """Calls of secured operations carry the right key."""
    found = [
        entry
        for entry in run.entries
        if (operation := operation_of(contract, entry)) is not None
        and operation.secured
        and operation.role not in (Role.CONTENT, Role.RESULT)
    ]
    for entry in found:
        if entry.said not in ("missing-key", "wrong-key", "expired-key") or run.situation.endswith(entry.said):
            continue
        place = f"?{contract.key_query}=" if contract.key_query else contract.key_header
        shown = ", ".join(f"{at}: {whose}" for at, whose in entry.keys) or "no key"
        return Broken(f"refused with {entry.status} ({entry.said}): {shown}", f"the key in {place}", (entry,))
    return len(found) or Unseen("no call needed the key")


@client_check(client_kinds.KEY_ADDRESS)
def judge_address(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """No key is part of what servers and proxies log."""
    for entry in run.entries:
        for place, _ in entry.keys:
            if place in ("path", "body") or (place == "query" and contract.key_query is None):
                return Broken(f"a key stands in the {place}", "a key in a header only", (entry,))
    return len(run.entries) or Unseen("nothing was asked")


@client_check(client_kinds.KEY_ELSEWHERE)
def judge_elsewhere(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """Another origin than the API's sees no key."""
    found = list(_elsewhere(run))
    for entry in found:
        known = [f"{place}: {whose}" for place, whose in entry.keys]
        if known:
            seen = f"the key went to {entry.host} ({', '.join(known)})"
            return Broken(seen, f"no key at another origin than {run.origin}", (entry,))
    return len(found) or Unseen("nothing was asked of another origin")


def _elsewhere(run: ClientRun) -> Iterator[Entry]:
    own = urlsplit(run.origin).netloc or run.origin
    for entry in run.entries:
        if own and entry.host and entry.host != own:
            yield entry


@client_check(client_kinds.KEY_RESULT)
def judge_result(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """Where the result needs the key, it is asked for with it."""
    own = urlsplit(run.origin).netloc or run.origin
    found = [
        entry
        for entry in run.entries
        if (
            entry.operation == "media"
            or ((at := operation_of(contract, entry)) is not None and at.role is Role.CONTENT)
        )
        and (not own or entry.host == own)
    ]
    for entry in found:
        if entry.said in ("missing-key", "wrong-key") or (entry.status == 401 and not entry.keys):
            return Broken(f"the result was asked for without the key: {entry.status}", "the key", (entry,))
    return len(found) or Unseen("no result was asked for")
