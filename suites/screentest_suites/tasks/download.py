"""Results: the address a finished task shows, and the bytes behind it."""

from dataclasses import dataclass, replace
from urllib.parse import quote

from screentest_contracts.contract import Contract
from screentest_contracts.times import stated_in
from screentest_suites.core.addresses import is_address, join_address, split_address
from screentest_suites.core.credential import GOOD, NO_KEY
from screentest_suites.core.exchange import Exchange, Poll, SentRequest, Trace
from screentest_suites.targets.signing import shown_key
from screentest_suites.targets.target import Target

FILE_LIMIT = 1536 * 1024 * 1024
"""Bytes of a result that are read: more than a gigabyte, as they come (`targets/incoming.py`)."""

PART_LIMIT = 4 * 1024 * 1024
"""Bytes that are read where a few are asked for."""


@dataclass(frozen=True)
class Delivered:
    """A task that succeeded: the poll that said so, its link and who showed it, and the download."""

    trace: Trace
    poll: Poll
    link: str | None
    shown_by: Exchange
    file: Exchange | None


def fetch(
    contract: Contract,
    target: Target,
    link: str,
    *,
    key: bool = True,
    headers: tuple[tuple[str, str], ...] = (),
    method: str = "GET",
    limit: int = FILE_LIMIT,
    auth: str | None = None,
) -> Exchange:
    """Downloads a result, at most `limit` bytes. `auth`: whether the file needs the key, where it is not the video. The
    key goes only where the API itself is, and never along with a
    redirect. What is no address is not asked: its exchange says so."""
    base = "://".join(origin(target.base_url)) if contract.link.from_origin else target.base_url
    url = base + link if link.startswith("/") else link
    if not is_address(url):
        now = target.now()
        return Exchange(SentRequest("GET", url, headers, None, NO_KEY), 0, (), b"", now, now, f"{url!r} is no address")
    key = key and (auth or contract.link.auth) != "none"
    fields = list(headers)
    own = origin(url) == origin(target.base_url)
    if key and own and contract.key_query is not None:
        url += f"{'&' if '?' in url else '?'}{contract.key_query}={quote(target.keys['good'], safe='')}"
    elif key and own:
        fields.append((contract.key_header, contract.key_prefix + shown_key(contract, target.keys, GOOD)))
    sent = SentRequest(method, url, tuple(fields), None, GOOD if key else NO_KEY)
    return followed(target, target.send(sent, limit=limit), headers, limit)


def followed(
    target: Target, exchange: Exchange, headers: tuple[tuple[str, str], ...] = (), limit: int = FILE_LIMIT
) -> Exchange:
    """What a download's answer leads to, after no more than three redirects, to which the key does not go."""
    for _ in range(3):
        place = exchange.header("location")
        if exchange.status not in (301, 302, 303, 307, 308) or not place or target.steering is not None:
            break
        url = join_address(exchange.sent.url, place)
        if url is None or not is_address(url):
            return replace(exchange, error=f"it redirects to {place!r}, which is no address")
        exchange = target.send(SentRequest(exchange.sent.method, url, headers, None, NO_KEY), limit=limit)
    return exchange


def origin(url: str) -> tuple[str, str]:
    """Scheme and authority: the key of one origin is sent to no other."""
    parts = split_address(url)
    user, at, host = parts.netloc.rpartition("@")
    return parts.scheme, user + at + host.lower()


def stated_end(link: str, query: str, form: str) -> float | None:
    """When an address says that it ends, epoch seconds; None when it does not say. `query` is the parameter that says
    so, `form` the form of its value."""
    return stated_in(split_address(link).query, query, form)
