"""The canonical report: JSON, versioned, with its own JSON Schema (`report.schema.json`).

Every other format is made from this document alone, by `screentest_suites.reporting`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.contract import Contract
from screentest_contracts.control_characters import shortened
from screentest_contracts.errors import UsageError
from screentest_contracts.facts import Fact, Level
from screentest_contracts.redact import Redactor
from screentest_suites.core.curl import curl_line
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.files import attempt, check_writable, write_text
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Evidence, Result, Verdict
from screentest_suites.reporting.counting import counted_as
from screentest_suites.reporting.render import FORMATS, render
from screentest_suites.spending import Ledger, ReservationState
from screentest_suites.targets.target import Target

FORMAT = 1
BODY_LIMIT = 4096
"""Characters of a body, or of a header, that a report shows."""

TEXT_LIMIT = 4096
"""Characters of a reason, or of what was seen or expected."""

SCHEMA = Path(__file__).with_name("report.schema.json")


def now() -> str:
    """This moment, ISO 8601 UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def header(
    contracts: Iterable[Contract], target: Target | None, options: Options, started: str, level: Level = Level.MUST
) -> dict[str, Any]:
    """Who was judged, by what, and how; `level`: failures of this level or a stricter one fail the run."""
    return {
        "format": FORMAT,
        "tool": {"name": "screentest", "version": version("screentest")},
        "started": started,
        "seed": options.seed,
        "examples": options.examples,
        **({} if level is Level.MUST else {"level": level.value}),
        "target": {"kind": target.kind, "host": urlsplit(target.base_url).netloc.rpartition("@")[2]}
        if target
        else None,
        "providers": [
            {"name": contract.name, "title": contract.title, "contract": contract.digest} for contract in contracts
        ],
        "spend": [],
    }


def verdict_json(contract: Contract, verdict: Verdict, redactor: Redactor) -> dict[str, Any]:
    """One requirement of the report."""
    requirement, finding = verdict.requirement, verdict.finding
    return {
        "id": requirement.id,
        "provider": verdict.provider,
        "suite": requirement.suite,
        "level": requirement.level.value,
        "verdict": verdict.result.value,
        "reason": _text(finding.reason, redactor),
        "judged": finding.judged,
        **({"weak": True} if finding.weak else {}),
        "statement": requirement.statement,
        "sources": sources_json(contract, requirement.fact),
        "evidence": [evidence_json(contract, evidence, redactor) for evidence in finding.evidence],
    }


def sources_json(contract: Contract, fact: Fact) -> list[dict[str, str]]:
    """The pages that a fact rests on, with its mark."""
    found = [contract.sources[key] for key in fact.source if key in contract.sources]
    return [{"title": each.title, "url": each.url, "read": each.read, "mark": fact.mark.value} for each in found]


def evidence_json(contract: Contract, evidence: Evidence, redactor: Redactor) -> dict[str, Any]:
    """One observation, without secrets."""
    return {
        "seen": _text(evidence.seen, redactor),
        "expected": _text(evidence.expected, redactor),
        "exchanges": [
            exchange_json(contract, exchange, redactor, gone=bool(evidence.again)) for exchange in evidence.exchanges
        ],
        **({"again": _text(evidence.again, redactor)} if evidence.again else {}),
    }


def exchange_json(contract: Contract, exchange: Exchange, redactor: Redactor, *, gone: bool = False) -> dict[str, Any]:
    """One exchange, without secrets; `gone`: nobody can ask its server again."""
    sent = exchange.sent
    return {
        "request": {
            "method": sent.method,
            "url": _text(sent.url, redactor),
            "headers": _headers(sent.headers, redactor),
            "body": None if sent.body is None else body_shown(sent.body, redactor),
        },
        "response": {
            "status": exchange.status,
            "headers": _headers(exchange.headers, redactor),
            "body": body_shown(exchange.body, redactor),
            "size": exchange.size,
            "error": _text(exchange.error, redactor),
        },
        "at": exchange.sent_at,
        "seconds": round(exchange.received_at - exchange.sent_at, 6),
        "curl": "" if gone else curl_line(contract, sent, redactor),
    }


def spend_json(provider: str, ledger: Ledger, redactor: Redactor) -> dict[str, Any]:
    """What a run may have cost: amounts as decimal text, every create that was not refused."""
    kept = (ReservationState.SETTLED, ReservationState.UNKNOWN, ReservationState.RESERVED)
    return {
        "provider": provider,
        "currency": ledger.currency,
        "cap": None if ledger.cap is None else str(ledger.cap),
        "spent": str(ledger.spent),
        "unknown": str(ledger.unknown),
        "declined": ledger.declined,
        "entries": [
            {
                "purpose": entry.purpose,
                "model": entry.model,
                "price": None if entry.price is None else str(entry.price),
                "state": entry.state.value,
                "task": redactor.text(entry.task),
                "unwanted": entry.unwanted,
            }
            for entry in ledger.entries
            if entry.state in kept and entry.price != 0
        ],
    }


def _text(text: str, redactor: Redactor) -> str:
    return shortened(redactor.excerpt(text), TEXT_LIMIT)


def _headers(headers: Iterable[tuple[str, str]], redactor: Redactor) -> list[list[str]]:
    return [[name, shortened(redactor.header(name, value), BODY_LIMIT)] for name, value in headers]


def body_shown(body: bytes, redactor: Redactor, limit: int = BODY_LIMIT) -> str:
    """A body as text, without secrets; of one that is no text its size and its first bytes."""
    if b"\0" in body[:64]:
        return f"({len(body)} bytes, starting {body[:16].hex(' ')})"
    return redactor.body(body, limit)


def totals(requirements: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Counts by level and verdict; what passed on weak evidence stands apart, as `weak`, where there is any."""
    found: dict[str, Counter[str]] = {}
    for each in requirements:
        found.setdefault(each["level"], Counter())[counted_as(each)] += 1
    return {level: {word.value: 0 for word in Result} | counts for level, counts in found.items()}


def document(
    head: dict[str, Any],
    requirements: list[dict[str, Any]],
    *,
    finished: bool,
    tasks: Iterable[dict[str, Any]] = (),
    observed: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The whole report; without a footer when the run did not come to its end."""
    report: dict[str, Any] = {"header": head, "observed": list(observed)}
    report |= {"requirements": requirements, "totals": totals(requirements)}
    report["tasks"] = list(tasks)
    if finished:
        report["footer"] = {"finished": now(), "requirements": len(requirements)}
    return report


def check_path(path: Path) -> None:
    """Raises UsageError for a report that could not be written at the end of a run."""
    if path.suffix not in FORMATS:
        formats = ", ".join(FORMATS)
        raise UsageError(f"no report format {path.suffix or '(none)'!r}", f"write to a file that ends in {formats}")
    check_writable(path)


def write_all(paths: Iterable[Path], report: dict[str, Any]) -> list[UsageError]:
    """Writes every format that was asked for, the canonical one first, so that no other can get in its way; and gives
    why some could not be written."""
    ordered = sorted(paths, key=lambda path: path.suffix != ".json")
    return [problem for path in ordered for problem in attempt(partial(write, path, report))]


def write(path: Path, report: dict[str, Any]) -> None:
    """Writes in the format of the suffix."""
    write_text(path, render([report], path.suffix))
