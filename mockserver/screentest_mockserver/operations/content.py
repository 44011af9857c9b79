"""The video's bytes: the content operation and what lies behind result links."""

from typing import TYPE_CHECKING

from screentest_contracts.contract import Operation, Role, StatusClass
from screentest_contracts.frames import frame_size
from screentest_mockserver.operations.query import find
from screentest_mockserver.state.refusals import Refusal, refuse
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.store import Task
from screentest_mockserver.tasks.video import make_video
from screentest_mockserver.wire.answer import Answer, Request
from screentest_mockserver.wire.ranges import parse_range

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock


def content(mock: "ProviderMock", request: Request, operation: Operation, task_id: str) -> Answer:
    """The bytes of a task that succeeded."""
    task = find(mock, request, operation, task_id)
    state = mock.state(task)
    if state.status_class is not StatusClass.SUCCEEDED:
        failed = state.status_class.terminal
        raise Refusal(Role.CONTENT, "failed-task" if failed else "not-ready", task_id=task.id, status=state.status)
    return video_bytes(mock, request, task, state, Role.CONTENT)


def video_bytes(mock: "ProviderMock", request: Request, task: Task, state: State, role: Role | None) -> Answer:
    """The bytes, whole or a range; `role` None when they are asked for by a link. Raises Refusal."""
    link, where = mock.contract.link, role or Role.CONTENT
    deviation = mock.deviation
    if link.life is not None and not (deviation is not None and deviation.keeps_links):
        end = task.plan.end if state.finished is None else state.finished
        if mock.elapsed(task) - end > link.life:
            raise Refusal(where, "link-expired", task_id=task.id)
    if task.faults is not None and task.faults.content_left > 0:
        task.faults.content_left -= 1
        raise Refusal(where, "not-ready", task_id=task.id, status=state.status)
    duration, ratio, resolution = task.wanted
    if deviation is not None and deviation.video is not None:
        duration, ratio, resolution = deviation.video(duration, ratio, resolution)
    width, height = frame_size(ratio, resolution)
    video = make_video(width=width, height=height, seconds=duration)
    data, status = video.data, 200
    headers = [
        (b"content-type", link.media_type.encode("latin-1")),
        (b"etag", video.etag.encode("latin-1")),
    ]
    if role is not None:
        headers += mock.document_headers(role, task, state)
    if link.range is not False:
        headers.append((b"accept-ranges", b"bytes"))
        wanted = request.header(b"range")
        guard = request.header(b"if-range")
        if guard is not None and guard != video.etag:
            wanted = None
        try:
            span = parse_range(wanted, len(data))
        except ValueError:
            size = (b"content-range", b"bytes */%d" % len(data))
            if role is not None and mock.contract.error(role, "bad-range") is not None:
                answer = refuse(mock, Refusal(role, "bad-range", task_id=task.id), request)
                answer.headers.append(size)
                return answer
            return Answer(416, [size, (b"content-type", b"text/plain")], b"", task.id)
        if span is not None:
            first, last = span
            headers.append((b"content-range", b"bytes %d-%d/%d" % (first, last, len(data))))
            data, status = data[first : last + 1], 206
    answer = Answer(status, headers, data, task.id)
    if task.faults is not None:
        answer.delay = task.faults.scenario.delay
        answer.cut = len(data) // 2 if task.faults.scenario.truncate else None
    return answer
