"""Addresses that are no public ones: what a careful server refuses to call or to fetch."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

_OTHER_RANGES = ("169.254.0.0/16", "100.64.0.0/10", "224.0.0.0/4", "0.0.0.0/32", "::1/128", "fe80::/10", "fc00::/7")
_LOOPBACK = IPv4Address("127.0.0.1")


def ends(ranges: tuple[str, ...]) -> Iterator[IPv4Address | IPv6Address]:
    """The first and the last address of each range."""
    for each in ranges:
        network: IPv4Network | IPv6Network = ip_network(each)
        yield from dict.fromkeys((network.network_address, network.broadcast_address))


def written(address: IPv4Address | IPv6Address) -> str:
    """An address as the host of a URL."""
    return f"[{address}]" if address.version == 6 else str(address)


def unusual_hosts(ranges: tuple[str, ...]) -> Iterator[str]:
    """Hosts beside the documented ranges that lead to this machine or to a network of one's own: further ranges, and
    other ways to write those that are documented."""
    for address in ends(tuple(each for each in _OTHER_RANGES if each not in ranges)):
        yield written(address)
    private = [address for address in ends(ranges) if isinstance(address, IPv4Address)]
    for address in (_LOOPBACK, *private):
        yield f"[::ffff:{address}]"
    octets = _LOOPBACK.packed
    yield str(int(_LOOPBACK))
    yield ".".join(f"0{octet:o}" for octet in octets)
    yield ".".join(f"0x{octet:x}" for octet in octets)
    yield f"0x{int(_LOOPBACK):x}"
    yield "127.1"
    yield f"{_LOOPBACK}."
    yield from ("localhost", "localhost.")


def disguised(scheme: str, host: str, path: str) -> Iterator[str]:
    """Addresses that look like others at first sight: a public name as credentials, and schemes that no web server
    answers."""
    yield f"{scheme}://{host}@{_LOOPBACK}{path}"
    for other in ("ftp", "file", "gopher"):
        yield f"{other}://{host}{path}"
