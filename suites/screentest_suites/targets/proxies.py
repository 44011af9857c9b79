"""Proxies that the environment names: which one a request goes through, and which hosts are asked without any."""

import ipaddress
from collections.abc import Iterable
from urllib.request import getproxies, proxy_bypass

from screentest_suites.core.addresses import split_address

LOOPBACK = ("localhost", "*.localhost", "127.0.0.1", "[::1]")
"""Hosts of this machine, which no proxy can reach."""

REFUSALS = (407, 502, 503, 504)
"""Statuses with which a proxy says that it got nothing for us."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or its address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def direct_hosts(urls: Iterable[str]) -> dict[str, None]:
    """What is asked without a proxy, as `httpx` wants it: this machine, and those of the addresses that are on it."""
    hosts = [split_address(url).hostname or "" for url in urls]
    own = [f"[{host}]" if ":" in host else host for host in hosts if is_loopback(host)]
    return {f"all://{host}": None for host in (*LOOPBACK, *own)}


def proxy_for(url: str) -> str:
    """The proxy through which a request goes, as HOST:PORT: the credentials in its address are nobody's business. ""
    for none."""
    parts = split_address(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    named = getproxies()
    proxy = named.get(parts.scheme) or named.get("all") or ""
    return split_address(proxy if "://" in proxy else f"http://{proxy}").netloc.rpartition("@")[2] if proxy else ""
