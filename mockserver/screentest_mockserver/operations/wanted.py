"""Which video a create asks for."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.contract import Model
from screentest_contracts.frames import frame_size, whole_size
from screentest_contracts.location import MISSING, Location
from screentest_contracts.template import digits
from screentest_mockserver.state.facts import Facts
from screentest_mockserver.state.hooks import NO_HOOKS, Call
from screentest_mockserver.tasks.task import Task, Wanted


def wanted_video(call: Call, model: Model, body: Any, earlier: Task | None = None) -> Wanted:
    """Duration, ratio and resolution of the video, worked out once for each way to ask. What neither the request nor
    the document says is as in the task from which it goes on."""
    at, facts = model.request, call.facts
    values = [value_at(at.duration, body), value_at(at.ratio, body), value_at(at.resolution, body)]
    if earlier is not None:
        settled = (model.defaults.get(name) for name in ("duration", "ratio", "resolution"))
        values = [
            before if mine is None and default is None else mine
            for mine, default, before in zip(values, settled, earlier.wanted, strict=True)
        ]
    asked = (model.name, *values)
    if call.hooks.defaults is not NO_HOOKS.defaults:
        return _work_out(facts, model, asked, call.hooks.defaults(model.defaults))
    try:
        wanted = facts.wanted.get(asked)
    except TypeError:  # a deviation lets lists and objects through
        return _work_out(facts, model, asked, model.defaults)
    if wanted is None:
        wanted = facts.wanted.keep(asked, _work_out(facts, model, asked, model.defaults))
    return wanted


def value_at(location: Location | None, body: Any) -> Any:
    """The value at a place that a document may not have; None where there is none."""
    value = MISSING if location is None else location.find(body)
    return None if value is MISSING else value


def _work_out(facts: Facts, model: Model, asked: tuple[Any, ...], defaults: Mapping[str, Any]) -> Wanted:
    _, seconds, shape, tier = asked
    duration = digits(model.meaning("duration", _or_default(seconds, defaults.get("duration")))) or 0
    if duration <= 0 or duration > 600:
        duration = digits(model.meaning("duration", defaults.get("duration"))) or 5
    ratio = str(_or_default(shape, defaults.get("ratio")) or "16:9")
    if ratio in model.stands_for["ratio"]:
        pass
    elif ratio.count(":") != 1 or not ratio.replace(":", "").isdecimal():
        ratio = ratio if whole_size(ratio) else "16:9"
    resolution = str(_or_default(tier, defaults.get("resolution")) or "720p")
    if "ratio" not in model.echoes and ":" in str(defaults.get("ratio", "16:9")):
        ratio = str(defaults.get("ratio", "16:9"))  # the request may say what it likes: it has no effect
    wanted = (float(duration), ratio, resolution)
    if wanted not in facts.shared_wanted:
        try:
            frame_size(str(model.meaning("ratio", ratio)), str(model.meaning("resolution", resolution)))
        except ValueError:  # a document without an enum, or a deviation, lets anything through
            wanted = (float(duration), "16:9", "720p")
    shared = facts.shared_wanted.get(wanted)
    return facts.shared_wanted.keep(wanted, wanted) if shared is None else shared


def _or_default(value: Any, default: Any) -> Any:
    return default if value is None or value == "" else value
