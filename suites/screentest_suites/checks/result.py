"""The result: its address, its bytes, and what the video is."""

import re

from screentest_contracts.contract import Model
from screentest_contracts.frames import whole_size
from screentest_contracts.mp4 import VideoHeader, read_header
from screentest_contracts.requirements import Aspect, AspectDefaults, Requirement, kinds
from screentest_contracts.template import digits
from screentest_suites.checks.echoes import is_choice
from screentest_suites.checks.receipt import asked
from screentest_suites.checks.registry import Held, check, held
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.download import Delivered
from screentest_suites.tasks.session import Session


def delivered(session: Session) -> list[Delivered]:
    """Every shared task that succeeded, downloaded once, right when it had ended."""
    return [item for trace in session.traces() if (item := session.records.delivered.get(trace)) is not None]


@check(kinds.RESULT_LINK)
def judge_link(session: Session, requirement: Requirement[None]) -> Finding:
    """Success shows an address."""
    items = delivered(session)
    for item in items:
        if item.link is None:
            seen = f"nothing at {session.contract.link.at}"
            return failed(seen, "the result's address", (item.trace.created, item.shown_by))
    return passed(len(items)) if items else skipped(Skip.NOT_OBSERVED, "no task succeeded")


def files_of(session: Session) -> list[tuple[Delivered, Exchange]]:
    """The downloads, with what each is of."""
    return [(item, item.file) for item in delivered(session) if item.file is not None]


@check(kinds.RESULT_FETCH)
def judge_fetch(session: Session, requirement: Requirement[None]) -> Finding:
    """The address gives bytes."""
    files = files_of(session)
    for item, file in files:
        if file.status != 200 or file.error or file.size == 0:
            seen = file.error or (f"answered {file.status}" if file.status != 200 else "the body is empty")
            return failed(seen, "200 and the video", (item.shown_by, file))
        length = file.header("content-length")
        same = length is None or not length.isdecimal() or length.lstrip("0") == str(file.size)
        if length is not None and not same and not file.encoding:
            return failed(f"{file.size} bytes came, {length} were announced", "all bytes", (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, "no task succeeded")


def _headers(session: Session) -> list[tuple[Delivered, Exchange, VideoHeader]]:
    found = []
    for item, file in files_of(session):
        try:
            found.append((item, file, read_header(file.video)))
        except ValueError:
            continue
    return found


@check(kinds.RESULT_PLAYABLE)
def judge_playable(session: Session, requirement: Requirement[None]) -> Finding:
    """The bytes are a video with a header."""
    files = files_of(session)
    for item, file in files:
        try:
            read_header(file.video)
        except ValueError as problem:
            return failed(str(problem), "an MP4 file", (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, "no task succeeded")


@check(kinds.RESULT_MEDIA_TYPE)
def judge_media_type(session: Session, requirement: Requirement[None]) -> Finding:
    """The media type is the documented one."""
    wanted = session.contract.link.media_type
    files = files_of(session)
    for item, file in files:
        if file.media_type not in {wanted, "application/octet-stream", "binary/octet-stream"}:
            return failed(f"the content type is {file.media_type!r}", wanted, (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, "no task succeeded")


@check(kinds.RESULT_ECHO)
def judge_echo(session: Session, requirement: Requirement[Aspect]) -> Finding:
    """The video has the duration, shape or size that was asked for."""
    aspect = requirement.subject
    judged: list[int] = []
    for item, file, header in _headers(session):
        model = session.contract.models[item.trace.model]
        if aspect not in model.echoes:
            continue
        wanted = asked(model, item.trace.body, aspect)
        if wanted is None:
            continue  # what a document promises then is another requirement: `result.default.*`
        problem = echo_problem(aspect, model.meaning(aspect, wanted), header)
        if problem:
            expected = f"{aspect} {_told(model, aspect, wanted)}"
            return failed(f"{model.name}: {problem}", expected, (item.trace.created, item.shown_by, file))
        judged.append(Held(1, wanted) if is_choice(model, aspect) else 1)
    return held(judged) if judged else skipped(Skip.NOT_OBSERVED, "no delivered video was asked for it explicitly")


@check(kinds.RESULT_DEFAULT)
def judge_default(session: Session, requirement: Requirement[AspectDefaults]) -> Finding:
    """The video has the documented default where the request says nothing."""
    aspect, defaults = requirement.subject.aspect, requirement.subject.by_model
    judged = 0
    for item, file, header in _headers(session):
        model = session.contract.models[item.trace.model]
        if model.name not in defaults or asked(model, item.trace.body, aspect) is not None:
            continue
        judged += 1
        problem = echo_problem(aspect, model.meaning(aspect, defaults[model.name]), header)
        if problem:
            wanted = f"the default {aspect} {_told(model, aspect, defaults[model.name])}"
            return failed(f"{model.name}: {problem}", wanted, (item.trace.created, item.shown_by, file))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "every delivered video was asked for explicitly")


def _told(model: Model, aspect: str, wanted: object) -> str:
    """A value with what its word stands for."""
    meant = model.meaning(aspect, wanted)
    return str(wanted) if meant == wanted else f"{wanted} ({meant})"


def echo_problem(aspect: str, wanted: object, header: VideoHeader) -> str | None:
    """What the video is instead of what was wanted, or None."""
    if aspect == "duration":
        seconds = digits(wanted)
        if seconds is not None and abs(header.seconds - seconds) > 0.5:
            return f"the video lasts {header.seconds:.2f} s"
    elif aspect == "ratio":
        parts = re.split(r"[:x*\u00d7]", str(wanted).lower())
        if len(parts) == 2 and all(part.isdecimal() and int(part) for part in parts):
            ratio = int(parts[0]) / int(parts[1])
            if abs(header.width / header.height / ratio - 1) > 0.03:
                return f"the video is {header.width}x{header.height}"
    elif whole := whole_size(wanted):
        if (header.width, header.height) != whole:
            return f"the video is {header.width}x{header.height}"
    else:
        tier = digits(wanted)
        if tier is not None:
            short, area = min(header.width, header.height), header.width * header.height
            # Vendors keep either the short side or the area of a tier when the shape is not 16:9.
            if abs(short / tier - 1) > 0.03 and abs(area / (tier * tier * 16 / 9) - 1) > 0.15:
                return f"the video is {header.width}x{header.height}"
    return None
