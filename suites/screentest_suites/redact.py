"""The one place where secrets are taken out of what leaves the process: reports, logs, messages."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"

BODY_LIMIT = 1 << 20
"""Bytes of a body that are looked through: far more than is ever shown, so that no cut leaves half a secret."""

_HEADERS = {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key"}
_PARAMETER = re.compile(
    r"""(?ix) ((?: [?&;] | \\u0026 )                    # some JSON libraries write & as \u0026
    [^=&?#\s"'<>\\]* (?:sign|token|key|secret|credential|policy|auth|password) [^=&?#\s"'<>\\]* = ) [^&#\s"'<>\\]+"""
)
_USER = re.compile(r"(?i)(https?://)[^/?#\s\"'@]+@")
_TOKEN = r"[a-z0-9._~+/=-]"  # noqa: S105 - a pattern
_BEARER = re.compile(rf"(?i)\b(bearer|key|basic)\s+(?={_TOKEN}*\d|{_TOKEN}{{20}}){_TOKEN}{{6,}}")
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{6,}")


class Redactor:
    """Knows the secrets of a run. `text`, `body` and `header` give copies without them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        ways = (str, lambda secret: quote(secret, safe=""), quote_plus, lambda secret: json.dumps(secret)[1:-1])
        forms = {way(secret) for secret in secrets if len(secret) >= 4 for way in ways}
        self._secrets = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """`text` without keys, bearer tokens and what signs or authorises in URLs; expiry times stay readable."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = _BEARER.sub(lambda match: f"{match[1]} {HIDDEN}", text)
        text = _KEY.sub(HIDDEN, text)
        text = _USER.sub(rf"\1{HIDDEN}@", text)
        return _PARAMETER.sub(rf"\1{HIDDEN}", text)

    def body(self, body: bytes, limit: int) -> str:
        """The first `limit` characters of a body, without secrets."""
        return self.text(body[:BODY_LIMIT].decode("utf-8", "replace"))[:limit]

    def header(self, name: str, value: str) -> str:
        """A header's value as it may be shown."""
        return HIDDEN if name.lower() in _HEADERS else self.text(value)
