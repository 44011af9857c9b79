"""Addresses in a server's words: they may be anything, and taking them apart never raises."""

import re
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def split_address(url: str) -> SplitResult:
    """The parts of an address; of what is none, an unclosed bracket for example, the whole as its path.

    >>> split_address("https://files.example.com/clip.mp4?sig=1").path, split_address("http://[::1").path
    ('/clip.mp4', 'http://[::1')
    """
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def is_address(url: str) -> bool:
    """Whether a request can be sent to it, as far as its form goes."""
    try:
        parts = urlsplit(url)
        return bool(parts.scheme and parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def join_address(base: str, place: str) -> str | None:
    """Where a reference leads from `base` (RFC 3986, 5); None for what is no reference."""
    try:
        return urljoin(base, place)
    except ValueError:
        return None


def normal_path(url: str) -> str:
    """The path of an address in its normal form (RFC 3986, 6.2.2), in which equivalent paths are equal.

    >>> normal_path("https://api.example.com/v1/./jobs/%7eone%2ftwo")
    '/v1/jobs/~one%2Ftwo'
    """

    def normal(escape: re.Match[str]) -> str:
        character = unquote(escape[0])
        return character if _UNRESERVED.fullmatch(character) else escape[0].upper()

    path = re.sub("%[0-9A-Fa-f]{2}", normal, split_address(url).path)
    return split_address(urljoin("http://host", f"/.{path}")).path if path.startswith("/") else path
