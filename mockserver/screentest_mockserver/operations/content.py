"""The video's bytes: the content operation and what lies behind result links."""

from urllib.parse import unquote, urlsplit

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.frames import frame_size
from screentest_contracts.times import stated_in
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import refuse
from screentest_mockserver.state.render import TaskContext, document_headers
from screentest_mockserver.tasks.plan import State
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
    link, life = call.facts.contract.link, call.facts.contract.link.life
    if life is not None:
        end = task.plan.end if state.finished is None else state.finished
        age = call.elapsed(task) - end
        if link.renewed:
            stated = stated_in(call.request.query.decode("latin-1"), link.expiry_query or "", link.expiry_form or "")
            age = 0.0 if stated is None else call.now - stated + life
        if age > call.hooks.link_life(call, life):
            raise Refusal(role, "link-expired", task_id=task.id)


def is_link(call: Call, task: Task, state: State) -> bool:
    """Whether a path below `/media/` is one that answers may give: what the hole `media` stands for, with whatever
    follows it, or the task's own link."""
    path = call.request.path
    if path.split("/", 3)[3:] and path.split("/", 3)[3].startswith("video"):
        return True
    link = TaskContext(call, task, state).link()
    return isinstance(link, str) and unquote(urlsplit(link).path).endswith(unquote(path))


def content(call: Call, task: Task, state: State, role: Role | None, refused: bool) -> Outcome:
    """The bytes, whole or a range; `role` None when they are asked for by a link. Raises Refusal where a fault of the
    task's scenario is due (`refused`)."""
    link = call.facts.contract.link
    if refused:
        raise Refusal(role or Role.CONTENT, "not-ready", task_id=task.id, status=state.status)
    video = _video(call, task)
    headers = [
        (b"content-type", link.media_type.encode("latin-1")),
        (b"etag", video.etag.encode("latin-1")),
    ]
    if role is not None:
        headers += document_headers(call, role, task, state)
    answer = _part(call, task, role, headers, video)
    if task.scenario is not None and answer.status in (200, 206):
        answer.delay = task.scenario.delay
        answer.cut = len(answer.body) // 2 if task.scenario.truncate else None
    return call.hooks.download(call, answer, video.data), ()


def _video(call: Call, task: Task) -> Video:
    duration, ratio, resolution = call.hooks.video(*task.wanted)
    width, height = frame_size(ratio, resolution)
    return make_video(width=width, height=height, seconds=duration)


def _part(call: Call, task: Task, role: Role | None, headers: Headers, video: Video) -> Answer:
    """The bytes that a request asks for, with these headers."""
    data, contract = video.data, call.facts.contract
    if contract.link.range is False:
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
        return Answer(416, [size, (b"content-type", b"text/plain")], b"", task.id)
    if span is None:
        return Answer(200, headers, data, task.id)
    first, last = span
    headers.append((b"content-range", b"bytes %d-%d/%d" % (first, last, len(data))))
    return Answer(206, headers, data[first : last + 1], task.id)
