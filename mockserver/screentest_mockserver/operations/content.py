"""The video's bytes: the content operation and what lies behind result links."""

from urllib.parse import parse_qsl, quote, unquote, urlsplit

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.frames import frame_size
from screentest_contracts.times import stated_in
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import refuse
from screentest_mockserver.state.render import TaskContext, document_headers
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.tasks.video import Video, make_video
from screentest_mockserver.wire.answer import Answer, Headers
from screentest_mockserver.wire.ranges import parse_range


def check_content(call: Call, task: Task) -> State:
    """The state of a task that succeeded. Raises Refusal for another."""
    state = call.state(task)
    if state.status_class is not StatusClass.SUCCEEDED:
        failed = state.status_class.terminal
        raise Refusal(Role.CONTENT, "failed-task" if failed else "not-ready", task_id=task.id, status=state.status)
    return state


def check_link(call: Call, task: Task, state: State, role: Role) -> None:
    """Whether the address of the bytes still works. Raises Refusal."""
    link, life, scenario = call.facts.contract.link, call.facts.contract.link.life, task.scenario
    if scenario is not None and scenario.moves_link and not call.request.path.endswith(REDIRECTED):
        _check_query(call, task, state, role, scenario)
    if life is not None:
        end = task.plan.end if state.finished is None else state.finished
        age = call.elapsed(task) - end
        if link.renewed:
            stated = stated_in(call.request.query.decode("latin-1"), link.expiry_query or "", link.expiry_form or "")
            age = 0.0 if stated is None else call.now - stated + life
        if age > call.hooks.link_life(call, life):
            raise Refusal(role, "link-expired", task_id=task.id)


def _check_query(call: Call, task: Task, state: State, role: Role, scenario: Scenario) -> None:
    """Whether an address is still as an answer showed it. Raises Refusal."""
    asked = dict(parse_qsl(call.request.query.decode("latin-1"), keep_blank_values=True))
    if scenario.stale and int("0" + "".join(filter(str.isdecimal, asked.pop("generation", "")))[:9]) < 2:
        raise Refusal(role, "link-expired", task_id=task.id)
    if scenario.strict:
        shown = dict(parse_qsl(urlsplit(str(TaskContext(call, task, state).link())).query, keep_blank_values=True))
        moves = call.facts.contract.link.expiry_query if call.facts.contract.link.renewed else None
        if asked.keys() != shown.keys() or any(asked[name] != shown[name] for name in shown if name != moves):
            raise Refusal(role, "link-expired", task_id=task.id)


def is_link(call: Call, task: Task, state: State) -> bool:
    """Whether a path below `/media/` is one that answers may give: what the hole `media` stands for, with whatever
    follows it, or the task's own link."""
    path = call.request.path
    if path.split("/", 3)[3:] and path.split("/", 3)[3].startswith("video"):
        return True
    link = TaskContext(call, task, state).link()
    return isinstance(link, str) and unquote(urlsplit(link).path).endswith(unquote(path))


def content(call: Call, task: Task, state: State, role: Role | None, due: frozenset[str]) -> Outcome:
    """The bytes, whole or a range; `role` None when they are asked for by a link. Raises Refusal where a fault of the
    task's scenario is due (`due`: their kinds)."""
    link, scenario = call.facts.contract.link, task.scenario
    if "content" in due and scenario is not None and scenario.content_errors:
        before = next((phase.status for phase in reversed(task.plan.phases)), state.status)
        raise Refusal(role or Role.CONTENT, scenario.content_errors[0], task_id=task.id, status=_word(call, before))
    if scenario is not None and scenario.redirect and not call.request.path.endswith(REDIRECTED):
        return _redirect(call, task, state), ()
    video = video_of(call, task)
    if scenario is not None and scenario.resumed == "replaced":
        video = _at_this_time(call, task, video, broken="cut" in due)
    headers = [
        (b"content-type", link.media_type.encode("latin-1")),
        (b"etag", video.etag.encode("latin-1")),
    ]
    if role is not None:
        headers += document_headers(call, role, task, state)
    answer = _part(call, task, role, headers, video)
    answer.said = {200: "whole", 206: "part"}.get(answer.status, answer.said)
    if scenario is not None and answer.status in (200, 206):
        _change(call, answer, scenario, due)
    return call.hooks.download(call, answer, video.data), ()


REDIRECTED = "/video-redirected"
"""What the path ends with to which a redirect of the result leads."""


def _redirect(call: Call, task: Task, state: State) -> Answer:
    context = TaskContext(call, task, state)
    address = context.second_origin(f"{task.base}/media/{quote(task.id, safe='')}{REDIRECTED}")
    answer = Answer(302, [(b"location", address.encode("latin-1"))], b"", task.id)
    answer.said = "redirect"
    return answer


def _change(call: Call, answer: Answer, scenario: Scenario, due: frozenset[str]) -> None:
    """Makes a download what a scenario has instead of it."""
    answer.delay = scenario.delay / call.speed
    if scenario.bytes:
        text = b"" if scenario.bytes == "empty" else b"<html><body>The video is still being made.</body></html>"
        media = b"text/html; charset=utf-8" if text else call.contract.link.media_type.encode("latin-1")
        answer.status, answer.body, answer.headers = 200, text, [(b"content-type", media)]
        answer.said = "other" if text else "empty"
    elif "cut" in due:
        answer.cut = len(answer.body) if scenario.resumed == "ended" else len(answer.body) // 2
        answer.said = "truncated"


def _at_this_time(call: Call, task: Task, video: Video, *, broken: bool) -> Video:
    """The file at an address where another one was until the download that is `broken`: of the same size, but turned
    on its side, or shorter where it is square."""
    note = f"replaced {task.id}"
    if not broken and call.notes.get(note):
        return video
    if broken:
        call.notes.put(note, True)
    seconds = video.seconds / 2 if video.width == video.height else video.seconds
    return make_video(width=video.height, height=video.width, seconds=seconds)


def _word(call: Call, status: str) -> str:
    return str(call.contract.lifecycle.statuses[status].wire)


def video_of(call: Call, task: Task) -> Video:
    """The file that a task makes."""
    duration, ratio, resolution = call.hooks.video(*task.meant)
    width, height = frame_size(ratio, resolution)
    return make_video(width=width, height=height, seconds=duration)


def _part(call: Call, task: Task, role: Role | None, headers: Headers, video: Video) -> Answer:
    """The bytes that a request asks for, with these headers."""
    data, contract = video.data, call.facts.contract
    ignored = task.scenario is not None and task.scenario.resumed == "ignored"
    if contract.link.range is False or ignored:
        return Answer(200, headers, data, task.id)
    headers.append((b"accept-ranges", b"bytes"))
    wanted = call.request.header(b"range")
    guard = call.request.header(b"if-range")
    if guard is not None and guard != video.etag:
        wanted = None
    try:
        span = parse_range(wanted, len(data))
    except ValueError:
        size = (b"content-range", b"bytes */%d" % len(data))
        if role is not None and contract.error(role, "bad-range") is not None:
            answer = refuse(call, Refusal(role, "bad-range", task_id=task.id))
            answer.headers.append(size)
            return answer
        return Answer(416, [size, (b"content-type", b"text/plain")], b"no such range", task.id)
    if span is None:
        return Answer(200, headers, data, task.id)
    first, last = span
    headers.append((b"content-range", b"bytes %d-%d/%d" % (first, last, len(data))))
    return Answer(206, headers, data[first : last + 1], task.id)
