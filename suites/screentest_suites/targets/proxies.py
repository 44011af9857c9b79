"""Proxies that the environment names: which one a request goes through, and which hosts are asked without any."""

import ipaddress
from collections.abc import Iterable
from urllib.request import getproxies, proxy_bypass

from screentest_contracts.errors import UsageError
from screentest_suites.core.addresses import is_address, split_address

LOOPBACK = ("localhost", "*.localhost", "127.0.0.1", "[::1]")
"""Hosts of this machine, which no proxy can reach."""

SCHEMES = ("http", "https", "socks5", "socks5h")
"""What a proxy is spoken to in."""

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


def check_proxies() -> None:
    """Raises UsageError where the environment names a proxy that is none. Its address, which may hold a password, is
    not shown."""
    named = getproxies()
    for scheme in ("http", "https", "all"):
        proxy = _address(named.get(scheme) or "")
        if proxy and not (split_address(proxy).scheme in SCHEMES and is_address(proxy)):
            hint = f"write it like http://proxy.example:3128 ({', '.join(SCHEMES)}), or unset the variable"
            raise UsageError(f"the proxy in {scheme.upper()}_PROXY has no address that can be used", hint)


def _address(proxy: str) -> str:
    """The address of a proxy as the environment has it: it may lack the scheme."""
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def proxy_for(url: str) -> str:
    """The proxy through which a request goes, as HOST:PORT: the credentials in its address are nobody's business. ""
    for none."""
    parts = split_address(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    named = getproxies()
    return split_address(_address(named.get(parts.scheme) or named.get("all") or "")).netloc.rpartition("@")[2]
