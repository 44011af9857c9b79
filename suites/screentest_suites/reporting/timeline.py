"""A task's life as a picture: what it said of itself over time, its progress, the polls, the end, the link's end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from screentest_contracts.control_characters import escape_control_characters, shortened

WIDTH, LEFT, SPAN, TAIL = 760.0, 10.0, 570.0, 150.0
TOP, HEIGHT, BASE = 16.0, 26.0, 42.0

_SHORT = {"queued": "q", "running": "r", "succeeded": "s", "failed": "f", "cancelled": "c", "expired": "x", "": "u"}
_TERMINAL = {"succeeded", "failed", "cancelled", "expired"}

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Band:
    """A stretch in which answers said the same."""

    status: str
    status_class: str
    start: float
    end: float


@dataclass(frozen=True)
class Picture:
    """One drawing and the tasks that went like this."""

    svg: Markup
    told: str
    tasks: Sequence[Mapping[str, Any]]

    @property
    def broke(self) -> list[str]:
        return sorted({name for task in self.tasks for name in task["broke"]})


def pictures(tasks: Iterable[Mapping[str, Any]]) -> list[Picture]:
    """One picture for all tasks that look the same."""
    alike: dict[Markup, list[Mapping[str, Any]]] = {}
    told: dict[Markup, str] = {}
    for task in tasks:
        words = describe(task)
        svg = draw(task, words)
        alike.setdefault(svg, []).append(task)
        told[svg] = words
    return [Picture(svg, told[svg], same) for svg, same in alike.items()]


def bands(events: Sequence[Event]) -> list[Band]:
    """What the answers said, from the first that said it to the first that said something else."""
    start = events[0]["at"]
    found: list[Band] = []
    for event in events:
        if not event["status"]:  # an answer about nothing: an error, or a receipt without a status
            continue
        at = event["at"] - start
        if found:
            last = found[-1]
            found[-1] = Band(last.status, last.status_class, last.start, at)
        if not found or (found[-1].status, found[-1].status_class) != (event["status"], event["class"]):
            found.append(Band(event["status"], event["class"], at, at))
    return found


def describe(task: Mapping[str, Any]) -> str:
    """The picture in words, for those who do not see it."""
    parts = [
        f"{escape_control_characters(band.status)} at {_time(band.start)}"
        if band.status_class in _TERMINAL or index == len(found) - 1
        else f"{escape_control_characters(band.status)} from {_time(band.start)} to {_time(band.end)}"
        for found in [bands(task["events"])]
        for index, band in enumerate(found)
    ]
    text = f"{', '.join(parts) or 'no status was told'}; {task['polls']} polls"
    if task["gave_up"]:
        text += f"; given up: {escape_control_characters(task['gave_up'])}"
    if task["link"]:
        whose = "its address says" if task["link"]["stated"] else "as documented"
        text += f"; the link ends after {_time(_life(task))}, {whose}"
    return text


def draw(task: Mapping[str, Any], words: str) -> Markup:
    """The picture as inline SVG; colours come from the page's style sheet."""
    start = task["events"][0]["at"]
    events, total = _until_the_end(task["events"])
    found = bands(events)
    x = [LEFT + SPAN * (event["at"] - start) / total for event in events]
    parts = [_band(band, total) for band in found]
    points = [
        f"{_n(place)} {_n(TOP + HEIGHT * (1 - event['progress'] / 100))}"
        for place, event in zip(x, events, strict=True)
        if "progress" in event
    ]
    if len(points) > 1:
        parts.append(f'<path class="pr" d="M{"L".join(points)}"/>')
    for name, bad in (("po", False), ("pb", True)):
        ticks = [
            f"M{_n(place)} {_n(BASE + 3)}v5"
            for place, event in zip(x, events, strict=True)
            if (event["http"] == 0 or event["http"] >= 400) is bad
        ]
        if ticks:
            parts.append(f'<path class="{name}" d="{"".join(dict.fromkeys(ticks))}"/>')
    marked = [_n(place) for place, event in zip(x, events, strict=True) if event.get("bad")]
    parts += [f'<path class="pb" d="M{place} {_n(TOP - 4)}v{_n(HEIGHT + 14)}"/>' for place in marked]
    end = next((band for band in found if band.status_class in _TERMINAL), None)
    if end is not None:
        place, good = LEFT + SPAN * end.start / total, end.status_class == "succeeded"
        sign = "m-3.5 0l2.5 3l4.5-6" if good else "m-3-3l6 6m0-6l-6 6"
        middle = TOP + HEIGHT / 2
        parts.append(f'<circle class="e{_SHORT[end.status_class]}" cx="{_n(place)}" cy="{_n(middle)}" r="8"/>')
        parts.append(f'<path class="ei" d="M{_n(place)} {_n(middle)}{sign}"/>')
        if task["link"]:
            parts.append(_link(task, place + 12, middle))
    labels = dict.fromkeys([(LEFT, "0 s", "start"), (LEFT + SPAN, _time(total), "end")])
    if end is not None and 60 < LEFT + SPAN * end.start / total < LEFT + SPAN - 60:
        labels[(LEFT + SPAN * end.start / total, _time(end.start), "middle")] = None
    parts += [
        f'<text class="ax" x="{_n(at)}" y="63" text-anchor="{anchor}">{text}</text>' for at, text, anchor in labels
    ]
    if task["gave_up"]:
        parts.append(f'<text class="gu" x="{_n(LEFT + SPAN + 8)}" y="33">given up</text>')
    label = f"{escape(words)}"
    return Markup(f'<svg viewBox="0 0 {_n(WIDTH)} 68" role="img" aria-label="{label}">{"".join(parts)}</svg>')  # noqa: S704 - escaped above


def _until_the_end(events: Sequence[Event]) -> tuple[list[Event], float]:
    """The events up to a little after the end, and the seconds they span."""
    start, last = events[0]["at"], events[-1]["at"]
    ended = next((event["at"] for event in events if event["class"] in _TERMINAL), last)
    horizon = min(last, max(start + (ended - start) * 1.1, ended + 1.0))
    return [event for event in events if event["at"] <= horizon], max(horizon - start, 1.0)


def _band(band: Band, total: float) -> str:
    left, width = LEFT + SPAN * band.start / total, max(SPAN * (band.end - band.start) / total, 2.0)
    word = shortened(escape_control_characters(band.status), 40)
    text = ""
    if width > len(word) * 6.6 + 22:
        text = f'<text class="bl" x="{_n(left + 6)}" y="12">{escape(word)}</text>'
    elif band.status_class in _TERMINAL or not band.status_class:
        near = min(left, LEFT + SPAN - 4) + 4
        anchor = "end" if near > 500 else "start"
        text = f'<text class="bl" x="{_n(near)}" y="12" text-anchor="{anchor}">{escape(word)}</text>'
    place = f'x="{_n(left)}" y="{_n(TOP)}" width="{_n(width)}" height="{_n(HEIGHT)}"'
    return f'<rect class="b{_SHORT[band.status_class]}" {place}/>{text}'


def _link(task: Mapping[str, Any], left: float, middle: float) -> str:
    """From the end of the task, on a broken scale, to the end of its link."""
    right = LEFT + SPAN + TAIL
    gap = LEFT + SPAN + 22
    text = f"link ends +{_time(_life(task))}"
    line = f"M{_n(left)} {_n(middle)}H{_n(gap)}m3 5l4-10m2 10l4-10M{_n(gap + 13)} {_n(middle)}H{_n(right)}"
    return (
        f'<path class="li" d="{line}"/>'
        f'<path class="lx" d="M{_n(right)} {_n(TOP + 3)}v{_n(HEIGHT - 6)}"/>'
        f'<text class="ax" x="{_n(right + 4)}" y="12" text-anchor="end">{text}</text>'
    )


def _life(task: Mapping[str, Any]) -> float:
    """Seconds from the first sight of success to the end of the link."""
    ended = next((event["at"] for event in task["events"] if event["class"] == "succeeded"), task["events"][-1]["at"])
    return float(task["link"]["expires"] - ended)


def _time(seconds: float) -> str:
    """A duration as people say it: 42 s, 3 min 20 s, 24 h, 7 d."""
    whole = round(abs(seconds))
    sign = "-" if seconds <= -0.5 else ""
    if whole < 10 and abs(seconds) % 1 > 0.05:
        return f"{seconds:.1f} s"
    units = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    if 86400 <= whole < 172800:
        units = units[1:]
    shown: list[str] = []
    for name, size in units:
        if whole >= size and len(shown) < 2:
            shown.append(f"{whole // size} {name}")
            whole %= size
    return sign + (" ".join(shown) or "0 s")


def _n(number: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{number:.1f}".rstrip("0").rstrip(".")
