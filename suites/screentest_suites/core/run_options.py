"""The options of a run, declared once for the command line and for pytest. Imports nothing heavy: every pytest run of
everyone who installs Screentest loads this."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an option takes."""

    TEXT = "text"
    TEXTS = "texts"  # repeatable
    FLAG = "flag"
    NUMBER = "number"
    WHOLE = "whole number"


@dataclass(frozen=True)
class RunOption:
    """One option. `field` is the field of `RunSettings` that it sets.

    `help`, `name` and `metavar` are the command line's. `pytest_help` is what pytest says; None: pytest
    has no such option. A number is at least `low`, or more than it if `low_open`, and at
    most `high`.
    """

    field: str
    name: str
    kind: Kind
    help: str
    pytest_help: str | None = None
    metavar: str | None = None
    pytest_metavar: str | None = None
    pytest_name: str | None = None
    default: Any = None
    low: float | None = None
    high: float | None = None
    low_open: bool = False

    def in_range(self, value: float) -> bool:
        """Whether a number may be given; not-a-number may not."""
        if self.low is None or self.high is None:
            return True
        return (self.low < value if self.low_open else self.low <= value) and value <= self.high


LONGEST = 1e9
"""Seconds, or requests per second; more than the longest time would be too much for the system's clock."""

CLIENT_TIME_LIMIT = 60.0
"""Seconds that a situation of a client may take, unless its user says otherwise."""

PROVIDER = RunOption(
    "providers",
    "--provider",
    Kind.TEXTS,
    "",  # the command line has an argument instead
    "judge this provider: a built-in name or a document's path (repeatable)",
    pytest_metavar="NAME",
)

RUN_OPTIONS: tuple[RunOption, ...] = (
    RunOption(
        "target",
        "--target",
        Kind.TEXT,
        "Judge this server instead of the embedded mock. URL stands for servers[0].url of the document, with its path.",
        "judge the server at URL, which stands for servers[0].url with its path, instead of the embedded mock",
        "URL",
    ),
    RunOption(
        "live",
        "--live",
        Kind.FLAG,
        "Judge the provider's own server, with your key. See also: screentest plan.",
        "judge the providers' own servers, with your keys",
    ),
    RunOption(
        "max_spend",
        "--max-spend",
        Kind.TEXT,
        "What each provider's run may cost at most, in its currency (5, 2.50, 5USD), or: unlimited. With --live the "
        "default is 0: only requests that cannot create anything.",
        "what each provider's run may cost at most, in its currency, or: unlimited (with --live default 0: "
        "only what cannot create anything)",
        "AMOUNT",
    ),
    RunOption(
        "assume_price",
        "--assume-price",
        Kind.TEXT,
        "What one task costs at most, where the document has no price.",
        "what a task costs at most, where the document has no price",
        "AMOUNT",
    ),
    RunOption(
        "rate",
        "--rate",
        Kind.NUMBER,
        "Requests per second at most.",
        "requests per second at most",
        "N",
        low=1e-6,
        high=LONGEST,
    ),
    RunOption(
        "speed",
        "--speed",
        Kind.NUMBER,
        "The target is N times as fast as its document: serve's --speed.",
        "the target is N times as fast as its document",
        "N",
        low=1e-6,
        high=LONGEST,
    ),
    RunOption(
        "poll_interval",
        "--poll-interval",
        Kind.NUMBER,
        "Seconds between polls.",
        "seconds between polls",
        "S",
        low=0.0,
        high=LONGEST,
    ),
    RunOption(
        "task_timeout",
        "--task-timeout",
        Kind.NUMBER,
        "Seconds a task may take.",
        "seconds a task may take",
        "S",
        low=0.0,
        high=LONGEST,
        low_open=True,
    ),
    RunOption(
        "timeout",
        "--timeout",
        Kind.NUMBER,
        "Seconds one answer may take.",
        metavar="S",
        default=30.0,
        low=0.1,
        high=LONGEST,
    ),
    RunOption(
        "time_limit",
        "--time-limit",
        Kind.NUMBER,
        "Seconds the run may take: then it ends with a report.",
        "seconds the run may take: then it ends with a report",
        "S",
        low=0.0,
        high=LONGEST,
        low_open=True,
    ),
    RunOption(
        "examples",
        "--examples",
        Kind.WHOLE,
        "Generated examples per provider.",
        "generated examples per provider (100)",
        pytest_metavar="N",
        default=100,
        low=1,
        high=100_000,
    ),
    RunOption(
        "seed",
        "--seed",
        Kind.WHOLE,
        "Seed of everything generated: the same seed, the same run.",
        "seed of everything generated (0)",
        pytest_metavar="N",
        pytest_name="--screentest-seed",
        default=0,
    ),
    RunOption(
        "models",
        "--model",
        Kind.TEXTS,
        "Judge only this model (repeatable).",
        "judge only this model (repeatable)",
        pytest_metavar="NAME",
    ),
    RunOption(
        "reports",
        "--report",
        Kind.TEXTS,
        "Write the report; format by suffix: .json .html .md .xml .svg (repeatable).",
        "write the report: .json .html .md .xml .svg",
        "PATH",
    ),
    RunOption(
        "record",
        "--record",
        Kind.TEXT,
        "Keep all that is asked and answered; for replay, diff and --resume.",
        "keep all that is asked and answered, for replay, diff and --resume",
        "DIR",
    ),
    RunOption(
        "resume",
        "--resume",
        Kind.TEXT,
        "Go on with an interrupted run, as it was begun; nothing is created twice.",
        "go on with an interrupted run as it was begun; no --provider is needed",
        "DIR",
    ),
    RunOption(
        "baseline",
        "--baseline",
        Kind.TEXT,
        "Known failures: they do not fail a run; one that passes again does.",
        "known failures: expected, and a failure once they pass again",
        "FILE",
    ),
    RunOption(
        "update_baseline",
        "--update-baseline",
        Kind.FLAG,
        "Write the baseline anew from this run.",
        "write the baseline anew from this run",
    ),
    RunOption(
        "callback_listen",
        "--callback-listen",
        Kind.TEXT,
        "Receive the target's callbacks here, over TLS.",
        metavar="HOST:PORT",
    ),
    RunOption(
        "callback_url",
        "--callback-url",
        Kind.TEXT,
        "The receiver's public address, where it differs.",
        metavar="URL",
    ),
    RunOption(
        "callback_certificate",
        "--callback-certificate",
        Kind.TEXT,
        "The receiver's certificate and key; without: one is made.",
        metavar="PEM",
    ),
)
"""Every option of a run, in the order in which they are shown."""
