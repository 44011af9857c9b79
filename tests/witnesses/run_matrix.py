"""Runs the suites over HTTP against the witness servers, switch by switch, and prints what was caught.

    python tests/witnesses/run_matrix.py [PROVIDER ...] [--only SWITCH ...] [--jobs N] [--task-seconds S]

A documented defect must make a MUST fail; an oddity, or the server as it stands, must not. Exit status 1 otherwise.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent))  # a worker process starts without pytest's import path

from common import running

from screentest_contracts import load_contract
from screentest_suites.core.options import Options
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.callback_port import Mailbox
from screentest_suites.targets.http import HttpTarget

PROVIDERS = ("evolink", "nexusflow", "tokenbay", "tokenhot", "rest")
DOCUMENTS = {"rest": Path(__file__).parents[1] / "documents" / "rest.yaml"}  # of those that are not built in
KEYS = {"good": "sk-good", "second": "sk-second", "poor": "sk-poor"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One whole run: ids of the requirements that failed, by level, and of those where the harness broke."""

    provider: str
    kind: str
    switch: str
    failed: dict[str, str] = field(default_factory=dict)  # id -> level
    reasons: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0

    @property
    def musts(self) -> list[str]:
        return [name for name, level in self.failed.items() if level == "MUST"]

    def good(self, usual: Collection[str] = ()) -> bool:
        """Whether the run says what it should; `usual` fails in the default mode too."""
        found = set(self.musts if self.kind == "defect" else self.failed) - set(usual)
        right = bool(found) if self.kind in ("defect", "assumed") else not self.musts
        return right and not self.errors


def switches(provider: str) -> list[tuple[str, str]]:
    """(kind, name) of everything a witness can do; the default mode is `("default", "")`."""
    server = importlib.import_module(f"{provider}_server")
    tables = {"defect": server.DEFECTS, "assumed": server.ASSUMED, "oddity": server.ODDITIES}
    return [("default", "")] + [(kind, name) for kind, table in tables.items() for name in table]


def run(
    provider: str,
    kind: str,
    switch: str,
    task_seconds: float = 0.5,
    examples: int = 20,
    models: tuple[str, ...] = (),
    only: Collection[str] = ("*",),
    leave_out: Collection[str] = (),
) -> Outcome:
    """One run against the witness with one switch on: of these models or all, of some requirements without others, of
    which callbacks cost seconds of waiting."""
    server = importlib.import_module(f"{provider}_server")
    outcome, began = Outcome(provider, kind, switch), time.monotonic()
    contract = load_contract(DOCUMENTS.get(provider, provider))
    keys, hooks, ways = KEYS, None, {}
    if hasattr(server, "SECRET"):
        keys, hooks = {**KEYS, "callback": server.SECRET}, Mailbox("https://hooks.example.com")
        ways = {"post": partial(arrive, hooks)}
    with (
        running(server.build(task_seconds, switch, **ways)) as url,
        closing(HttpTarget(url + contract.base_path, keys, callbacks=hooks)) as target,
    ):
        options = Options(poll_interval=0.05, task_timeout=max(5.0, 3 * task_seconds), examples=examples, models=models)
        judge = Judge(contract, target, options)
        for name in (each.id for each in judge.requirements):
            if not _is_any(name, only) or _is_any(name, leave_out):
                continue
            verdict = judge.verdict(name)
            result = verdict.result.value
            outcome.counts[result] = outcome.counts.get(result, 0) + 1
            if result == "failed":
                outcome.failed[name] = str(verdict.requirement.level)
                outcome.reasons[name] = verdict.finding.reason
            elif result == "error":
                outcome.errors[name] = verdict.finding.reason.strip().splitlines()[-1]
    return Outcome(
        *(provider, kind, switch, outcome.failed, outcome.reasons, outcome.errors, outcome.counts),
        requests=target.sent,
        seconds=time.monotonic() - began,
    )


def _is_any(name: str, globs: Collection[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def arrive(hooks: Mailbox, address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """A callback that a witness makes."""
    return hooks.take(time.time(), "POST", urlsplit(address).path, body, tuple(headers.items()))[0]


def line(outcome: Outcome, usual: Collection[str], verbose: bool) -> str:
    word = {
        ("defect", True): "caught",
        ("defect", False): "MISSED",
        ("assumed", True): "noticed",
        ("assumed", False): "unnoticed",
    }.get((outcome.kind, outcome.good(usual)), "quiet" if outcome.good(usual) else "FALSE ALARM")
    if outcome.errors:
        word = "ERROR"
    found = [
        f"{name} ({level})" if level != "MUST" else name for name, level in outcome.failed.items() if name not in usual
    ]
    text = f"{outcome.provider:10} {outcome.kind:8} {outcome.switch:32} {word:12}"
    text += f" {outcome.seconds:5.1f} s {outcome.requests:5}  {', '.join(found)}"
    told = {name: why for name, why in outcome.reasons.items() if name in outcome.musts}
    details = {**outcome.errors, **(outcome.reasons if verbose else {} if outcome.kind == "defect" else told)}
    return text + "".join(f"\n    {name}: {reason}" for name, reason in details.items())


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("provider", nargs="*", default=PROVIDERS)
    parser.add_argument("--only", nargs="+", help="names of switches, or kinds")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--task-seconds", type=float, default=0.5)
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args(arguments)
    bad, usual = 0, dict[str, Collection[str]]()
    with ProcessPoolExecutor(given.jobs) as pool:
        runs = [
            pool.submit(run, provider, kind, switch, given.task_seconds, given.examples)
            for provider in given.provider
            for kind, switch in switches(provider)
            if not given.only or kind == "default" or switch in given.only or kind in given.only
        ]
        for each in runs:
            outcome = each.result()
            if outcome.kind == "default":
                print(line(outcome, (), given.verbose), flush=True)
                usual[outcome.provider] = outcome.failed
            else:
                print(line(outcome, usual[outcome.provider], given.verbose), flush=True)
            bad += not outcome.good(usual.get(outcome.provider, ())) and outcome.kind != "assumed"
    print(f"{len(runs)} runs, {bad} wrong")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
