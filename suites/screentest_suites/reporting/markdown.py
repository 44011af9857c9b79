"""Markdown for a job summary or a pull request. Strings of servers stand in code, where nothing has a meaning."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from screentest_contracts.control_characters import escape_control_characters, shortened
from screentest_suites.reporting.seen import load_told, told
from screentest_suites.reporting.view import LEVELS, Row, Subject, blind, fatal, fatal_levels, known_failures

LIMIT = 60_000
"""Characters: a comment on a code host holds 65,536."""

_SPECIAL = re.compile(r"^[-+\d]|[^\w ,;:'\-.()/\u0080-\U0010ffff]|:(?![ \d])|(?<=www)\.|//|_")

"""What Markdown, HTML or a code host may take for its own: also the start of a list, an address, a mention."""

SIGNS = {"failed": "\N{CROSS MARK}", "error": "\N{COLLISION SYMBOL}"}


def summary(subjects: Sequence[Subject]) -> str:
    """A table of the providers, and what is broken, the worst first."""
    lines = [f"## Screentest: {_lede(subjects)}", "", *_observed(subjects), *_table(subjects), ""]
    lines += [line for subject in subjects if subject.latest.load for line in _load(subject.latest.load)]
    broken = [
        (subject, row) for subject in subjects for row in subject.rows if row.data["verdict"] in ("failed", "error")
    ]
    broken.sort(key=lambda pair: (pair[1].data["verdict"] != "failed", LEVELS.index(pair[1].data["level"])))
    size, left = sum(map(len, lines)), len(broken)
    for subject, row in broken:
        entry = list(_broken(subject, row))
        size += sum(map(len, entry)) + len(entry)
        if size > LIMIT:
            lines.append(f"... and {left} more: the JSON and HTML reports have them all.")
            break
        lines += entry
        left -= 1
    return "\n".join(lines).rstrip() + "\n"


def _lede(subjects: Sequence[Subject]) -> str:
    broken, levels = fatal(subjects).failed, fatal_levels(subjects)
    truncated = sum(subject.latest.truncated for subject in subjects)
    known = known_failures(subjects)
    word = f"\N{CROSS MARK} {broken} {levels} failed" if broken else f"\N{WHITE HEAVY CHECK MARK} no {levels} failed"
    if known:
        fine = f"\N{WHITE HEAVY CHECK MARK} no new {levels} failed"
        new = f"\N{CROSS MARK} {broken - known} new {levels} failed" if broken > known else fine
        word = f"{new}, {known} known"
    if (unseen := blind(subjects)) and not broken:
        word = f"\N{CROSS MARK} no task was seen to its end ({text(', '.join(unseen))})"
    errors = sum(row.data["verdict"] == "error" for subject in subjects for row in subject.rows)
    if errors and not broken:
        word = f"\N{COLLISION SYMBOL} the harness broke in {errors} judgements"
    if not any(subject.level(level).passed for subject in subjects for level in LEVELS) and not broken:
        word = "nothing was judged"
    return word + (f", {truncated} of {len(subjects)} runs truncated" if truncated else "")


def _observed(subjects: Sequence[Subject]) -> Iterator[str]:
    """What was observed of each provider, in figures."""
    for subject in subjects:
        if subject.latest.observed is not None:
            yield f"- {text(subject.title)}: {text('; '.join(told(subject.latest.observed)))}"
    yield ""


def _table(subjects: Sequence[Subject]) -> Iterator[str]:
    yield "| provider | target | run | " + " | ".join(LEVELS) + " | skipped | error |"
    yield "|---|---|---|" + "--:|" * (len(LEVELS) + 2)
    for subject in subjects:
        counts = [subject.level(level) for level in LEVELS]
        told = [
            f"{each.passed} of {each.total}"
            + (f", {each.weak} weak" if each.weak else "")
            + (f", **{each.failed} failed**" if each.failed else "")
            if each.total
            else "-"
            for each in counts
        ]
        when = subject.latest.started[:16].replace("T", " ")
        cells = [
            text(subject.title),
            text(f"{subject.kind} {subject.host}".strip()),
            text(when) + (" **truncated**" if subject.latest.truncated else ""),
            *told,
            str(sum(each.unjudged for each in counts)),
            str(sum(each.error for each in counts)),
        ]
        yield f"| {' | '.join(cells)} |"


def _load(load: Mapping[str, Any]) -> Iterator[str]:
    """The figures of a run under load: latencies by operation, and errors by kind."""
    yield from (f"{load_told(load)}.", "")
    shares = list(load["operations"][0]["percentiles"]) if load["operations"] else []
    names = ["requests", "failed", *(f"p{float(share) * 100:g}" for share in shares), "longest"]
    yield f"| operation (ms) | {' | '.join(names)} |"
    yield "|---|" + "--:|" * len(names)
    for each in load["operations"]:
        times = (f"{value:.0f}" for value in (*each["percentiles"].values(), each["longest"]))
        yield f"| {text(each['name'])} | {each['requests']} | {each['failed']} | {' | '.join(times)} |"
    yield ""
    for each in load["errors"]:
        yield f"- {each['times']} times {text(each['operation'])}: {text(each['error'])}"
    yield ""


def _broken(subject: Subject, row: Row) -> Iterator[str]:
    data = row.data
    change = f" ({row.change})" if row.change else ""
    name = _plain(shortened(escape_control_characters(row.anchor), 200))
    yield f"<details><summary>{SIGNS[data['verdict']]} {data['level']} <code>{name}</code>{change}</summary>"
    yield ""
    yield text(data["statement"])
    if row.known:
        yield f"- {text(row.known)}"
    for source in data["sources"]:
        yield f"- {text(source['mark'])} in {text(source['title'])}, {code(source['url'])}, read {text(source['read'])}"
    if not data["evidence"]:
        yield from ("", *fence(data["reason"][-2000:]))
    for evidence in data["evidence"][:3]:
        yield f"- seen: {code(evidence['seen'])}"
        if evidence["expected"]:
            yield f"- expected: {code(evidence['expected'])}"
        for exchange in evidence["exchanges"][-1:]:
            body = shortened(exchange["response"]["body"], 600)
            answer = exchange["response"]["status"] or exchange["response"]["error"]
            if "again" in evidence:
                asked = exchange["request"]
                yield "- request: " + code(f"{asked['method']} {asked['url']}")
            yield f"- answer: {code(f'{answer} {body}'.strip())}"
            if exchange["curl"]:
                yield from ("", *fence(shortened(exchange["curl"], 3000)))
        if "again" in evidence:
            yield from ("", *fence(shortened(evidence["again"], 3000)))
    yield from ("", "</details>", "")


def text(words: str) -> str:
    """Words as words: no link, mention, reference, markup or table cell. Backticks make code, as in our statements."""
    parts = shortened(escape_control_characters(words.strip()), 1000).split("`")
    if len(parts) % 2 == 0:
        return _plain("`".join(parts))
    return "".join(_plain(part) if index % 2 == 0 else code(part) for index, part in enumerate(parts))


def _plain(words: str) -> str:
    """Every character that Markdown or HTML may take for its own becomes an entity."""
    return _SPECIAL.sub(_entities, words)


def _entities(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in match[0])


def code(words: str) -> str:
    """A code span on one line, whatever it holds; `|` would end a cell even there."""
    words = shortened(escape_control_characters(words), 1000).replace("|", "\\u007c")
    if not words.strip():
        return "(nothing)"
    mark = _longer(words, 1)
    space = " " if words[0] in "` " or words[-1] in "` " else ""
    return f"{mark}{space}{words}{space}{mark}"


def fence(words: str) -> list[str]:
    """A block of code that nothing inside can end."""
    mark = _longer(words, 3)
    return [f"{mark}text", *(escape_control_characters(line) for line in words.split("\n")), mark]


def _longer(words: str, least: int) -> str:
    """More backticks than there are anywhere in a row."""
    return "`" * max(least, 1 + max((len(run) for run in re.findall("`+", words)), default=0))
