"""Results: the address a finished task shows, and the bytes behind it."""

from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from screentest_contracts.contract import Contract
from screentest_suites.core.exchange import Exchange, Poll, SentRequest, Trace
from screentest_suites.targets.embedded import Target
from screentest_suites.targets.signing import credential

FILE_LIMIT = 64 * 1024 * 1024
"""Bytes of a result that are read."""


@dataclass(frozen=True)
class Delivered:
    """A task that succeeded: the poll that said so, its link and who showed it, and the download."""

    trace: Trace
    poll: Poll
    link: str | None
    shown_by: Exchange
    file: Exchange | None


def fetch(
    contract: Contract, target: Target, link: str, *, key: bool = True, headers: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    """Downloads a result. The key goes only where the API itself is, and never along with a redirect."""
    url = target.base_url + link if link.startswith("/") else link
    own = origin(url) == origin(target.base_url)
    fields = list(headers)
    if key and own and contract.link.auth != "none" and contract.key_query is not None:
        url += f"{'&' if '?' in url else '?'}{contract.key_query}={quote(target.keys['good'], safe='')}"
    elif key and own and contract.link.auth != "none":
        fields.append((contract.key_header, contract.key_prefix + credential(contract, target.keys, "good")))
    exchange = target.send(SentRequest("GET", url, tuple(fields), None, "good" if key else ""), limit=FILE_LIMIT)
    return followed(target, exchange, headers)


def followed(target: Target, exchange: Exchange, headers: tuple[tuple[str, str], ...] = ()) -> Exchange:
    """What a download's answer leads to, after no more than three redirects, to which the key does not go."""
    for _ in range(3):
        place = exchange.header("location")
        if exchange.status not in (301, 302, 303, 307, 308) or not place or target.steerable:
            break
        exchange = target.send(
            SentRequest("GET", urljoin(exchange.sent.url, place), headers, None, ""), limit=FILE_LIMIT
        )
    return exchange


def origin(url: str) -> tuple[str, str]:
    """Scheme and authority: the key of one origin is sent to no other."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
