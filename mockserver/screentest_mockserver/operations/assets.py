"""Further files of a task: covers, last frames, segments."""

from screentest_contracts.contract import Asset
from screentest_contracts.frames import frame_size
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.tasks.video import make_video
from screentest_mockserver.wire.answer import Answer

PREFIX = "asset-"
"""How the last part of an asset's path begins."""


def asset_of(call: Call) -> Asset | None:
    """The asset at whose address a request asks; None where it asks for something else."""
    name = call.request.path.rpartition("/")[2]
    return call.contract.assets.get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


def asset(call: Call, task: Task, state: State, asked: Asset) -> Answer:
    """The bytes of an asset; 403 after its life. A video is one, anything else a few bytes."""
    end = task.plan.end if state.finished is None else state.finished
    if asked.life is not None and call.elapsed(task) - end > asked.life:
        return Answer(403, [(b"content-type", b"text/plain")], b"expired", task.id)
    media = asked.media_type or "application/octet-stream"
    data = f"{asked.name} of {task.id}".encode()
    if media.startswith("video/"):
        seconds, ratio, resolution = task.wanted
        width, height = frame_size(ratio, resolution)
        data = make_video(width=width, height=height, seconds=seconds).data
    return Answer(200, [(b"content-type", media.encode("latin-1"))], data, task.id)
