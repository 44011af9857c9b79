"""What may differ between two runs of the same commit, taken out of what a command said. All else stays as it is.

Masked, and why:

- `<now>`: a date, or a number of seconds (ms, ns), that lies within the time of the run itself. Times of the documents
  (`read: 2026-11-21`) and of the embedded mock's virtual clock (1780000000 ...) are facts, and stay.
- `<seconds>`, `<speed>`: how long it took, in the few phrases where a command says so.
- `<version>`: the tool's own version, where it stands beside its name.
- `<here>`, `<home>`, `<built-in>`, `<code>`: folders. Every command runs in a temporary one, the built-in documents
  are wherever the checkout is, and pytest names the line of our code that skipped a test.
- `<port>`, `<id>`, `<requests>`: of a served mock only, which gives ids by the machine's clock, listens where a port
  is free, and is polled as often as the machine is fast.
- `<signature>`: of a token that holds the time. Its head and claims are shown.
- Blanks at the ends of lines, with which tables are filled up to the width of the terminal.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_ISO = re.compile(r"(20\d\d-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00| UTC)?")
_MINUTE = re.compile(r"(?:2|&#50;)(0\d\d-\d\d-\d\d \d\d:\d\d)(?![\d:])")  # as the job summary writes it
_HTTP = re.compile(r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT")
_TIME_ELEMENT = re.compile(r'(<time datetime="<now>">)[^<]*')
_EPOCH = re.compile(r"(?<![\d.])(\d{10})(\d{3}|\d{6}|\d{9})?(?:\.\d+)?(?!\d)")
_TOKEN = re.compile(r"\b(eyJ[\w-]+)\.(eyJ[\w-]+)\.([\w-]*)")

_DURATIONS = (
    (re.compile(r"(verdicts in )\d+\.\d s, \d+( requests judged per second)"), r"\1<seconds>, <speed>\2"),
    (re.compile(r"(requirements without deviation: \d+; )\d+ s"), r"\1<seconds>"),  # selfcheck
    (re.compile(r"((?:passed|failed|skipped|warnings?|error|ran) in )[\d.]+s(?: \(\d+:\d\d:\d\d\))?"), r"\1<seconds>"),
)
_RULERS = re.compile(r"^=+( .*<seconds>.* )=+$", re.MULTILINE)  # pytest fills the line around the duration
_BUILT_IN = re.compile(r"(?:file://)?/[^\s\"'<>]*/screentest_openapi/([a-z]+)\.yaml")
_OUR_LINE = re.compile(r"[^\s\">]*/[^\s\">]*\.py:\d+")
_SERVED = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"<now>-[A-Za-z0-9]{8}-"), "<now>-<id>-"),
    (re.compile(r"127\.0\.0\.1:\d{4,5}"), "127.0.0.1:<port>"),
    (re.compile(r"^(\w+ +url +.* )\d+$", re.MULTILINE), r"\1<requests>"),  # it polled as often as time allowed
    (re.compile(r"^\d\d:\d\d:\d\d (?=\w+ +(?:GET|POST))", re.MULTILINE), "<now> "),  # the log of `serve`
)


@dataclass(frozen=True)
class Mask:
    """What one command's words are read with: the time it ran, the folders it saw."""

    start: float
    end: float
    version: str = ""
    places: Mapping[str, str] = field(default_factory=dict)  # folder -> what is written instead
    served: bool = False
    """It talked to a served mock."""

    def __call__(self, text: str) -> str:
        """Text without what changes by itself."""
        for place, name in self.places.items():
            text = text.replace(place, name)
        text = _BUILT_IN.sub(r"<built-in>/\1.yaml", text)
        text = _OUR_LINE.sub("<code>", text)
        if self.version:
            version = re.escape(self.version)
            text = re.sub(
                rf"(screentest(?:,? version)?[ -]|name=\"screentest\" value=\"){version}\b", r"\1<version>", text
            )
        text = _TOKEN.sub(self._token, text)
        text = _ISO.sub(self._iso, text)
        text = _MINUTE.sub(self._minute, text)
        text = _TIME_ELEMENT.sub(r"\1<now>", text)
        text = _EPOCH.sub(self._epoch, text)
        for pattern, instead in _DURATIONS:
            text = pattern.sub(instead, text)
        text = _RULERS.sub(r"=\1=", text)
        if self.served:
            text = _HTTP.sub("<now>", text)
            for pattern, instead in _SERVED:
                text = pattern.sub(instead, text)
        return "\n".join(line.rstrip() for line in text.split("\n"))

    def value(self, value: Any) -> Any:
        """The same for a value that was JSON."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return "<now>" if self._recent(value) else value
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self(key): self._member(key, item, value) for key, item in value.items()}
        return value

    def _member(self, key: str, value: Any, whole: Mapping[str, Any]) -> Any:
        own = key in ("version", "semanticVersion") and str(whole.get("name", "")).startswith("screentest")
        if own and value == self.version:
            return "<version>"
        if self.served and key == "seconds":  # how long an answer took
            return "<seconds>"
        return self.value(value)

    def _recent(self, seconds: float) -> bool:
        return self.start - 2 <= seconds <= self.end + 2

    def _iso(self, found: re.Match[str]) -> str:
        try:
            when = datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
        except ValueError:
            return found[0]
        return "<now>" if self._recent(when.timestamp()) else found[0]

    def _minute(self, found: re.Match[str]) -> str:
        try:
            begins = datetime.fromisoformat(f"2{found[1]}").replace(tzinfo=UTC).timestamp()
        except ValueError:
            return found[0]
        return "<now>" if begins <= self.end and begins + 60 > self.start else found[0]

    def _epoch(self, found: re.Match[str]) -> str:
        return "<now>" if self._recent(int(found[1])) else found[0]

    def _token(self, found: re.Match[str]) -> str:
        head, claims = (_decoded(part) for part in found.group(1, 2))
        begins = claims.get("nbf")
        if begins is not None:  # what is left is how long it holds
            claims |= {
                "nbf": "<past>" if begins < self.start - 60 else "<now>",
                "exp": f"nbf + {claims['exp'] - begins}",
            }
        return f"{json.dumps(head)}.{json.dumps(claims)}.{'<signature>' if found[3] else ''}"


def _decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
