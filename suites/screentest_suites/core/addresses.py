"""Addresses in a server's words: they may be anything, and taking them apart never raises."""

from urllib.parse import SplitResult, urljoin, urlsplit


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
