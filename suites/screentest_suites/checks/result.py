"""The result: its address, its bytes, and what the video is."""

import re
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlsplit

from screentest_contracts.contract import Role
from screentest_contracts.location import is_empty
from screentest_contracts.mp4 import VideoHeader, read_header
from screentest_contracts.reading import status_of
from screentest_contracts.requirements import Requirement
from screentest_contracts.template import Slot, digits
from screentest_contracts.times import read_time
from screentest_suites.checks.polls import slots_of
from screentest_suites.checks.receipt import asked
from screentest_suites.checks.registry import check
from screentest_suites.download import Delivered, fetch
from screentest_suites.exchange import Exchange, Trace
from screentest_suites.session import Session
from screentest_suites.verdicts import Finding, Skip, failed, passed, skipped


def delivered(session: Session) -> list[Delivered]:
    """Every shared task that succeeded, downloaded once, right when it had ended."""
    return [item for trace in session.traces() if (item := session.delivered.get(id(trace))) is not None]


@check("result-link")
def judge_link(session: Session, requirement: Requirement) -> Finding:
    """Success shows an address."""
    items = delivered(session)
    for item in items:
        if item.link is None:
            seen = f"nothing at {session.contract.link.at}"
            return failed(seen, "the result's address", (item.trace.created, item.shown_by))
    return passed(len(items)) if items else skipped(Skip.NOT_OBSERVED, "no task succeeded")


def _files(session: Session) -> list[tuple[Delivered, Exchange]]:
    return [(item, item.file) for item in delivered(session) if item.file is not None]


@check("result-fetch")
def judge_fetch(session: Session, requirement: Requirement) -> Finding:
    """The address gives bytes."""
    files = _files(session)
    for item, file in files:
        if file.status != 200 or file.error or file.size == 0:
            seen = file.error or (f"answered {file.status}" if file.status != 200 else "the body is empty")
            return failed(seen, "200 and the video", (item.shown_by, file))
        length = file.header("content-length")
        if length is not None and length.isdecimal() and int(length) != file.size:
            return failed(f"{file.size} bytes came, {length} were announced", "all bytes", (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, "no task succeeded")


def _headers(session: Session) -> list[tuple[Delivered, Exchange, VideoHeader]]:
    found = []
    for item, file in _files(session):
        try:
            found.append((item, file, read_header(file.body)))
        except ValueError:
            continue
    return found


@check("result-playable")
def judge_playable(session: Session, requirement: Requirement) -> Finding:
    """The bytes are a video with a header."""
    files = _files(session)
    for item, file in files:
        try:
            read_header(file.body)
        except ValueError as problem:
            return failed(str(problem), "an MP4 file", (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, "no task succeeded")


@check("result-media-type")
def judge_media_type(session: Session, requirement: Requirement) -> Finding:
    """The media type is the documented one."""
    wanted = session.contract.link.media_type
    files = _files(session)
    for item, file in files:
        if file.media_type not in {wanted, "application/octet-stream", "binary/octet-stream"}:
            return failed(f"the content type is {file.media_type!r}", wanted, (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, "no task succeeded")


@check("result-echo")
def judge_echo(session: Session, requirement: Requirement) -> Finding:
    """The video has the duration, shape or size that was asked for."""
    aspect: str = requirement.subject
    judged = 0
    for item, file, header in _headers(session):
        model = session.contract.models[item.trace.model]
        if aspect not in model.echoes:
            continue
        wanted = asked(model, item.trace.body, aspect)
        if wanted is None:
            continue  # what a document promises then is another requirement: `result.default.*`
        judged += 1
        problem = echo_problem(aspect, wanted, header)
        if problem:
            return failed(f"{model.name}: {problem}", f"{aspect} {wanted}", (item.trace.created, item.shown_by, file))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no delivered video was asked for it explicitly")


@check("result-default")
def judge_default(session: Session, requirement: Requirement) -> Finding:
    """The video has the documented default where the request says nothing."""
    aspect, defaults = requirement.subject
    judged = 0
    for item, file, header in _headers(session):
        model = session.contract.models[item.trace.model]
        if model.name not in defaults or asked(model, item.trace.body, aspect) is not None:
            continue
        judged += 1
        problem = echo_problem(aspect, defaults[model.name], header)
        if problem:
            wanted = f"the default {aspect} {defaults[model.name]}"
            return failed(f"{model.name}: {problem}", wanted, (item.trace.created, item.shown_by, file))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "every delivered video was asked for explicitly")


def echo_problem(aspect: str, wanted: object, header: VideoHeader) -> str | None:
    """What the video is instead of what was wanted, or None."""
    if aspect == "duration":
        seconds = digits(wanted)
        if seconds is not None and abs(header.seconds - seconds) > 0.5:
            return f"the video lasts {header.seconds:.2f} s"
    elif aspect == "ratio":
        parts = str(wanted).replace("x", ":").replace("*", ":").split(":")
        if len(parts) == 2 and all(part.isdecimal() and int(part) for part in parts):
            ratio = int(parts[0]) / int(parts[1])
            if abs(header.width / header.height / ratio - 1) > 0.03:
                return f"the video is {header.width}x{header.height}"
    elif whole := re.fullmatch(r"(\d+)[x*](\d+)", str(wanted)):
        if (header.width, header.height) != (int(whole[1]), int(whole[2])):
            return f"the video is {header.width}x{header.height}"
    else:
        tier = digits(wanted)
        if tier is not None:
            short, area = min(header.width, header.height), header.width * header.height
            # Vendors keep either the short side or the area of a tier when the shape is not 16:9.
            if abs(short / tier - 1) > 0.03 and abs(area / (tier * tier * 16 / 9) - 1) > 0.15:
                return f"the video is {header.width}x{header.height}"
    return None


def _one(session: Session) -> tuple[Delivered, Exchange] | None:
    """A download whose link still works: a new one where time is virtual and may have passed."""
    model = session.any_model()
    if session.target.steerable and model is not None:
        made = session.start(model, model.base)
        if isinstance(made, Trace):
            session.follow(made, linger=0)
            if made.polls:
                item = session.deliver(made, made.polls[-1])
                return None if item.file is None else (item, item.file)
    return next(((item, file) for item, file in _files(session) if file.status == 200 and file.size > 16), None)


@check("result-range")
def judge_range(session: Session, requirement: Requirement) -> Finding:
    """A single range, at the beginning and where bytes differ: there one that is off by a byte holds other bytes."""
    found = _one(session)
    if found is None or found[0].link is None:
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    _, file = found
    link = found[0].link
    middle = telling(file.body)
    for first, last in ((0, 1), (middle, middle + 7)):
        part = fetch(session.contract, session.target, link, headers=(("range", f"bytes={first}-{last}"),))
        wanted = f"206, bytes {first}-{last}/{file.size}"
        if part.status != 206:
            return failed(f"answered {part.status}", wanted, (part,))
        span = (part.header("content-range") or "").replace(" ", "").lower()
        if span not in {f"bytes{first}-{last}/{file.size}", f"bytes{first}-{last}/*"}:
            return failed(f"the content range is {part.header('content-range')!r}", wanted, (part,))
        if part.body != file.body[first : last + 1]:
            return failed(f"{part.size} other bytes came", wanted, (part,))
    return passed(2)


def telling(data: bytes) -> int:
    """Where eight bytes begin that are not all the same: in the second half, else nearest to it."""
    half = len(data) // 2
    places = chain(range(half, len(data) - 7), range(half - 1, -1, -1))
    return next((at for at in places if data[at : at + 8].strip(data[at : at + 1])), half)


@check("result-range-suffix")
def judge_suffix(session: Session, requirement: Requirement) -> Finding:
    """The last bytes by a suffix range."""
    found = _one(session)
    if found is None or found[0].link is None:
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    part = fetch(session.contract, session.target, found[0].link, headers=(("range", "bytes=-8"),))
    if part.status != 206 or part.body != found[1].body[-8:]:
        return failed(f"answered {part.status} with {part.size} bytes", "206 and the last 8 bytes", (part,))
    return passed()


@check("result-range-bad")
def judge_bad_range(session: Session, requirement: Requirement) -> Finding:
    """A range beyond the end."""
    found = _one(session)
    if found is None or found[0].link is None:
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    part = fetch(session.contract, session.target, found[0].link, headers=(("range", f"bytes={found[1].size + 10}-"),))
    if part.status != 416:
        return failed(f"answered {part.status}", "416", (part,))
    return passed()


@check("result-auth")
def judge_auth(session: Session, requirement: Requirement) -> Finding:
    """Without the key there are no bytes."""
    found = _one(session)
    if found is None or found[0].link is None:
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    bare = fetch(session.contract, session.target, found[0].link, key=False)
    if bare.status in (200, 206):
        return failed(f"answered {bare.status} without a key", "a refusal", (bare,))
    return passed()


@check("link-life")
def judge_life(session: Session, requirement: Requirement) -> Finding:
    """The address still works shortly before its time is up."""
    life, mock = session.contract.link.life, session.embedded
    if mock is None or life is None:
        return skipped(Skip.NEEDS_CLOCK)
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    session.follow(made, linger=0)
    end = made.polls[-1]
    status = status_of(session.contract, end.exchange.json)
    if status is None or status.status_class != "succeeded":
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    item = session.deliver(made, end)
    if item.link is None:
        return skipped(Skip.NOT_OBSERVED)
    mock.sleep(life - session.interval - 5)
    late = fetch(session.contract, session.target, item.link)
    if late.status != 200:
        return failed(f"answered {late.status} before {life:g} s had passed", "the video", (end.exchange, late))
    return passed()


@check("link-expiry")
def judge_expiry(session: Session, requirement: Requirement) -> Finding:
    """What the address says of its own end."""
    link = session.contract.link
    assert link.life is not None
    judged = 0
    for item in delivered(session):
        stated = stated_end(item.link or "", link.expiry_query or "", link.expiry_form or "epoch-s")
        if stated is None:
            continue
        judged += 1
        wrong = _untimely(session, item, stated)
        if wrong:
            return failed(wrong, f"{link.life:g} s after the end", (item.shown_by,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no address states its end")


@check("link-expiry-shown")
def judge_shown_expiry(session: Session, requirement: Requirement) -> Finding:
    """What the answer that shows the address says of the address' end."""
    contract, judged = session.contract, 0
    for item in delivered(session):
        for slot, value in _times(session, item, "link_expires"):
            if slot.pointer == requirement.subject:
                judged += 1
                wrong = _untimely(session, item, slot.hole.read(value))
                if wrong:
                    expected = f"{contract.link.life:g} s after the end"
                    return failed(f"{slot.pointer}: {wrong}", expected, (item.poll.exchange,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no answer states the end of an address")


def _times(session: Session, item: Delivered, name: str) -> list[tuple[Slot, Any]]:
    """The places of a time, and its values in good form, in the answer that showed success."""
    status = status_of(session.contract, item.poll.exchange.json)
    assert status is not None
    found = slots_of(session.contract, item.trace, item.poll, status, name)
    return [(slot, value) for slot, value in found if not is_empty(value) and value and not slot.hole.problem(value)]


def _untimely(session: Session, item: Delivered, stated: float) -> str | None:
    """What is wrong with a stated end of an address; None when it fits the task's end.

    Without a stated end of the task: no earlier than its creation, no later than the answer that showed it.
    """
    life = session.contract.link.life or 0.0
    finished = [slot.hole.read(value) for slot, value in _times(session, item, "finished")]
    earliest = finished[0] if finished else item.trace.created.sent_at
    latest = finished[0] if finished else item.poll.exchange.received_at
    if earliest + life - 120 <= stated <= latest + life + 120:
        return None
    return f"it states {stated - latest:.0f} s after the end"


def stated_end(link: str, query: str, form: str) -> float | None:
    """When an address says that it ends, or None."""
    values = parse_qs(urlsplit(link).query).get(query)
    if not values:
        return None
    try:
        value: object = int(values[0]) if form.startswith("epoch") else values[0]
        return read_time(value, form)
    except ValueError:
        return None


@check("promise-link-is-content")
def judge_link_is_content(session: Session, requirement: Requirement) -> Finding:
    """The address is the content operation of the same task."""
    operation = session.contract.operation(Role.CONTENT)
    judged = 0
    for item in delivered(session):
        if item.link is None or operation is None:
            continue
        judged += 1
        path = urlsplit(item.link).path
        if operation.pattern.fullmatch(path) is None and operation.pattern.search(path) is None:
            return failed(f"the address is {item.link!r}", operation.path, (item.shown_by,))
        if item.trace.task_id not in item.link:
            return failed(f"the address is {item.link!r}", f"of the task {item.trace.task_id}", (item.shown_by,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no task succeeded")
