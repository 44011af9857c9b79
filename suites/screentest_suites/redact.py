"""The one place where secrets are taken out of what leaves the process: reports, logs, messages."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

HIDDEN = "[redacted]"

_HEADERS = {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key"}
_QUERY = re.compile(r"(?i)sign|token|key|secret|credential|policy|auth|password")
_URL = re.compile(r"https?://[^\s\"'<>\\]+\?[^\s\"'<>\\]+")
_BEARER = re.compile(r"(?i)\b(bearer|key|basic)\s+[a-z0-9._~+/=-]{6,}")
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{6,}")


class Redactor:
    """Knows the secrets of a run. `text` and `value` give copies without them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """`text` without keys, bearer tokens and signatures in URL queries."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = _BEARER.sub(lambda match: f"{match[1]} {HIDDEN}", text)
        text = _KEY.sub(HIDDEN, text)
        return _URL.sub(lambda match: self.url(match[0]), text)

    def url(self, url: str) -> str:
        """`url` with the values of query parameters that sign or authorise hidden; expiry times stay readable."""
        try:
            parts = urlsplit(url)
            pairs = parse_qsl(parts.query, keep_blank_values=True)
        except ValueError:
            return HIDDEN
        if not any(_QUERY.search(name) for name, _ in pairs):
            return url
        query = urlencode([(name, HIDDEN if _QUERY.search(name) else value) for name, value in pairs], safe="[]:/,")
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))

    def header(self, name: str, value: str) -> str:
        """A header's value as it may be shown."""
        return HIDDEN if name.lower() in _HEADERS else self.text(value)

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it redacted."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        return value
