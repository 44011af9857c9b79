"""Whether a target stands at another address than the one that was given."""

from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

import httpx

from screentest_contracts.contract import Contract, Role
from screentest_suites.core.credential import is_good_account
from screentest_suites.core.exchange import Exchange

_NOWHERE = {404, 405}
"""What servers answer where nothing is: those of files know no POST."""


def is_address(url: str) -> bool:
    """Whether requests can be sent to an address: HTTP or HTTPS, to a host and a port that there can be."""
    try:
        parts, sent = urlsplit(url), httpx.URL(url)
        name = sent.raw_host.decode("ascii")
        if ":" not in name:
            name.encode("idna").decode("idna")  # what looks a name up does both, and httpx does not
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except (httpx.InvalidURL, ValueError):
        return False


def misplaced(contract: Contract, base_url: str, exchanges: Iterable[Exchange]) -> str | None:
    """A hint where every call with a good key was answered that nothing is there; None elsewhere.

    It names the address that was called first and the one that is likely right."""
    calls = [each for each in exchanges if is_good_account(each.sent.credential)]
    statuses = {each.status for each in calls}
    if 404 not in statuses or statuses - _NOWHERE:
        return None
    first = calls[0].sent
    stands = f"the target's URL stands for {contract.base_url} (servers[0].url of the document) with its path"
    likely = likely_base(contract, base_url)
    hint = "" if likely is None else f"; likely right: {likely}"
    called = first.url.partition("?")[0]  # a query may hold the key
    return f"every call was answered 404, the first one {first.method} {called}; {stands}{hint}"


def likely_base(contract: Contract, base_url: str) -> str | None:
    """What the target's address may have to be; None where it looks right.

    A path that the document's server has is missing, or one is there that its operations begin with."""
    parts = urlsplit(base_url)
    path, wanted = parts.path.rstrip("/"), contract.base_path.rstrip("/")
    if wanted and not path.endswith(wanted):
        return base_url + wanted
    if wanted or not path:
        return None
    operation, segments = contract.roles[Role.CREATE][0].path, path.split("/")
    for start in range(1, len(segments)):
        if operation.startswith("/" + "/".join(segments[start:]) + "/"):
            path = "/".join(segments[:start])
            break
    else:
        path = ""
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
