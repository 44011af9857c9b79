"""The one place where secrets are taken out of what leaves the process: reports, logs, messages."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "REDACTED"
"""What stands where a secret was. It may stand in an address, which stays an address."""

BODY_LIMIT = 1 << 16
"""Bytes of a body that are looked through: far more than is ever shown, so that no cut leaves half a secret."""

EXCERPT_LIMIT = 1 << 14
"""Characters of such a text that are looked through, likewise."""

_HEADER = re.compile(
    r"(?i)authorization|cookie|token|secret|password|credential|signature|session|(?<!idempotency-)key"
)
_PARAMETER = re.compile(
    r"""(?ix) ((?: [?&;] | \\u0026 )                    # some JSON libraries write & as \u0026
    [^=&?#\s"'<>\\]{0,64} (?:sign|token|key|secret|credential|policy|auth|password) [^=&?#\s"'<>\\]{0,64} = )
    [^&#\s"'<>\\]+"""
)
_USER = re.compile(r"(?i)(https?://)[^/?#\s\"'@]+@")
_NAME = r"(?:api[-_]?key|access[-_]?key|token|secret|passw(?:or)?d|cookie|signature|credentials?|authorization)"
_MEMBER = re.compile(  # of JSON, also where JSON stands in a JSON string
    rf"""(?ix) ( \\{{0,8}}" [\w-]{{0,64}}? {_NAME} (?:[-_]?(?:id|key))? \\{{0,8}}" \s*:\s* \\{{0,8}}" )
    (?: [^"\\] | \\[^"] )+"""
)
_FIELD = re.compile(  # of a form: multipart/form-data
    rf"""(?ix) ( name="[\w.-]{{0,64}}? (?:{_NAME}|policy) (?:[-_]?(?:id|key))? " [^\r\n]* \r\n \r\n ) [^\r\n]+"""
)
_FIELD_BYTES = re.compile(_FIELD.pattern.encode())
_COOKIE = re.compile(r"""(?i)((?:set-)?cookie\s*:\s*)[^\r\n"'\\]+""")
_TOKEN = r"[a-z0-9._~+/=-]"  # noqa: S105 - a pattern
_START = r"(?:\b|(?<=\\[nrt]))"  # of a word, also behind the end of a line in JSON
_PREFIX = re.compile(r"^[A-Za-z]{2,12}_")
_BEARER = re.compile(rf"(?i){_START}(bearer|key|basic)\s+(?={_TOKEN}*\d|{_TOKEN}{{20}}){_TOKEN}{{6,}}")
_ASSIGNED = re.compile(  # as an environment or a log shows it; not numbers, which count tokens
    rf"""(?ix) (?<![?&;\w.-]) ( [\w.-]{{0,64}} {_NAME} [\w-]{{0,64}} \s*[:=]\s* ["']? )
    (?! \d+(?:\.\d+)? (?!{_TOKEN}) ) (?= {_TOKEN}*\d | {_TOKEN}{{20}} ) {_TOKEN}{{6,}}"""
)
_JWT = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*")  # what begins a JSON object, in base64: any signed token
_JWT_BYTES = re.compile(_JWT.pattern.encode())
_KEY = re.compile(rf"{_START}sk-[A-Za-z0-9_-]{{6,}}")


class Redactor:
    """Knows the secrets of a run. `text`, `body`, `data` and `header` give copies without them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= 4 for part in _parts(secret) for form in _forms(part)}
        self._secrets = sorted(forms, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, self._secrets))) if self._secrets else None

    def text(self, text: str) -> str:
        """`text` without keys, bearer tokens and what signs or authorises in URLs; expiry times stay readable."""
        text = self.known(text)
        text = _BEARER.sub(lambda match: f"{match[1]} {HIDDEN}", text)
        text = _JWT.sub(HIDDEN, text)
        text = _KEY.sub(HIDDEN, text)
        text = _USER.sub(rf"\1{HIDDEN}@", text)
        for pattern in (_PARAMETER, _MEMBER, _FIELD, _COOKIE, _ASSIGNED):
            text = pattern.sub(rf"\1{HIDDEN}", text)
        return text

    def known(self, text: str) -> str:
        """`text` without the secrets of the run; what only looks like one stays."""
        if self._any is None or self._any.search(text) is None:  # nearly every text: one scan
            return text
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def body(self, body: bytes, limit: int) -> str:
        """The first `limit` characters of a body, without secrets."""
        return self.text(body[:BODY_LIMIT].decode("utf-8", "replace"))[:limit]

    def excerpt(self, text: str) -> str:
        """The beginning of a text that may be endless, without secrets: far more than is ever shown."""
        return self.text(text[:EXCERPT_LIMIT])

    def data(self, body: bytes) -> bytes:
        """A whole body without secrets; bytes that are no text keep their places, so that a video stays playable."""
        if b"\0" not in body[:4096]:
            return self.text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        body = _FIELD_BYTES.sub(rb"\1" + HIDDEN.encode(), body)
        for secret in self._secrets:
            found = secret.encode("utf-8", "surrogatepass")
            body = body.replace(found, b"*" * len(found))
        return _JWT_BYTES.sub(lambda match: b"*" * len(match[0]), body)

    def header(self, name: str, value: str) -> str:
        """A header's value as it may be shown."""
        return HIDDEN if _HEADER.search(name) else self.text(value)


def _parts(secret: str) -> Iterator[str]:
    """A key that is a pair, `ID:SECRET`, and its secret, which may be met alone."""
    yield secret
    if len(alone := secret.partition(":")[2]) >= 4:
        yield alone


def _forms(secret: str) -> Iterator[str]:
    """How a secret may be written: plain, in a URL, in JSON, in base64 at any offset, in hexadecimal digits."""
    yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    if len(bare := _PREFIX.sub("", secret)) >= 16:  # of a secret that is written `whsec_...` the rest is the secret
        yield bare
    raw = secret.encode("utf-8", "surrogatepass")
    if len(raw) >= 8:
        yield from (raw.hex(), raw.hex().upper())
        for offset in range(3):  # the characters that also depend on the neighbours are left out
            coded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
            whole = coded[(0, 2, 3)[offset] : len(coded) - (1 if (offset + len(raw)) % 3 else 0)]
            yield from (whole, whole.replace("+", "-").replace("/", "_"))
