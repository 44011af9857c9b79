"""Further files of a task: covers, last frames, segments."""

from urllib.parse import parse_qsl

from screentest_contracts.contract import Asset, Role
from screentest_contracts.frames import frame_size
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.tasks.video import make_video
from screentest_mockserver.wire.answer import Answer

PREFIX = "asset-"
"""How the last part of an asset's path begins."""


def asset_of(call: Call) -> Asset | None:
    """The asset at whose address a request asks, or which it asks of the content operation; None where it asks for
    something else."""
    assets, name = call.contract.assets, call.request.path.rpartition("/")[2]
    if call.operation is not None and call.role is Role.CONTENT:
        if not call.request.query:
            return None
        asked = dict(parse_qsl(call.request.query.decode("latin-1")))
        given = (each for each in assets.values() if each.parameters and each.parameters.items() <= asked.items())
        return next(given, None)
    return assets.get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


def asset(call: Call, task: Task, state: State, asked: Asset) -> Answer:
    """The bytes of an asset; 403 after its life. A video is one, anything else a few bytes."""
    end = task.plan.end if state.finished is None else state.finished
    if asked.life is not None and call.elapsed(task) - end > asked.life:
        return Answer(403, [(b"content-type", b"text/plain")], b"expired", task.id)
    media = asked.media_type or "application/octet-stream"
    data = f"{asked.name} of {task.id}".encode()
    if media.startswith("video/"):
        seconds, ratio, resolution = task.meant
        width, height = frame_size(ratio, resolution)
        data = make_video(width=width, height=height, seconds=seconds).data
    return Answer(200, [(b"content-type", media.encode("latin-1"))], data, task.id)
