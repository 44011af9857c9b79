"""Who may give orders to a mock: this machine or who has the token, and no page of another site."""

import base64
import hmac
import re

from starlette.requests import Request

_HERE = re.compile(r"(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?", re.IGNORECASE)
"""Hosts by which a browser asks the machine that it runs on."""


def is_allowed(request: Request, token: str | None) -> bool:
    """Whether a request has the token, as a bearer or as the password of Basic authentication; without a token,
    whether it comes from this machine."""
    if token is not None:
        return hmac.compare_digest(_token_of(request), token.encode())  # as it came over the wire
    host = request.client.host if request.client else "127.0.0.1"
    return host == "::1" or host.startswith("127.")


def is_cross_site(request: Request) -> bool:
    """Whether a browser sent the request for a page of another origin. Other clients send neither of the headers."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")  # browsers leave the other one out where plain HTTP leaves this machine
    return origin is not None and origin.partition("://")[2] != request.headers.get("host", "")


def names_this_machine(request: Request) -> bool:
    """Whether the host that was asked is a name of this machine, and not one that a stranger made lead here."""
    return _HERE.fullmatch(request.headers.get("host", "")) is not None


def _token_of(request: Request) -> bytes:
    header = request.headers.get("authorization", "")
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return header.removeprefix("Bearer ").encode("latin-1")
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except ValueError:
        return b""
